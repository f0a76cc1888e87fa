"""One model and one suite kept in memory, because loading costs more than measuring a small collection."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch

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

COMPILE = "CREATIVITY_COMPILE"
"""The environment variable that allows networks to be compiled, if it says anything."""

COMPILE_FROM = 150_000
"""Evaluations of one image that a step has before it: on two cores compiling tiny-sd costs as much as 120,000 save."""

COMPILED = Path("store") / "compiled"
"""Below the data root: kernels that were compiled before."""

CACHE = "TORCHINDUCTOR_CACHE_DIR"
CACHE_ASKED_FOR = os.environ.get(CACHE)
"""Where the user wants them instead. It is asked before torch's compiler, which sets the variable itself."""


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

    def compile(self, backbone: Backbone, batch: BatchSize, evaluations: int) -> None:
        """Compile the network where $CREATIVITY_COMPILE allows it and so many evaluations of an image are worth it."""
        if os.environ.get(COMPILE) and evaluations >= COMPILE_FROM:
            backbone.compile(batch.current, partial(compiled, cache=self._data_root / COMPILED))

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


def compiled(network: Any, cache: Path) -> Callable[..., Any]:
    """torch.compile with its weights as constants; what it has made is kept in `cache` for later processes."""
    if CACHE_ASKED_FOR is None:
        os.environ[CACHE] = str(cache)
    done: Callable[..., Any] = torch.compile(network, dynamic=False, options={"freezing": True})
    return done


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Without transformers' bars for every file of a few megabytes; those of a download stay."""
    from transformers.utils import logging

    previous = logging.set_tqdm_hook(lambda bar, args, settings: bar(*args, **{**settings, "disable": True}))
    try:
        yield
    finally:
        logging.set_tqdm_hook(previous)
