"""Full batches over a stream, and half of them when the memory runs out."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from creativity_assets.engine.devices import is_out_of_memory, release_memory
from creativity_assets.engine.threads import mapped
from creativity_assets.errors import CreativityError

LOG = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass
class BatchSize:
    """How many images go through the network at once; it shrinks for good when the memory runs out."""

    current: int
    _shrinking: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    def halve(self, tried: int) -> int:
        """Half of the batch that did not fit, logged as a warning where it is news: threads may find out at once.

        Raises CreativityError when a single image does not fit.
        """
        if tried == 1:
            raise CreativityError(
                "out of memory with one image at a time; free the device, or lower the model's resolution or dtype"
            )
        with self._shrinking:
            if tried // 2 < self.current:
                LOG.warning("out of memory at batch %d, going on with %d", tried, tried // 2)
                self.current = tried // 2
        return tried // 2


def in_batches(
    items: Iterable[Item],
    size: BatchSize,
    work: Callable[[list[Item]], list[Result]],
    beside: Executor | None = None,
) -> Iterator[Result]:
    """The results of `work`, in order, from full batches whatever groups the items come in.

    A batch's results are yielded before the next item is asked for. `work` maps a list to an equally long list
    and is called again with fewer items where the memory ran out. beside: threads that do the work, two batches at a
    time at most, while the next items are gathered; then results come when they are there.
    """
    if beside is not None:
        done = mapped(beside, lambda batch: list(in_batches(batch, size, work)), _chunks(items, size), ahead=2)
        yield from (result for results in done for result in results)
        return
    pending: list[Item] = []
    for item in items:
        pending.append(item)
        while len(pending) >= size.current:
            results = _attempt(pending[: size.current], size, work)
            del pending[: len(results)]
            yield from results
    while pending:
        results = _attempt(pending[: size.current], size, work)
        del pending[: len(results)]
        yield from results


def _chunks(items: Iterable[Item], size: BatchSize) -> Iterator[list[Item]]:
    source = iter(items)
    while chunk := list(islice(source, size.current)):
        yield chunk


def _attempt(batch: list[Item], size: BatchSize, work: Callable[[list[Item]], list[Result]]) -> list[Result]:
    """The results of the longest beginning of the batch that fits into the memory."""
    while True:
        try:
            return work(batch)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        # Out here the exception's frames have let go of their tensors.
        release_memory()
        batch = batch[: size.halve(len(batch))]  # a last batch may be shorter than the size
