"""Input hashes: what each part is made from, computed forwards from the index, without reading images.

A part is fresh while its hash is the one computed here. Each step hashes its own settings and version together
with the hash of the step before, so that a change anywhere makes exactly its descendants stale. The `*_VERSION`
numbers are raised by hand when an algorithm changes its numbers; commits never make work stale.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from creativity_assets.catalog import Catalog
from creativity_assets.catalog.datasets import DatasetEntry, GeneratedDataset
from creativity_assets.catalog.entries import ExperimentEntry
from creativity_assets.errors import DamagedPart
from creativity_assets.hashing import digest
from creativity_assets.sources import fingerprint
from creativity_assets.store.layout import Collection, Store
from creativity_assets.store.parts import damaged, read_part
from creativity_assets.workflow.revisions import Revisions

INDEX_VERSION = 4
SAMPLES_VERSION = 2
PREPROCESS_VERSION = 1
RECONSTRUCTION_VERSION = 1
METRICS_VERSION = 1
READOUTS_VERSION = 1
GENERATION_VERSION = 1
METHOD_VERSIONS = {"edict": 2}
"""Of inversions whose own numbers have changed; 1 for the others, which stay fresh."""
GROUP_VERSIONS = {"log_likelihood": 2}
"""Of groups of readouts that have changed."""


@dataclass(frozen=True)
class Contents:
    """What a collection holds: `records` changes with any metadata, `images` only with the pictures."""

    records: str
    images: str
    size: int

    @classmethod
    def of(cls, rows: list[dict[str, Any]]) -> "Contents":
        return cls(
            records=digest(version=SAMPLES_VERSION, records=rows),
            images=digest(version=SAMPLES_VERSION, images=[(row["sample_id"], row["sha256"]) for row in rows]),
            size=len(rows),
        )


@dataclass(frozen=True)
class Lineage:
    """Hashes under one catalogue, store and set of weights."""

    catalog: Catalog
    store: Store
    revisions: Revisions

    def index(self, dataset: DatasetEntry) -> str:
        """Of a source: its cheap fingerprint, or for a generated one all that its images depend on.

        What is derived from another data set depends on what is held of that.
        """
        if isinstance(dataset, GeneratedDataset):
            return digest(
                version=[INDEX_VERSION, GENERATION_VERSION],
                entry=dataset.model_dump(exclude={"description", "licence", "optional"}),
                originals=self._held(dataset.originals),
                model=self.revisions.model(self.catalog.model(dataset.model)),
            )
        source = fingerprint(dataset, self.store.data_root)
        if dataset.derived_from is not None:
            return digest(version=INDEX_VERSION, source=source, originals=self._held(dataset.derived_from))
        return digest(version=INDEX_VERSION, source=source)

    def _held(self, dataset: str) -> list[str]:
        return [held.records for held in self.collections(dataset).values()]

    def collections(self, dataset: str) -> Mapping[Collection, Contents]:
        """Each collection of an indexed data set with what it holds; empty before indexing."""
        path = self.store.index(dataset)
        state = _state(path)
        return {} if state is None else _collections(path, dataset, state)

    def index_is_whole(self, dataset: str) -> bool:
        """Whether the index can be read, and every shard that it names is in its place."""
        path = self.store.index(dataset)
        state = _state(path)
        try:
            return state is not None and all((self.store.root / shard).is_file() for shard in _shards(path, state))
        except DamagedPart as damage:
            if not damage.healable:
                raise
            return False

    def tensors(self, contents: Contents, resolution: int) -> str:
        return digest(version=PREPROCESS_VERSION, images=contents.images, resolution=resolution)

    def encodings(self, contents: Contents, experiment: ExperimentEntry) -> str:
        """Of the latents and of the floor images."""
        model = self.catalog.model(experiment.model)
        return digest(
            version=RECONSTRUCTION_VERSION,
            tensors=self.tensors(contents, model.resolution),
            model=self.revisions.model(model),
        )

    def reconstructions(self, contents: Contents, experiment: ExperimentEntry) -> str:
        method = self.catalog.method(experiment.method)
        # Only what an entry says, so that a new field with a default makes nothing stale.
        settings = method.model_dump(exclude={"name", "description"}, exclude_defaults=True)
        if version := METHOD_VERSIONS.get(method.inversion):
            settings["version"] = version
        return digest(
            encodings=self.encodings(contents, experiment),
            method=settings,
            captions=contents.records if method.prompt == "caption" else None,
        )

    def readouts(self, contents: Contents, experiment: ExperimentEntry) -> str:
        changed = {group: GROUP_VERSIONS[group] for group in experiment.readouts if group in GROUP_VERSIONS}
        return digest(
            version=[READOUTS_VERSION, changed] if changed else READOUTS_VERSION,
            reconstructions=self.reconstructions(contents, experiment),
            groups=experiment.readouts,
        )

    def embeddings(self, contents: Contents, experiment: ExperimentEntry) -> str:
        return digest(
            version=METRICS_VERSION,
            tensors=self.tensors(contents, self.catalog.model(experiment.model).resolution),
            suite=self.revisions.suite(experiment.suite),
        )

    def floor_scores(self, contents: Contents, experiment: ExperimentEntry) -> str:
        return digest(
            version=METRICS_VERSION,
            images=self.encodings(contents, experiment),
            suite=self.revisions.suite(experiment.suite),
        )

    def metrics(self, contents: Contents, experiment: ExperimentEntry) -> str:
        return digest(
            version=METRICS_VERSION,
            images=self.reconstructions(contents, experiment),
            suite=self.revisions.suite(experiment.suite),
            experiment=experiment.name,
        )

    def ceilings(self, contents: Contents, experiment: ExperimentEntry, panel: str) -> str:
        """panel: the hash of the reference panel's reconstructions."""
        return digest(
            version=METRICS_VERSION,
            records=contents.records,
            embeddings=self.embeddings(contents, experiment),
            panel=panel,
        )


_State = tuple[int, int, int]


def _state(path: Path) -> _State | None:
    """What tells one file at `path` from another; None where there is none."""
    if not path.is_file():
        return None
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


@lru_cache(maxsize=64)
def _shards(path: Path, _state: _State) -> tuple[str, ...]:
    return tuple(sorted(set(read_part(path, ["shard"])["shard"].to_pylist())))


@lru_cache(maxsize=64)
def _collections(path: Path, dataset: str, _state: _State) -> dict[Collection, Contents]:
    """Read and hashed once for each state of an index: a part is never changed, only replaced."""
    by_artist: dict[str, list[dict[str, Any]]] = {}
    table = read_part(path)
    if lacking := {"sample_id", "artist_slug", "sha256"} - set(table.column_names):
        raise damaged(path, f"it has no column {min(lacking)}")
    for row in table.select([name for name in table.column_names if name not in {"shard", "row"}]).to_pylist():
        by_artist.setdefault(row["artist_slug"], []).append(row)
    return {Collection(dataset, artist): Contents.of(records) for artist, records in sorted(by_artist.items())}


def records_of(store: Store, collection: Collection) -> pa.Table:
    """The index rows of one collection."""
    import pyarrow.compute as pc

    table = read_part(store.index(collection.dataset))
    return table.filter(pc.equal(table["artist_slug"], collection.artist))
