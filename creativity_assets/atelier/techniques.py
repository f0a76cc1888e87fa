"""How paint lies on a picture: the brush that turns a composition into a surface, the frame, the last look.

A technique takes the drawn composition and gives the painted picture at the same size. Marks are at least three
pixels wide in a 64-pixel work, their places and number do not depend on the size.
"""

# ruff: noqa: PLR0917 (drawing calls read best by position: what, where, how large, which colour)

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from creativity_assets.atelier.canvas import PIGMENTS, SUPERSAMPLING, Dice, Floats, smooth_field
from creativity_assets.atelier.painters import Painter
from creativity_assets.atelier.style import Grade

SQUINT = 48  # a painter squinting at the motif sees this many patches a side, whatever the canvas size

# the outline of one brush mark: along the stroke, across the stroke
_MARK = np.array([(-1, -0.35), (-0.6, -1), (0.5, -0.9), (1, -0.25), (0.9, 0.4), (0.4, 1), (-0.7, 0.8)], np.float32) / 2


def _squint(image: Image.Image) -> Floats:
    return np.asarray(image.resize((SQUINT, SQUINT), Image.Resampling.BOX), np.float32)


def _soften(image: Image.Image, radius: float) -> Image.Image:
    """A blur of about `radius` (units of the side), made cheap by working on a smaller copy."""
    side = image.size[0]
    small = min(96, max(8, round(0.9 / radius)))
    reduced = image.resize((small, small), Image.Resampling.BOX)
    return reduced.filter(ImageFilter.BoxBlur(1)).resize((side, side), Image.Resampling.BICUBIC)


def _luminance(patches: Floats) -> Floats:
    return np.asarray(patches @ np.array([0.299, 0.587, 0.114], np.float32))


def _flow_contour(seen: Floats, d: Dice) -> Floats:
    """Strokes run along edges, as a hand follows a form."""
    grey = np.asarray(Image.fromarray(_luminance(seen)).resize((16, 16), Image.Resampling.BOX))
    dy, dx = np.gradient(grey)
    calm = smooth_field(d.field(4, 4), 16) * 4
    angle = np.arctan2(dx + calm, -dy + 2.0)
    return np.asarray(np.repeat(np.repeat(angle, 3, 0), 3, 1).astype(np.float32))


def _flow_curl(seen: Floats, d: Dice) -> Floats:
    """Strokes turn in eddies."""
    hills = smooth_field(d.field(5, 5), SQUINT)
    dy, dx = np.gradient(hills)
    return np.asarray(np.arctan2(dx, -dy).astype(np.float32))


def _flow_vortex(seen: Floats, d: Dice) -> Floats:
    """Strokes circle round the light."""
    axis = (np.arange(SQUINT, dtype=np.float32) + 0.5) / SQUINT
    x, y = d.between(0.35, 0.65), d.between(0.3, 0.5)
    return np.asarray(np.arctan2(axis[None, :] - x, -(axis[:, None] - y) * 1.4) + 0.25)


def _flow_level(seen: Floats, d: Dice) -> Floats:
    return np.asarray(0.18 * smooth_field(d.field(4, 4), SQUINT))


def _flow_upright(seen: Floats, d: Dice) -> Floats:
    return np.asarray(math.pi / 2 + 0.15 * smooth_field(d.field(4, 4), SQUINT))


def _flow_diagonal(seen: Floats, d: Dice) -> Floats:
    return np.asarray(-math.pi / 4 + 0.7 * smooth_field(d.field(4, 4), SQUINT))


FLOWS: dict[str, Callable[[Floats, Dice], Floats]] = {
    "contour": _flow_contour, "curl": _flow_curl, "vortex": _flow_vortex, "level": _flow_level,
    "upright": _flow_upright, "diagonal": _flow_diagonal,
}  # fmt: skip


def _places(d: Dice, across: int, down: int) -> Floats:
    """Jittered grid points in shuffled order, (n, 2) in units of the side, a little over the edges."""
    rows, columns = np.mgrid[0:down, 0:across].astype(np.float32)
    jitter = d.field(down, across, 2) * 0.45
    x = (columns + 0.5 + jitter[..., 0]) / across * 1.04 - 0.02
    y = (rows + 0.5 + jitter[..., 1]) / down * 1.04 - 0.02
    return np.asarray(np.stack([x.ravel(), y.ravel()], 1)[d.shuffled(across * down)])


