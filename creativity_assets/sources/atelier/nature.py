"""Compositions out of doors: skies, hills, trees, water, and the landscapes and seascapes made of them."""

# ruff: noqa: PLR0917 (drawing calls read best by position: what, where, how large, which colour)

from __future__ import annotations

import math
from collections.abc import Callable

from creativity_assets.sources.atelier.canvas import PIGMENTS, Canvas, Colour, Dice, Point, mix
from creativity_assets.sources.atelier.painters import Painter
from creativity_assets.sources.atelier.scene import Scene, a, headline

TIME_WORDS = {
    "morning": "in the morning", "noon": "at noon", "evening": "in the evening", "night": "at night",
    "storm": "in a storm", "winter": "in winter",
}  # fmt: skip


def sky(c: Canvas, d: Dice, p: Painter, horizon: float, time: str) -> tuple[str, Colour]:
    """Paint the sky down to the horizon; give its colour's name and the colour where it meets the land."""
    name = d.pick(p.palette.sky)
    light, dark = PIGMENTS[p.palette.light], PIGMENTS[p.palette.dark]
    top = PIGMENTS[name]
    low = mix(top, light, 0.6)
    x = 0.5 + 0.3 * d.between(-1, 1)
    if time == "evening":
        low = mix(light, PIGMENTS["orange"], 0.45)
    elif time == "night":
        top, low = mix(top, dark, 0.45), mix(top, light, 0.18)
    elif time == "storm":
        top, low = mix(top, dark, 0.35), mix(top, light, 0.75)
    elif time == "winter":
        top = mix(top, PIGMENTS["silver"], 0.4)
    c.fade(0, horizon, top, low)
    c.box(0, horizon - 0.01, 1, 1, low)
    if time in ("evening", "morning", "night") and d.chance(0.75):
        y = horizon * (d.between(0.2, 0.4) if time == "night" else d.between(0.45, 0.8))
        disc = light if time == "night" else mix(light, PIGMENTS["yellow"], 0.5)
        c.glow(x, y, 0.3, 0.26, disc, 0.65)
        c.oval(x, y, 0.05, 0.05, disc)
    clouds = d.whole(2, 4) if time != "night" else d.whole(1, 2)
    cloud = mix(dark, top, 0.45) if time == "storm" else mix(top, light, 0.75)
    for _ in range(clouds):
        cx, cy, w = d.between(0, 1), horizon * d.between(0.12, 0.75), d.between(0.14, 0.32)
        c.glow(cx, cy, w, w * 0.42, cloud, 0.9)
        c.glow(cx + w * 0.3 * c.light, cy - w * 0.08, w * 0.6, w * 0.32, mix(cloud, light, 0.5), 0.8)
    return name, low


def ridge(d: Dice, base: float, height: float, jagged: bool) -> list[Point]:
    """The upper edge of a range of hills, from left to right."""
    count = 14
    if jagged:
        steps = d.field(count + 1)
        return [(i / count, base - height * (0.5 + 0.5 * float(steps[i]))) for i in range(count + 1)]
    phase, turns, second = d.between(0, 6.3), d.between(0.5, 1.3), d.between(0, 6.3)
    return [
        (i / count, base - height * (0.5 + 0.36 * math.sin(phase + turns * 6.3 * i / count)
                                     + 0.14 * math.sin(second + 2.3 * turns * 6.3 * i / count)))
        for i in range(count + 1)
    ]  # fmt: skip


def peak(c: Canvas, d: Dice, x: float, base: float, height: float, width: float, colour: Colour, snow: Colour) -> None:
    """A mountain with a lit and a shaded side."""
    top = (x + width * d.between(-0.15, 0.15), base - height)
    foot = x + width * 0.15 * -c.light
    lit, shade = mix(colour, snow, 0.35), mix(colour, (20, 20, 40), 0.25)
    first, last = (lit, shade) if c.light < 0 else (shade, lit)
    c.polygon([(x - width, base), top, (foot, base)], first)
    c.polygon([top, (x + width, base), (foot, base)], last)


def tree_round(c: Canvas, d: Dice, x: float, y: float, h: float, leaf: Colour, wood: Colour) -> None:
    c.line([(x, y), (x, y - 0.5 * h)], 0.07 * h + 0.008, wood)
    for _ in range(3):
        c.form(x + h * d.between(-0.16, 0.16), y - h * d.between(0.58, 0.8), 0.24 * h, 0.21 * h, leaf, 0.45)


def tree_cypress(c: Canvas, d: Dice, x: float, y: float, h: float, leaf: Colour, wood: Colour) -> None:
    lean = d.between(-0.05, 0.05) * h
    c.body([(x - 0.09 * h, y), (x - 0.1 * h, y - 0.45 * h), (x + lean, y - 1.15 * h), (x + 0.1 * h, y - 0.4 * h),
            (x + 0.08 * h, y)], leaf)  # fmt: skip


