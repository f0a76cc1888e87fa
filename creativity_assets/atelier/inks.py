"""Ink on paper: mountains that dissolve, single branches, much left empty."""

from __future__ import annotations

from creativity_assets.atelier import scenery
from creativity_assets.atelier.canvas import PIGMENTS, Canvas, Dice, mix
from creativity_assets.atelier.painters import Painter
from creativity_assets.atelier.scene import Scene, headline


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
        scenery.tree_pine(c, d, x, 0.92, 0.4, dark, dark)
    else:
        scenery.house(c, d, x, 0.86, 0.14, mix(ground, ink, 0.4), dark, ground)
    sun = d.chance(0.6)
    if sun:
        c.oval(d.between(0.2, 0.8), 0.16, 0.06, 0.06, mix(PIGMENTS["red"], ground, 0.15))
    words = {"boat": "a boat", "pine": "a pine", "house": "a house"}[thing]
    phrase = f"black ink mountains in mist with {words}{' and a red sun' if sun else ''} on {paper} paper"
    motif = headline(f"{d.pick(('mountains', 'distant peaks', 'mist', 'valley'))} with {words}")
    return Scene("landscape", phrase, motif)


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
    phrase = f"black ink {word}{' with red flowers' if blossoms else ''} on {paper} paper"
    motif = headline(f"{word} {d.pick(('in wind', 'after rain', 'in winter', 'in moonlight', 'in spring'))}")
    return Scene("still life", phrase, motif)
