"""Compositions of nothing but form and colour."""

# ruff: noqa: PLR0917 (drawing calls read best by position: what, where, how large, which colour)

from __future__ import annotations

import math
from collections.abc import Callable

from creativity_assets.atelier.canvas import PIGMENTS, Canvas, Dice, Point, mix
from creativity_assets.atelier.painters import Painter
from creativity_assets.atelier.scene import Scene, a, headline

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


def _cuts(d: Dice, count: int) -> list[float]:
    """Places of `count` lines that keep some distance."""
    steps = [d.between(0.5, 1.6) for _ in range(count + 1)]
    total, place, cuts = sum(steps), 0.0, []
    for step in steps[:-1]:
        place += step / total
        cuts.append(place)
    return [0.0, *cuts, 1.0]


def grid(c: Canvas, d: Dice, p: Painter) -> Scene:
    """Black bars on white, a few cells filled."""
    ground = d.pick(p.palette.ground)
    c.box(0, 0, 1, 1, PIGMENTS[ground])
    xs, ys = _cuts(d, d.whole(1, 3)), _cuts(d, d.whole(1, 3))
    cells = [(i, j) for i in range(len(xs) - 1) for j in range(len(ys) - 1)]
    order = d.shuffled(len(cells))
    fills = [d.pick(p.palette.accent) for _ in range(min(len(cells) - 1, d.whole(2, 3)))]
    for k, name in enumerate(fills):
        i, j = cells[order[k]]
        c.box(xs[i], ys[j], xs[i + 1], ys[j + 1], PIGMENTS[name])
    width = d.between(0.04, 0.06)
    for x in xs[1:-1]:
        c.line([(x, 0), (x, 1)], width, PIGMENTS[p.palette.dark])
    for y in ys[1:-1]:
        c.line([(0, y), (1, y)], width * d.between(0.9, 1.3), PIGMENTS[p.palette.dark])
    names = list(dict.fromkeys(fills))
    phrase = f"an abstract grid of black bars with {' and '.join(names)} squares on {a(ground)} ground"
    motif = f"Composition with {headline(' and '.join(names))}"
    return Scene("abstraction", phrase, motif)


def floating(c: Canvas, d: Dice, p: Painter) -> Scene:
    """Discs, bars and wedges adrift along a diagonal."""
    ground = d.pick(p.palette.ground)
    c.box(0, 0, 1, 1, PIGMENTS[ground])
    lean = d.pick((-1, 1)) * d.between(0.35, 0.75)
    main = d.pick(p.palette.accent)
    second = d.pick_other(p.palette.accent, main)
    disc = d.chance(0.7)
    if disc:
        x, y, r = d.between(0.3, 0.7), d.between(0.28, 0.7), d.between(0.16, 0.27)
        c.form(x, y, r, r, PIGMENTS[main], 0.3)

    def bar(x: float, y: float, length: float, width: float, turn: float, name: str) -> None:
        ux, uy = math.cos(turn) * length / 2, math.sin(turn) * length / 2
        vx, vy = -math.sin(turn) * width / 2, math.cos(turn) * width / 2
        c.polygon(
            [
                (x - ux - vx, y - uy - vy),
                (x + ux - vx, y + uy - vy),
                (x + ux + vx, y + uy + vy),
                (x - ux + vx, y - uy + vy),
            ],
            PIGMENTS[name],
        )

    bars = d.whole(3, 6)
    for k in range(bars):
        t = d.between(0.1, 0.9)
        y = 0.5 + lean * (t - 0.5) + d.between(-0.25, 0.25)
        length, width = d.between(0.25, 0.75), d.between(0.04, 0.13)
        turn = math.atan(lean) + (math.pi / 2 if k % 3 == 2 else 0)
        bar(t, y, length, width, turn, second if k % 2 == 0 else d.pick(p.palette.accent))
    wedge = d.chance(0.5)
    if wedge:
        x, y = d.between(0.1, 0.4), d.between(0.55, 0.9)
        c.polygon([(x, y), (x + 0.42, y - 0.3), (x + 0.16, y + 0.12)], PIGMENTS[main])
    things = " and ".join(
        [*([f"{a(main)} disc"] if disc else []), *([f"{a(main)} wedge"] if wedge else []), f"{second} bars"]
    )
    phrase = f"an abstract composition with {things} floating on {a(ground)} ground"
    motif = d.pick(
        (
            f"Proun {d.whole(1, 60)}",
            f"Construction {d.pick(ROMAN)}",
            f"Flight of the {headline(main)} Forms",
            "Dynamic Balance",
            f"Supremus {d.whole(10, 60)}",
        )
    )
    return Scene("abstraction", phrase, motif)