def tree_pine(c: Canvas, d: Dice, x: float, y: float, h: float, leaf: Colour, wood: Colour) -> None:
    c.line([(x, y), (x, y - h)], 0.05 * h + 0.006, wood)
    for step in range(3):
        low, width = y - h * (0.15 + 0.27 * step), 0.26 * h * (1 - 0.25 * step)
        c.polygon([(x - width, low), (x, low - 0.42 * h), (x + width, low)], leaf)


def tree_bare(c: Canvas, d: Dice, x: float, y: float, h: float, leaf: Colour, wood: Colour) -> None:
    fork = (x + d.between(-0.04, 0.04), y - 0.45 * h)
    c.line([(x, y), fork], 0.035 + 0.02 * h, wood)
    for _ in range(4):
        dx, dy = d.between(-0.4, 0.4) * h, d.between(0.3, 0.6) * h
        c.line([fork, (fork[0] + 0.6 * dx, fork[1] - 0.5 * dy), (fork[0] + dx, fork[1] - dy)], 0.02, wood)
    c.glow(fork[0], fork[1] - 0.3 * h, 0.4 * h, 0.4 * h, wood, 0.45)


def tree_feather(c: Canvas, d: Dice, x: float, y: float, h: float, leaf: Colour, wood: Colour) -> None:
    bend = 0.14 * h * (1 if x < 0.5 else -1)
    c.line([(x, y), (x + 0.4 * bend, y - 0.5 * h), (x + bend, y - 0.8 * h)], 0.06 * h, wood)
    for _ in range(6):
        c.glow(x + bend + h * d.between(-0.3, 0.3), y - h * d.between(0.55, 1.05), 0.3 * h, 0.22 * h,
               mix(leaf, (250, 244, 200), d.between(0, 0.35)))  # fmt: skip


def tree_poplar(c: Canvas, d: Dice, x: float, y: float, h: float, leaf: Colour, wood: Colour) -> None:
    c.line([(x, y), (x, y - 0.9 * h)], 0.02, wood)
    c.form(x, y - 0.68 * h, 0.11 * h, 0.42 * h, leaf, 0.3)


def tree_birch(c: Canvas, d: Dice, x: float, y: float, h: float, leaf: Colour, wood: Colour) -> None:
    pale = mix(wood, (240, 240, 236), 0.75)
    c.line([(x, y + 0.04), (x + d.between(-0.03, 0.03), y - 1.3 * h)], 0.04, pale)
    c.glow(x, y - 0.95 * h, 0.3 * h, 0.4 * h, leaf, 0.5)


def tree_palm(c: Canvas, d: Dice, x: float, y: float, h: float, leaf: Colour, wood: Colour) -> None:
    crown = (x + 0.1 * h, y - 0.85 * h)
    c.line([(x, y), (x + 0.02 * h, y - 0.4 * h), crown], 0.025, wood)
    for k in range(6):
        turn = math.pi * (0.95 * k / 5 + 0.02)
        tip = (crown[0] + 0.36 * h * math.cos(turn), crown[1] - 0.2 * h * math.sin(turn) + 0.08 * h)
        c.line([crown, tip], 0.03, leaf)


TREES: dict[str, Callable[[Canvas, Dice, float, float, float, Colour, Colour], None]] = {
    "round": tree_round, "cypress": tree_cypress, "pine": tree_pine, "bare": tree_bare, "feather": tree_feather,
    "poplar": tree_poplar, "birch": tree_birch, "palm": tree_palm,
}  # fmt: skip


def house(c: Canvas, d: Dice, x: float, y: float, w: float, wall: Colour, roof: Colour, window: Colour) -> None:
    """A gabled house standing on y."""
    h = w * d.between(0.7, 1.0)
    c.body([(x - w / 2, y), (x - w / 2, y - h), (x + w / 2, y - h), (x + w / 2, y)], wall, 0.4)
    c.polygon([(x - 0.62 * w, y - h), (x, y - h - 0.6 * w), (x + 0.62 * w, y - h)], roof)
    c.box(x - 0.14 * w, y - 0.68 * h, x + 0.16 * w, y - 0.3 * h, window)


