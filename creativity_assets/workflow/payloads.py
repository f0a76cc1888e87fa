"""The original bytes of a data set, in files of bounded size beside its index: written once, read by place."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa

from creativity_assets.errors import DamagedPart
from creativity_assets.hashing import digest_of_bytes
from creativity_assets.store.layout import Store
from creativity_assets.store.parts import OpenPart, Provenance, damaged, open_part, read_part, write_part
from creativity_assets.store.schemas import SHARD

SHARD_RECORDS = 256
SHARD_BYTES = 64 * 2**20
"""A file ends at whichever comes first, so that a crash loses little and a reader needs little memory."""

ROWS_PER_GROUP = 16
"""Small row groups: one image is read without reading all of its neighbours."""

OPEN_FILES = 16
"""So many are held open at once: a shard of a large collection has images in all of them."""


@dataclass
class Payloads:
    """The files of one state of a source, appended to and, after a crash or damage, taken up again."""

    folder: Path
    provenance: Provenance
    pending: list[dict[str, Any]] = field(default_factory=list)
    pending_bytes: int = 0

    def written(self) -> list[Path]:
        return sorted(self.folder.glob("shard-*.parquet"))

    def written_ids(self) -> set[str]:
        """The samples in the files; one that is found damaged is set aside, and its samples are written again."""
        found: set[str] = set()
        for path in self.written():
            try:
                found.update(read_part(path, SHARD.names[:-1])["sample_id"].to_pylist())
            except DamagedPart as damage:
                if not damage.healable:
                    raise
        return found

    def add(self, row: dict[str, Any], image: bytes, suffix: str) -> None:
        self.pending.append({**row, "image": {"bytes": image, "path": row["sample_id"] + suffix}})
        self.pending_bytes += len(image)
        if len(self.pending) >= SHARD_RECORDS or self.pending_bytes >= SHARD_BYTES:
            self.flush()

    def flush(self) -> None:
        if self.pending:
            table = pa.Table.from_pylist(self.pending, schema=SHARD)
            path = next(path for path in self.places if not path.exists())
            write_part(path, table, self.provenance, compression="none", rows_per_group=ROWS_PER_GROUP)
            self.pending, self.pending_bytes = [], 0

    @cached_property
    def places(self) -> Iterator[Path]:
        """The files' paths in order: where one was lost there is a gap, which is filled first."""
        return (self.folder / f"shard-{number:05d}.parquet" for number in count())

    def rows(self, store: Store) -> Iterator[dict[str, Any]]:
        """The records of all files with the place of their bytes."""
        columns = [name for name in SHARD.names if name != "image"]
        for path in self.written():
            for number, row in enumerate(read_part(path, columns).to_pylist()):
                yield {**row, "shard": store.relative(path), "row": number}


def original_bytes(store: Store, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], bytes]]:
    """The original file bytes of index rows, in the order of the rows. Raises DamagedPart as `Originals.of` does."""
    with Originals(store) as originals:
        yield from originals.of(rows)


class Originals:
    """The original bytes of samples. Files stay open for the block, and the rows that were read last stay at hand, so
    that samples which follow each other cost one look, also those of several collections."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: OrderedDict[Path, tuple[ExitStack, OpenPart]] = OrderedDict()
        self._latest: tuple[Path, int, pa.ChunkedArray] | None = None

    def __enter__(self) -> "Originals":
        return self

    def __exit__(self, *_: object) -> None:
        for stack, _part in self._open.values():
            stack.close()

    def of(self, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Index rows, in their order, each with the bytes of its file.

        Raises DamagedPart for a file of bytes that is gone or holds others than the index says: indexing makes it
        again.
        """
        for row in rows:
            path = self._store.root / row["shard"]
            images, place = self._group_of(path, row["row"])
            image = images[place].as_py() if place < len(images) else None
            data = (image or {}).get("bytes")
            if data is None or digest_of_bytes(data) != row["sha256"]:
                raise damaged(path, f"its bytes of {row['source_key']} are not those that the index knows")
            yield row, data

    def _group_of(self, path: Path, row: int) -> tuple[pa.ChunkedArray, int]:
        """The images of the row group that holds a row, and the row's place among them; none where it is in none."""
        part = self._opened(path)
        metadata = part.parquet.metadata
        size = metadata.row_group(0).num_rows if metadata.num_row_groups else 1
        group, place = divmod(row, size)
        if self._latest is None or self._latest[:2] != (path, group):
            there = 0 <= group < metadata.num_row_groups
            held = part.row_group(group, ["image"]) if there else SHARD.empty_table()
            self._latest = path, group, held["image"]
        return self._latest[2], place

    def _opened(self, path: Path) -> OpenPart:
        """At most OPEN_FILES; the one that was not asked for longest is closed. Raises StoreError and DamagedPart."""
        if path not in self._open:
            if len(self._open) == OPEN_FILES:
                _, (oldest, _part) = self._open.popitem(last=False)
                oldest.close()
            stack = ExitStack()
            self._open[path] = stack, stack.enter_context(open_part(path))
        self._open.move_to_end(path)
        return self._open[path][1]