def fields(c: Canvas, d: Dice, p: Painter) -> Scene:
    """Two or three soft rectangles stacked on a coloured ground."""
    ground = d.pick(p.palette.ground)
    upper = d.pick_other(p.palette.cloth, ground)
    lower = d.pick_other(p.palette.cloth, ground, upper)
    c.fade(0, 1, mix(PIGMENTS[ground], PIGMENTS[p.palette.dark], 0.15), PIGMENTS[ground])
    cut = d.between(0.35, 0.66)
    margin = d.between(0.06, 0.12)
    blocks = [(margin, cut - 0.025, upper), (cut + 0.025, 1 - margin, lower)]
    third = ""
    if d.chance(0.4):
        third = d.pick_other(p.palette.accent, ground, upper, lower)
        middle = cut + d.between(0.08, 0.12)
        blocks = [(margin, cut - 0.025, upper), (cut + 0.02, middle, third), (middle + 0.04, 1 - margin, lower)]
    for top, bottom, name in blocks:
        tone = PIGMENTS[name]
        c.slab(
            [(margin, top), (1 - margin, top), (1 - margin, bottom), (margin, bottom)],
            tone,
            mix(tone, PIGMENTS[ground], d.between(0.05, 0.25)),
        )
        c.glow(
            d.between(0.3, 0.7),
            (top + bottom) / 2,
            0.4,
            0.5 * (bottom - top),
            mix(tone, PIGMENTS[p.palette.light], 0.25),
            0.6,
        )
    words = f"{a(upper)} field over {a(lower)} field" + (f" and {a(third)} band" if third else "")
    phrase = f"an abstract painting of {words} on {a(ground)} ground"
    motif = d.pick(
        (
            f"{headline(upper)} over {headline(lower)}",
            f"Untitled ({headline(upper)}, {headline(lower)})",
            f"No. {d.whole(2, 40)}",
            f"{headline(upper)} on {headline(ground)}",
        )
    )
    return Scene("abstraction", phrase, motif)


def _loop(d: Dice) -> list[Point]:
    x, y, r = d.between(0.2, 0.8), d.between(0.2, 0.8), d.between(0.2, 0.5)
    start, sweep, flat = d.between(0, 6.3), d.between(1.8, 4.6), d.between(0.5, 1.0)
    turns = [start + sweep * t / 16 for t in range(17)]
    return [(x + r * math.cos(turn), y + flat * r * math.sin(turn)) for turn in turns]


def _wave(d: Dice, height: float) -> list[Point]:
    left, right, tilt = d.between(-0.1, 0.25), d.between(0.7, 1.1), d.between(-0.35, 0.35)
    swing, phase, turns = d.between(0.06, 0.2), d.between(0, 6.3), d.between(0.6, 1.6)
    steps = [t / 16 for t in range(17)]
    return [
        (left + (right - left) * t, height + tilt * (t - 0.5) + swing * math.sin(phase + turns * 6.3 * t))
        for t in steps
    ]


def gesture(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A loose ground; the sweeping strokes themselves are laid by the brush (techniques.gesture)."""
    ground = d.pick(p.palette.ground)
    first = d.pick_other(p.palette.accent, ground)
    second = d.pick_other(p.palette.accent, ground, first)
    tone = PIGMENTS[ground]
    c.fade(0, 1, mix(tone, PIGMENTS[p.palette.light], 0.25), mix(tone, PIGMENTS[p.palette.dark], 0.12))
    for _ in range(4):
        c.glow(d.between(0, 1), d.between(0, 1), 0.4, 0.3, mix(tone, PIGMENTS[d.pick((first, second))], 0.5), 0.8)
    form = d.pick(("loops", "waves"))
    for k in range(d.whole(4, 6)):
        colour = PIGMENTS[first if k % 2 else second]
        width = d.between(0.07, 0.13)
        points = _loop(d) if form == "loops" else _wave(d, (k + 0.6) / 6)
        c.line(points, width, colour)
        c.line(
            [(u - 0.012, v - 0.02) for u, v in points[1:-1]], width * 0.3, mix(colour, PIGMENTS[p.palette.light], 0.4)
        )
    for _ in range(d.whole(1, 4)):
        x, y = d.between(0.1, 0.9), d.between(0.1, 0.9)
        r = d.between(0.03, 0.06)
        c.oval(x, y, r, r, PIGMENTS[second])
    phrase = f"an abstract painting of sweeping {first} and {second} {form} on {a(ground)} ground"
    motif = d.pick(
        (
            f"Untitled ({headline(first)})",
            "Harmattan",
            "Call and Response",
            f"Drift {d.pick(ROMAN)}",
            "Overground",
            f"{headline(second)} Tide",
            "Third Mainland",
        )
    )
    return Scene("abstraction", phrase, motif)


ABSTRACTIONS: dict[str, Callable[[Canvas, Dice, Painter], Scene]] = {
    "grid": grid, "floating": floating, "fields": fields, "gesture": gesture,
}  # fmt: skip


def abstraction(c: Canvas, d: Dice, p: Painter) -> Scene:
    return ABSTRACTIONS[p.staging.abstraction](c, d, p)
