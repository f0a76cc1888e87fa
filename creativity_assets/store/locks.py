"""Locks between processes: one file per name, released by the operating system when its holder dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from creativity_assets.errors import StoreError
from creativity_assets.store.files import make_folder_of
from creativity_assets.store.layout import Store


@contextmanager
def exclusive(store: Store, name: str) -> Iterator[bool]:
    """Hold the lock `name` for the block, waiting for whoever has it. Yields whether it had to wait.

    Raises StoreError where there cannot be a lock file.
    """
    path = store.locks() / f"{name}.lock"
    make_folder_of(path)
    lock = FileLock(path)
    waited = False
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waited = True
        lock.acquire()
    except OSError as error:
        remedy = "check permissions" if path.is_file() or not path.exists() else "move it away"
        raise StoreError(f"{path}: {error.strerror or error}; {remedy}, then run the same command") from error
    try:
        yield waited
    finally:
        lock.release()