def _river(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    x, turn = d.between(0.3, 0.7), d.between(-0.3, 0.3)
    water = mix(air, PIGMENTS["azure"], 0.3)
    middle = (horizon + 1) / 2
    c.polygon([(x - 0.02, horizon + 0.03), (x + 0.03, horizon + 0.03), (x + turn + 0.12, middle),
               (x + 0.36, 1), (x - 0.22, 1), (x + turn - 0.04, middle)], water)  # fmt: skip


def _road(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    x, foot = d.between(0.35, 0.65), d.between(0.3, 0.7)
    earth = mix(PIGMENTS["ochre"], PIGMENTS[p.palette.light], 0.5)
    c.polygon([(x, horizon + 0.02), (x + 0.02, horizon + 0.02), (foot + 0.2, 1), (foot - 0.2, 1)], earth)


def _mountains(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    tone = mix(PIGMENTS[p.palette.land[0]], air, 0.35)
    for _ in range(d.whole(2, 3)):
        peak(c, d, d.between(0.05, 0.95), horizon + 0.06, d.between(0.2, 0.42) * (0.4 + horizon),
             d.between(0.22, 0.36), tone, PIGMENTS[p.palette.light])  # fmt: skip
    c.glow(0.5, horizon + 0.05, 0.9, 0.1, air, 0.8)


def _village(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    middle = d.between(0.3, 0.7)
    for _ in range(d.whole(4, 6)):
        y = horizon + (1 - horizon) * d.between(0.12, 0.45)
        wall = mix(PIGMENTS[d.pick(p.palette.ground)], PIGMENTS[p.palette.light], 0.35)
        house(c, d, middle + d.between(-0.34, 0.34), y, d.between(0.09, 0.14), wall,
              PIGMENTS[d.pick(("rust", "brown", "slate"))], PIGMENTS[p.palette.dark])  # fmt: skip
    house(c, d, middle, horizon + 0.16, 0.08, PIGMENTS[p.palette.light], PIGMENTS["slate"], PIGMENTS["slate"])
    c.polygon([(middle - 0.03, horizon + 0.06), (middle, horizon - 0.15), (middle + 0.03, horizon + 0.06)],
              PIGMENTS["slate"])  # fmt: skip


def _snow(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    white = PIGMENTS["white"]
    c.fade(horizon + 0.02, 1, mix(white, air, 0.35), white)
    for _ in range(3):
        c.glow(d.between(0, 1), d.between(horizon + 0.1, 1), 0.4, 0.08, mix(white, PIGMENTS["azure"], 0.45), 0.8)


def _ruin(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    x, tone = d.between(0.3, 0.7), mix(PIGMENTS[p.palette.dark], air, 0.25)
    y = horizon + 0.14
    c.box(x - 0.15, y - 0.34, x - 0.09, y, tone)
    c.box(x + 0.09, y - 0.26, x + 0.15, y, tone)
    c.polygon([(x - 0.15, y - 0.34), (x, y - 0.46), (x + 0.05, y - 0.4), (x - 0.09, y - 0.24)], tone)


def _garden(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    bloom = PIGMENTS[d.pick(p.palette.accent)]
    for _ in range(16):
        x, y = d.between(0, 1), horizon + (1 - horizon) * d.between(0.25, 1)
        r = 0.02 + 0.025 * (y - horizon)
        c.oval(x, y, r, r * 0.8, mix(bloom, PIGMENTS[p.palette.light], d.between(0, 0.5)))


def _wheat(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    c.fade(horizon + 0.04, 1, PIGMENTS["yellow"], PIGMENTS["ochre"])
    for _ in range(7):
        x = d.between(0, 1)
        c.polygon(
            [(x - 0.05, 1), (x + 0.04, horizon + 0.06), (x + 0.12, 1)],
            mix(PIGMENTS["gold"], PIGMENTS["orange"], d.between(0, 0.5)),
        )


FEATURES: dict[str, Callable[[Canvas, Dice, Painter, float, Colour], None]] = {
    "river": _river, "road": _road, "mountains": _mountains, "village": _village, "snow": _snow, "ruin": _ruin,
    "garden": _garden, "wheat": _wheat,
}  # fmt: skip
FEATURE_WORDS = {
    "river": "a river", "road": "a road", "mountains": "high mountains", "village": "a village",
    "snow": "snow", "ruin": "a ruin", "garden": "a garden", "wheat": "a wheat field",
}  # fmt: skip


def land(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour, layers: int = 3) -> str:
    """Hills from far (the colour of the air) to near; gives the name of the nearest one's colour."""
    near = d.pick(p.palette.land)
    for layer in range(layers):
        closeness = (layer + 1) / layers
        tone = mix(air, PIGMENTS[d.pick(p.palette.land) if layer < layers - 1 else near], 0.3 + 0.7 * closeness)
        base = horizon + (1 - horizon) * 0.62 * (closeness - 1 / layers)
        edge = ridge(d, base + 0.02, 0.13 * (1.1 - 0.5 * closeness), jagged=False)
        c.slab(
            [*edge, (1, 1), (0, 1)],
            mix(tone, PIGMENTS[p.palette.light], 0.15),
            mix(tone, PIGMENTS[p.palette.dark], 0.22 * closeness),
        )
    return near


def grove(c: Canvas, d: Dice, p: Painter, horizon: float, leaf: Colour, count: int, tall: float = 0.4) -> None:
    """Trees of the painter's kind, the distant ones first and smaller."""
    wood = mix(PIGMENTS[p.palette.dark], PIGMENTS["brown"], 0.4)
    for k in range(count):
        depth = (k + 1) / count
        y = horizon + (1 - horizon) * (0.15 + 0.65 * depth)
        x = d.between(0.02, 0.3) if d.chance(0.5) else d.between(0.7, 0.98)
        shade = mix(leaf, PIGMENTS[p.palette.dark], d.between(0.1, 0.4))
        TREES[p.staging.trees](c, d, x, y, tall * (0.45 + 0.7 * depth), shade, wood)


def _setting(d: Dice, p: Painter) -> tuple[float, str]:
    return d.between(*p.staging.horizon), d.pick(p.staging.times)


def landscape(c: Canvas, d: Dice, p: Painter) -> Scene:
    horizon, time = _setting(d, p)
    feature = d.pick(p.staging.features)
    name, air = sky(c, d, p, horizon, time)
    if feature == "mountains":
        FEATURES[feature](c, d, p, horizon, air)
    near = land(c, d, p, horizon, air)
    if feature != "mountains":
        FEATURES[feature](c, d, p, horizon, air)
    trees = d.whole(1, 4)
    grove(c, d, p, horizon, mix(PIGMENTS[near], PIGMENTS["green"], 0.35), trees)
    wood = f"{near} hills and " + ("trees" if trees > 1 else "a tree")
    return Scene("landscape", f"a landscape with {FEATURE_WORDS[feature]} , {wood} under {a(name)} sky {TIME_WORDS[time]}",
                 headline(f"{FEATURE_WORDS[feature].removeprefix('a ')} {TIME_WORDS[time]}"))  # fmt: skip


def village(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A high view over a busy village, many small figures."""
    horizon, time = _setting(d, p)
    name, air = sky(c, d, p, horizon, time)
    near = land(c, d, p, horizon, air, layers=4)
    if time == "winter":
        _snow(c, d, p, horizon + 0.08, air)
    (_river if d.chance(0.4) else _road)(c, d, p, horizon + 0.1, air)
    _village(c, d, p, horizon, air)
    grove(c, d, p, horizon, PIGMENTS[near], d.whole(1, 3), 0.45)
    cloth = d.pick(p.palette.cloth)
    for k in range(d.whole(7, 11)):
        y = d.between(horizon + 0.28, 0.95)
        size = 0.035 + 0.065 * (y - horizon)
        x = d.between(0.05, 0.95)
        colour = PIGMENTS[cloth if k % 2 else d.pick(p.palette.cloth)]
        c.body(
            [(x - 0.42 * size, y), (x - 0.3 * size, y - size), (x + 0.3 * size, y - size), (x + 0.42 * size, y)], colour
        )
        c.oval(x, y - 1.2 * size, 0.26 * size, 0.28 * size, (206, 164, 130))
    land_word = "snow" if time == "winter" else f"{near} land"
    return Scene("landscape", f"a village with many people in {cloth} on {land_word} under {a(name)} sky {TIME_WORDS[time]}",
                 headline(d.pick(("village fair", "the harvest", "market day", "the frozen pond" if time == "winter" else "the hay cart", "peasants"))
                          + f" {TIME_WORDS[time]}"))  # fmt: skip


def boat(c: Canvas, x: float, y: float, size: float, sail: Colour, hull: Colour, tilt: float = 0.0) -> None:
    """A sailing boat on the water line y."""
    c.polygon([(x - 0.5 * size, y - 0.12 * size), (x + 0.55 * size, y - 0.16 * size), (x + 0.36 * size, y + 0.1 * size),
               (x - 0.36 * size, y + 0.1 * size)], hull)  # fmt: skip
    top = (x + tilt * size, y - 1.15 * size)
    c.line([(x, y), top], 0.014, hull)
    c.polygon([top, (x + 0.5 * size + 0.3 * tilt * size, y - 0.24 * size), (x + 0.03, y - 0.22 * size)], sail)
    c.polygon(
        [(x - 0.02 + tilt * size, y - 0.95 * size), (x - 0.36 * size, y - 0.24 * size), (x - 0.03, y - 0.22 * size)],
        mix(sail, hull, 0.2),
    )


def sea(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour, rough: float) -> str:
    """Water below the horizon with bands of waves; gives its colour's name."""
    name = d.pick(("teal", "slate", "blue") if p.palette.dark != "indigo" else ("blue", "azure", "indigo"))
    deep = PIGMENTS[name]
    c.fade(horizon, 1, mix(deep, air, 0.55), mix(deep, PIGMENTS[p.palette.dark], 0.25))
    for k in range(9):
        y = horizon + (1 - horizon) * (k + 0.6) / 9
        swell = rough * 0.06 * (0.3 + (y - horizon))
        x = d.between(-0.2, 0.9)
        w = d.between(0.2, 0.5)
        tone = mix(deep, air, d.between(0.3, 0.8)) if k % 2 else mix(deep, PIGMENTS[p.palette.dark], 0.3)
        c.polygon([(x, y), (x + w * 0.5, y - swell - 0.012), (x + w, y), (x + w * 0.5, y + 0.022)], tone)
    return name


def seascape(c: Canvas, d: Dice, p: Painter) -> Scene:
    horizon, time = _setting(d, p)
    name, air = sky(c, d, p, horizon, time)
    rough = 2.6 if time == "storm" else 1.0
    water = sea(c, d, p, horizon, air, rough)
    x = d.between(0.25, 0.75)
    c.glow(x, (1 + horizon) / 2, 0.12, 0.4, mix(air, PIGMENTS[p.palette.light], 0.5), 0.6)
    cliff = d.chance(0.35)
    if cliff:
        side = d.pick((0.0, 1.0))
        tone = mix(PIGMENTS[d.pick(p.palette.land)], air, 0.25)
        reach = 0.34 if side == 0 else -0.34
        c.body(
            [
                (side, horizon - 0.26),
                (side + 0.5 * reach, horizon - 0.2),
                (side + reach, horizon + 0.03),
                (side, horizon + 0.06),
            ],
            tone,
        )
    sails = d.whole(1, 3)
    colour = d.pick(p.palette.accent)
    tilt = d.between(-0.3, 0.3) if time == "storm" else 0.0
    for k in range(sails):
        size = d.between(0.22, 0.34) if k == 0 else d.between(0.1, 0.16)
        y = horizon + (0.12 + 0.1 * d.between(0, 1) if k == 0 else 0.03)
        boat(
            c,
            d.between(0.15, 0.85),
            y,
            size,
            mix(PIGMENTS[colour], air, 0.15),
            mix(PIGMENTS[p.palette.dark], air, 0.1),
            tilt,
        )
    boats = ("a boat with " + a(colour) + " sail") if sails == 1 else f"boats with {colour} sails"
    rest = " by a cliff" if cliff else ""
    return Scene("seascape", f"a seascape with {boats}{rest} on {a(water)} sea under {a(name)} sky {TIME_WORDS[time]}",
                 headline(d.pick((f"{boats.replace(' with a ', ' with ')}", f"{water} sea", "the crossing", "off the coast")) + f" {TIME_WORDS[time]}"))  # fmt: skip


def harbour(c: Canvas, d: Dice, p: Painter) -> Scene:
    """Upright masts and their reflections, a quay on one side."""
    horizon, time = _setting(d, p)
    name, air = sky(c, d, p, horizon, time)
    water = sea(c, d, p, horizon, air, 0.6)
    quay = d.pick((-1, 1))
    wall = d.pick(p.palette.ground)
    for k in range(4):
        x = 0.5 + quay * (0.08 + 0.12 * k)
        house(
            c,
            d,
            x,
            horizon + 0.02,
            0.12,
            mix(PIGMENTS[wall], PIGMENTS[p.palette.light], 0.3),
            PIGMENTS[d.pick(p.palette.accent)],
            PIGMENTS["indigo"],
        )
    colour = d.pick(p.palette.cloth)
    boats = d.whole(2, 4)
    for k in range(boats):
        x, y = 0.5 - quay * (0.32 - 0.2 * k) + d.between(-0.05, 0.05), horizon + d.between(0.14, 0.4)
        boat(c, x, y, d.between(0.24, 0.36), PIGMENTS[colour], PIGMENTS["indigo"])
        c.glow(x, y + 0.14, 0.1, 0.16, mix(PIGMENTS[colour], air, 0.35), 0.75)
    return Scene("seascape", f"a harbour with {colour} sails and {wall} houses on {a(water)} sea under {a(name)} sky {TIME_WORDS[time]}",
                 headline(f"{d.pick(('the harbour', 'the quay', 'the port', 'sails'))} {TIME_WORDS[time]}"))  # fmt: skip


def pond(c: Canvas, d: Dice, p: Painter) -> Scene:
    """Water seen from above with floating leaves, a strip of bank, sometimes a bridge."""
    horizon, time = d.between(0.1, 0.28), d.pick(p.staging.times)
    bank = d.pick(p.palette.land)
    name = d.pick(p.palette.sky)
    low = mix(PIGMENTS[name], PIGMENTS["orange"], 0.4) if time == "evening" else PIGMENTS[name]
    c.fade(0, 1, mix(PIGMENTS[bank], PIGMENTS["green"], 0.4), mix(low, PIGMENTS["violet"], 0.25))
    c.fade(horizon, 1, mix(PIGMENTS["teal"], low, 0.4), mix(low, PIGMENTS[p.palette.light], 0.2))
    for _ in range(5):
        c.glow(d.between(0, 1), d.between(horizon, 0.9), 0.1, 0.34, mix(PIGMENTS[bank], PIGMENTS["teal"], 0.4), 0.6)
    bloom = d.pick(p.palette.accent)
    for k in range(d.whole(6, 10)):
        y = horizon + (1 - horizon) * d.between(0.15, 0.97)
        x, w = d.between(0, 1), 0.075 + 0.12 * (y - horizon)
        c.oval(
            x,
            y,
            w,
            w * 0.42,
            mix(mix(PIGMENTS["green"], PIGMENTS[bank], 0.5), PIGMENTS[p.palette.light], d.between(0.0, 0.3)),
        )
        if k % 2 == 0:
            c.form(x, y - 0.02, w * 0.5, w * 0.42, PIGMENTS[bloom], 0.3)
    bridge = d.chance(0.35)
    if bridge:
        y = d.between(0.3, 0.42)
        arch = [(k / 10, y - 0.14 * math.sin(math.pi * k / 10)) for k in range(11)]
        c.line(arch, 0.05, mix(PIGMENTS["teal"], PIGMENTS[p.palette.dark], 0.3))
    return Scene("landscape", f"a pond with {bloom} flowers{' and a bridge' if bridge else ''} , {bank} leaves on {name} water {TIME_WORDS[time]}",
                 headline(f"{d.pick(('water lilies', 'the pond', 'reflections', 'the lily basin'))} {TIME_WORDS[time]}"))  # fmt: skip


def nocturne(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A moon over roofs and bare trees."""
    horizon = d.between(*p.staging.horizon)
    tone = d.pick(p.palette.sky)
    dark, light = PIGMENTS[p.palette.dark], PIGMENTS[p.palette.light]
    c.fade(0, horizon, mix(PIGMENTS[tone], dark, 0.35), mix(PIGMENTS[tone], light, 0.3))
    x, y, r = d.between(0.2, 0.8), d.between(0.16, 0.34), d.between(0.05, 0.09)
    moon = mix(light, PIGMENTS["yellow"], 0.3)
    c.glow(x, y, 5 * r, 5 * r, moon, 0.55)
    c.oval(x, y, r, r, moon)
    for _ in range(2):
        c.glow(d.between(0.1, 0.9), d.between(0.15, 0.45), 0.3, 0.07, mix(PIGMENTS[tone], light, 0.35), 0.8)
    c.fade(horizon, 1, mix(PIGMENTS[tone], dark, 0.5), mix(PIGMENTS[tone], dark, 0.8))
    water = d.chance(0.5)
    if water:
        c.fade(horizon + 0.06, 1, mix(PIGMENTS[tone], light, 0.3), mix(PIGMENTS[tone], dark, 0.5))
        c.glow(x, (1 + horizon) / 2 + 0.04, 0.09, 0.26, moon, 0.8)
    lamp = mix(PIGMENTS["yellow"], PIGMENTS["orange"], 0.3)
    count = d.whole(3, 5)
    for k in range(count):
        house(
            c,
            d,
            (k + d.between(0.2, 0.8)) / count,
            horizon + 0.08,
            d.between(0.12, 0.2),
            mix(PIGMENTS[tone], dark, 0.55),
            mix(PIGMENTS[tone], dark, 0.8),
            lamp,
        )
    if d.chance(0.7):
        TREES[p.staging.trees](c, d, d.pick((0.1, 0.88)), 0.98, d.between(0.7, 0.9), dark, dark)
    ground = "by a river" if water else "on a hill"
    return Scene("landscape", f"a village {ground} with bright windows and a moon in {a(tone)} sky at night",
                 headline(d.pick(("moonrise", "the moon over the village", "nocturne", "night watch", "late hour"))))  # fmt: skip


def garden(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A park: framing trees, flower beds, a statue or a small party on the lawn."""
    horizon, time = d.between(*p.staging.horizon), d.pick(p.staging.times)
    name, air = sky(c, d, p, horizon, time)
    near = land(c, d, p, horizon, air)
    leaf = mix(PIGMENTS[near], PIGMENTS["green"], 0.4)
    for _ in range(5):
        c.glow(d.between(0, 1), horizon + 0.02, 0.24, 0.16, mix(leaf, air, 0.35))
    _road(c, d, p, horizon + 0.08, air)
    _garden(c, d, p, horizon, air)
    grove(c, d, p, horizon, leaf, d.whole(2, 4), 0.62)
    cloth = d.pick(p.palette.cloth)
    people = d.whole(1, 3)
    for k in range(people):
        x, y = 0.5 + 0.16 * (k - people / 2) + d.between(-0.04, 0.04), d.between(0.72, 0.86)
        colour = PIGMENTS[cloth if k == 0 else d.pick(p.palette.cloth)]
        c.body([(x - 0.09, y), (x - 0.025, y - 0.17), (x + 0.025, y - 0.17), (x + 0.09, y)], colour)
        c.oval(x, y - 0.2, 0.028, 0.034, (226, 182, 154))
        if "parasol" in p.staging.headwear and k == 0:
            c.polygon([(x - 0.1, y - 0.25), (x, y - 0.32), (x + 0.1, y - 0.25)], PIGMENTS[p.palette.light])
    who = "a woman" if people == 1 else "people"
    return Scene("landscape", f"a garden with flowers , {near} trees and {who} in {cloth} under {a(name)} sky {TIME_WORDS[time]}",
                 headline(d.pick(("the promenade", "garden party", "in the park", "the flower walk", "the swing")) + f" {TIME_WORDS[time]}"))  # fmt: skip


def wanderer(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A lone figure seen from behind on a dark rock before layers of mist."""
    time = d.pick(p.staging.times)
    name, air = sky(c, d, p, 0.7, time)
    far = d.pick(p.palette.land)
    for layer in range(3):
        y = 0.45 + 0.13 * layer
        tone = mix(PIGMENTS[far], air, 0.65 - 0.2 * layer)
        for _ in range(2):
            peak(
                c,
                d,
                d.between(0, 1),
                y + 0.1,
                d.between(0.14, 0.3),
                d.between(0.2, 0.4),
                tone,
                PIGMENTS[p.palette.light],
            )
        c.glow(d.between(0.2, 0.8), y + 0.1, 0.8, 0.12, mix(air, PIGMENTS[p.palette.light], 0.4), 0.9)
    dark = PIGMENTS[p.palette.dark]
    x = d.between(0.36, 0.64)
    top = d.between(0.74, 0.82)
    c.polygon(
        [
            (0, 1),
            (0, 0.97),
            (x - 0.3, 0.93),
            (x - 0.1, top),
            (x + 0.12, top + 0.01),
            (x + 0.32, 0.94),
            (1, 0.98),
            (1, 1),
        ],
        mix(dark, (20, 18, 22), 0.5),
    )
    thing = d.pick(("wanderer", "wanderer", "monk", "cross", "pine"))
    cloth = d.pick(p.palette.cloth)
    coat = mix(PIGMENTS[cloth], dark, 0.3)
    if thing in ("wanderer", "monk"):
        c.body(
            [
                (x - 0.075, top + 0.02),
                (x - 0.06, top - 0.2),
                (x, top - 0.24),
                (x + 0.055, top - 0.2),
                (x + 0.07, top + 0.02),
            ],
            coat,
            0.3,
        )
        c.oval(x, top - 0.265, 0.032, 0.04, mix(coat, (120, 84, 60), 0.5) if thing == "wanderer" else coat)
    elif thing == "cross":
        c.line([(x, top + 0.02), (x, top - 0.34)], 0.035, coat)
        c.line([(x - 0.1, top - 0.22), (x + 0.1, top - 0.22)], 0.035, coat)
    else:
        tree_pine(c, d, x, top + 0.03, 0.46, coat, coat)
    words = {
        "wanderer": f"a man in {a(cloth)} coat",
        "monk": f"a monk in {a(cloth)} robe",
        "cross": "a cross",
        "pine": "a pine",
    }[thing]
    return Scene("landscape", f"{words} on a rock before {far} mountains in mist under {a(name)} sky {TIME_WORDS[time]}",
                 headline(f"{thing} {d.pick(('above the mist', 'on the summit', 'at the abyss', 'before the mountains'))}"))  # fmt: skip


def ink_landscape(c: Canvas, d: Dice, p: Painter) -> Scene:
    """Peaks that dissolve in paper, a pine, a boat or a pavilion, much left empty."""
    paper = d.pick(p.palette.ground)
    ink = PIGMENTS[p.palette.dark]
    ground = mix(PIGMENTS[paper], (250, 244, 224), 0.45)
    c.fade(0, 1, ground, ground)
    count = d.whole(2, 4)
    for k in range(count):
        x, base = d.between(0.15, 0.85), 0.5 + 0.12 * k
        height, width = d.between(0.25, 0.45), d.between(0.14, 0.24)
        tone = mix(ground, ink, 0.28 + 0.16 * k)
        c.slab(
            [
                (x - width, base),
                (x - 0.5 * width, base - 0.6 * height),
                (x, base - height),
                (x + 0.4 * width, base - 0.55 * height),
                (x + width, base),
            ],
            tone,
            ground,
        )
    thing = d.pick(("boat", "pine", "house"))
    x = d.between(0.25, 0.75)
    dark = mix(ink, ground, 0.1)
    if thing == "boat":
        c.polygon([(x - 0.14, 0.82), (x + 0.15, 0.81), (x + 0.08, 0.86), (x - 0.08, 0.86)], dark)
        c.line([(x, 0.82), (x + 0.01, 0.74)], 0.03, dark)
    elif thing == "pine":
        tree_pine(c, d, x, 0.92, 0.4, dark, dark)
    else:
        house(c, d, x, 0.86, 0.14, mix(ground, ink, 0.4), dark, ground)
    sun = d.chance(0.6)
    if sun:
        c.oval(d.between(0.2, 0.8), 0.16, 0.06, 0.06, mix(PIGMENTS["red"], ground, 0.15))
    words = {"boat": "a boat", "pine": "a pine", "house": "a house"}[thing]
    return Scene("landscape", f"black ink mountains in mist with {words}{' and a red sun' if sun else ''} on {paper} paper",
                 headline(f"{d.pick(('mountains', 'distant peaks', 'mist', 'valley'))} with {words}"))  # fmt: skip


def branch(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A single branch, bamboo or plum blossom, in broad strokes on empty paper."""
    paper = d.pick(p.palette.ground)
    ink = PIGMENTS[p.palette.dark]
    ground = mix(PIGMENTS[paper], (250, 244, 224), 0.45)
    c.fade(0, 1, ground, ground)
    kind = d.pick(("bamboo", "plum", "reeds"))
    lean = d.pick((-1, 1))
    if kind == "bamboo":
        for k in range(d.whole(2, 3)):
            x = 0.3 + 0.2 * k + d.between(-0.06, 0.06)
            tone = mix(ground, ink, d.between(0.45, 0.85))
            c.line([(x, 1), (x + 0.05 * lean, 0)], 0.055, tone)
            for _ in range(3):
                y = d.between(0.1, 0.8)
                tip = (x + lean * d.between(0.16, 0.32), y + d.between(0.06, 0.2))
                c.polygon(
                    [
                        (x, y),
                        ((x + tip[0]) / 2, (y + tip[1]) / 2 - 0.04),
                        tip,
                        ((x + tip[0]) / 2, (y + tip[1]) / 2 + 0.03),
                    ],
                    mix(ground, ink, 0.8),
                )
    elif kind == "reeds":
        for _ in range(d.whole(5, 8)):
            x = d.between(0.2, 0.8)
            bend = lean * d.between(0.05, 0.25)
            c.line(
                [(x, 1), (x + 0.3 * bend, 0.6), (x + bend, d.between(0.15, 0.5))],
                0.03,
                mix(ground, ink, d.between(0.3, 0.85)),
            )
    else:
        start = (0.5 - 0.52 * lean, d.between(0.7, 0.95))
        middle = (0.5, d.between(0.45, 0.6))
        end = (0.5 + 0.4 * lean, d.between(0.12, 0.3))
        c.line([start, middle, end], 0.06, mix(ground, ink, 0.8))
        c.line([middle, (0.5 - 0.1 * lean, 0.15)], 0.035, mix(ground, ink, 0.6))
    blossoms = kind == "plum" or d.chance(0.3)
    if blossoms:
        for _ in range(d.whole(5, 8)):
            t = d.between(0.1, 1)
            x, y = 0.5 + lean * 0.42 * (t - 0.1), 0.55 - 0.36 * t + d.between(-0.08, 0.08)
            c.form(x, y, 0.045, 0.04, mix(PIGMENTS["red"], ground, d.between(0.1, 0.5)), 0.2)
    word = {"bamboo": "bamboo", "plum": "a plum branch", "reeds": "reeds"}[kind]
    return Scene("still life", f"black ink {word}{' with red flowers' if blossoms else ''} on {paper} paper",
                 headline(f"{word} {d.pick(('in wind', 'after rain', 'in winter', 'in moonlight', 'in spring'))}"))  # fmt: skip