def _lay_strokes(
    image: Image.Image, d: Dice, seen: Floats, width: float, length: float, flow: str, lively: float
) -> Image.Image:
    """Cover a picture with brush marks that take their colour from the patch they lie on."""
    places = _places(d, max(3, round(0.85 / (0.6 * length + 0.4 * width))), max(3, round(0.9 / width)))
    count = len(places)
    patch = np.clip((places * SQUINT).astype(int), 0, SQUINT - 1)
    angles = FLOWS[flow](seen, d)[patch[:, 1], patch[:, 0]] + 0.22 * d.field(count)
    colours = seen[patch[:, 1], patch[:, 0]] + lively * d.field(count, 1) + 0.4 * lively * d.field(count, 3)
    scale = 1 + 0.3 * d.field(count, 1)
    along = np.stack([np.cos(angles), np.sin(angles)], 1)[:, None, :]
    cross = np.stack([-np.sin(angles), np.cos(angles)], 1)[:, None, :]
    marks = places[:, None] + scale[:, None] * (along * _MARK[:, :1] * length + cross * _MARK[:, 1:] * width * 1.35)
    draw = ImageDraw.Draw(image)
    corners = (marks * image.size[0]).reshape(count, -1).tolist()
    for points, colour in zip(corners, np.clip(colours, 0, 255).astype(int).tolist(), strict=True):
        draw.polygon(points, fill=tuple(colour))
    return image


def _contours(image: Image.Image, seen: Floats, width: float, colour: tuple[int, int, int]) -> Image.Image:
    """Darken the borders between areas of different colour with a soft line of about `width`."""
    reach = max(1, round(width * SQUINT))
    spread = np.zeros(seen.shape[:2], np.float32)
    for step in ((0, reach), (reach, 0)):
        spread += np.abs(seen - np.roll(seen, step, (0, 1))).sum(-1)
    spread[:reach] = spread[reach]
    spread[:, :reach] = spread[:, reach : reach + 1]
    strength = np.clip((spread - 85) / 170, 0, 1) * 205
    mask = Image.fromarray(strength.astype(np.uint8)).resize(image.size, Image.Resampling.BICUBIC)
    image.paste(colour, (0, 0), mask)
    return image


