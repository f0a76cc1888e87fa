"""The partitions: data sets, their collections, and the cells, which are the wanted pairs of collection and experiment.

A grid of two dimensions has a cell wherever two lists cross, and shows all that nobody wants as missing. So the
cells are partitions of their own, and only wanted ones exist. Keys are composed here and looked up, never parsed.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import dagster as dg
from filelock import FileLock

from creativity_assets.store.layout import Collection
from creativity_assets.workflow.plan import Plan
from creativity_assets.workflow.study import Study

DATASETS = dg.DynamicPartitionsDefinition(name="dataset")
COLLECTIONS = dg.DynamicPartitionsDefinition(name="collection")
CELLS = dg.DynamicPartitionsDefinition(name="cell")

AT_ONCE = 10_000
"""Partitions that are added by one statement: SQLite, as it is mostly built, takes 32,766 values in one."""

Cell = tuple[Collection, str]
"""A collection and the name of an experiment."""


def cell_key(collection: Collection, experiment: str) -> str:
    """The partition of one collection under one experiment: `dataset/artist-slug/model.method`."""
    return f"{collection.key}/{experiment}"


def known_collections(study: Study) -> dict[str, Collection]:
    """Every collection that an indexed data set of the catalogue holds, by its partition key."""
    return {c.key: c for name in study.catalog.datasets for c in study.lineage.collections(name)}


def known_cells(study: Study) -> dict[str, Cell]:
    """Every cell that the catalogue wants, by its partition key; of absent models too."""
    return {
        cell_key(collection, experiment.name): (collection, experiment.name)
        for experiment, dataset in study.catalog.wanted()
        for collection in study.lineage.collections(dataset.name)
    }


def sync_partitions(study: Study, instance: dg.DagsterInstance, todo: Plan) -> None:
    """Let there be a partition for all that is wanted, and none for what has left the catalogue.

    What a partition had recorded comes back with it: events belong to keys. The parts stay until `creativity clean`.
    """
    originals = (o.name for _, d in study.catalog.wanted() for o in study.catalog.with_originals(d))
    datasets = dict.fromkeys(originals)
    cells = known_cells(study)
    collections = {c.key: None for name in datasets for c in study.lineage.collections(name)}
    _sync(instance, DATASETS, todo.datasets, datasets)
    _sync(instance, COLLECTIONS, [c.key for c in todo.sizes], collections)
    wanted = [cell_key(c, name) for name, held in todo.wanted.items() for c in held]
    _sync(instance, CELLS, wanted, cells)


def _sync(
    instance: dg.DagsterInstance,
    definition: dg.DynamicPartitionsDefinition,
    wanted: Iterable[str],
    known: Mapping[str, object],
) -> None:
    """Add the `wanted` keys that are not there yet, and remove those that are not `known` any more.

    One process at a time: between looking and adding another one could add the same key, which Dagster refuses.
    """
    assert definition.name is not None
    with FileLock(Path(instance.root_directory) / "partitions.lock"):
        there = set(instance.get_dynamic_partitions(definition.name))
        new = [key for key in dict.fromkeys(wanted) if key not in there]
        for start in range(0, len(new), AT_ONCE):
            instance.add_dynamic_partitions(definition.name, new[start : start + AT_ONCE])
        for key in there - known.keys():
            instance.delete_dynamic_partition(definition.name, key)
