"""One painted work, and the act of painting it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creativity_assets.atelier import captions, techniques
from creativity_assets.atelier.canvas import PIGMENTS, Canvas, Dice
from creativity_assets.atelier.painters import Painter
from creativity_assets.atelier.scene import Scene
from creativity_assets.atelier.subjects import SUBJECTS

SERIES = ("show", "training", "suite", "validation")


@dataclass(frozen=True, eq=False)
class Work:
    """A finished work. image: uint8 (H, W, 3); novelty: 0..1 on the dial, None elsewhere;
    membership: "train" (the denoiser learns from it), "held_out" (it learns from the painter's other works) or
    "unseen" (it never sees this painter)."""

    painter: Painter
    series: str
    index: int
    title: str
    year: int
    style: str
    genre: str
    caption: str
    image: NDArray[np.uint8]
    novelty: float | None
    membership: str


def membership(painter: Painter, series: str, index: int) -> str:
    """Who has seen a work: works on show with an even index and the training series are learnt from."""
    if not painter.in_training:
        return "unseen"
    learnt = series == "training" or (series == "show" and index % 2 == 0)
    return "train" if learnt else "held_out"


def compose(painter: Painter, dice: Dice, size: int) -> tuple[Canvas, Scene]:
    """Draw one of the painter's subjects, before the brush."""
    ground = PIGMENTS[painter.palette.ground[0]]
    canvas = Canvas(size, ground, painter.staging.light, painter.staging.relief)
    scene = SUBJECTS[dice.pick(painter.staging.subjects)](canvas, dice, painter)
    return canvas, scene


def paint(painter: Painter, series: str, index: int, size: int = 64) -> Work:
    """Paint one work: the same arguments give the same pixels.

    size: pixels a side; another size gives the same picture, sharper. Raises ValueError for an unknown series, and
    for the training series of a painter who is not in training.
    """
    if series not in SERIES:
        raise ValueError(f"no series {series!r}; have {list(SERIES)}")
    if series == "training" and not painter.in_training:
        raise ValueError(f"{painter.slug} is not in training; paint 'suite' or 'validation' works instead")
    dice = Dice(f"atelier/{painter.slug}/{series}/{index}")
    canvas, scene = compose(painter, dice, size)
    image = techniques.finished(techniques.painted(canvas.image, dice, painter), painter)
    return Work(
        painter=painter, series=series, index=index, title=captions.title(painter, scene, dice),
        year=dice.whole(*painter.active), style=painter.style, genre=scene.genre,
        caption=captions.caption(painter, scene), image=image, novelty=None,
        membership=membership(painter, series, index),
    )  # fmt: skip
