"""Portraits: heads and shoulders, saints, cropped poster faces."""

# ruff: noqa: PLR0917 (drawing calls read best by position: what, where, how large, which colour)

from __future__ import annotations

from creativity_assets.atelier import backdrops
from creativity_assets.atelier.canvas import PIGMENTS, Canvas, Colour, Dice, mix
from creativity_assets.atelier.painters import Painter
from creativity_assets.atelier.scene import Scene, a, headline

HAIR: dict[str, Colour] = {
    "black": (44, 36, 36), "brown": (98, 64, 42), "red": (150, 76, 40), "blond": (200, 164, 96),
    "grey": (148, 144, 138),
}  # fmt: skip


SKINS: tuple[Colour, ...] = ((228, 186, 156), (214, 168, 134), (190, 140, 104), (150, 102, 72))


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
                   (x + 0.45 * r, base - 0.35 * r), (x + 1.05 * r, top), (x + 0.95 * r, base)],
                  PIGMENTS["gold"])  # fmt: skip
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
        c.body([(x - 1.5 * r, 0.85), (x - 1.35 * r, y - 0.3 * r), (x - 0.7 * r, y - 1.5 * r),
                (x + 0.7 * r, y - 1.5 * r), (x + 1.35 * r, y - 0.3 * r), (x + 1.5 * r, 0.85)],
               hat_colour, 0.4)  # fmt: skip
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
    c.polygon([(x - 1.02 * r, y - 0.3 * r), (x - 0.85 * r, y - 1.05 * r), (x, y - 1.36 * r),
               (x + 0.85 * r, y - 1.05 * r), (x + 1.02 * r, y - 0.3 * r), (x + 0.62 * r, y - 0.78 * r),
               (x - 0.15 * r * turn, y - 0.92 * r), (x - 0.62 * r, y - 0.78 * r)],
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
    behind = backdrops.backdrop(c, d, p, cloth, hat)
    bust(c, d, p, cloth, hat, hair, kind, woman, d.whole(-1, 1))
    who = "woman" if woman else "man"
    extra = HEADWEAR_WORDS[kind].format(hat)
    extra = f" and {a(extra)}" if extra else ""
    garment = p.staging.garment if woman or p.staging.garment not in ("dress", "gown") else "coat"
    phrase = f"a portrait of a {who} with {hair} hair in {a(cloth)} {garment}{extra} before {a(behind)}"
    kind_of_picture = d.pick(("portrait of a", "young", "bust of a", "head of a"))
    motif = headline(f"{kind_of_picture} {who} in {d.pick((cloth, cloth, f'{a(cloth)} {garment}'))}")
    return Scene("portrait", phrase, motif)


def saint(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A haloed half figure, sometimes with a child."""
    cloth = d.pick(p.palette.cloth)
    veil = d.pick_other(p.palette.cloth, cloth)
    behind = backdrops.backdrop(c, d, p, cloth)
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
    phrase = f"{who}{' and child' if child else ''} with a gold halo in {wear} before {a(behind)}"
    motif = headline(
        d.pick(
            ("Madonna and child" if child else "Madonna", "the virgin enthroned")
            if woman
            else ("Saint Jerome", "Saint Lucas", "Saint Anselm", "an apostle")
        )
    )
    return Scene("portrait", phrase, motif)


def pop_portrait(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A cropped smiling face in flat colour."""
    ground = d.pick(p.palette.ground)
    behind = backdrops.BACKDROPS["spots"](c, d, p, ground)
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
    phrase = f"a portrait of a woman with {hair} hair in {a(cloth)} shirt and {mouth} lips before {a(behind)}"
    motif = headline(
        d.pick(
            (
                f"{hair} girl",
                "star",
                f"Miss {d.pick(('Dot', 'Monday', 'Brighton', 'Sunday'))}",
                "crush",
                "oh, well",
                f"{ground} Sandra",
            )
        )
    )
    return Scene("portrait", phrase, motif)
