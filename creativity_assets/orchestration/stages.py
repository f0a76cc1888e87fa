"""The plan in the form Dagster can run: stages, each a job over partitions that are ready to be made now."""

from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg

from creativity_assets.catalog.datasets import DatasetEntry, GeneratedDataset
from creativity_assets.orchestration.partitions import (
    COLLECTIONS,
    DATASETS,
    EXPERIMENTS,
    add_partitions,
    cell_key,
    contiguous,
    range_tags,
)
from creativity_assets.workflow.lineage import digest
from creativity_assets.workflow.plan import Plan, Scope, plan
from creativity_assets.workflow.study import Study


@dataclass(frozen=True)
class Stage:
    """Neighbouring partitions of one job: `assets` over `first`..`last`, ends included."""

    job: str
    assets: tuple[str, ...]
    first: str
    last: str
    keys: tuple[str, ...]
    images: int = 0
    """How many images it is about, where that is known."""
    experiment: str = ""
    """Whose cells they are, where they are cells."""

    @property
    def tags(self) -> dict[str, str]:
        return range_tags(self.first, self.last)

    @property
    def asset_keys(self) -> list[dg.AssetKey]:
        return [dg.AssetKey(name) for name in self.assets]

    def run_key(self, facts: str) -> str:
        """Equal for equal work on equal content, so that a sensor does not ask twice."""
        return f"{self.job}:{digest(keys=self.keys, facts=facts)[:24]}"


def next_stages(study: Study, instance: dg.DagsterInstance, scope: Scope | None = None) -> tuple[list[Stage], Plan]:
    """What can be made now, given what is there; empty when everything wanted is fresh and recorded.

    Indexing comes first, because it tells which collections there are; a derived data set waits for the
    samples of its originals; experiments wait until every wanted collection is preprocessed.
    """
    scope = scope or Scope()
    todo = plan(study.lineage, scope)
    sync_partitions(study, instance, todo)
    stages = list(_index_stages(study, todo, instance)) or list(_image_stages(todo, instance))
    return stages or list(_cell_stages(todo, instance)), todo


def sync_partitions(study: Study, instance: dg.DagsterInstance, todo: Plan) -> None:
    """Add the partitions that the catalogue and the indexes know of."""
    add_partitions(instance, DATASETS, todo.datasets)
    add_partitions(instance, EXPERIMENTS, study.catalog.experiments)
    add_partitions(instance, COLLECTIONS, [c.key for cells in todo.wanted.values() for c in cells])


def _index_stages(study: Study, todo: Plan, instance: dg.DagsterInstance) -> Iterator[Stage]:
    unsampled = {collection.dataset for collection in todo.samples}
    recorded = instance.get_materialized_partitions(dg.AssetKey("dataset_index"))
    for name in todo.datasets:
        if name in recorded and name not in todo.indexes:
            continue
        entry = study.catalog.dataset(name)
        blocked = entry.derived_from in {*todo.indexes, *unsampled}
        if not blocked:
            yield Stage("index_job", ("dataset_index",), name, name, (name,), _images_to_sample(study, entry))


def _images_to_sample(study: Study, entry: DatasetEntry) -> int:
    if not isinstance(entry, GeneratedDataset):
        return 0
    return sum(held.size for held in study.lineage.collections(entry.originals).values())


def _image_stages(todo: Plan, instance: dg.DagsterInstance) -> Iterator[Stage]:
    known = instance.get_dynamic_partitions("collection")
    wanted = {c.key for cells in todo.wanted.values() for c in cells}
    stale = {c.key for c in (*todo.samples, *todo.tensors)}
    assets = ("raw_samples", "preprocessed_tensors")
    for asset in assets:
        stale |= wanted - set(instance.get_materialized_partitions(dg.AssetKey(asset)))
    for keys in contiguous(known, stale):
        yield Stage("images_job", assets, keys[0], keys[-1], tuple(keys))


def _cell_stages(todo: Plan, instance: dg.DagsterInstance) -> Iterator[Stage]:
    known = instance.get_dynamic_partitions("collection")
    recorded = {
        asset: set(instance.get_materialized_partitions(dg.AssetKey(asset)))
        for asset in ("reconstructions", "image_metrics")
    }
    for experiment, collections in todo.wanted.items():
        cells = {c.key: str(cell_key(c, experiment)) for c in collections}
        stale = {c.key for c in (*todo.reconstructions.get(experiment, ()), *todo.metrics.get(experiment, ()))}
        stale |= {key for key, cell in cells.items() if any(cell not in seen for seen in recorded.values())}
        for keys in contiguous(known, stale):
            first, last = cells[keys[0]], cells[keys[-1]]
            images = sum(todo.sizes[c] for c in collections if c.key in keys)
            assets = ("reconstructions", "image_metrics")
            yield Stage("measure_job", assets, first, last, tuple(keys), images, experiment)
