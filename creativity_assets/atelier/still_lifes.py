"""Things on tables: vessels, fruit, flowers, instruments, groceries."""

# ruff: noqa: PLR0917 (drawing calls read best by position: what, where, how large, which colour)

from __future__ import annotations

import math

from creativity_assets.atelier import backdrops
from creativity_assets.atelier.canvas import PIGMENTS, Canvas, Colour, Dice, mix
from creativity_assets.atelier.painters import Painter
from creativity_assets.atelier.scene import Scene, a, headline


def _bottle(c: Canvas, x: float, y: float, h: float, colour: Colour) -> None:
    w = 0.2 * h
    c.body([(x - w, y), (x - w, y - 0.55 * h), (x - 0.36 * w, y - 0.72 * h), (x - 0.36 * w, y - h),
            (x + 0.36 * w, y - h), (x + 0.36 * w, y - 0.72 * h), (x + w, y - 0.55 * h), (x + w, y)],
           colour, 0.5)  # fmt: skip


def _vase(c: Canvas, x: float, y: float, h: float, colour: Colour) -> None:
    c.form(x, y - 0.42 * h, 0.36 * h, 0.42 * h, colour, 0.5)
    c.body(
        [(x - 0.16 * h, y - 0.72 * h), (x - 0.24 * h, y - h), (x + 0.24 * h, y - h), (x + 0.16 * h, y - 0.72 * h)],
        colour,
        0.4,
    )


def jug(c: Canvas, x: float, y: float, h: float, colour: Colour) -> None:
    c.line(
        [(x + 0.22 * h, y - 0.75 * h), (x + 0.46 * h, y - 0.6 * h), (x + 0.26 * h, y - 0.25 * h)],
        0.07 * h + 0.01,
        mix(colour, (20, 14, 20), 0.25),
    )
    _vase(c, x, y, h, colour)


def _bowl(c: Canvas, x: float, y: float, w: float, colour: Colour) -> None:
    c.body([(x - w, y - 0.55 * w), (x + w, y - 0.55 * w), (x + 0.6 * w, y), (x - 0.6 * w, y)], colour, 0.5)
    c.oval(x, y - 0.55 * w, w, 0.16 * w, mix(colour, (10, 8, 10), 0.35))


def _bouquet(c: Canvas, d: Dice, x: float, y: float, r: float, bloom: Colour, p: Painter) -> None:
    """A ball of flowers over leaves, its foot at y."""
    leaf = mix(PIGMENTS["green"], PIGMENTS[p.palette.dark], 0.3)
    for _ in range(5):
        c.form(x + r * d.between(-0.7, 0.7), y - r * d.between(0.2, 0.9), 0.34 * r, 0.24 * r, leaf, 0.3)
    for k in range(8):
        turn = 2.4 * k + d.between(-0.4, 0.4)
        reach = r * (0.25 + 0.1 * k) * 0.82
        s = r * d.between(0.22, 0.32)
        fx, fy = x + reach * math.cos(turn), y - 0.95 * r + 0.75 * reach * math.sin(turn)
        c.form(fx, fy, s, s, mix(bloom, PIGMENTS[p.palette.light], d.between(0, 0.4)), 0.35)
        c.oval(fx, fy, 0.32 * s, 0.32 * s, mix(bloom, PIGMENTS[p.palette.dark], 0.3))


def _table(c: Canvas, d: Dice, p: Painter, y: float, colour: Colour) -> None:
    c.fade(y, 1, mix(colour, PIGMENTS[p.palette.light], 0.15), mix(colour, PIGMENTS[p.palette.dark], 0.35))
    if d.chance(0.5):  # a cloth hanging over the edge
        x = d.between(0.1, 0.6)
        fall = [(x, y + 0.02), (x + 0.36, y + 0.02), (x + 0.3, 1), (x + 0.04, 1)]
        linen = mix(PIGMENTS["white"], PIGMENTS[p.palette.light], 0.5)
        c.slab(fall, linen, mix(PIGMENTS["silver"], colour, 0.4))


