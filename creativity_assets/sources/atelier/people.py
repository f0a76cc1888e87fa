"""Compositions with people: portraits, saints, groups, riders."""

# ruff: noqa: PLR0917 (drawing calls read best by position: what, where, how large, which colour)

from __future__ import annotations

import math
from collections.abc import Callable

from creativity_assets.sources.atelier import nature
from creativity_assets.sources.atelier.canvas import PIGMENTS, Canvas, Colour, Dice, mix
from creativity_assets.sources.atelier.painters import Painter
from creativity_assets.sources.atelier.scene import Scene, a, headline

HAIR: dict[str, Colour] = {
    "black": (44, 36, 36), "brown": (98, 64, 42), "red": (150, 76, 40), "blond": (200, 164, 96),
    "grey": (148, 144, 138),
}  # fmt: skip
SKINS: tuple[Colour, ...] = ((228, 186, 156), (214, 168, 134), (190, 140, 104), (150, 102, 72))


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
    _, air = nature.sky(c, d, p, horizon, "morning")
    nature.peak(c, d, d.between(0.05, 0.25), horizon + 0.05, 0.2, 0.2, mix(PIGMENTS[ground], air, 0.5), air)
    nature.peak(c, d, d.between(0.75, 0.95), horizon + 0.05, 0.24, 0.2, mix(PIGMENTS[ground], air, 0.4), air)
    nature.land(c, d, p, horizon, air)
    nature.FEATURES["river"](c, d, p, horizon, air)
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


def _features(c: Canvas, p: Painter, x: float, y: float, r: float, turn: float, skin: Colour) -> None:
    """Eyes, nose and mouth of a head of half-width r, looking left (-1), ahead (0) or right (1)."""
    dark = mix(PIGMENTS[p.palette.dark], skin, 0.12)
    centre = x + 0.26 * r * turn
    for side in (-1, 1):
        near = 1 - 0.22 * (side * turn > 0)
        ex = centre + side * 0.4 * r * near
        c.oval(ex, y - 0.02 * r, 0.17 * r * near, 0.11 * r, dark)
        c.line(
            [(ex - 0.2 * r * near, y - 0.3 * r), (ex + 0.2 * r * near, y - 0.32 * r)], 0.075 * r, mix(dark, skin, 0.25)
        )
    shade = mix(skin, (90, 40, 30), 0.4)
    tip = centre + (0.16 * turn - 0.06 * c.light) * r
    c.line([(centre, y - 0.1 * r), (tip, y + 0.42 * r)], 0.11 * r, shade)
    c.oval(centre + 0.04 * r * turn, y + 0.74 * r, 0.27 * r, 0.09 * r, mix(skin, (150, 30, 34), 0.65))


def _headwear(c: Canvas, p: Painter, kind: str, colour: Colour, x: float, y: float, r: float) -> None:
    """Whatever goes on a head centred at (x, y) of half-width r; halos are painted before the head instead."""
    if kind == "hat":
        c.body(
            [
                (x - 0.85 * r, y - 0.75 * r),
                (x - 0.75 * r, y - 1.9 * r),
                (x + 0.75 * r, y - 1.9 * r),
                (x + 0.85 * r, y - 0.75 * r),
            ],
            colour,
        )
        c.oval(x, y - 0.8 * r, 1.65 * r, 0.26 * r, mix(colour, (10, 8, 10), 0.2))
    elif kind == "straw":
        c.form(x, y - 0.95 * r, 1.6 * r, 0.42 * r, colour, 0.3)
        c.form(x, y - 1.25 * r, 0.85 * r, 0.5 * r, colour, 0.3)
    elif kind == "turban":
        c.form(x, y - 1.0 * r, 1.25 * r, 0.68 * r, colour, 0.45)
        c.line(
            [(x - 1.0 * r, y - 0.8 * r), (x, y - 1.25 * r), (x + 1.05 * r, y - 0.85 * r)],
            0.2 * r,
            mix(colour, (255, 246, 220), 0.35),
        )
    elif kind == "cap":
        c.form(x, y - 0.85 * r, 1.12 * r, 0.66 * r, colour, 0.3)
    elif kind == "crown":
        base, top = y - 0.85 * r, y - 1.7 * r
        c.polygon([(x - 0.95 * r, base), (x - 1.05 * r, top), (x - 0.45 * r, base - 0.35 * r), (x, top - 0.1 * r),
                   (x + 0.45 * r, base - 0.35 * r), (x + 1.05 * r, top), (x + 0.95 * r, base)], PIGMENTS["gold"])  # fmt: skip
    elif kind == "wig":
        for dx, dy, s in ((0, -1.3, 0.85), (-0.75, -0.8, 0.5), (0.75, -0.8, 0.5), (-1.0, 0.0, 0.42), (1.0, 0.0, 0.42)):
            c.form(x + dx * r, y + dy * r, s * r, s * r, PIGMENTS["ivory"], 0.3)
    elif kind == "bun":
        c.form(x, y - 1.3 * r, 0.55 * r, 0.5 * r, colour, 0.4)


