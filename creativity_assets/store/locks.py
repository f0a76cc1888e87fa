"""Locks between processes: one file per name, released by the operating system when its holder dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from creativity_assets.store.layout import Store


@contextmanager
def exclusive(store: Store, name: str) -> Iterator[bool]:
    """Hold the lock `name` for the block, waiting for whoever has it. Yields whether it had to wait."""
    store.locks().mkdir(parents=True, exist_ok=True)
    lock = FileLock(store.locks() / f"{name}.lock")
    waited = False
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waited = True
        lock.acquire()
    try:
        yield waited
    finally:
        lock.release()
