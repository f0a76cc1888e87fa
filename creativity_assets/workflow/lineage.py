"""What is measured with what: one catalogue, store and set of weights, and the hashes of the data sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from creativity_assets.catalog import Catalog
from creativity_assets.catalog.datasets import DatasetEntry, GeneratedDataset, PluginDataset
from creativity_assets.errors import DamagedPart
from creativity_assets.hashing import digest
from creativity_assets.sources import fingerprint
from creativity_assets.store.files import State, state_of
from creativity_assets.store.layout import Collection, Shard, Store
from creativity_assets.store.ledger import Ledger, ledger_of
from creativity_assets.store.parts import read_part
from creativity_assets.workflow.contents import Contents, held
from creativity_assets.workflow.entries.plugins import plugin_version
from creativity_assets.workflow.entries.revisions import Revisions

INDEX_VERSION = 4
GENERATION_VERSION = 1


@dataclass(frozen=True)
class Lineage:
    """One catalogue, store and set of weights."""

    catalog: Catalog
    store: Store
    revisions: Revisions

    @cached_property
    def ledger(self) -> Ledger:
        """What is known of the store's parts."""
        return ledger_of(self.store.root)

    def index(self, dataset: DatasetEntry) -> str:
        """Of a source: its cheap fingerprint, or for a generated one all that its images depend on.

        What is derived from another data set depends on what is held of that.
        """
        if isinstance(dataset, GeneratedDataset):
            return digest(
                version=[INDEX_VERSION, GENERATION_VERSION],
                entry=dataset.model_dump(exclude={"description", "licence", "optional"}),
                originals=self._records(dataset.originals),
                model=self.revisions.model(self.catalog.model(dataset.model)),
            )
        source = fingerprint(dataset, self.store.data_root)
        if isinstance(dataset, PluginDataset):
            source = digest(source=source, reader=plugin_version("READERS", dataset.reader))
        if dataset.derived_from is not None:
            return digest(version=INDEX_VERSION, source=source, originals=self._records(dataset.derived_from))
        return digest(version=INDEX_VERSION, source=source)

    def collections(self, dataset: str) -> Mapping[Collection, Contents]:
        """Each collection of an indexed data set with what it holds; empty before indexing."""
        found = held(self.store.index(dataset), dataset)
        return {} if found is None else found.collections

    def shards_of(self, dataset: str) -> Mapping[Collection, Mapping[Shard, Contents]]:
        """The shards of each collection of an indexed data set with what they hold; none before indexing."""
        found = held(self.store.index(dataset), dataset)
        return {} if found is None else found.shards

    def index_is_fresh(self, dataset: str) -> bool:
        """The records, what the reader refused, and the original bytes."""
        input_hash = self.index(self.catalog.dataset(dataset))
        paths = (self.store.index(dataset), self.store.index_rejects(dataset))
        return all(self.ledger.is_fresh(path, input_hash) for path in paths) and self._index_is_whole(dataset)

    def _index_is_whole(self, dataset: str) -> bool:
        """Whether the index can be read, and every file of bytes that it names is in its place."""
        path = self.store.index(dataset)
        state = state_of(path)
        try:
            return state is not None and all((self.store.root / file).is_file() for file in _payloads(path, state))
        except DamagedPart as damage:
            if not damage.healable:
                raise
            return False

    def _records(self, dataset: str) -> list[str]:
        return [contents.records for contents in self.collections(dataset).values()]


@lru_cache(maxsize=64)
def _payloads(path: Path, _state: State) -> tuple[str, ...]:
    return tuple(sorted(set(read_part(path, ["shard"])["shard"].to_pylist())))
