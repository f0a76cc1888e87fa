"""What lies behind a sitter or a still life."""

from __future__ import annotations

from collections.abc import Callable

from creativity_assets.atelier import scenery
from creativity_assets.atelier.canvas import PIGMENTS, Canvas, Dice, mix
from creativity_assets.atelier.painters import Painter


def _plain(c: Canvas, d: Dice, p: Painter, ground: str) -> str:
    tone = PIGMENTS[ground]
    c.fade(
        0, 1, mix(tone, PIGMENTS[p.palette.light], 0.2), mix(tone, PIGMENTS[p.palette.dark], 0.25), across=c.light < 0
    )
    c.glow(0.5 + 0.3 * c.light, 0.35, 0.6, 0.6, mix(tone, PIGMENTS[p.palette.light], 0.3), 0.6)
    return f"{ground} ground"


def _dark(c: Canvas, d: Dice, p: Painter, ground: str) -> str:
    tone = mix(PIGMENTS[ground], PIGMENTS[p.palette.dark], 0.5)
    c.fade(0, 1, tone, mix(tone, (8, 6, 8), 0.4))
    c.glow(0.5 + 0.35 * c.light, 0.4, 0.5, 0.5, mix(tone, PIGMENTS["brown"], 0.5), 0.6)
    return "dark ground"


def _gold(c: Canvas, d: Dice, p: Painter, ground: str) -> str:
    c.fade(0, 1, mix(PIGMENTS["gold"], PIGMENTS["yellow"], 0.3), mix(PIGMENTS["gold"], PIGMENTS["brown"], 0.2))
    for k in range(5):
        c.glow(0.1 + 0.2 * k, 0.08, 0.1, 0.12, mix(PIGMENTS["gold"], PIGMENTS["rust"], 0.4), 0.6)
    return "gold ground"


def _vista(c: Canvas, d: Dice, p: Painter, ground: str) -> str:
    horizon = d.between(0.42, 0.54)
    _, air = scenery.sky(c, d, p, horizon, "morning")
    scenery.peak(c, d, d.between(0.05, 0.25), horizon + 0.05, 0.2, 0.2, mix(PIGMENTS[ground], air, 0.5), air)
    scenery.peak(c, d, d.between(0.75, 0.95), horizon + 0.05, 0.24, 0.2, mix(PIGMENTS[ground], air, 0.4), air)
    scenery.land(c, d, p, horizon, air)
    scenery.FEATURES["river"](c, d, p, horizon, air)
    return "river landscape"


def _arcade(c: Canvas, d: Dice, p: Painter, ground: str) -> str:
    wall = mix(PIGMENTS[ground], PIGMENTS["ivory"], 0.4)
    c.fade(0, 1, mix(wall, PIGMENTS["ivory"], 0.4), mix(wall, PIGMENTS["brown"], 0.2))
    opening = mix(PIGMENTS["azure"], PIGMENTS["ivory"], 0.25)
    for k in range(3):
        x = 0.18 + 0.32 * k
        c.oval(x, 0.32, 0.11, 0.13, opening)
        c.box(x - 0.11, 0.32, x + 0.11, 0.68, opening)
        c.fade(0.55, 0.68, opening, opening)
    for k in range(4):
        c.box(0.02 + 0.32 * k - 0.03, 0.3, 0.02 + 0.32 * k + 0.03, 0.72, mix(wall, PIGMENTS["ivory"], 0.5))
    c.fade(0.7, 1, mix(PIGMENTS["pink"], wall, 0.5), mix(PIGMENTS["ochre"], wall, 0.4))
    return f"{ground} arcade"


def _wall(c: Canvas, d: Dice, p: Painter, ground: str) -> str:
    tone = mix(PIGMENTS[ground], PIGMENTS["ivory"], 0.35)
    bright, dim = mix(tone, PIGMENTS["white"], 0.4), mix(tone, PIGMENTS[p.palette.dark], 0.35)
    first, last = (bright, dim) if c.light < 0 else (dim, bright)
    c.fade(0, 1, first, last, across=True)
    return f"{ground} wall"


def _foliage(c: Canvas, d: Dice, p: Painter, ground: str) -> str:
    c.fade(0, 1, mix(PIGMENTS[ground], PIGMENTS[p.palette.light], 0.4), mix(PIGMENTS["green"], PIGMENTS[ground], 0.3))
    for _ in range(8):
        x = d.between(0, 0.35) if d.chance(0.5) else d.between(0.65, 1)
        c.glow(x, d.between(0.05, 0.7), 0.24, 0.2, mix(PIGMENTS[ground], PIGMENTS["green"], d.between(0.3, 0.9)), 0.9)
    return f"{ground} garden"


def _curtain(c: Canvas, d: Dice, p: Painter, ground: str) -> str:
    _dark(c, d, p, ground)
    cloth = PIGMENTS["crimson"] if ground != "rust" else PIGMENTS["slate"]
    side = d.pick((-1, 1))
    for k in range(4):
        x = 0.5 + side * (0.5 - 0.13 * k)
        c.body(
            [(x - 0.1, 0), (x + 0.1, 0), (x + side * 0.24, 0.75), (x + side * 0.06, 0.8)],
            mix(cloth, (20, 10, 16), 0.18 * (k % 2)),
        )
    return "curtain"


def _fire(c: Canvas, d: Dice, p: Painter, ground: str) -> str:
    c.fade(0, 1, PIGMENTS[p.palette.dark], mix(PIGMENTS[ground], PIGMENTS[p.palette.dark], 0.3))
    for _ in range(5):
        c.glow(
            d.between(0, 1),
            d.between(0.1, 0.7),
            0.3,
            0.26,
            mix(PIGMENTS["orange"], PIGMENTS[ground], d.between(0.2, 0.7)),
            0.8,
        )
    return f"{ground} sky"


def _split(c: Canvas, d: Dice, p: Painter, ground: str) -> str:
    other = d.pick_other(p.palette.ground, ground)
    c.box(0, 0, 1, 1, PIGMENTS[ground])
    x = d.between(0.35, 0.65)
    c.polygon([(x, 0), (1, 0), (1, 1), (x - 0.15, 1)], PIGMENTS[other])
    return f"{ground} and {other} ground" if other != ground else f"{ground} ground"


def _spots(c: Canvas, d: Dice, p: Painter, ground: str) -> str:
    c.box(0, 0, 1, 1, PIGMENTS[ground])
    dot = mix(PIGMENTS[ground], PIGMENTS["white"] if ground != "white" else PIGMENTS["pink"], 0.5)
    shift = d.between(0, 0.12)
    for row in range(8):
        for column in range(8):
            c.oval(shift + 0.14 * column - 0.06 + 0.07 * (row % 2), 0.02 + 0.125 * row, 0.042, 0.042, dot)
    return f"{ground} ground with dots"


BACKDROPS: dict[str, Callable[[Canvas, Dice, Painter, str], str]] = {
    "plain": _plain, "dark": _dark, "gold": _gold, "vista": _vista, "arcade": _arcade, "wall": _wall,
    "foliage": _foliage, "curtain": _curtain, "fire": _fire, "split": _split, "spots": _spots,
}  # fmt: skip


def backdrop(c: Canvas, d: Dice, p: Painter, *taken: str) -> str:
    """Paint what is behind a sitter, in a colour not worn by anyone; gives it in caption words."""
    return BACKDROPS[p.staging.backdrop](c, d, p, d.pick_other(p.palette.ground, *taken))