HEADWEAR_WORDS = {
    "none": "", "hat": "{} hat", "straw": "straw hat", "turban": "{} turban", "cap": "{} cap", "crown": "gold crown",
    "wig": "white wig", "bun": "hair bun", "veil": "{} veil", "halo": "gold halo", "collar": "white collar",
    "parasol": "",
}  # fmt: skip


def bust(
    c: Canvas,
    d: Dice,
    p: Painter,
    cloth: str,
    hat: str,
    hair: str,
    kind: str,
    woman: bool,
    turn: int,
    lift: float = 0.0,
) -> None:
    """Head and shoulders."""
    size = p.staging.head
    r = 0.142 * size
    x, y = 0.5 + 0.05 * turn, 0.4 - lift
    skin = d.pick(SKINS[:3]) if p.era != "contemporary" else d.pick(SKINS)
    robe, lock, hat_colour = PIGMENTS[cloth], HAIR[hair], PIGMENTS[hat]
    chin = y + 1.2 * r
    if kind == "halo":
        c.oval(x, y - 0.1 * r, 2.0 * r, 2.0 * r, mix(PIGMENTS["gold"], PIGMENTS["rust"], 0.5))
        c.oval(x, y - 0.1 * r, 1.78 * r, 1.78 * r, mix(PIGMENTS["yellow"], PIGMENTS["gold"], 0.4))
    if kind == "veil":
        c.body([(x - 1.5 * r, 0.85), (x - 1.35 * r, y - 0.3 * r), (x - 0.7 * r, y - 1.5 * r), (x + 0.7 * r, y - 1.5 * r),
                (x + 1.35 * r, y - 0.3 * r), (x + 1.5 * r, 0.85)], hat_colour, 0.4)  # fmt: skip
    elif woman:
        c.form(x, y + 0.1 * r, 1.28 * r, 1.6 * r, lock, 0.35)
        c.polygon(
            [
                (x - 1.27 * r, y + 0.1 * r),
                (x + 1.27 * r, y + 0.1 * r),
                (x + 1.05 * r, chin + 0.55 * r),
                (x - 1.05 * r, chin + 0.55 * r),
            ],
            mix(lock, (10, 8, 8), 0.12),
        )
    # shoulders, then the neck over them
    width = (0.36 if woman else 0.41) * (0.75 + 0.25 * size)
    slope = chin + 0.34 * r
    c.body([(x - width - 0.05, 1.02), (x - width, slope + 0.14), (x - 0.2 * size, slope), (x + 0.2 * size, slope),
            (x + width, slope + 0.14), (x + width + 0.05, 1.02)], robe, 0.55)  # fmt: skip
    fold = mix(robe, (16, 10, 18), 0.35 * min(1.0, 0.4 + c.relief))
    c.line([(x - 0.6 * width, slope + 0.16), (x - 0.45 * width, 1.02)], 0.025, fold)
    c.line([(x + 0.6 * width, slope + 0.16), (x + 0.5 * width, 1.02)], 0.025, fold)
    neck = mix(skin, (90, 50, 40), 0.25)
    c.polygon(
        [
            (x - 0.5 * r, y + 0.5 * r),
            (x + 0.5 * r, y + 0.5 * r),
            (x + 0.62 * r, slope + 0.02),
            (x, slope + 0.42 * r),
            (x - 0.62 * r, slope + 0.02),
        ],
        neck,
    )
    if kind == "collar":
        c.form(x, slope + 0.03, 1.55 * r, 0.5 * r, PIGMENTS["white"], 0.3)
    # head
    if not woman and kind not in ("veil",):
        c.form(x, y - 0.25 * r, 1.1 * r, 1.15 * r, lock, 0.3)
    c.form(x, y, r, 1.25 * r, skin, 0.5)
    c.polygon([(x - 1.02 * r, y - 0.3 * r), (x - 0.85 * r, y - 1.05 * r), (x, y - 1.36 * r), (x + 0.85 * r, y - 1.05 * r),
               (x + 1.02 * r, y - 0.3 * r), (x + 0.62 * r, y - 0.78 * r), (x - 0.15 * r * turn, y - 0.92 * r), (x - 0.62 * r, y - 0.78 * r)],
              hat_colour if kind == "veil" else lock)  # fmt: skip
    _features(c, p, x, y + 0.08 * r, r, turn, skin)
    if not woman and d.chance(0.35):
        c.form(x + 0.12 * r * turn, y + 0.98 * r, 0.55 * r, 0.42 * r, lock, 0.3)
    if kind != "halo":
        _headwear(c, p, kind, lock if kind == "bun" else hat_colour if kind != "straw" else PIGMENTS["gold"], x, y, r)


