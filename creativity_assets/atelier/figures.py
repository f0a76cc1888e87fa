"""Whole figures: standing groups, flying drapery, riders."""

# ruff: noqa: PLR0917 (drawing calls read best by position: what, where, how large, which colour)

from __future__ import annotations

import math

from creativity_assets.atelier import backdrops, portraits, scenery
from creativity_assets.atelier.canvas import PIGMENTS, Canvas, Colour, Dice, mix
from creativity_assets.atelier.painters import Painter
from creativity_assets.atelier.scene import Scene, a, headline


def standing(
    c: Canvas,
    p: Painter,
    x: float,
    y: float,
    h: float,
    cloth: Colour,
    hair: Colour,
    skin: Colour,
    woman: bool,
    reach: float,
) -> None:
    """A full figure standing on y, h tall; reach bends the raised arm."""
    w = 0.16 * h
    hem = 2.0 * w if woman else 1.1 * w
    c.body([(x - hem, y), (x - 0.62 * w, y - 0.5 * h), (x - 0.95 * w, y - 0.78 * h), (x + 0.95 * w, y - 0.78 * h),
            (x + 0.62 * w, y - 0.5 * h), (x + hem, y)], cloth, 0.5)  # fmt: skip
    c.line(
        [(x + 0.8 * w, y - 0.74 * h), (x + (1.3 + 0.5 * abs(reach)) * w, y - (0.6 + 0.18 * reach) * h)],
        0.075 * h,
        cloth,
    )
    c.line([(x - 0.8 * w, y - 0.74 * h), (x - 1.3 * w, y - 0.5 * h)], 0.075 * h, mix(cloth, (14, 10, 16), 0.2))
    c.oval(x, y - 0.9 * h, 0.085 * h, 0.1 * h, hair)
    c.form(x, y - 0.875 * h, 0.068 * h, 0.085 * h, skin, 0.35)


def figures(c: Canvas, d: Dice, p: Painter) -> Scene:
    """One to three standing people in the painter's usual setting."""
    count = d.whole(1, 3)
    cloth = d.pick(p.palette.cloth)
    behind = backdrops.backdrop(c, d, p, cloth)
    c.glow(0.5, 0.96, 0.6, 0.1, mix(PIGMENTS[p.palette.dark], PIGMENTS[p.palette.land[0]], 0.5), 0.6)
    women = d.chance(0.65)
    halo = "halo" in p.staging.headwear and d.chance(0.6)
    for k in range(count):
        x = 0.5 + 0.27 * (k - (count - 1) / 2) + d.between(-0.03, 0.03)
        y, h = (
            d.between(0.93, 0.98),
            (0.72 if count == 1 else 0.62) * (0.6 + 0.4 * p.staging.head) * d.between(0.94, 1.06),
        )
        colour = PIGMENTS[cloth if k == 0 else d.pick(p.palette.cloth)]
        if halo:
            c.oval(x, y - 0.89 * h, 0.15 * h, 0.15 * h, PIGMENTS["gold"])
        standing(
            c,
            p,
            x,
            y,
            h,
            colour,
            portraits.HAIR[d.pick(("brown", "black", "blond"))],
            portraits.SKINS[0],
            women,
            d.between(-1, 1.6),
        )
        if "parasol" in p.staging.headwear and k == 0:
            c.polygon(
                [(x - 0.16, y - 0.98 * h), (x, y - 1.18 * h), (x + 0.16, y - 0.98 * h)],
                PIGMENTS[d.pick(p.palette.accent)],
            )
    number = ("a", "two", "three")[count - 1]
    noun = ("woman", "women") if women else ("man", "men")
    with_halo = " with gold halo" if halo else ""
    garment = p.staging.garment if count == 1 else p.staging.garment + ("es" if p.staging.garment == "dress" else "s")
    wear = f"{a(cloth)} {garment}" if count == 1 else f"{cloth} {garment}"
    title = (
        "the conversation",
        "the blessing",
        "the visit",
        "the three graces" if count == 3 else "the meeting",
        "afternoon",
        f"in {cloth}",
    )
    phrase = f"{number} standing {noun[count > 1]}{with_halo} in {wear} before {a(behind)}"
    motif = headline(d.pick(title))
    return Scene("figure", phrase, motif)