def still_life(c: Canvas, d: Dice, p: Painter) -> Scene:
    vessel = d.pick(p.palette.cloth)
    behind = backdrops.backdrop(c, d, p, vessel)
    top = d.between(0.6, 0.68)
    board = d.pick(("brown", "umber", "ochre", "rust")) if p.era != "modern" else d.pick_other(p.palette.ground, vessel)
    _table(c, d, p, top, PIGMENTS[board])
    kind = d.pick(("bottle", "jug", "vase", "bowl"))
    fruit = d.pick(("red", "orange", "yellow", "green") if p.era != "modern" else p.palette.accent)
    colour = PIGMENTS[vessel]
    x = d.between(0.3, 0.46) if d.chance(0.5) else d.between(0.54, 0.7)
    foot = top + d.between(0.12, 0.18)
    size = 0.46 * (0.75 + 0.25 * p.staging.head)
    shade = mix(PIGMENTS[board], PIGMENTS[p.palette.dark], 0.7)
    c.glow(x - 0.1 * c.light, foot, 0.28, 0.07, shade, 0.9)
    other = "fruit"
    if kind == "bottle":
        _bottle(c, x, foot, size * 1.2, colour)
    elif kind == "jug":
        jug(c, x, foot, size * 0.85, colour)
    elif kind == "vase":
        _bouquet(c, d, x, foot - 0.6 * size, 0.46 * size, PIGMENTS[fruit], p)
        _vase(c, x, foot, size * 0.7, colour)
        other = "flowers"
    else:
        for k in range(5):
            c.form(
                x + 0.42 * size * (k - 2) / 2.4,
                foot - 0.3 * size - 0.07 * size * (2 - abs(k - 2)),
                0.16 * size,
                0.16 * size,
                PIGMENTS[fruit],
                0.5,
            )
        _bowl(c, x, foot, 0.52 * size, colour)
    count = d.whole(1, 4)
    for k in range(count):
        fx = (x + (0.26 + 0.12 * k) * (1 if x < 0.5 else -1)) if k < 3 else x
        fy = foot + d.between(0.0, 0.09)
        r = d.between(0.06, 0.078)
        c.glow(fx - 0.05 * c.light, fy + r * 0.8, 1.7 * r, 0.6 * r, shade, 0.9)
        c.form(fx, fy, r, r * 0.94, PIGMENTS[fruit], 0.55)
        if c.relief > 0.5:
            c.glow(
                fx + 0.35 * r * c.light,
                fy - 0.35 * r,
                0.45 * r,
                0.45 * r,
                mix(PIGMENTS[fruit], (255, 252, 240), 0.7),
                0.9,
            )
    if d.chance(0.3):
        c.polygon(
            [(0.1, foot + 0.12), (0.36, foot + 0.06), (0.38, foot + 0.08), (0.12, foot + 0.15)], PIGMENTS["silver"]
        )
    things = f"{fruit} {other}" if other == "flowers" else f"{fruit} fruit"
    phrase = f"a still life with {a(vessel)} {kind} and {things} on {a(board)} table before {a(behind)}"
    motif = headline(
        d.pick(
            (
                f"still life with {vessel} {kind}",
                f"{kind} and {fruit} {other}",
                "breakfast",
                f"the {vessel} {kind}",
                "vanitas" if p.era == "baroque-rococo" else "the table",
            )
        )
    )
    return Scene("still life", phrase, motif)