def _sitter(d: Dice, p: Painter) -> tuple[str, str, str, str, bool]:
    """Colours of cloth, headwear and hair, kind of headwear, and whether the sitter is a woman."""
    woman = d.chance(0.55)
    kind = d.pick(p.staging.headwear)
    if kind in ("veil", "bun"):
        woman = True
    if kind == "collar":
        woman = woman and d.chance(0.3)
    cloth = d.pick(p.palette.cloth)
    hair = d.pick(tuple(HAIR))
    hat = "white" if kind == "cap" and d.chance(0.6) else d.pick_other(p.palette.cloth, cloth)
    return cloth, hat, hair, kind, woman


def portrait(c: Canvas, d: Dice, p: Painter) -> Scene:
    cloth, hat, hair, kind, woman = _sitter(d, p)
    behind = backdrop(c, d, p, cloth, hat)
    bust(c, d, p, cloth, hat, hair, kind, woman, d.whole(-1, 1))
    who = "woman" if woman else "man"
    extra = HEADWEAR_WORDS[kind].format(hat)
    extra = f" and {a(extra)}" if extra else ""
    garment = p.staging.garment if woman or p.staging.garment not in ("dress", "gown") else "coat"
    return Scene("portrait", f"a portrait of a {who} with {hair} hair in {a(cloth)} {garment}{extra} before {a(behind)}",
                 headline(f"{d.pick(('portrait of a', 'young', 'bust of a', 'head of a'))} {who} in {d.pick((cloth, cloth, a(cloth) + ' ' + garment))}"))  # fmt: skip


