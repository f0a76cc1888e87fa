"""Rooms lit by a window."""

from __future__ import annotations

from creativity_assets.atelier import figures, portraits, still_lifes
from creativity_assets.atelier.canvas import PIGMENTS, Canvas, Colour, Dice, Point, mix
from creativity_assets.atelier.painters import Painter
from creativity_assets.atelier.scene import Scene, a, headline


def _tiles(c: Canvas, top: float, colour: Colour) -> None:
    """Three rows of tiles, every other one light, running to the middle."""
    for row in range(3):
        y0, y1 = (top + (1 - top) * (t / 3) ** 1.3 for t in (row, row + 1))
        s0, s1 = 0.13 + 0.09 * row, 0.13 + 0.09 * (row + 1)
        for k in range(-3, 4):
            if (k + row) % 2 == 0:
                tile = [(0.5 + k * s0, y0), (0.5 + (k + 1) * s0, y0), (0.5 + (k + 1) * s1, y1), (0.5 + k * s1, y1)]
                c.polygon(tile, colour)


def _window(c: Canvas, floor: float, wall: Colour, bars: Colour, pane: Colour) -> None:
    """The side wall on the side of the light, and its window."""

    def place(*points: Point) -> list[Point]:
        return [(1 - x, y) for x, y in points] if c.light > 0 else list(points)

    c.polygon(place((0, 0), (0.24, 0.1), (0.24, floor), (0, floor + 0.2)), wall)
    c.polygon(place((0.03, 0.12), (0.2, 0.18), (0.2, 0.48), (0.03, 0.52)), pane)
    c.line(place((0.115, 0.14), (0.115, 0.5)), 0.016, bars)
    c.line(place((0.03, 0.33), (0.2, 0.34)), 0.016, bars)


def interior(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A room lit by a window at the side, floor in perspective, someone at a table."""
    wall = d.pick(p.palette.ground)
    tone = mix(PIGMENTS[wall], PIGMENTS[p.palette.light], 0.3)
    dark = PIGMENTS[p.palette.dark]
    flip = c.light > 0
    bright, dim = mix(tone, PIGMENTS["white"], 0.35), mix(tone, dark, 0.45)
    c.fade(0, 1, bright if not flip else dim, dim if not flip else bright, across=True)
    floor_y = d.between(0.66, 0.74)
    floor_name = d.pick(("brown", "ochre", "slate"))
    floor = PIGMENTS[floor_name]
    c.fade(floor_y, 1, mix(floor, dark, 0.15), mix(floor, dark, 0.4))
    tiled = d.chance(0.6)
    if tiled:
        _tiles(c, floor_y, mix(floor, PIGMENTS["ivory"], 0.35))
    pane = mix(PIGMENTS["white"], PIGMENTS[d.pick(p.palette.sky)], 0.25)
    _window(c, floor_y, mix(tone, dark, 0.25), mix(tone, dark, 0.5), pane)
    beam = 0.34 if not flip else 0.66
    c.glow(beam, 0.42, 0.4, 0.36, mix(bright, PIGMENTS["ivory"], 0.6), 0.75)
    thing = d.pick(("picture", "map", "door", "mirror"))
    ox = 0.62 if not flip else 0.38
    if thing == "door":
        c.box(ox + 0.05, 0.24, ox + 0.25, floor_y, mix(tone, dark, 0.55))
        c.box(ox + 0.08, 0.27, ox + 0.2, floor_y, mix(bright, PIGMENTS["yellow"], 0.15))
    else:
        frame = mix(PIGMENTS["brown"], dark, 0.3)
        c.box(ox - 0.13, 0.12, ox + 0.13, 0.38, frame)
        inner = {"picture": PIGMENTS["sage"], "map": PIGMENTS["cream"], "mirror": pane}[thing]
        c.box(ox - 0.105, 0.145, ox + 0.105, 0.355, mix(inner, dim, 0.2))
    people_here = d.chance(0.8)
    cloth = d.pick(p.palette.cloth)
    x = (0.52 if not flip else 0.48) + d.between(-0.06, 0.06)
    if people_here:
        y, h = 0.95, d.between(0.58, 0.68)
        hair = portraits.HAIR[d.pick(("brown", "black", "blond"))]
        figures.standing(c, p, x, y, h, PIGMENTS[cloth], hair, portraits.SKINS[0], True, d.between(-0.4, 0.6))
        if "cap" in p.staging.headwear:
            c.form(x, y - 0.95 * h, 0.082 * h, 0.06 * h, PIGMENTS["white"], 0.2)
    table = d.chance(0.6)
    if table:
        tx = x - 0.28 * (1 if not flip else -1)
        c.body(
            [(tx - 0.16, 0.74), (tx + 0.16, 0.74), (tx + 0.14, 0.98), (tx - 0.14, 0.98)],
            mix(PIGMENTS[d.pick(p.palette.accent)], dark, 0.25),
        )
        still_lifes.jug(c, tx, 0.75, 0.15, mix(PIGMENTS["white"], tone, 0.2))
    who = f" and a woman in {a(cloth)} dress" if people_here else ""
    more = " by a table" if table else ""
    at = "left" if not flip else "right"
    ground = f"{floor_name} tiles" if tiled else f"{floor_name} floor"
    phrase = f"an interior with a window at the {at} , {a(thing)}{who}{more} , {wall} wall , {ground}"
    motif = headline(
        d.pick(
            ("woman reading a letter", "the music lesson", "morning light", "the milkmaid", "woman at the window")
            if people_here
            else ("the empty room", "sunlight on the floor", "the open door", "dust motes")
        )
    )
    return Scene("interior", phrase, motif)
