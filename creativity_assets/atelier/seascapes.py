"""Compositions with the sea: sails, cliffs, harbours."""

# ruff: noqa: PLR0917 (drawing calls read best by position: what, where, how large, which colour)

from __future__ import annotations

from creativity_assets.atelier import scenery
from creativity_assets.atelier.canvas import PIGMENTS, Canvas, Colour, Dice, mix
from creativity_assets.atelier.painters import Painter
from creativity_assets.atelier.scene import Scene, a, headline


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
    horizon, time = scenery.setting(d, p)
    name, air = scenery.sky(c, d, p, horizon, time)
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
    phrase = f"a seascape with {boats}{rest} on {a(water)} sea under {a(name)} sky {scenery.TIME_WORDS[time]}"
    motif = headline(
        d.pick((f"{boats.replace(' with a ', ' with ')}", f"{water} sea", "the crossing", "off the coast"))
        + f" {scenery.TIME_WORDS[time]}"
    )
    return Scene("seascape", phrase, motif)


def harbour(c: Canvas, d: Dice, p: Painter) -> Scene:
    """Upright masts and their reflections, a quay on one side."""
    horizon, time = scenery.setting(d, p)
    name, air = scenery.sky(c, d, p, horizon, time)
    water = sea(c, d, p, horizon, air, 0.6)
    quay = d.pick((-1, 1))
    wall = d.pick(p.palette.ground)
    for k in range(4):
        x = 0.5 + quay * (0.08 + 0.12 * k)
        scenery.house(
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
    phrase = (
        f"a harbour with {colour} sails and {wall} houses on {a(water)} sea under {a(name)} sky "
        f"{scenery.TIME_WORDS[time]}"
    )
    motif = headline(f"{d.pick(('the harbour', 'the quay', 'the port', 'sails'))} {scenery.TIME_WORDS[time]}")
    return Scene("seascape", phrase, motif)