def saint(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A haloed half figure, sometimes with a child."""
    cloth = d.pick(p.palette.cloth)
    veil = d.pick_other(p.palette.cloth, cloth)
    behind = backdrop(c, d, p, cloth)
    woman = d.chance(0.7)
    c.oval(0.5, 0.36, 0.24, 0.24, mix(PIGMENTS["gold"], PIGMENTS["rust"], 0.45))
    c.oval(0.5, 0.36, 0.21, 0.21, mix(PIGMENTS["yellow"], PIGMENTS["gold"], 0.5))
    bust(
        c,
        d,
        p,
        cloth,
        veil,
        d.pick(("brown", "blond", "grey")),
        "veil" if woman else "none",
        woman,
        d.pick((-1, 1)),
        0.03,
    )
    child = woman and d.chance(0.6)
    if child:
        side = d.pick((-1, 1))
        x, y = 0.5 + side * 0.16, 0.72
        c.body([(x - 0.1, 1.0), (x - 0.08, 0.8), (x + 0.08, 0.8), (x + 0.1, 1.0)], PIGMENTS[p.palette.light])
        c.oval(x, y, 0.1, 0.1, mix(PIGMENTS["gold"], PIGMENTS["yellow"], 0.4))
        c.form(x, y, 0.062, 0.072, SKINS[0], 0.3)
    who = "a madonna" if woman else "a saint"
    wear = f"{a(cloth)} robe" + (f" and {a(veil)} veil" if woman else "")
    return Scene("portrait", f"{who}{' and child' if child else ''} with a gold halo in {wear} before {a(behind)}",
                 headline(d.pick(("Madonna and child" if child else "Madonna", "the virgin enthroned") if woman
                                 else ("Saint Jerome", "Saint Lucas", "Saint Anselm", "an apostle"))))  # fmt: skip


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
    behind = backdrop(c, d, p, cloth)
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
        standing(c, p, x, y, h, colour, HAIR[d.pick(("brown", "black", "blond"))], SKINS[0], women, d.between(-1, 1.6))
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
    return Scene(
        "figure",
        f"{number} standing {noun[count > 1]}{with_halo} in {wear} before {a(behind)}",
        headline(d.pick(title)),
    )


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
    skin = SKINS[0]
    c.line([(hx, hy + 0.14), (hx - way * 0.16, hy + 0.06), (hx - way * 0.27, hy - 0.1)], 0.06, skin)
    c.line([(hx + way * 0.04, hy + 0.16), (hx + way * 0.2, hy + 0.16), (hx + way * 0.3, hy + 0.06)], 0.06, skin)
    c.form(hx + 0.02, hy + 0.17, 0.11, 0.12, mix(PIGMENTS[other], light, 0.1), 0.4)
    c.form(hx, hy - 0.02, 0.09, 0.095, HAIR[d.pick(("brown", "black", "red"))], 0.3)
    c.form(hx - 0.012 * way, hy, 0.068, 0.085, skin, 0.5)
    side = "left" if way > 0 else "right"
    return Scene("figure", f"a flying figure in {a(cloth)} and {other} mantle rising to the {side} in {a(tone)} sky",
                 headline(d.pick(("the ascension", "the triumph of fame", "the rape of the winds", "Judith", "Aurora", "the vision of Saint Inés", "Fortuna"))))  # fmt: skip


def rider(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A rearing horse and its rider before a burning sky."""
    horizon, time = d.between(*p.staging.horizon), d.pick(p.staging.times)
    name, air = nature.sky(c, d, p, horizon, time)
    near = nature.land(c, d, p, horizon, air, 2)
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
    c.form(hx, hy, 0.055, 0.068, SKINS[2], 0.4)
    c.form(hx, hy - 0.05, 0.075, 0.045, PIGMENTS[hat], 0.4)
    return Scene("figure", f"a rider in {a(cloth)} jacket and {a(hat)} turban on {a(coat_name)} horse on {near} land under {a(name)} sky {nature.TIME_WORDS[time]}",
                 headline(d.pick(("the charge", "horseman", "the messenger", "fantasia", "rider")) + f" {nature.TIME_WORDS[time]}"))  # fmt: skip


def pop_portrait(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A cropped smiling face in flat colour."""
    ground = d.pick(p.palette.ground)
    behind = BACKDROPS["spots"](c, d, p, ground)
    cloth = d.pick_other(p.palette.cloth, ground)
    hair = d.pick(("yellow", "black", "red", "blue", "pink"))
    skin = mix((246, 196, 168), PIGMENTS[d.pick(("pink", "yellow", "turquoise", "ivory"))], 0.4)
    tilt = d.between(-0.05, 0.05)
    lock, dark = PIGMENTS[hair], PIGMENTS["black"]
    for grow, colour in ((0.025, dark), (0.0, lock)):
        c.oval(0.5, 0.45, 0.34 + grow, 0.38 + grow, colour)
        c.box(0.16 - grow, 0.5, 0.84 + grow, 0.78 + grow, colour)
    for grow, colour in ((0.025, dark), (0.0, PIGMENTS[cloth])):
        c.polygon([(0.06 - grow, 1.02), (0.2, 0.84 - grow), (0.8, 0.84 - grow), (0.94 + grow, 1.02)], colour)
    for grow, colour in ((0.02, dark), (0.0, skin)):
        c.box(0.41 - grow, 0.7, 0.59 + grow, 0.9, colour)
        c.oval(0.5 + tilt, 0.5, 0.23 + grow, 0.29 + grow, colour)
    c.polygon([(0.24, 0.42), (0.3, 0.16), (0.72, 0.16), (0.78, 0.44), (0.6, 0.28), (0.42, 0.33)], lock)
    for side in (-1, 1):
        c.oval(0.5 + tilt + side * 0.1, 0.49, 0.058, 0.04, PIGMENTS["white"])
        c.oval(0.5 + tilt + side * 0.1, 0.49, 0.03, 0.036, dark)
        c.line([(0.5 + tilt + side * 0.16, 0.42), (0.5 + tilt + side * 0.05, 0.41)], 0.025, dark)
    mouth = d.pick(("red", "crimson", "pink"))
    c.oval(0.5 + tilt, 0.67, 0.09, 0.04, PIGMENTS[mouth])
    c.line([(0.5 + tilt, 0.52), (0.52 + tilt, 0.58)], 0.022, dark)
    return Scene("portrait", f"a portrait of a woman with {hair} hair in {a(cloth)} shirt and {mouth} lips before {a(behind)}",
                 headline(d.pick((f"{hair} girl", "star", f"Miss {d.pick(('Dot', 'Monday', 'Brighton', 'Sunday'))}", "crush", "oh, well", f"{ground} Sandra"))))  # fmt: skip
