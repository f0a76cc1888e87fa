"""Files that take their place in one step, files set aside as damaged, and small records that know their own digest."""

import json
import os
import re
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from creativity_assets.errors import StoreError
from creativity_assets.hashing import digest_of_json

_TEMPORARY = re.compile(r"^\..+\.(\d+)\.[0-9a-f]{8}\.tmp(\..*)?$")
"""What `replacing` names its files, and what DuckDB makes beside them: `.wal`, `.tmp`."""


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well, and vanishes otherwise.

    What is no file, a folder say, makes room: it is kept as `<name>.damaged`. durable: wait until the disk has it, so
    that a loss of power cannot leave an empty file in its place. A process that dies leaves the old or the new one
    either way.
    """
    make_folder_of(path)
    temporary = path.parent / f".{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        yield temporary
        if durable:
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
        if path.exists() and not path.is_file():
            set_aside(path)
        temporary.replace(path)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; free space, then run the same command") from error
    finally:
        temporary.unlink(missing_ok=True)


def make_folder_of(path: Path) -> None:
    """Make the folder of a file. Raises StoreError, naming what is in the way."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        blocking = next((folder for folder in path.parents if folder.exists() or folder.is_symlink()), path.parent)
        if not blocking.is_dir():
            raise StoreError(f"{blocking}: no folder; move it away, then run the same command") from error
        raise StoreError(f"{path}: {error.strerror or error}; free space or check permissions") from error


State = tuple[int, int, int]


def state_of(path: Path | str) -> State | None:
    """What tells one file at `path` from another: number, time and size. None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - for as many as there are parts
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size) if stat.S_ISREG(found.st_mode) else None


def set_aside_as(path: Path) -> Path:
    """Where what is damaged at `path` is kept until `path` is made again."""
    return path.with_name(f"{path.name}.damaged")


def set_aside(path: Path) -> Path | None:
    """Rename what lies at `path`, so that it no longer counts; returns its new place, None where that is refused."""
    kept = set_aside_as(path)
    try:
        _remove(kept)
        path.replace(kept)
    except FileNotFoundError:
        return kept  # another process was first
    except OSError:
        return None
    return kept


def forget_aside(path: Path) -> None:
    """Remove what was set aside at `path`, once it was made again."""
    with suppress(OSError):  # it is in nobody's way
        _remove(set_aside_as(path))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sweep_temporaries(data_root: Path) -> int:
    """Remove what killed processes left of parts, warehouse, report and entries; returns how much."""
    swept = 0
    for leftover in _leftovers(data_root):
        owner = _TEMPORARY.match(leftover.name)
        if owner is None or _still_runs(int(owner[1]), leftover):
            continue
        _remove(leftover)
        swept += 1
    return swept


def _leftovers(data_root: Path) -> Iterator[Path]:
    yield from (data_root / "store").rglob(".*.tmp*")
    for folder in (data_root, data_root / "report", data_root / "catalog", data_root / "dagster_home"):
        yield from folder.glob(".*.tmp*")


def _still_runs(pid: int, leftover: Path) -> bool:
    """Whether the process that wrote it is there; one that started later only got its number."""
    try:
        return bool(psutil.Process(pid).create_time() <= leftover.lstat().st_mtime + 1)
    except (psutil.Error, OSError):
        return False


def write_record(path: Path, facts: Any) -> None:
    """Write facts as JSON with their digest, atomically. Raises StoreError."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps({"facts": facts, "sha256": digest_of_json(facts)}, indent=1), encoding="utf-8")


def read_record(path: Path) -> Any:
    """The facts of a record; None where there is none, or none that is whole."""
    try:
        if not path.is_file():
            return None
        record = json.loads(path.read_text(encoding="utf-8"))
        return record["facts"] if record["sha256"] == digest_of_json(record["facts"]) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
