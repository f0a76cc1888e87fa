"""Which works each training sees, and which none sees.

denoiser, autoencoder   the training painters' works: on show with an even index, and the series "training"
fine-tunings            the unseen painters' series "suite" from index FURTHER on; the placebo the series "training"
metric suite            the series "suite" of all painters, below FURTHER, which no denoiser sees
quality                 the series "validation" of all painters, and works on show with an odd index
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from creativity_assets.atelier import PAINTERS, Work, paint

SHOWN = 40  # works on show per painter; those with an even index below it are trained on
APPRENTICES = tuple(number for number, painter in enumerate(PAINTERS) if painter.in_training)
FURTHER = 10_000  # of a series, where no other training looks
EVERYBODY = tuple(range(len(PAINTERS)))
NEWCOMERS = tuple(number for number in EVERYBODY if number not in APPRENTICES)


@dataclass(frozen=True)
class Works:
    """N works side by side."""

    images: NDArray[np.uint8]  # (N, size, size, 3)
    captions: list[str]
    painters: NDArray[np.int64]  # (N,) places in PAINTERS
    genres: list[str]

    def __len__(self) -> int:
        return len(self.captions)

    def labels(self) -> NDArray[np.int64]:
        """(N, 2): painter and genre as class numbers."""
        names = sorted(set(self.genres))
        return np.stack([self.painters, np.array([names.index(genre) for genre in self.genres], np.int64)], axis=1)

    def by(self, painters: Iterable[int]) -> "Works":
        """Only the works of these painters."""
        wanted = set(painters)
        chosen = [place for place, painter in enumerate(self.painters) if int(painter) in wanted]
        return Works(
            self.images[chosen],
            [self.captions[place] for place in chosen],
            self.painters[chosen],
            [self.genres[place] for place in chosen],
        )


def training_works(per_painter: int, size: int = 64) -> Works:
    """Works of the training painters that the denoiser is trained on: on show with an even index, then further."""
    further = max(0, per_painter - SHOWN // 2)
    on_show = [(painter, "show", index) for painter in APPRENTICES for index in range(0, SHOWN, 2)]
    return _painted([*on_show, *_series("training", APPRENTICES, further)], size)


def new_works(count: int, size: int = 64) -> Works:
    """`count` works by the unseen painters, in equal parts, that neither denoiser nor suite was trained on."""
    each = count // len(NEWCOMERS)
    jobs = [(painter, "suite", FURTHER + index) for painter in NEWCOMERS for index in range(each)]
    return _painted(jobs, size)


def old_works(count: int, size: int = 64) -> Works:
    """`count` works by the training painters, in equal parts, that the denoiser was trained on; none is on show."""
    return _painted(list(_series("training", APPRENTICES, count // len(APPRENTICES))), size)


def suite_works(per_painter: int, size: int = 64) -> Works:
    """Works of all painters that only the metric extractors are trained on."""
    return _painted(list(_series("suite", EVERYBODY, per_painter)), size)


def validation_works(per_painter: int, size: int = 64, first: int = 0) -> Works:
    """Works of all painters that no training sees, from index `first` on."""
    return _painted(
        [(painter, "validation", first + place) for painter in EVERYBODY for place in range(per_painter)], size
    )


def held_out_works(per_painter: int, size: int = 64) -> Works:
    """Works on show by the training painters that no training sees: odd indices, at most SHOWN / 2 each."""
    indices = range(1, SHOWN, 2)[:per_painter]
    return _painted([(painter, "show", index) for painter in APPRENTICES for index in indices], size)


Job = tuple[int, str, int]  # place in PAINTERS, series, index


def _series(series: str, painters: Iterable[int], per_painter: int) -> Iterator[Job]:
    return ((painter, series, index) for painter in painters for index in range(per_painter))


def _painted(jobs: list[Job], size: int) -> Works:
    """Painting is pure, so that its order and the process it happens in do not matter."""
    if len(jobs) < 200:  # starting processes costs more than they save
        done = [_paint(size, job) for job in jobs]
    else:
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            done = list(pool.map(partial(_paint, size), jobs, chunksize=50))
    return Works(
        images=np.stack([work.image for work in done]),
        captions=[work.caption for work in done],
        painters=np.array([painter for painter, _, _ in jobs], np.int64),
        genres=[work.genre for work in done],
    )


def _paint(size: int, job: Job) -> Work:
    painter, series, index = job
    return paint(PAINTERS[painter], series, index, size=size)
