"""image_metrics: the scores of one experiment's reconstructions and floors, in full batches across collections.

Each collection is handed back as soon as its part is written, so that a crash costs at most what is in flight.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from creativity_assets.engine.loading import Instrument
from creativity_assets.engine.measure import ScoreItem, embed, score
from creativity_assets.images.encoding import Pixels, from_png
from creativity_assets.store import schemas
from creativity_assets.store.images import read_images
from creativity_assets.store.layout import Collection
from creativity_assets.store.parts import Provenance, is_fresh, read_part, write_part
from creativity_assets.store.vectors import Vector, read_vectors, vector_table
from creativity_assets.workflow.cells import Cells, Stamp
from creativity_assets.workflow.grouping import grouped
from creativity_assets.workflow.progress import told

Scores = dict[str, float]


def score_cells(
    cells: Cells, instrument: Instrument, stamp: Stamp
) -> Iterator[tuple[Collection, list[dict[str, Any]]]]:
    """Write the metrics part of every collection; floors are measured once per image, model and suite.

    Yields each collection with its rows of `schemas.image_metrics` when its part is on disk.
    """
    store, lineage, experiment = cells.store, cells.lineage, cells.experiment
    floors = {
        c
        for c, held in cells.collections.items()
        if not is_fresh(
            store.floor_scores(c, experiment.model, experiment.suite), lineage.floor_scores(held, experiment)
        )
    }

    embed_originals(cells, instrument, stamp)

    def pairs() -> Iterator[tuple[Collection, list[ScoreItem]]]:
        for collection in cells.collections:
            yield collection, _score_items(cells, collection, with_floor=collection in floors)

    def process(items: Iterator[ScoreItem]) -> Iterator[tuple[str, Scores]]:
        suite = instrument.suite(experiment.suite)
        return told("score", score(suite, items, batch=instrument.batch(cells.resolution)))

    for collection, results in grouped(pairs(), process):
        held = cells.collections[collection]
        if collection in floors:
            _write_floor_scores(cells, collection, results, stamp(lineage.floor_scores(held, experiment)))
        provenance = stamp(lineage.metrics(held, experiment))
        rows = _metric_rows(cells, collection, results, provenance)
        path = store.metrics(collection, experiment.name)
        write_part(path, pa.Table.from_pylist(rows, schema=schemas.image_metrics()), provenance)
        yield collection, rows


def _score_items(cells: Cells, collection: Collection, with_floor: bool) -> list[ScoreItem]:
    """Originals beside their reconstructions, and beside their floor images where these are to be scored."""
    store, experiment = cells.store, cells.experiment
    again = dict(read_images(store.reconstructions(collection, experiment.name)))
    floor = dict(read_images(store.floor_images(collection, experiment.model))) if with_floor else {}
    embeddings = read_vectors(store.embeddings(collection, cells.resolution, experiment.suite))
    return [
        ScoreItem(
            sample,
            original,
            from_png(again[sample]),
            from_png(floor[sample]) if sample in floor else None,
            embeddings[sample],
        )
        for sample, original in cells.originals(collection)
    ]


def embed_originals(cells: Cells, instrument: Instrument, stamp: Stamp) -> None:
    """Write the originals' embeddings where they are missing: once for all experiments of a suite and resolution."""
    store, experiment, lineage = cells.store, cells.experiment, cells.lineage
    stale = {
        c: held
        for c, held in cells.collections.items()
        if not is_fresh(store.embeddings(c, cells.resolution, experiment.suite), lineage.embeddings(held, experiment))
    }

    def process(items: Iterator[tuple[str, Pixels]]) -> Iterator[tuple[str, Vector]]:
        suite = instrument.suite(experiment.suite)
        return told("embed", embed(suite, items, batch=instrument.batch(cells.resolution)))

    for collection, results in grouped(((c, cells.originals(c)) for c in stale), process):
        path = store.embeddings(collection, cells.resolution, experiment.suite)
        write_part(path, vector_table(results), stamp(lineage.embeddings(stale[collection], experiment)))


def _write_floor_scores(
    cells: Cells, collection: Collection, results: list[tuple[str, Scores]], provenance: Provenance
) -> None:
    schema = schemas.floor_scores()
    rows = [{"sample_id": sample} | {name: scores.get(name) for name in schema.names[1:]} for sample, scores in results]
    path = cells.store.floor_scores(collection, cells.experiment.model, cells.experiment.suite)
    write_part(path, pa.Table.from_pylist(rows, schema=schema), provenance)


def _metric_rows(
    cells: Cells, collection: Collection, results: list[tuple[str, Scores]], provenance: Provenance
) -> list[dict[str, Any]]:
    """Scores, the floor of the same image, and where the numbers come from, as rows of `schemas.image_metrics`."""
    lineage, experiment = cells.lineage, cells.experiment
    floors = read_part(cells.store.floor_scores(collection, experiment.model, experiment.suite))
    floor_of = {row["sample_id"]: row for row in floors.to_pylist()}
    common = {
        "dataset": collection.dataset,
        "artist_slug": collection.artist,
        "experiment": experiment.name,
        "model": experiment.model,
        "model_revision": lineage.revisions.model(lineage.catalog.model(experiment.model)),
        "method": experiment.method,
        "steps": lineage.catalog.method(experiment.method).steps,
        "suite": experiment.suite,
        "suite_revision": lineage.revisions.suite(experiment.suite),
        "code_version": provenance.code_version,
        "run_id": provenance.run_id,
        "scored_at": datetime.now(UTC),
    }
    return [common | scores | floor_of[sample] for sample, scores in results]
