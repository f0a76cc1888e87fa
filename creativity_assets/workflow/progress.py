"""How far long work is: a callback that the command line sets and every stream of images tells."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

Listener = Callable[[str, int], None]
"""(what the work is, how many images of it were just finished)."""


def _nobody(_what: str, _images: int) -> None:
    """Daemon runs have no bar: their partitions are their progress."""


_LISTENER: ContextVar[Listener] = ContextVar("listener", default=_nobody)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within the block `listener` hears of every finished image of this thread's work."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def told(what: str, items: Iterable[T]) -> Iterator[T]:
    """Pass `items` on, telling the listener of each."""
    for item in items:
        yield item
        _LISTENER.get()(what, 1)
