"""Where the time of our way goes: one run of its own, in which the clock is read around each stage.

The device is waited for at both ends of a stage, which is why this run is no part of the timings. Stages in threads
overlap: their seconds may add up to more than the wall time.
"""

import functools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from creativity_assets.engine import streams
from creativity_assets.engine.devices import Device, synchronize
from creativity_assets_tests.bench import ours
from creativity_assets_tests.bench.interleaved import seconds_of
from creativity_assets_tests.bench.subject import Subject

STAGES = ("read", "encode", "network", "decode", "write", "metrics")


@dataclass
class Clock:
    """Seconds by stage."""

    device: Device
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    _adding: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        synchronize(self.device)
        started = time.perf_counter()
        try:
            yield
        finally:
            synchronize(self.device)
            taken = time.perf_counter() - started
            with self._adding:
                self.seconds[name] += taken

    @contextmanager
    def watching(self, owner: Any, method: str, name: str) -> Iterator[None]:
        """Within the block each call of a method, or of a module's function, belongs to the stage."""
        work: Callable[..., Any] = getattr(owner, method)

        @functools.wraps(work)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.stage(name):
                return work(*args, **kwargs)

        own = vars(owner).get(method)
        setattr(owner, method, timed)
        try:
            yield
        finally:
            if own is None:
                delattr(owner, method)  # the class's is found again
            else:
                setattr(owner, method, own)


@dataclass(frozen=True)
class Stages:
    """Seconds of one image: of each stage, and from the first file to the last score."""

    seconds: dict[str, float]
    wall: float

    @property
    def network_share(self) -> float:
        """Of the wall time."""
        return self.seconds["network"] / self.wall


def stages_of(subject: Subject, files: Sequence[Path], batch: int) -> Stages:
    """A measured run of `ours.measure`."""
    clock = Clock(subject.device)
    watched = [
        (ours, "read", "read"),
        (streams, "preprocess", "read"),
        (subject.backbone, "encode", "encode"),
        (subject.backbone, "decode", "decode"),
        (subject.backbone.family, "evaluate", "network"),
        (subject.suite, "prepare", "metrics"),
        (subject.suite, "compare", "metrics"),
        (ours, "to_webp", "write"),
    ]
    with ExitStack() as stack:
        for owner, method, name in watched:
            stack.enter_context(clock.watching(owner, method, name))
        wall = seconds_of(lambda: ours.measure(subject, files, batch), subject.device)
    return Stages({name: seconds / len(files) for name, seconds in clock.seconds.items()}, wall / len(files))
