"""What an image last cost under an experiment, in seconds: the ground of the plan's time estimate."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from creativity_assets.store.files import read_record, write_record
from creativity_assets.store.layout import Store


@dataclass
class Clock:
    """Times a stream of finished pieces."""

    images: int = 0
    started: float = field(default_factory=time.perf_counter)
    last: float = field(default_factory=time.perf_counter)

    def lap(self, images: int) -> dict[str, float | int]:
        """The numbers of a piece of `images` that was finished just now."""
        now = time.perf_counter()
        seconds, self.last = now - self.last, now
        self.images += images
        return {"n_images": images, "seconds_per_image": round(seconds / max(images, 1), 5)}

    @property
    def seconds_per_image(self) -> float:
        """Over all pieces, so that what one batch did for several of them evens out."""
        return (self.last - self.started) / self.images


@contextmanager
def timed(store: Store, experiment: str, work: str) -> Iterator[Clock]:
    """A clock whose mean is remembered as the cost of `work` under an experiment, if it saw any images."""
    clock = Clock()
    yield clock
    if clock.images:
        costs = _read(store)
        costs.setdefault(experiment, {})[work] = clock.seconds_per_image
        write_record(_file(store), costs)


def seconds_per_image(store: Store, experiment: str) -> float | None:
    """All work on one image under an experiment; None before its first run on this machine."""
    known = _read(store).get(experiment)
    return sum(known.values()) if known else None


def _file(store: Store) -> Path:
    return store.root / "costs.json"


def _read(store: Store) -> dict[str, dict[str, float]]:
    costs: dict[str, dict[str, float]] | None = read_record(_file(store))
    return costs or {}  # nothing was measured yet, or the file is no use: an estimate is all that is lost
