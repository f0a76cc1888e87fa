"""What an asset does for the partitions it is asked for: skip what is fresh, make the rest, hand back each piece.

Every step holds a lock of its own while it works and looks at freshness after it got it, so that a second run
of the same work waits, finds everything made, and makes nothing twice.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creativity_assets.catalog.datasets import GeneratedDataset
from creativity_assets.errors import StoreError
from creativity_assets.store.layout import Collection
from creativity_assets.store.locks import exclusive
from creativity_assets.store.parts import Provenance, damaged, read_part, read_provenance
from creativity_assets.workflow.costs import timed
from creativity_assets.workflow.lineage import Contents
from creativity_assets.workflow.losses import losses_of
from creativity_assets.workflow.plan import (
    index_is_fresh,
    metrics_are_fresh,
    reconstruction_is_fresh,
    samples_are_fresh,
    stale_resolutions,
)
from creativity_assets.workflow.study import Study

if TYPE_CHECKING:
    from creativity_assets.engine.loading import Instrument


@dataclass(frozen=True)
class Finished:
    """One partition that is now fresh, with the numbers that people plot.

    made_from: the input hash of the partition before it, which is its data version.
    """

    collection: Collection
    provenance: Provenance
    numbers: Mapping[str, float | int]
    made_from: str


@dataclass(frozen=True)
class Step:
    """The setting of a step: the study, the run that does it, and whether fresh parts are made again."""

    study: Study
    run_id: str
    force: bool = False

    def stamp(self, input_hash: str) -> Provenance:
        return self.study.provenance(input_hash, self.run_id)

    def contents(self, collections: Iterable[Collection]) -> dict[Collection, Contents]:
        """What the collections hold. Raises StoreError for one that its source no longer has."""
        found = {}
        for collection in collections:
            held = self.study.lineage.collections(collection.dataset)
            if collection not in held:
                raise StoreError(f"{collection.key}: {collection.dataset} has no such collection any more")
            found[collection] = held[collection]
        return found


def index_dataset(step: Step, name: str) -> tuple[Provenance, dict[str, int | str]]:
    """Index one data set: a streaming pass over its source, or for a generated one the sampling of its images.

    Among the numbers, `items` says in a line what was read, kept and rejected, and why.
    """
    from creativity_assets.workflow.generating import index_generated
    from creativity_assets.workflow.indexing import index_source
    from creativity_assets.workflow.validation import check_dataset

    study, entry = step.study, step.study.catalog.dataset(name)
    check_dataset(study.lineage, entry)
    with exclusive(study.store, f"index-{name}"):
        input_hash = study.lineage.index(entry)
        provenance = step.stamp(input_hash)
        if step.force or not index_is_fresh(study.lineage, name):
            if isinstance(entry, GeneratedDataset):
                with study.instrument() as instrument:
                    index_generated(entry, study.lineage, instrument, input_hash, provenance)
            else:
                index_source(entry, study.lineage, input_hash, provenance)
    records = read_part(study.store.index(name), ["artist_slug"])["artist_slug"].to_pylist()
    losses = losses_of(study.store, name)
    return provenance, {
        "n_records": len(records),
        "n_rejected": losses.read - losses.kept,
        "n_collections": len(set(records)),
        "items": str(losses),
    }


def audit_collections(step: Step, collections: Iterable[Collection]) -> Iterator[Finished]:
    """raw_samples: decode and audit every record of the collections."""
    from creativity_assets.workflow.auditing import sample_collection

    store = step.study.store
    with exclusive(store, "samples"):
        for collection, contents in step.contents(collections).items():
            provenance = step.stamp(contents.records)
            if step.force or not samples_are_fresh(step.study.lineage, collection, contents):
                sample_collection(store, collection, provenance)
            samples = len(read_part(store.samples(collection), ["sample_id"]))
            rejected = len(read_part(store.rejects(collection), ["reason"]))
            index = step.study.lineage.index(step.study.catalog.dataset(collection.dataset))
            yield Finished(collection, provenance, {"n_images": samples, "n_rejected": rejected}, index)


def preprocess_collections(step: Step, collections: Iterable[Collection]) -> Iterator[Finished]:
    """preprocessed_tensors: every sample at every working resolution that an experiment wants."""
    from creativity_assets.workflow.preprocessing import preprocess_collection

    lineage, store = step.study.lineage, step.study.store
    with exclusive(store, "tensors"):
        for collection, contents in step.contents(collections).items():
            resolutions = lineage.catalog.resolutions_of(collection.dataset)
            for resolution in resolutions if step.force else stale_resolutions(lineage, collection, contents):
                stamp = step.stamp(lineage.tensors(contents, resolution))
                preprocess_collection(store, collection, resolution, stamp)
            samples = len(read_part(store.samples(collection), ["sample_id"]))
            numbers = {"n_images": samples, "n_resolutions": len(resolutions)}
            yield Finished(collection, step.stamp(contents.images), numbers, contents.records)


def reconstruct_collections(
    step: Step, instrument: "Instrument", experiment: str, collections: Iterable[Collection]
) -> Iterator[Finished]:
    """reconstructions: one experiment over the collections, in full batches across their borders."""
    from creativity_assets.workflow.cells import Cells
    from creativity_assets.workflow.reconstructing import reconstruct_cells
    from creativity_assets.workflow.validation import check_experiment

    lineage, store = step.study.lineage, step.study.store
    entry = lineage.catalog.experiment(experiment)
    check_experiment(lineage, entry)
    with exclusive(store, f"reconstructions-{experiment}"), timed(store, experiment, "reconstruct") as clock:
        instrument.watch_memory()
        cells = Cells(lineage, entry, step.contents(collections))
        fresh = [c for c, held in cells.collections.items() if reconstruction_is_fresh(lineage, entry, c, held)]
        stale = cells if step.force else cells.without(fresh)
        for collection, images in reconstruct_cells(stale, instrument, step.stamp):
            held = cells.collections[collection]
            provenance = step.stamp(lineage.reconstructions(held, entry))
            yield Finished(collection, provenance, clock.lap(images) | _memory(instrument), held.images)
        for collection, held in cells.without(stale.collections).collections.items():
            path = store.reconstructions(collection, experiment)
            images = len(read_part(path, ["sample_id"]))
            yield Finished(collection, _kept(path), {"n_images": images}, held.images)


def score_collections(
    step: Step, instrument: "Instrument", experiment: str, collections: Iterable[Collection]
) -> Iterator[Finished]:
    """image_metrics: the scores of the collections' reconstructions, floors and ceilings."""
    from creativity_assets.workflow.bounding import write_ceilings
    from creativity_assets.workflow.cells import Cells
    from creativity_assets.workflow.measuring import score_cells

    lineage, store = step.study.lineage, step.study.store
    entry = lineage.catalog.experiment(experiment)
    with exclusive(store, f"metrics-{experiment}"), timed(store, experiment, "score") as clock:
        instrument.watch_memory()
        cells = Cells(lineage, entry, step.contents(collections))
        fresh = [c for c, held in cells.collections.items() if metrics_are_fresh(lineage, entry, c, held)]
        stale = cells if step.force else cells.without(fresh)
        for collection, rows in score_cells(stale, instrument, step.stamp):
            held = cells.collections[collection]
            numbers = _score_numbers(rows) | clock.lap(len(rows)) | _memory(instrument)
            provenance = step.stamp(lineage.metrics(held, entry))
            yield Finished(collection, provenance, numbers, lineage.reconstructions(held, entry))
        write_ceilings(cells, instrument, step.stamp)
        for collection, held in cells.without(stale.collections).collections.items():
            path = store.metrics(collection, experiment)
            numbers = _score_numbers(read_part(path).to_pylist())
            yield Finished(collection, _kept(path), numbers, lineage.reconstructions(held, entry))


def _score_numbers(rows: list[dict[str, Any]]) -> dict[str, float | int]:
    if not rows:
        return {"n_images": 0}
    mean = sum(row["composite"] for row in rows) / len(rows)
    floor = sum(row["floor_composite"] for row in rows) / len(rows)
    return {"n_images": len(rows), "mean_composite": mean, "mean_floor_composite": floor}


def _kept(path: Any) -> Provenance:
    found = read_provenance(path)
    if found is None:
        raise damaged(path, "its footer cannot be read")
    return found


def _memory(instrument: "Instrument") -> dict[str, float]:
    """The most memory of the device that this step has held so far, in MiB; on the CPU the process's."""
    return {"peak_memory_mb": round(instrument.peak_memory / 2**20, 1)}