def plain(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """Flat paint, edges drawn by a steady hand."""
    return Image.blend(image, _soften(image, 0.0115), 0.75)


def glaze(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """Layers of thin paint without a visible mark; the width is the softness of edges."""
    return Image.blend(image, _soften(image, p.brush.width), 0.8)


def tempera(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """Small dry strokes half over the drawing, with fine brown contours where the painter wants them."""
    seen = _squint(image)
    laid = _lay_strokes(image.copy(), d, seen, p.brush.width, p.brush.length, p.brush.flow, p.brush.lively)
    mixed = Image.blend(image, laid, 0.4)
    return _contours(mixed, seen, p.brush.outline, PIGMENTS[p.palette.dark]) if p.brush.outline else mixed


def fresco(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """Dry pigment in plaster: pale, blotched in large soft patches, edges slightly eaten."""
    side = image.size[0]
    soft = Image.blend(image, _soften(image, 0.02), 0.6)
    blotch = smooth_field(d.field(9, 9), SQUINT) * 0.1 + smooth_field(d.field(4, 4), SQUINT) * 0.1
    worn = Image.fromarray((np.clip(0.1 + blotch, 0, 0.5) * 255).astype(np.uint8)).resize(
        (side, side), Image.Resampling.BICUBIC
    )
    soft.paste(PIGMENTS["ivory"], (0, 0), worn)
    return _contours(soft, _squint(image), 0.02, (150, 108, 84))


def strokes(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """A first layer of broad strokes, a second finer one that keeps the drawing."""
    seen = _squint(image)
    broad = _lay_strokes(
        image.copy(), d, seen, p.brush.width * 1.25, p.brush.length * 1.2, p.brush.flow, p.brush.lively
    )
    mixed = Image.blend(image, broad, 0.7)
    if p.brush.outline:
        mixed = _contours(mixed, seen, p.brush.outline, PIGMENTS[p.palette.dark])
    return mixed


def mist(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """Glaze with veils of pale air that lie in level banks."""
    side = image.size[0]
    soft = Image.blend(image, _soften(image, p.brush.width), 0.5)
    banks = np.repeat(smooth_field(d.field(6, 6), 24), 1, 0)
    banks = np.asarray(Image.fromarray(banks).resize((SQUINT * 2, SQUINT), Image.Resampling.BICUBIC))[:, :SQUINT]
    height = np.linspace(0, 1, SQUINT, dtype=np.float32)[:, None]
    veil = np.clip(0.2 + 0.35 * banks, 0, 0.55) * np.exp(-(((height - 0.62) / 0.16) ** 2))
    mask = Image.fromarray((veil * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    soft.paste(PIGMENTS[p.palette.light], (0, 0), mask)
    return soft


def hatch(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """Broad parallel lines, denser ink in the shadows; the width is the distance of the lines."""
    seen = _squint(image)
    side = 2 * SQUINT
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side
    wobble = smooth_field(d.field(5, 5), side) * 0.02
    phase = (axis[None, :] * 0.8 + axis[:, None] * 0.6 + wobble) * (2 * math.pi / p.brush.width)
    shadow = np.asarray(Image.fromarray(1 - _luminance(seen) / 255).resize((side, side), Image.Resampling.BICUBIC))
    ink = np.clip(0.5 + 0.5 * np.sin(phase), 0, 1) * np.clip(0.1 + 0.5 * shadow, 0, 0.5)
    mask = Image.fromarray((ink * 255).astype(np.uint8)).resize(image.size, Image.Resampling.BICUBIC)
    toned = Image.blend(image, _soften(image, 0.012), 0.4)
    toned.paste((14, 14, 22), (0, 0), mask)
    highlight = Image.fromarray(
        ((1 - np.clip(0.5 + 0.5 * np.sin(phase), 0, 1)) * np.clip(1 - 1.2 * shadow, 0, 1) * 90).astype(np.uint8)
    )
    toned.paste(PIGMENTS[p.palette.light], (0, 0), highlight.resize(image.size, Image.Resampling.BICUBIC))
    return toned


def dots(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """Round touches, each a purer colour than the motif, warm and cool by turns."""
    seen = _squint(image)
    across = round(1 / p.brush.width)
    places = _places(d, across, across)
    patch = np.clip((places * SQUINT).astype(int), 0, SQUINT - 1)
    warm = d.field(len(places), 1) * np.array([[1.0, 0.2, -1.0]], np.float32)
    colours = seen[patch[:, 1], patch[:, 0]] + p.brush.lively * warm + 0.35 * p.brush.lively * d.field(len(places), 1)
    painted = Image.blend(image, _soften(image, 0.03), 0.9)
    draw = ImageDraw.Draw(painted)
    side = image.size[0]
    radius = 0.52 * p.brush.width * side
    for (x, y), colour in zip((places * side).tolist(), np.clip(colours, 0, 255).astype(int).tolist(), strict=True):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tuple(colour))
    return Image.blend(image, painted, 0.85)


def facets(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """The motif seen through planes: straight cuts shift and shade what lies between them."""
    seen_side = 2 * SQUINT
    grid = (np.arange(seen_side, dtype=np.float32) + 0.5) / seen_side
    plane = np.zeros((seen_side, seen_side), int)
    shade = np.zeros((seen_side, seen_side), np.float32)
    for k in range(6):
        turn, reach = math.pi * (k + d.between(-0.3, 0.3)) / 6, d.between(-0.26, 0.26)
        distance = (grid[None, :] - 0.5) * math.cos(turn) + (grid[:, None] - 0.5) * math.sin(turn) - reach
        plane += (distance > 0).astype(int) << k
        shade += np.sign(distance) * np.exp(-np.abs(distance) / 0.1) * d.between(10, p.brush.lively)
    shift = d.field(64, 2) * 0.055
    rows = np.clip((grid[:, None] + shift[plane, 1]) * seen_side, 0, seen_side - 1).astype(int)
    columns = np.clip((grid[None, :] + shift[plane, 0]) * seen_side, 0, seen_side - 1).astype(int)
    motif = np.asarray(image.resize((seen_side, seen_side), Image.Resampling.BOX), np.float32)
    broken = np.clip(motif[rows, columns] + shade[..., None], 0, 255).astype(np.uint8)
    return Image.fromarray(broken).resize(image.size, Image.Resampling.BICUBIC)


def outlined(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """Flat areas, sometimes brushed, held by dark contours."""
    seen = _squint(image)
    if p.brush.width:
        laid = _lay_strokes(image.copy(), d, seen, p.brush.width, p.brush.length, p.brush.flow, p.brush.lively)
        image = Image.blend(image, laid, 0.45)
    else:
        image = plain(image, d, p)
    return _contours(image, seen, p.brush.outline, PIGMENTS[p.palette.dark])


def veil(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """Thin stains with feathered borders, uneven in large clouds."""
    side = image.size[0]
    soft = _soften(image, p.brush.width)
    cloud = np.clip(0.12 + 0.14 * smooth_field(d.field(6, 6), SQUINT), 0, 0.4)
    mask = Image.fromarray((cloud * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    soft.paste(PIGMENTS[p.palette.light], (0, 0), mask)
    return soft


def ink(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """Wet ink: shapes bleed softly, the wash pools unevenly."""
    side = image.size[0]
    wet = Image.blend(image, _soften(image, p.brush.width), 0.45)
    pool = np.clip(0.08 + 0.16 * smooth_field(d.field(7, 7), SQUINT), 0, 0.4)
    mask = Image.fromarray((pool * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    wet.paste((246, 238, 216), (0, 0), mask)
    return wet


def gesture(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """A few very broad marks dragged through wet paint."""
    seen = _squint(image)
    dragged = _lay_strokes(image.copy(), d, seen, p.brush.width * 0.7, 0.3, "curl", 12)
    return Image.blend(image, dragged, 0.42)


TECHNIQUES: dict[str, Callable[[Image.Image, Dice, Painter], Image.Image]] = {
    "plain": plain, "glaze": glaze, "tempera": tempera, "fresco": fresco, "strokes": strokes, "mist": mist,
    "hatch": hatch, "dots": dots, "facets": facets, "outlined": outlined, "veil": veil, "ink": ink,
    "gesture": gesture,
}  # fmt: skip


def _frame_arch(draw: ImageDraw.ImageDraw, side: int) -> None:
    draw.pieslice((0.06 * side, 0.04 * side, 0.94 * side, 0.92 * side), 180, 360, fill=0)
    draw.rectangle((0.06 * side, 0.47 * side, 0.94 * side, 0.97 * side), fill=0)


def _frame_oval(draw: ImageDraw.ImageDraw, side: int) -> None:
    draw.ellipse((0.02 * side, -0.02 * side, 0.98 * side, 1.02 * side), fill=0)


def _frame_paper(draw: ImageDraw.ImageDraw, side: int) -> None:
    draw.rectangle((0.07 * side, 0, 0.93 * side, side), fill=0)


FRAMES: dict[str, tuple[Callable[[ImageDraw.ImageDraw, int], None], tuple[int, int, int]]] = {
    "arch": (_frame_arch, (94, 62, 36)),
    "oval": (_frame_oval, (196, 176, 146)),
    "paper": (_frame_paper, (206, 190, 158)),
}


def framed(image: Image.Image, kind: str) -> Image.Image:
    """The picture inside a painted frame, or as it is for "none"."""
    if kind != "none":
        shape, colour = FRAMES[kind]
        mask = Image.new("L", image.size, 255)
        shape(ImageDraw.Draw(mask), image.size[0])
        image.paste(colour, (0, 0), mask)
    return image


def _hue_turn(degrees: float) -> Floats:
    """The (3, 3) matrix that turns hues round the grey axis."""
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    third, root = (1 - cos) / 3, math.sqrt(1 / 3) * sin
    return np.array([[cos + third, third - root, third + root], [third + root, cos + third, third - root],
                     [third - root, third + root, cos + third]], np.float32)  # fmt: skip


def graded(picture: Floats, grade: Grade, light: float) -> Floats:
    """The last look: contrast, saturation, warmth, corners, a beam of light; (H, W, 3) in 8-bit levels."""
    matrix = np.eye(3, dtype=np.float32)
    grey = np.full((3, 3), 1 / 3, np.float32)
    matrix = grey + (matrix - grey) * grade.saturation
    if grade.hue:
        matrix = _hue_turn(grade.hue) @ matrix
    offset = np.array([grade.warmth, 0.2 * grade.warmth, -grade.warmth], np.float32) + grade.lift
    picture = (picture @ matrix.T - 128) * np.float32(grade.contrast) + 128 + offset
    if grade.vignette or grade.spot:
        side = picture.shape[0]
        axis = ((np.arange(side, dtype=np.float32) + 0.5) / side) * 2 - 1
        x, y = axis[None, :], axis[:, None]
        shade = 1 - grade.vignette * 0.5 * (x * x + y * y)
        if grade.spot:
            beam = np.exp(-((x - 0.25 * light) ** 2 / 0.7 + (y + 0.12) ** 2 / 0.75))
            shade = shade * (1 - grade.spot * (1 - beam))
        picture = picture * shade[..., None]
    return np.asarray(picture)


def painted(image: Image.Image, d: Dice, p: Painter) -> Image.Image:
    """The composition after the painter's brush and inside the painter's frame, still at drawing size."""
    return framed(TECHNIQUES[p.brush.technique](image, d, p), p.staging.frame)


def finished(image: Image.Image, p: Painter) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Reduced to the size of the work and graded: uint8 (H, W, 3)."""
    small = np.asarray(image.reduce(SUPERSAMPLING), np.float32)
    return np.asarray(np.clip(graded(small, p.grade, p.staging.light) + 0.5, 0, 255).astype(np.uint8))