def drapery(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A figure thrown along the diagonal in a whirl of cloth against a stormy sky."""
    tone = d.pick(p.palette.sky)
    cloth = d.pick(p.palette.cloth)
    other = d.pick_other(p.palette.cloth, cloth)
    dark, light = PIGMENTS[p.palette.dark], PIGMENTS[p.palette.light]
    c.fade(0, 1, mix(PIGMENTS[tone], dark, 0.2), mix(PIGMENTS[tone], dark, 0.55))
    way = d.pick((-1, 1))
    c.glow(0.5 - 0.4 * way, 0.12, 0.6, 0.5, mix(PIGMENTS["gold"], light, 0.4), 0.9)
    for _ in range(3):
        c.glow(d.between(0, 1), d.between(0.5, 1), 0.35, 0.2, mix(dark, PIGMENTS[tone], 0.4), 0.8)
    for k in range(6):
        t = k / 5
        x, y = 0.5 + way * (0.34 - 0.5 * t), 0.9 - 0.55 * t
        bulge = 0.2 * math.sin(math.pi * (0.25 + 0.6 * t)) + 0.06
        tint = mix(PIGMENTS[cloth if k != 1 else other], light if k % 2 else dark, 0.16)
        c.form(x + d.between(-0.04, 0.04), y, bulge * 1.15, bulge * 0.75, tint, 0.5)
    hx, hy = 0.5 - way * 0.16, 0.27
    skin = portraits.SKINS[0]
    c.line([(hx, hy + 0.14), (hx - way * 0.16, hy + 0.06), (hx - way * 0.27, hy - 0.1)], 0.06, skin)
    c.line([(hx + way * 0.04, hy + 0.16), (hx + way * 0.2, hy + 0.16), (hx + way * 0.3, hy + 0.06)], 0.06, skin)
    c.form(hx + 0.02, hy + 0.17, 0.11, 0.12, mix(PIGMENTS[other], light, 0.1), 0.4)
    c.form(hx, hy - 0.02, 0.09, 0.095, portraits.HAIR[d.pick(("brown", "black", "red"))], 0.3)
    c.form(hx - 0.012 * way, hy, 0.068, 0.085, skin, 0.5)
    side = "left" if way > 0 else "right"
    phrase = f"a flying figure in {a(cloth)} and {other} mantle rising to the {side} in {a(tone)} sky"
    motif = headline(
        d.pick(
            (
                "the ascension",
                "the triumph of fame",
                "the race of the winds",
                "Judith",
                "Aurora",
                "the vision of Saint Inés",
                "Fortuna",
            )
        )
    )
    return Scene("figure", phrase, motif)


def rider(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A rearing horse and its rider before a burning sky."""
    horizon, time = d.between(*p.staging.horizon), d.pick(p.staging.times)
    name, air = scenery.sky(c, d, p, horizon, time)
    near = scenery.land(c, d, p, horizon, air, 2)
    c.glow(d.between(0.1, 0.9), horizon, 0.5, 0.2, mix(PIGMENTS["orange"], air, 0.3), 0.8)
    way = d.pick((-1, 1))
    coat_name = d.pick(("white", "brown", "black"))
    coat = mix(PIGMENTS[coat_name], PIGMENTS["ochre"], 0.15)
    x, y = 0.5 + d.between(-0.06, 0.06), 0.66

    def at(u: float, v: float) -> tuple[float, float]:
        return x + way * u, y + v

    dim = mix(coat, PIGMENTS[p.palette.dark], 0.35)
    for foot in ((-0.22, 0.3), (-0.1, 0.31), (0.3, 0.05), (0.26, 0.16)):
        hip = (-0.14, 0.06) if foot[0] < 0 else (0.12, -0.02)
        c.line([at(*hip), at((hip[0] + foot[0]) / 2 + 0.05, (hip[1] + foot[1]) / 2), at(*foot)], 0.05, dim)
    c.line([at(-0.2, -0.02), at(-0.34, 0.04), at(-0.36, 0.2)], 0.05, dim)
    c.form(at(-0.12, 0.03)[0], y + 0.03, 0.14, 0.12, coat, 0.5)
    c.form(at(0.06, -0.05)[0], y - 0.05, 0.16, 0.12, coat, 0.5)
    c.polygon([at(0.05, -0.12), at(0.2, -0.34), at(0.29, -0.3), at(0.21, -0.02)], coat)
    c.polygon(
        [at(0.19, -0.36), at(0.38, -0.24), at(0.35, -0.19), at(0.2, -0.25)], mix(coat, PIGMENTS[p.palette.light], 0.2)
    )
    cloth = d.pick(p.palette.cloth)
    hat = d.pick_other(p.palette.cloth, cloth)
    c.body([at(-0.12, -0.02), at(-0.09, -0.3), at(0.06, -0.3), at(0.1, 0.0)], PIGMENTS[cloth], 0.5)
    c.line([at(0.02, -0.25), at(0.2, -0.2)], 0.055, PIGMENTS[cloth])
    c.polygon(
        [at(-0.1, -0.28), at(-0.38, -0.2), at(-0.32, -0.02), at(-0.1, -0.1)],
        mix(PIGMENTS[cloth], PIGMENTS[p.palette.dark], 0.2),
    )
    hx, hy = at(-0.02, -0.37)
    c.form(hx, hy, 0.055, 0.068, portraits.SKINS[2], 0.4)
    c.form(hx, hy - 0.05, 0.075, 0.045, PIGMENTS[hat], 0.4)
    phrase = (
        f"a rider in {a(cloth)} jacket and {a(hat)} turban on {a(coat_name)} horse on {near} land "
        f"under {a(name)} sky {scenery.TIME_WORDS[time]}"
    )
    motif = headline(
        d.pick(("the charge", "horseman", "the messenger", "fantasia", "rider")) + f" {scenery.TIME_WORDS[time]}"
    )
    return Scene("figure", phrase, motif)
