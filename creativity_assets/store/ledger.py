"""What is known of parts without opening them: the input hash and the rows of each, by the state of its file.

A look at a file's size, time and number costs a hundredth of a look at its footer. What has changed in any of the
three is opened. Bytes that change without that are found by whoever reads them, since every read proves them.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from creativity_assets.errors import StoreError
from creativity_assets.store.files import State, state_of
from creativity_assets.store.parts import Provenance, read_footer, read_part, write_part


class Entry(NamedTuple):
    """inode, mtime_ns, size: of the file. input_hash, rows: from its footer."""

    inode: int
    mtime_ns: int
    size: int
    input_hash: str
    rows: int


RECORD = "parts.ledger"
"""A sealed Parquet file; what ends in `.parquet` below the store is a part."""

_TYPES = (pa.uint64(), pa.int64(), pa.int64(), pa.string(), pa.int64())
_SCHEMA = pa.schema([("name", pa.string()), *zip(Entry._fields, _TYPES, strict=True)])


class Ledger:
    """The entries below one store. What is lost of them costs a look at a footer."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._below = f"{root}/"
        self._record = root / RECORD
        self._entries = _kept(self._record)
        self._changed = False

    def entry(self, path: Path) -> Entry | None:
        """What is known of a part; None for one that is missing, damaged or not ours."""
        return self.at(self._name(path))

    def at(self, name: str) -> Entry | None:
        """What is known of the part of this name below the root, as `entry` says it; thousands are asked about."""
        state = state_of(f"{self._below}{name}")
        if state is None:
            self._changed |= self._entries.pop(name, None) is not None
            return None
        known = self._entries.get(name)
        if known is not None and known[:3] == state:
            return known
        footer = read_footer(self.root / name)
        self._changed = True
        if footer is None:
            self._entries.pop(name, None)
            return None
        return self._keep(name, state, footer.provenance.input_hash, footer.rows)

    def written(self, path: Path, input_hash: str, rows: int) -> None:
        """Take over what its writer knows of a part, which is then not opened to be asked."""
        if state := state_of(path):
            self._keep(self._name(path), state, input_hash, rows)

    def is_fresh(self, path: Path, input_hash: str) -> bool:
        """Whether the part at `path` was made from exactly these inputs."""
        known = self.entry(path)
        return known is not None and known.input_hash == input_hash

    def rows(self, path: Path) -> int:
        """The rows of a part, 0 where there is none."""
        known = self.entry(path)
        return 0 if known is None else known.rows

    def save(self) -> None:
        """Keep what was learned for the next process. Raises StoreError."""
        if self._changed:
            columns = [list(self._entries), *zip(*self._entries.values(), strict=True)] if self._entries else None
            table = pa.table(columns, schema=_SCHEMA) if columns else _SCHEMA.empty_table()
            write_part(self._record, table, Provenance(""))
            self._changed = False

    def _keep(self, name: str, state: State, input_hash: str, rows: int) -> Entry:
        self._changed = True
        entry = self._entries[name] = Entry(*state, input_hash, rows)
        return entry

    def _name(self, path: Path) -> str:
        return str(path).removeprefix(self._below)


def _kept(record: Path) -> dict[str, Entry]:
    """The entries that were kept; none where there is no record, or none that is whole."""
    try:
        names, *columns = read_part(record, _SCHEMA.names).to_pydict().values()
    except StoreError:
        return {}
    return dict(zip(names, map(Entry._make, zip(*columns, strict=True)), strict=True))


@lru_cache(maxsize=8)
def ledger_of(root: Path) -> Ledger:
    """One per store and process."""
    return Ledger(root)