def flowers(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A bouquet that fills the picture."""
    vessel = d.pick(p.palette.cloth)
    bloom = d.pick_other(p.palette.accent, vessel)
    behind = backdrops.backdrop(c, d, p, vessel, bloom)
    board = d.pick_other(("ochre", "brown", "blue"), vessel)
    _table(c, d, p, 0.74, PIGMENTS[board])
    _bouquet(c, d, 0.5 + d.between(-0.05, 0.05), 0.62, 0.36, PIGMENTS[bloom], p)
    _vase(c, 0.5, 0.92, 0.36, PIGMENTS[vessel])
    phrase = f"a bouquet of {bloom} flowers in {a(vessel)} vase on {a(board)} table before {a(behind)}"
    motif = headline(
        d.pick(
            (
                f"{bloom} flowers",
                f"vase with {bloom} flowers",
                "sunflowers" if bloom == "yellow" else "the bouquet",
                "irises" if bloom == "blue" else "zinnias",
            )
        )
    )
    return Scene("still life", phrase, motif)


def guitar(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A musician's table: guitar, glass, sheet."""
    wood = d.pick_other(p.palette.cloth, "slate")
    behind = backdrops.backdrop(c, d, p, wood)
    c.polygon([(0, 0.7), (1, 0.6), (1, 1), (0, 1)], mix(PIGMENTS["brown"], PIGMENTS[p.palette.dark], 0.3))
    c.polygon([(0.12, 0.5), (0.42, 0.44), (0.48, 0.8), (0.16, 0.86)], PIGMENTS[p.palette.light])
    x, lean = d.between(0.45, 0.6), d.between(-0.2, 0.2)
    tone = PIGMENTS[wood]
    c.line([(x, 0.5), (x + lean, 0.06)], 0.055, mix(tone, PIGMENTS[p.palette.dark], 0.6))
    c.form(x, 0.5, 0.15, 0.15, tone, 0.5)
    c.form(x - 0.3 * lean, 0.72, 0.21, 0.2, tone, 0.5)
    c.oval(x - 0.1 * lean, 0.6, 0.06, 0.06, PIGMENTS[p.palette.dark])
    glass = d.chance(0.5)
    if glass:
        _bottle(c, d.pick((0.2, 0.84)), 0.82, 0.42, PIGMENTS["sage"])
    phrase = (
        f"a still life with {a(wood)} guitar and a white sheet{' and a bottle' if glass else ''} before {a(behind)}"
    )
    motif = headline(d.pick(("guitar and sheet music", "the old guitar", "musical instrument", "guitar on a table")))
    return Scene("still life", phrase, motif)


def pop_still_life(c: Canvas, d: Dice, p: Painter) -> Scene:
    """One thing, or four of it, as on a poster."""
    thing = d.pick(("can", "cone", "lips", "flower"))
    word = {"can": "tin can", "cone": "ice cream cone", "lips": "lips", "flower": "flower"}[thing]
    four = d.chance(0.5)
    grounds = [d.pick(p.palette.ground) for _ in range(4)]
    colour = d.pick_other(p.palette.cloth, grounds[0])
    for k in range(4 if four else 1):
        x, y, s = ((k % 2) * 0.5 + 0.25, (k // 2) * 0.5 + 0.25, 0.25) if four else (0.5, 0.5, 0.5)
        if four:
            c.box(x - s, y - s, x + s, y + s, PIGMENTS[grounds[k]])
            tint = PIGMENTS[colour if k in (0, 3) else d.pick_other(p.palette.cloth, grounds[k])]
        else:
            backdrops.BACKDROPS["spots"](c, d, p, grounds[0])
            tint = PIGMENTS[colour]
        _pop_thing(c, thing, x, y, s, tint)
    count = "four" if four else "one"
    plural = {"can": "tin cans", "cone": "ice cream cones", "lips": "lips", "flower": "flowers"}[thing]
    behind = f"{grounds[0]} and {grounds[1]} panels" if four else f"{a(grounds[0])} ground with dots"
    phrase = f"{count} {colour} {plural if four or thing == 'lips' else word} on {behind}"
    motif = headline(f"{d.pick((count, colour, count + ' ' + colour))} {plural if four else word}")
    return Scene("still life", phrase, motif)


def _pop_thing(c: Canvas, thing: str, x: float, y: float, s: float, tint: Colour) -> None:
    dark, white = PIGMENTS["black"], PIGMENTS["white"]
    rim = 0.05 * s + 0.012
    if thing == "can":
        c.box(x - 0.42 * s - rim, y - 0.64 * s, x + 0.42 * s + rim, y + 0.66 * s + rim, dark)
        c.box(x - 0.42 * s, y - 0.6 * s, x + 0.42 * s, y + 0.66 * s, tint)
        c.box(x - 0.42 * s, y - 0.05 * s, x + 0.42 * s, y + 0.4 * s, white)
        c.oval(x, y - 0.62 * s, 0.42 * s + rim, 0.14 * s + rim, dark)
        c.oval(x, y - 0.62 * s, 0.4 * s, 0.12 * s, PIGMENTS["silver"])
    elif thing == "cone":
        c.polygon([(x - 0.36 * s - rim, y - 0.02 * s), (x + 0.36 * s + rim, y - 0.02 * s), (x, y + 0.9 * s)], dark)
        c.polygon([(x - 0.3 * s, y), (x + 0.3 * s, y), (x, y + 0.76 * s)], PIGMENTS["ochre"])
        c.oval(x, y - 0.28 * s, 0.44 * s + rim, 0.4 * s + rim, dark)
        c.oval(x, y - 0.28 * s, 0.44 * s, 0.4 * s, tint)
        c.oval(x - 0.16 * s, y - 0.42 * s, 0.1 * s, 0.08 * s, white)
    elif thing == "lips":
        c.oval(x, y, 0.74 * s + rim, 0.4 * s + rim, dark)
        c.oval(x, y, 0.74 * s, 0.4 * s, tint)
        c.oval(x, y + 0.02 * s, 0.5 * s, 0.13 * s, white)
        c.line([(x - 0.6 * s, y), (x + 0.6 * s, y)], rim, dark)
    else:
        for k in range(5):
            turn = 2 * math.pi * k / 5 - math.pi / 2
            px, py = x + 0.36 * s * math.cos(turn), y + 0.36 * s * math.sin(turn)
            c.oval(px, py, 0.33 * s + rim, 0.33 * s + rim, dark)
        for k in range(5):
            turn = 2 * math.pi * k / 5 - math.pi / 2
            c.oval(x + 0.36 * s * math.cos(turn), y + 0.36 * s * math.sin(turn), 0.33 * s, 0.33 * s, tint)
        c.oval(x, y, 0.2 * s, 0.2 * s, PIGMENTS["yellow"])
