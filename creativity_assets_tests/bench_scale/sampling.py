"""Where a thread's time goes, by part of the program: its stack is looked at every few milliseconds."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import NamedTuple

SECONDS = 0.002


class Part(NamedTuple):
    """A part of the program. place: of a module's path. function: of that module; empty for any. whole: with all that
    it calls, which else counts where it stands itself."""

    name: str
    place: str
    function: str = ""
    whole: bool = False


@dataclass
class Samples:
    """seconds, cpu: by part, waiting included and left out; what belongs to none is under `rest`."""

    parts: Sequence[Part]
    seconds: Counter[str] = field(default_factory=Counter)
    cpu: Counter[str] = field(default_factory=Counter)
    _known: dict[object, Part | None] = field(default_factory=dict)

    def add(self, frame: FrameType | None, seconds: float, cpu: float) -> None:
        """Count the time for the outermost part that counts as a whole, else for the innermost one."""
        found = "rest"
        while frame is not None:
            part = self._part(frame)
            if part is not None and (part.whole or found == "rest"):
                found = part.name
            frame = frame.f_back
        self.seconds[found] += seconds
        self.cpu[found] += cpu

    def _part(self, frame: FrameType) -> Part | None:
        code = frame.f_code
        if code not in self._known:
            self._known[code] = next(
                (p for p in self.parts if p.place in code.co_filename and p.function in {"", code.co_name}), None
            )
        return self._known[code]


@contextmanager
def sampled(parts: Sequence[Part]) -> Iterator[Samples]:
    """The time of this thread within the block, by part."""
    samples, thread, done = Samples(parts), threading.get_ident(), threading.Event()
    clock = time.pthread_getcpuclockid(thread)

    def look() -> None:
        before, worked = time.perf_counter(), time.clock_gettime(clock)
        while not done.wait(SECONDS):
            now, so_far = time.perf_counter(), time.clock_gettime(clock)
            samples.add(sys._current_frames().get(thread), now - before, so_far - worked)
            before, worked = now, so_far

    looker = threading.Thread(target=look, daemon=True)
    looker.start()
    try:
        yield samples
    finally:
        done.set()
        looker.join()
