"""One model and one suite kept in memory, because loading costs more than measuring a small collection."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.weights.model_files import ModelSource
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.devices import (
    CPU,
    Device,
    batch_size,
    helpers,
    own_dtype,
    peak_memory,
    release_memory,
    watch_memory,
)
from creativity_assets.engine.threads import threads
from creativity_assets.metrics.suites import Suite, load_suite


class Workbench:
    """What a process measures with, on one device: ask for a model or a suite, and the last one is still there."""

    def __init__(self, data_root: Path, device: Device = CPU) -> None:
        self.device = device
        self._data_root = data_root
        self._backbone: tuple[ModelSource, Backbone] | None = None
        self._suite: Suite | None = None

    def backbone(self, source: ModelSource) -> Backbone:
        """The model of this source; another one that was loaded is let go first."""
        if self._backbone is None or self._backbone[0] != source:
            self._backbone = None
            release_memory()
            with _no_progress_bars():
                self._backbone = (
                    source,
                    Backbone.from_source(source, device=self.device.name, default_dtype=own_dtype(self.device)),
                )
        return self._backbone[1]

    def suite(self, name: str) -> Suite:
        """The metric suite of this name."""
        if self._suite is None or self._suite.name != name:
            with _no_progress_bars():
                self._suite = load_suite(name, self._data_root, self.device.name)
        return self._suite

    def batch(self, resolution: int) -> BatchSize:
        """A batch size for images of this resolution, from what is free now (load the model first)."""
        return BatchSize(batch_size(self.device, resolution))

    def threads(self) -> AbstractContextManager[Executor]:
        """Threads for the block, for work that is not the device's: decoding and encoding pictures."""
        return threads(helpers(self.device))

    def beside(self, pool: Executor) -> Executor | None:
        """Those threads for the metrics too, where the network does not keep the processor busy; else None."""
        return None if self.device.is_cpu else pool

    def watch_memory(self) -> None:
        """Begin a new peak: what `peak_memory` says is since then."""
        watch_memory(self.device)

    @property
    def peak_memory(self) -> int:
        """The most bytes in use since `watch_memory`, on the CPU those of the process."""
        return peak_memory(self.device)


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Without transformers' bars for every file of a few megabytes; those of a download stay."""
    from transformers.utils import logging

    previous = logging.set_tqdm_hook(lambda bar, args, settings: bar(*args, **{**settings, "disable": True}))
    try:
        yield
    finally:
        logging.set_tqdm_hook(previous)
