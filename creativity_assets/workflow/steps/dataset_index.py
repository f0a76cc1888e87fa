"""dataset_index: one streaming pass over a source, records and original bytes, then the index that commits them."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from creativity_assets.catalog.datasets import DatasetEntry, GeneratedDataset, MappedDataset
from creativity_assets.sources import read as read_source
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.store.layout import Store
from creativity_assets.store.locks import exclusive
from creativity_assets.store.parts import Provenance, read_part, write_part
from creativity_assets.store.schemas import INDEX, REJECTED
from creativity_assets.workflow.entries.validation import check_dataset
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.losses import losses_of
from creativity_assets.workflow.payloads import Payloads
from creativity_assets.workflow.steps.originals import accepted_samples, with_originals
from creativity_assets.workflow.steps.records import record_row, unusable
from creativity_assets.workflow.steps.step import Step


def dataset_index(step: Step, name: str) -> tuple[Provenance, dict[str, int | str]]:
    """Index one data set: a streaming pass over its source, or for a generated one the sampling of its images.

    Among the numbers, `items` says in a line what was read, kept and rejected, and why.
    """
    from creativity_assets.workflow.steps.generated import index_generated

    study, entry = step.study, step.study.catalog.dataset(name)
    check_dataset(study.lineage, entry)
    with exclusive(study.store, f"dataset_index-{name}"):
        input_hash = study.lineage.index(entry)
        provenance = step.stamp(input_hash)
        if step.force or not study.lineage.index_is_fresh(name):
            if isinstance(entry, GeneratedDataset):
                with study.workbench() as workbench:
                    index_generated(entry, study.lineage, workbench, input_hash, provenance)
            else:
                index_source(entry, study.lineage, input_hash, provenance)
    records = read_part(study.store.index(name), ["artist_slug"])["artist_slug"].to_pylist()
    losses = losses_of(study.lineage, name)
    return provenance, {
        "n_records": len(records),
        "n_rejected": losses.read - losses.kept,
        "n_collections": len(set(records)),
        "items": str(losses),
    }


@dataclass(frozen=True)
class Indexed:
    """What an indexing pass found."""

    records: int
    rejected: int
    artists: tuple[str, ...]


def index_source(entry: DatasetEntry, lineage: Lineage, input_hash: str, provenance: Provenance) -> Indexed:
    """Index a data set that has files of its own (everything but `generated`), joined with its originals if any."""
    items = read_source(entry, lineage.store.data_root)
    if isinstance(entry, MappedDataset) and entry.twins is not None:
        of = lineage.catalog.dataset(entry.twins.of)
        samples = accepted_samples(lineage, of.name)
        items = with_originals(entry.twins, items, samples, all_of_them=of.limit is None)
    return write_index(entry, items, lineage.store, input_hash, provenance)


def write_index(
    entry: DatasetEntry,
    items: Iterator[SourceRecord | SourceReject],
    store: Store,
    input_hash: str,
    provenance: Provenance,
) -> Indexed:
    """Write shards as `items` arrive, then the index. A reader sees the old index or the new one, never half."""
    shards = Payloads(store.payloads(entry.name, input_hash), provenance)
    rejects: list[SourceReject] = []
    seen: set[str] = shards.written_ids()
    fresh: set[str] = set()
    for item in items:
        if isinstance(item, SourceReject):
            rejects.append(item)
            continue
        row = record_row(entry.name, item)
        if reject := unusable(item, row):
            rejects.append(reject)
            continue
        if row["sample_id"] in fresh:
            rejects.append(SourceReject(item.key, "duplicate_key", "an earlier record has the same key"))
            continue
        fresh.add(row["sample_id"])
        if row["sample_id"] not in seen:
            shards.add(row, item.image, Path(item.uri).suffix)
    shards.flush()
    return _commit(entry, shards, rejects, fresh, store, provenance)


def _commit(  # noqa: PLR0917 - the parts of one index
    entry: DatasetEntry,
    shards: Payloads,
    rejects: list[SourceReject],
    kept: set[str],
    store: Store,
    provenance: Provenance,
) -> Indexed:
    rows = [row for row in shards.rows(store) if row["sample_id"] in kept]
    rows.sort(key=lambda row: (row["artist_slug"], row["source_key"]))
    rejected = [{"dataset": entry.name, "source_key": r.key, "reason": r.reason, "detail": r.detail} for r in rejects]
    write_part(store.index_rejects(entry.name), pa.Table.from_pylist(rejected, schema=REJECTED), provenance)
    write_part(store.index(entry.name), pa.Table.from_pylist(rows, schema=INDEX), provenance)
    for folder in shards.folder.parent.glob("shards-*"):
        if folder != shards.folder:
            shutil.rmtree(folder, ignore_errors=True)
    artists = tuple(sorted({row["artist_slug"] for row in rows}))
    return Indexed(records=len(rows), rejected=len(rejects), artists=artists)


def written_ids(store: Store, dataset: str, input_hash: str) -> set[str]:
    """The samples whose bytes an interrupted pass over this state of a source has already stored."""
    return Payloads(store.payloads(dataset, input_hash), Provenance(input_hash)).written_ids()
