"""What an index holds: collections, cut into shards of bounded size, and what each of these is made of.

A shard is told by the leading bits of a hash of its samples' ids. While more than SHARD_IMAGES samples share them it is
split in two, so that a further image touches one shard, wherever it stands in the index.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from creativity_assets.hashing import digest, seed_of
from creativity_assets.store.files import State, state_of
from creativity_assets.store.layout import Collection, Shard
from creativity_assets.store.parts import damaged, read_part
from creativity_assets.store.schemas import INDEX

SAMPLES_VERSION = 2

SHARD_IMAGES = 1000
"""At most so many images are in one shard: what a step holds in memory, and what a crash costs."""

BITS = 64
IDENTITY = {"sample_id", "artist_slug", "sha256"}
_PLACE = {"shard", "row"}
"""Columns of an index that say where an image's bytes lie, and nothing of the image."""


@dataclass(frozen=True)
class Contents:
    """What a collection or shard holds: `records` changes with any metadata, `images` only with the pictures."""

    records: str
    images: str
    size: int

    @classmethod
    def of(cls, rows: list[dict[str, Any]]) -> "Contents":
        """Of the rows of an index, without the places of their bytes."""
        return cls(
            records=digest(version=SAMPLES_VERSION, records=rows),
            images=digest(version=SAMPLES_VERSION, images=[(row["sample_id"], row["sha256"]) for row in rows]),
            size=len(rows),
        )

    @classmethod
    def of_shards(cls, parts: list["Contents"]) -> "Contents":
        """Of a collection by its shards."""
        return cls(
            records=together([part.records for part in parts]),
            images=together([part.images for part in parts]),
            size=sum(part.size for part in parts),
        )


def together(hashes: list[str]) -> str:
    """The hash of what has several shards; of one alone its own."""
    return hashes[0] if len(hashes) == 1 else digest(shards=hashes)


@dataclass(frozen=True)
class Held:
    """An indexed data set. rows: the numbers of each shard's rows in the index."""

    collections: Mapping[Collection, Contents]
    shards: Mapping[Collection, Mapping[Shard, Contents]]
    rows: Mapping[Shard, tuple[int, ...]]


def held(index: Path, dataset: str) -> Held | None:
    """What the index of a data set holds; None before indexing. Raises DamagedPart."""
    state = state_of(index)
    return None if state is None else _held(index, dataset, SHARD_IMAGES, state)


def rows_of_shard(index: Path, shard: Shard) -> list[dict[str, Any]]:
    """The index rows of one shard, with the places of their bytes, in the order of the index."""
    rows: list[dict[str, Any]] = _rows(index, shard).to_pylist()
    return rows


def ids_of_shard(index: Path, shard: Shard) -> frozenset[str]:
    """The sample_ids of those rows."""
    return frozenset(_rows(index, shard)["sample_id"].to_pylist())


def _rows(index: Path, shard: Shard) -> pa.Table:
    found, state = held(index, shard.collection.dataset), state_of(index)
    if found is None or state is None:
        return INDEX.empty_table()
    table, numbers = _table(index, state), found.rows.get(shard, ())
    if numbers and numbers[-1] - numbers[0] == len(numbers) - 1:  # they stand together: nothing is copied
        return table.slice(numbers[0], len(numbers))
    return table.take(pa.array(numbers, pa.int64()))


@lru_cache(maxsize=2)
def _table(path: Path, _state: State) -> pa.Table:
    table = read_part(path)
    if lacking := IDENTITY - set(table.column_names):
        raise damaged(path, f"it has no column {min(lacking)}")
    return table


@lru_cache(maxsize=64)
def _held(path: Path, dataset: str, most: int, state: State) -> Held:
    """Read and hashed once for each state of an index: a part is never changed, only replaced."""
    table = _table(path, state)
    ids = table["sample_id"].to_pylist()
    by_artist: dict[str, list[int]] = {}
    for row, artist in enumerate(table["artist_slug"].to_pylist()):
        by_artist.setdefault(artist, []).append(row)
    rows: dict[Shard, tuple[int, ...]] = {}
    for artist, numbers in sorted(by_artist.items()):
        for bits, some in _split([(row, "" if len(numbers) <= most else _bits(ids[row])) for row in numbers], most):
            rows[Shard(Collection(dataset, artist), bits)] = some
    shards: dict[Collection, dict[Shard, Contents]] = {}
    for shard, of_shard in zip(rows, _said(table, rows.values()), strict=True):
        shards.setdefault(shard.collection, {})[shard] = Contents.of(of_shard)
    collections = {collection: Contents.of_shards(list(of.values())) for collection, of in shards.items()}
    return Held(collections, shards, rows)


def _said(table: pa.Table, numbers: Iterable[tuple[int, ...]]) -> Iterator[list[dict[str, Any]]]:
    """The rows with these numbers without the places of their bytes, shard by shard. Many small shards are taken from
    the table at once: a look at all of its columns costs as much for one row as for hundreds."""
    said = table.drop_columns([name for name in table.column_names if name in _PLACE])
    for some in _at_once(numbers):
        rows = iter(said.take(pa.array(chain.from_iterable(some), pa.int64())).to_pylist())
        yield from (list(islice(rows, len(shard))) for shard in some)


def _at_once(numbers: Iterable[tuple[int, ...]]) -> Iterator[list[tuple[int, ...]]]:
    waiting: list[tuple[int, ...]] = []
    rows = 0
    for shard in numbers:
        if waiting and rows + len(shard) > SHARD_IMAGES:
            yield waiting
            waiting, rows = [], 0
        waiting.append(shard)
        rows += len(shard)
    if waiting:
        yield waiting


def _split(rows: list[tuple[int, str]], most: int, bits: str = "") -> Iterator[tuple[str, tuple[int, ...]]]:
    """(leading bits, row numbers) of each shard that the rows, given with their bits, come to."""
    if len(rows) <= most or len(bits) == BITS:
        yield bits, tuple(row for row, _ in rows)
        return
    for bit in "01":
        if some := [(row, of) for row, of in rows if of[len(bits)] == bit]:
            yield from _split(some, most, bits + bit)


def _bits(sample: str) -> str:
    return f"{seed_of(sample, BITS // 8):0{BITS}b}"
