"""The partition dimensions. Keys are composed from checked slugs; they are looked up, never parsed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import dagster as dg
from filelock import FileLock

from creativity_assets.store.layout import Collection

DATASETS = dg.DynamicPartitionsDefinition(name="dataset")
COLLECTIONS = dg.DynamicPartitionsDefinition(name="collection")
EXPERIMENTS = dg.DynamicPartitionsDefinition(name="experiment")
CELLS = dg.MultiPartitionsDefinition({"collection": COLLECTIONS, "experiment": EXPERIMENTS})


def cell_key(collection: Collection, experiment: str) -> dg.MultiPartitionKey:
    """The partition of one collection under one experiment."""
    return dg.MultiPartitionKey({"collection": collection.key, "experiment": experiment})


def by_experiment(keys: Iterable[str]) -> dict[str, list[str]]:
    """The collection keys of cell keys, under their experiment."""
    found: dict[str, list[str]] = {}
    for key in keys:
        dimensions = CELLS.get_partition_key_from_str(key).keys_by_dimension
        found.setdefault(dimensions["experiment"], []).append(dimensions["collection"])
    return found


def add_partitions(
    instance: dg.DagsterInstance, definition: dg.DynamicPartitionsDefinition, keys: Iterable[str]
) -> None:
    """Add the keys that are not there yet; the order of their first appearance is kept for good.

    One process at a time: between looking and adding another one could add the same key, which Dagster refuses.
    """
    assert definition.name is not None
    with FileLock(Path(instance.root_directory) / "partitions.lock"):
        known = set(instance.get_dynamic_partitions(definition.name))
        if new := [key for key in keys if key not in known]:
            instance.add_dynamic_partitions(definition.name, new)


def contiguous(all_keys: Sequence[str], wanted: Iterable[str]) -> Iterator[list[str]]:
    """`wanted` in runs of neighbours among `all_keys`: a Dagster range covers whatever lies between its ends."""
    position: Mapping[str, int] = {key: number for number, key in enumerate(all_keys)}
    numbers = sorted(position[key] for key in wanted)
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        yield [all_keys[number] for _, number in group]


def range_tags(first: str, last: str) -> dict[str, str]:
    """The run tags that ask for a range of partitions, ends included."""
    return {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
