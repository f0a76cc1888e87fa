"""A piece of the work, one shard of a collection under an experiment, and the parts that are stored of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from creativity_assets.catalog.entries import ExperimentEntry, MethodEntry, ModelEntry
from creativity_assets.diffusion.weights.model_files import known_of
from creativity_assets.hashing import canonical, digest_of_canonical
from creativity_assets.store.images import read_images
from creativity_assets.store.layout import Collection, Shard, part_name
from creativity_assets.store.parts import Provenance, read_part, write_part
from creativity_assets.store.vectors import Vector, read_vectors
from creativity_assets.workflow.contents import Contents, rows_of_shard, together
from creativity_assets.workflow.entries.revisions import model_source
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.parts import KINDS, PREPROCESSED_TENSORS, Fact, Kind, kinds_of


@dataclass(frozen=True)
class Piece:
    """One shard of a collection, under an experiment where there is one: what tells the path and hash of its parts.

    experiment: None for what no experiment has a say in; resolution: the working one, in pixels.
    """

    lineage: Lineage
    shard: Shard
    contents: Contents
    experiment: ExperimentEntry | None = None
    resolution: int = 0
    _shared: dict[Fact, str | None] = field(default_factory=dict, compare=False, repr=False)
    """What is the same for all pieces that were made with this one, as `_canonical` gives it."""
    _hashes: dict[Kind, str | None] = field(default_factory=dict, compare=False, repr=False)
    _parts: "dict[Kind, Part]" = field(default_factory=dict, compare=False, repr=False)

    @property
    def collection(self) -> Collection:
        return self.shard.collection

    @property
    def entry(self) -> ExperimentEntry:
        assert self.experiment is not None
        return self.experiment

    @property
    def model(self) -> ModelEntry:
        return self.lineage.catalog.model(self.entry.model)

    @property
    def method(self) -> MethodEntry:
        return self.lineage.catalog.method(self.entry.method)

    @property
    def pipeline(self) -> str:
        """The family of the model, by its folder or its entry; empty where neither says."""
        return known_of(model_source(self.model, self.lineage.store.data_root))[0] or ""

    def name(self, word: str) -> str:
        """What a word of `Kind.under` stands for."""
        return str(self.resolution) if word == "resolution" else str(getattr(self.entry, _NAMES[word]))

    def part(self, kind: Kind) -> "Part":
        if kind not in self._parts:
            self._parts[kind] = Part(kind, self)
        return self._parts[kind]

    def hash_of(self, kind: Kind) -> str | None:
        """The input hash of a part of this piece; None where it cannot be made yet, as its sources are not there."""
        if kind not in self._hashes:
            self._hashes[kind] = self._hash_of(kind)
        return self._hashes[kind]

    def _hash_of(self, kind: Kind) -> str | None:
        if kind.version is None and len(kind.made_from) == 1:
            (source,) = kind.made_from.values()
            return str(source.of(self)) if isinstance(source, Fact) else self.hash_of(source)  # they count versions
        facts = {} if kind.version is None else {"version": str(kind.version)}
        for word, source in kind.made_from.items():
            fact = self._canonical(source)
            if fact is None:
                return None
            facts[word] = fact
        return digest_of_canonical(facts)

    def _canonical(self, source: Kind | Fact) -> str | None:
        """The canonical JSON of what a part is made from; None where that is awaited. Many pieces share some of it."""
        if isinstance(source, Kind):
            found = self.hash_of(source)
            return None if found is None else canonical(found)
        if source not in self._shared:
            fact = source.of(self)
            found = None if fact is None and source.awaited else canonical(fact)
            if source.each:
                return found
            self._shared[source] = found
        return self._shared[source]


_NAMES = {"model": "model", "suite": "suite", "experiment": "name"}


@dataclass(frozen=True)
class Part:
    """What is stored of one kind for one piece."""

    kind: Kind
    piece: Piece

    @cached_property
    def name(self) -> str:
        """Its place below the root of the store."""
        under = ".".join([self.piece.name(word) for word in self.kind.under])
        return part_name(self.kind.name, self.piece.shard, under or "all")

    @property
    def path(self) -> Path:
        return self.piece.lineage.store.root / self.name

    @property
    def input_hash(self) -> str | None:
        return self.piece.hash_of(self.kind)

    @property
    def is_there(self) -> bool:
        return self.path.is_file()

    @property
    def is_fresh(self) -> bool:
        """Whether it was made from what is there now; so is what cannot be made yet, as nothing is to be done."""
        return self.input_hash is None or self.fresh_rows is not None

    @property
    def rows(self) -> int:
        """How many it has; 0 where it is not there."""
        return self.piece.lineage.ledger.rows(self.path)

    @property
    def fresh_rows(self) -> int | None:
        """How many it has; None where it is not there as it is wanted now."""
        known = self.piece.lineage.ledger.at(self.name)
        return known.rows if known is not None and known.input_hash == self.input_hash else None

    def read(self, columns: list[str] | None = None) -> pa.Table:
        """Raises StoreError where it is missing, DamagedPart where it is damaged."""
        return read_part(self.path, columns)

    def images(self) -> Iterator[tuple[str, bytes]]:
        """(sample_id, encoded picture). Raises as `read` does."""
        return read_images(self.path)

    def vectors(self) -> dict[str, Vector]:
        """By sample_id. Raises as `read` does."""
        return read_vectors(self.path)

    def write(self, rows: pa.Table | list[dict[str, Any]], stamp: "Stamp") -> Provenance:
        """Write it aside and let it take its place, with where it comes from in its footer. Raises StoreError."""
        assert self.input_hash is not None
        provenance = stamp(self.input_hash)
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows, schema=self.kind.schema)
        write_part(self.path, table, provenance, durable=False)
        self.piece.lineage.ledger.written(self.path, provenance.input_hash, len(table))
        return provenance


Stamp = Callable[[str], Provenance]
"""input hash -> the provenance of a part that this run writes."""


def pieces_of(
    lineage: Lineage,
    collections: Iterable[Collection],
    experiment: ExperimentEntry | None = None,
    resolution: int | None = None,
) -> list[Piece]:
    """The pieces of collections, in their order. resolution: without an experiment, whose model has one."""
    return list(each_piece(lineage, collections, experiment, resolution))


def each_piece(
    lineage: Lineage,
    collections: Iterable[Collection],
    experiment: ExperimentEntry | None = None,
    resolution: int | None = None,
) -> Iterator[Piece]:
    """The same, one by one: what is looked at once need not be in memory with thousands of others."""
    if experiment is not None:
        resolution = lineage.catalog.model(experiment.model).resolution
    shared: dict[Fact, str | None] = {}
    for dataset, some in groupby(collections, lambda collection: collection.dataset):
        shards = lineage.shards_of(dataset)
        for collection in some:
            for shard, contents in shards.get(collection, {}).items():
                yield Piece(lineage, shard, contents, experiment, resolution or 0, shared)


def records_of(piece: Piece) -> list[dict[str, Any]]:
    """The index rows of a piece, with the places of their bytes."""
    return rows_of_shard(piece.lineage.store.index(piece.collection.dataset), piece.shard)


def is_fresh(piece: Piece, asset: str) -> bool:
    """Whether all that an asset makes of a piece is."""
    return all(piece.part(kind).is_fresh for kind in kinds_of(asset))


def version_of(asset: str, pieces: list[Piece]) -> str:
    """The data version of an asset's partition, by all pieces of its collection."""
    lineage, dataset = pieces[0].lineage, pieces[0].collection.dataset
    if asset == "dataset_index":
        entry = lineage.ledger.entry(lineage.store.index(dataset))
        return "" if entry is None else entry.input_hash
    if asset == PREPROCESSED_TENSORS.name:  # at every resolution that is wanted
        return together([piece.contents.images for piece in pieces])
    kind = next(kind for kind in KINDS if kind.name == asset)
    return together([str(piece.hash_of(kind)) for piece in pieces])
