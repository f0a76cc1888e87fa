"""Parquet parts with their provenance in the footer: written aside, sealed, then renamed, so never half there.

What is read is proved to be what was written (see `seal`). A part that is not is set aside as `<name>.damaged`, where
it no longer counts as made, so that the next `creativity materialize` makes it again.
"""

import json
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from creativity_assets.errors import DamagedPart, StoreError
from creativity_assets.store.files import forget_aside, replacing, set_aside
from creativity_assets.store.seal import KEY, MARK, Broken, blank, check_chunks, footer_digests, leaves_of, seal

_FOOTER_KEY = "creativity"
_ROWS_PER_GROUP = 1 << 20
_WORTH_PACKING = 1 << 15
"""Bytes: below, zstd makes a part no smaller, and takes four fifths of the time of writing it."""

_BUFFER = 1 << 16
"""Bytes: most parts are smaller, and are then read back for their seal at once."""
Made = TypeVar("Made")


@dataclass(frozen=True)
class Provenance:
    """What a part was made from. Equal `input_hash` means that making it again would change nothing."""

    input_hash: str
    code_version: str = ""
    run_id: str = ""


def write_part(
    path: Path,
    table: pa.Table,
    provenance: Provenance,
    *,
    compression: str | None = None,
    rows_per_group: int = _ROWS_PER_GROUP,
    durable: bool = True,
) -> None:
    """Write `table` to `path` atomically, sealed. Raises StoreError (disk full, no permission) and leaves no trace.

    compression: by Parquet's name; None for zstd where there is something to compress. durable: wait for the disk. What
    is not, and is lost with the power in the next half minute, is found damaged and made again.
    """
    facts = json.dumps(asdict(provenance))
    own = {key: value for key, value in (table.schema.metadata or {}).items() if not _is_ours(key)}
    table = table.replace_schema_metadata(own)
    groups = -(-len(table) // rows_per_group)
    written: list[pq.FileMetaData] = []
    packed = compression or ("zstd" if table.nbytes >= _WORTH_PACKING else "none")
    settings = {"compression": packed, "write_page_checksum": True, "metadata_collector": written}
    with replacing(path, durable=durable) as temporary, temporary.open("w+b", buffering=_BUFFER) as file:
        with pq.ParquetWriter(file, table.schema, **settings) as writer:
            for start in range(0, len(table), rows_per_group):
                writer.write_table(table.slice(start, rows_per_group), row_group_size=rows_per_group)
            facts = f"{facts[:-1]}, {MARK}}}"
            writer.add_key_value_metadata({_FOOTER_KEY: facts, KEY: blank(groups, leaves_of(table.schema))})
        seal(file, written[0])
    forget_aside(path)


def _is_ours(key: bytes) -> bool:
    return key.decode(errors="replace") in {_FOOTER_KEY, KEY}


@dataclass(frozen=True)
class OpenPart:
    """A part whose footer is proved whole; its rows are proved as they are read."""

    path: Path
    file: BinaryIO
    parquet: pq.ParquetFile
    digests: list[str] | None

    def read(self, columns: list[str] | None = None) -> pa.Table:
        """All rows. Raises DamagedPart."""
        return self._read(list(range(self.parquet.num_row_groups)), columns)

    def row_group(self, number: int, columns: list[str] | None = None) -> pa.Table:
        """The rows of one row group. Raises DamagedPart."""
        return self._read([number], columns)

    def _read(self, groups: list[int], columns: list[str] | None) -> pa.Table:
        with _damage(self.path):
            if columns and (lacking := sorted(set(columns) - set(self.parquet.schema_arrow.names))):
                raise Broken(f"it has no column {lacking[0]}")
            if self.digests is not None:
                check_chunks(self.file, self.parquet.metadata, self.digests, groups, columns)
            return self.parquet.read_row_groups(groups, columns=columns, use_threads=False)


@contextmanager
def open_part(path: Path) -> Iterator[OpenPart]:
    """A part, to be read piece by piece. Raises StoreError when it is missing, DamagedPart when it is damaged."""
    with ExitStack() as stack:
        with _damage(path):
            file = stack.enter_context(_opened(path))
            digests = footer_digests(file)
            # In this thread alone, here and below: what Arrow's own threads still hold of a Python file when a command
            # has ended and Python takes itself down would be released without it, which aborts the process.
            parquet = pq.ParquetFile(pa.PythonFile(file, "r"), page_checksum_verification=True, pre_buffer=False)
        yield OpenPart(path, file, parquet, digests)


def read_part(path: Path, columns: list[str] | None = None) -> pa.Table:
    """The rows of one part. Raises StoreError when it is missing, DamagedPart when it is damaged."""
    with open_part(path) as part:
        return part.read(columns)


@dataclass(frozen=True)
class Footer:
    """What a part's footer says of it."""

    provenance: Provenance
    rows: int


def read_footer(path: Path) -> Footer | None:
    """Provenance and rows of a part; None for a part that is missing, damaged or not ours."""
    try:
        with _opened(path) as file:
            footer_digests(file)
            metadata = pq.ParquetFile(pa.PythonFile(file, "r"), pre_buffer=False).metadata
        facts = json.loads((metadata.metadata or {})[_FOOTER_KEY.encode()])
        made = Provenance(facts["input_hash"], facts.get("code_version", ""), facts.get("run_id", ""))
        return Footer(made, int(metadata.num_rows))
    except (StoreError, Broken, OSError, pa.ArrowException, KeyError, TypeError, ValueError, AttributeError):
        return None


def read_provenance(path: Path) -> Provenance | None:
    """The provenance in a part's footer; None for a part that is missing, damaged or not ours."""
    footer = read_footer(path)
    return None if footer is None else footer.provenance


def damaged(path: Path, what: str) -> DamagedPart:
    """The error of a part that holds what it cannot hold, after it was set aside where that can be done."""
    kept = set_aside(path)
    where = f"set aside as {kept.name}" if kept else "delete it"
    return DamagedPart(
        f"{path}: damaged ({what}); {where}, `creativity materialize` makes it again", path, healable=kept is not None
    )


def healed(work: Callable[[], Made]) -> Made:
    """What `work` gives, done again after each damaged part that it met and set aside.

    Raises the DamagedPart of a part that could not be set aside, or that is damaged again after it was made again.
    """
    met: set[Path] = set()
    while True:
        try:
            return work()
        except DamagedPart as damage:
            if not damage.healable or damage.path in met:
                raise
            met.add(damage.path)


def _opened(path: Path) -> BinaryIO:
    """An open file. Raises StoreError for nothing in its place, Broken for a folder, or a pipe that would hang."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Broken("it is no file")
        return path.open("rb")
    except FileNotFoundError as error:
        raise StoreError(f"{path}: {error.strerror}; `creativity materialize` makes it again") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; make it readable, then run the same command") from error


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """What reading `path` says of damaged bytes, as DamagedPart; what the disk says, as StoreError."""
    try:
        yield
    except Broken as problem:
        raise damaged(path, str(problem)) from problem
    except OSError as error:
        if error.errno is not None:
            raise StoreError(f"{path}: {error.strerror or error}; check the disk, then run the same command") from error
        raise damaged(path, _brief(error)) from error
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise damaged(path, _brief(error)) from error


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
