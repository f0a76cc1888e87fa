"""The parts of a view out of doors: skies, hills, trees, houses, and the features that give it a theme."""

# ruff: noqa: PLR0917 (drawing calls read best by position: what, where, how large, which colour)

from __future__ import annotations

import math
from collections.abc import Callable

from creativity_assets.atelier.canvas import PIGMENTS, Canvas, Colour, Dice, Point, mix
from creativity_assets.atelier.painters import Painter

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


def river(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    x, turn = d.between(0.3, 0.7), d.between(-0.3, 0.3)
    water = mix(air, PIGMENTS["azure"], 0.3)
    middle = (horizon + 1) / 2
    c.polygon([(x - 0.02, horizon + 0.03), (x + 0.03, horizon + 0.03), (x + turn + 0.12, middle),
               (x + 0.36, 1), (x - 0.22, 1), (x + turn - 0.04, middle)], water)  # fmt: skip


def road(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    x, foot = d.between(0.35, 0.65), d.between(0.3, 0.7)
    earth = mix(PIGMENTS["ochre"], PIGMENTS[p.palette.light], 0.5)
    c.polygon([(x, horizon + 0.02), (x + 0.02, horizon + 0.02), (foot + 0.2, 1), (foot - 0.2, 1)], earth)


def mountains(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    tone = mix(PIGMENTS[p.palette.land[0]], air, 0.35)
    for _ in range(d.whole(2, 3)):
        peak(c, d, d.between(0.05, 0.95), horizon + 0.06, d.between(0.2, 0.42) * (0.4 + horizon),
             d.between(0.22, 0.36), tone, PIGMENTS[p.palette.light])  # fmt: skip
    c.glow(0.5, horizon + 0.05, 0.9, 0.1, air, 0.8)


def village(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    middle = d.between(0.3, 0.7)
    for _ in range(d.whole(4, 6)):
        y = horizon + (1 - horizon) * d.between(0.12, 0.45)
        wall = mix(PIGMENTS[d.pick(p.palette.ground)], PIGMENTS[p.palette.light], 0.35)
        house(c, d, middle + d.between(-0.34, 0.34), y, d.between(0.09, 0.14), wall,
              PIGMENTS[d.pick(("rust", "brown", "slate"))], PIGMENTS[p.palette.dark])  # fmt: skip
    house(c, d, middle, horizon + 0.16, 0.08, PIGMENTS[p.palette.light], PIGMENTS["slate"], PIGMENTS["slate"])
    c.polygon([(middle - 0.03, horizon + 0.06), (middle, horizon - 0.15), (middle + 0.03, horizon + 0.06)],
              PIGMENTS["slate"])  # fmt: skip


def snow(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    white = PIGMENTS["white"]
    c.fade(horizon + 0.02, 1, mix(white, air, 0.35), white)
    for _ in range(3):
        c.glow(d.between(0, 1), d.between(horizon + 0.1, 1), 0.4, 0.08, mix(white, PIGMENTS["azure"], 0.45), 0.8)


def ruin(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    x, tone = d.between(0.3, 0.7), mix(PIGMENTS[p.palette.dark], air, 0.25)
    y = horizon + 0.14
    c.box(x - 0.15, y - 0.34, x - 0.09, y, tone)
    c.box(x + 0.09, y - 0.26, x + 0.15, y, tone)
    c.polygon([(x - 0.15, y - 0.34), (x, y - 0.46), (x + 0.05, y - 0.4), (x - 0.09, y - 0.24)], tone)


def garden(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    bloom = PIGMENTS[d.pick(p.palette.accent)]
    for _ in range(16):
        x, y = d.between(0, 1), horizon + (1 - horizon) * d.between(0.25, 1)
        r = 0.02 + 0.025 * (y - horizon)
        c.oval(x, y, r, r * 0.8, mix(bloom, PIGMENTS[p.palette.light], d.between(0, 0.5)))


def wheat(c: Canvas, d: Dice, p: Painter, horizon: float, air: Colour) -> None:
    c.fade(horizon + 0.04, 1, PIGMENTS["yellow"], PIGMENTS["ochre"])
    for _ in range(7):
        x = d.between(0, 1)
        c.polygon(
            [(x - 0.05, 1), (x + 0.04, horizon + 0.06), (x + 0.12, 1)],
            mix(PIGMENTS["gold"], PIGMENTS["orange"], d.between(0, 0.5)),
        )


FEATURES: dict[str, Callable[[Canvas, Dice, Painter, float, Colour], None]] = {
    "river": river, "road": road, "mountains": mountains, "village": village, "snow": snow, "ruin": ruin,
    "garden": garden, "wheat": wheat,
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


def setting(d: Dice, p: Painter) -> tuple[float, str]:
    """Height of the horizon and time of day for one view."""
    return d.between(*p.staging.horizon), d.pick(p.staging.times)
