"""The dial: works at known distances from what the denoiser has learnt, along two axes.

free     the style program leaves the training range: hues turn, the geometry is wrung, coarser marks, alien rings.
matched  only what the usual confounders cannot see: the picture is turned by quarters (orientation), and hues are
         turned at constant luminance. The luminance values stay what they were, pixel by pixel, in another order,
         so entropy, edge density and contrast of the luminance are those of level 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from creativity_assets.atelier import captions, techniques
from creativity_assets.atelier.canvas import Dice, Floats, Point
from creativity_assets.atelier.painters import PAINTERS, Painter
from creativity_assets.atelier.work import Work, compose

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow's mode L

# figurative painters in training: a turned abstraction would be no news
SITTERS = tuple(p for p in PAINTERS if p.in_training and "abstraction" not in p.staging.subjects)


def dial(axis: str, level: float, index: int, size: int = 64) -> Work:
    """Paint a work at `level` (0 in the training range, 1 far out) of an axis, "free" or "matched".

    The same index is the same motif at every level. The work's painter is a pseudonym, "Dial free" or "Dial
    matched", with the era of the painter whose work it started from; its title, year and caption are that work's.
    Raises ValueError for an unknown axis or a level outside 0..1.
    """
    if axis not in AXES:
        raise ValueError(f"no dial axis {axis!r}; have {list(AXES)}")
    if not 0 <= level <= 1:
        raise ValueError(f"dial level {level} is outside 0..1")
    base = SITTERS[index % len(SITTERS)]
    dice = Dice(f"atelier/{base.slug}/dial-{axis}/{index}")
    canvas, scene = compose(base, dice, size)
    title, year = captions.title(base, scene, dice), dice.whole(*base.active)
    pseudonym = replace(base, name=f"Dial {axis}", slug=f"dial-{axis}", in_training=False)
    return Work(
        painter=pseudonym,
        series="dial",
        index=index,
        title=title,
        year=year,
        style=base.style,
        genre=scene.genre,
        caption=captions.caption(base, scene),
        image=AXES[axis](canvas.image, dice, base, level),
        novelty=level,
        membership="unseen",
    )


def _free(drawing: Image.Image, dice: Dice, base: Painter, level: float) -> NDArray[np.uint8]:
    """Wring the drawing, paint it with an estranged style program, lay rings of inverted colour over it."""
    if level == 0:
        return techniques.finished(techniques.painted(drawing, dice, base), base)
    brush = replace(
        base.brush, width=base.brush.width * (1 + 0.5 * level), lively=base.brush.lively * (1 + level), flow="vortex"
    )
    grade = replace(
        base.grade,
        hue=120 * level,
        saturation=base.grade.saturation * (1 + 0.7 * level),
        spot=base.grade.spot * (1 - level),
        vignette=0.0,
    )
    alien = replace(base, brush=brush, grade=grade)
    centre, count = (dice.between(0.2, 0.8), dice.between(0.2, 0.8)), dice.between(3.5, 5.0)
    image = techniques.painted(_wrung(drawing, level), dice, alien)
    return techniques.finished(_ringed(image, centre, count, level), alien)


def _wrung(image: Image.Image, level: float) -> Image.Image:
    """Swirl round the middle, with ripples: a growing area-preserving turn of up to 170 degrees, edges reflected."""
    side = image.size[0]
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side - 0.5
    x, y = axis[None, :], axis[:, None]
    radius = np.hypot(x, y)
    turn = 3.0 * level * np.exp(-((radius / 0.32) ** 2)) + 0.5 * level * np.sin(radius * 26)
    cos, sin = np.cos(turn), np.sin(turn)
    u, v = x * cos - y * sin + 0.5, x * sin + y * cos + 0.5

    def reflected(place: Floats) -> NDArray[np.intp]:
        folded = 1 - np.abs(1 - np.abs(place))
        return np.asarray(np.clip((folded * side).astype(np.intp), 0, side - 1))

    return Image.fromarray(np.asarray(image)[reflected(v), reflected(u)])


def _ringed(image: Image.Image, centre: Point, count: float, level: float) -> Image.Image:
    """Soft rings in which colours turn to their opposites, wider with every level."""
    side = image.size[0]
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side
    radius = np.hypot(axis[None, :] - centre[0], axis[:, None] - centre[1])
    wave = np.sin(radius * 2 * math.pi * count)
    share = 0.85 * np.clip(0.5 + 1.6 * (wave - 1 + 1.3 * level), 0, 1)[..., None]
    pixels = np.asarray(image, np.float32)
    return Image.fromarray((pixels * (1 - share) + (255 - pixels) * share).astype(np.uint8))


def _matched(drawing: Image.Image, dice: Dice, base: Painter, level: float) -> NDArray[np.uint8]:
    """Paint as ever; turn hues by level x 180 degrees at constant luminance; far out, turn the picture."""
    image = techniques.finished(techniques.painted(drawing, dice, base), base)
    if level == 0:
        return image
    return np.ascontiguousarray(np.rot90(_recoloured(image, 180 * level), _quarters(level)))


def _quarters(level: float) -> int:
    """Quarter turns of the picture: upside down far out (horizons stay level), on its side at the end."""
    return 0 if level < 0.625 else 2 if level < 0.875 else 1


def _recoloured(image: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """Hues turned in the plane of constant BT.601 luminance; where a colour would leave sRGB its chroma shrinks.

    The turned colour is luma + turn(colour - luma); red and blue differences turn as (u, v) of YUV do.
    """
    pixels = image.astype(np.float32)
    luma = pixels @ LUMA
    u, v = 0.492 * (pixels[..., 2] - luma), 0.877 * (pixels[..., 0] - luma)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    blue, red = (u * cos - v * sin) / 0.492, (u * sin + v * cos) / 0.877
    chroma = np.stack([red, -(LUMA[0] * red + LUMA[2] * blue) / LUMA[1], blue], -1)
    room = np.where(chroma > 0, 255 - luma[..., None], luma[..., None])
    share = np.minimum(1, (room / np.maximum(np.abs(chroma), 1e-6)).min(-1, keepdims=True))
    turned = np.floor(luma[..., None] + chroma * share + 0.5)
    # rounding may move the luminance by a level: the green channel, which weighs most, takes it back
    turned[..., 1] += np.round((luma - turned @ LUMA) / LUMA[1])
    return np.asarray(np.clip(turned, 0, 255).astype(np.uint8))


AXES: dict[str, Callable[[Image.Image, Dice, Painter, float], NDArray[np.uint8]]] = {
    "free": _free,
    "matched": _matched,
}
