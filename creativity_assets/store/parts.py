"""Parquet parts with their provenance in the footer: written aside, then renamed, so never half there."""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from creativity_assets.errors import StoreError

_FOOTER_KEY = b"creativity"


@dataclass(frozen=True)
class Provenance:
    """What a part was made from. Equal `input_hash` means that making it again would change nothing."""

    input_hash: str
    code_version: str = ""
    run_id: str = ""


def write_part(path: Path, table: pa.Table, provenance: Provenance) -> None:
    """Write `table` to `path` atomically. Raises StoreError (disk full, no permission) and leaves no trace."""
    footer = {**(table.schema.metadata or {}), _FOOTER_KEY: json.dumps(asdict(provenance)).encode()}
    with replacing(path) as temporary:
        pq.write_table(table.replace_schema_metadata(footer), temporary, compression="zstd")


def read_part(path: Path, columns: list[str] | None = None) -> pa.Table:
    """The rows of one part. Raises StoreError when it is missing or damaged."""
    try:
        return pq.ParquetFile(path).read(columns=columns)
    except (OSError, pa.ArrowInvalid) as error:
        raise StoreError(f"{path}: cannot be read ({error}); delete it and materialize again") from error


def count_rows(path: Path) -> int:
    """The number of rows of a part, from its footer. Raises StoreError when it is missing or damaged."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowInvalid) as error:
        raise StoreError(f"{path}: cannot be read ({error}); delete it and materialize again") from error


def read_provenance(path: Path) -> Provenance | None:
    """The provenance in a part's footer; None for a part that is missing, damaged or not ours."""
    try:
        metadata = pq.read_metadata(path).metadata or {}
        return Provenance(**json.loads(metadata[_FOOTER_KEY]))
    except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError):
        return None


def is_fresh(path: Path, input_hash: str) -> bool:
    """Whether the part at `path` was made from exactly these inputs."""
    found = read_provenance(path)
    return found is not None and found.input_hash == input_hash


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well, and vanishes otherwise."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f".{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.tmp"
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; free space or check permissions") from error
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; free space, then run the same command") from error
    finally:
        temporary.unlink(missing_ok=True)


def sweep_temporaries(root: Path) -> int:
    """Remove temporary files that killed processes left below `root`; returns how many."""
    swept = 0
    for leftover in root.rglob(".*.tmp*"):
        owner = leftover.name.split(".")[-3] if leftover.name.endswith(".tmp") else ""
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            leftover.unlink(missing_ok=True)
            swept += 1
    return swept
