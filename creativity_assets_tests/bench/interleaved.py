"""Times of several variants in one run, taken in turn: what else the machine does harms all of them alike."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from creativity_assets.engine.devices import Device, peak_memory, synchronize, watch_memory


@dataclass(frozen=True)
class Variant:
    """Work on so many images; flops: floating-point operations of one of them, 0 where none are counted."""

    name: str
    images: int
    work: Callable[[], object]
    flops: float = 0.0


@dataclass(frozen=True)
class Timing:
    """seconds: of each round, for all images; processor: the process's own, on all cores, which other work on the machine
    hardly changes. peak_memory: the most bytes in use in any of them.
    """

    variant: Variant
    seconds: tuple[float, ...]
    processor: tuple[float, ...]
    peak_memory: int

    @property
    def seconds_per_image(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.seconds) / self.variant.images

    @property
    def processor_per_image(self) -> float:
        """The median over the rounds of the processor's seconds."""
        return statistics.median(self.processor) / self.variant.images

    @property
    def images_per_second(self) -> float:
        return 1 / self.seconds_per_image

    @property
    def spread(self) -> float:
        """How far the rounds lie apart, as a share of their median."""
        return (max(self.seconds) - min(self.seconds)) / statistics.median(self.seconds)

    @property
    def flops_per_second(self) -> float:
        return self.variant.flops * self.images_per_second


def interleaved(variants: Sequence[Variant], device: Device, repeats: int) -> list[Timing]:
    """Each variant once unmeasured, then `repeats` rounds of all of them, one after the other."""
    for variant in variants:
        variant.work()
    seconds: list[list[float]] = [[] for _ in variants]
    processor: list[list[float]] = [[] for _ in variants]
    peaks = [0 for _ in variants]
    for _ in range(repeats):
        for k, variant in enumerate(variants):
            watch_memory(device)
            started = time.process_time()
            seconds[k].append(seconds_of(variant.work, device))
            processor[k].append(time.process_time() - started)
            peaks[k] = max(peaks[k], peak_memory(device))
    found = zip(variants, seconds, processor, peaks, strict=True)
    return [Timing(variant, tuple(s), tuple(p), peak) for variant, s, p, peak in found]


def seconds_of(work: Callable[[], object], device: Device) -> float:
    """Until the device has nothing left to do."""
    synchronize(device)
    started = time.perf_counter()
    work()
    synchronize(device)
    return time.perf_counter() - started
