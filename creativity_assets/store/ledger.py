"""What is known of parts without opening them: the input hash and the rows of each, by the state of its file.

A look at a file's size, time and number costs a hundredth of a look at its footer. What has changed in any of the
three is opened. Bytes that change without that are found by whoever reads them, since every read proves them.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from creativity_assets.store.files import read_record, state_of, write_record
from creativity_assets.store.parts import read_footer


class Entry(NamedTuple):
    """inode, mtime_ns, size: of the file. input_hash, rows: from its footer."""

    inode: int
    mtime_ns: int
    size: int
    input_hash: str
    rows: int


class Ledger:
    """The entries below one store. What is lost of them costs a look at a footer."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._record = root / "ledger.json"
        known = read_record(self._record)
        self._entries = {name: Entry(*facts) for name, facts in known.items()} if isinstance(known, dict) else {}
        self._changed = False

    def entry(self, path: Path) -> Entry | None:
        """What is known of a part; None for one that is missing, damaged or not ours."""
        name = os.path.relpath(path, self.root)
        state = state_of(path)
        if state is None:
            self._changed |= self._entries.pop(name, None) is not None
            return None
        known = self._entries.get(name)
        if known is not None and known[:3] == state:
            return known
        footer = read_footer(path)
        self._changed = True
        if footer is None:
            self._entries.pop(name, None)
            return None
        entry = self._entries[name] = Entry(*state, footer.provenance.input_hash, footer.rows)
        return entry

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
            write_record(self._record, self._entries)
            self._changed = False


@lru_cache(maxsize=8)
def ledger_of(root: Path) -> Ledger:
    """One per store and process."""
    return Ledger(root)
