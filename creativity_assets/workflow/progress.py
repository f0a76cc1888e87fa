"""How far long work is: whoever listens is told of each kind of work, its images, and what it came to."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

T = TypeVar("T")


class Listener(Protocol):
    """Hears of work while it is done: a progress bar, or the log of a run."""

    def on_begin(self, title: str, images: int | None) -> None:
        """Work of this title begins. images: how many it is about, None where that is not known."""

    def on_progress(self, what: str, images: int) -> None:
        """So many more images are through this step of the work."""


_LISTENERS: ContextVar[tuple[Listener, ...]] = ContextVar("listeners", default=())


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within the block `listener` hears of this thread's work, besides those that listen already."""
    token = _LISTENERS.set((*_LISTENERS.get(), listener))
    try:
        yield
    finally:
        _LISTENERS.reset(token)


def begin(title: str, images: int | None = None) -> None:
    """Tell the listeners what is begun."""
    for listener in _LISTENERS.get():
        listener.on_begin(title, images)


def with_progress(what: str, items: Iterable[T]) -> Iterator[T]:
    """Pass `items` on, telling the listeners of each."""
    for item in items:
        yield item
        for listener in _LISTENERS.get():
            listener.on_progress(what, 1)


@dataclass
class Meter:
    """Counts finished images of one kind of work."""

    total: int | None
    started: float
    done: int = 0

    def rate(self, now: float) -> float:
        """Images per second since the start."""
        return self.done / max(now - self.started, 1e-6)

    def line(self, now: float) -> str:
        """`120 of 442, 3.1 images/s, 1 min 44 s left`; without a total only what is known."""
        rate = self.rate(now)
        count = f"{self.done} of {self.total}" if self.total else str(self.done)
        left = f", {duration((self.total - self.done) / rate)} left" if self.total and self.total > self.done else ""
        return f"{count}, {rate:.2g} images/s{left}"


SECONDS, SHARE, PAUSE = 10.0, 0.05, 1.0
"""A log says how far work is every 10 s or 5 %, whichever comes first, but not twice within a second."""


@dataclass
class Lines:
    """A listener that says in words how far work is, for logs.

    say: takes a line. clock: seconds, for a caller that has its own.
    """

    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _title: str = ""
    _latest: float = 0.0
    """When anything was heard last: there the next kind of work began."""
    _total: int | None = None
    _meters: dict[str, Meter] = field(default_factory=dict)
    _said: dict[str, tuple[float, int]] = field(default_factory=dict)

    def on_begin(self, title: str, images: int | None) -> None:
        self._title, self._total, self._latest = title, images, self.clock()
        self._meters.clear()
        self.say(title if images is None else f"{title}: {images} images")

    def on_progress(self, what: str, images: int) -> None:
        now = self.clock()
        meter = self._meters.get(what)
        if meter is None:
            meter = self._meters[what] = Meter(self._total, self._latest)
            self._said[what] = (self._latest, 0)
        self._latest = now
        meter.done += images
        when, count = self._said[what]
        far_enough = meter.total and meter.done - count >= SHARE * meter.total and now - when >= PAUSE
        if now - when >= SECONDS or far_enough or meter.done == meter.total:
            self._said[what] = (now, meter.done)
            self.say(f"{self._title}: {what} {meter.line(now)}")


def duration(seconds: float) -> str:
    """Seconds as people say them: `45 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
