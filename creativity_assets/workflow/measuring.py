"""reconstructions and image_metrics: one experiment over many collections, in full batches.

Each collection is handed back as soon as its part is written, so that a crash costs at most what is in flight.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from creativity_assets.catalog.entries import ExperimentEntry
from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.engine.ceilings import CeilingItem, ceilings
from creativity_assets.engine.loading import Instrument
from creativity_assets.engine.measure import (
    Encoding,
    Latent,
    Reconstruction,
    ScoreItem,
    embed,
    encode,
    reconstruct,
    score,
)
from creativity_assets.store.images import Pixels, from_png, image_table, read_images, to_png
from creativity_assets.store.layout import Collection, Store
from creativity_assets.store.parts import Provenance, is_fresh, read_part, write_part
from creativity_assets.store.schemas import CEILINGS, FLOOR_SCORES, IMAGE_METRICS, READOUTS
from creativity_assets.store.vectors import Vector, read_vectors, vector_table
from creativity_assets.workflow.grouping import grouped
from creativity_assets.workflow.lineage import Contents, Lineage
from creativity_assets.workflow.methods import inversion_settings
from creativity_assets.workflow.panel import SIZE, Member, Panel, panel_of
from creativity_assets.workflow.plan import ceilings_are_fresh, encodings_are_fresh
from creativity_assets.workflow.progress import told
from creativity_assets.workflow.revisions import model_source

Scores = dict[str, float]
FLOOR_COLUMNS = tuple(name for name in FLOOR_SCORES.names if name != "sample_id")

Stamp = Callable[[str], Provenance]
"""input hash -> the provenance of a part that this run writes."""


@dataclass(frozen=True)
class Cells:
    """The cells of one experiment: its collections with what they hold."""

    lineage: Lineage
    experiment: ExperimentEntry
    collections: dict[Collection, Contents]

    @property
    def store(self) -> Store:
        return self.lineage.store

    @property
    def resolution(self) -> int:
        return self.lineage.catalog.model(self.experiment.model).resolution

    def originals(self, collection: Collection) -> list[tuple[str, Pixels]]:
        path = self.store.tensors(collection, self.resolution)
        return [(sample_id, from_png(png)) for sample_id, png in read_images(path)]

    def without(self, some: Iterable[Collection]) -> "Cells":
        """All but some of the collections, in their order."""
        left_out = set(some)
        return Cells(self.lineage, self.experiment, {c: w for c, w in self.collections.items() if c not in left_out})


def reconstruct_cells(cells: Cells, instrument: Instrument, stamp: Stamp) -> Iterator[tuple[Collection, int]]:
    """Write the reconstructions and readouts of every collection, after encoding what is not encoded yet.

    Yields each collection with its number of images when its parts are on disk.
    """
    store, lineage, experiment = cells.store, cells.lineage, cells.experiment
    settings = inversion_settings(lineage.catalog.method(experiment.method))
    _encode(cells, instrument, stamp)

    def groups() -> Iterator[tuple[Collection, list[Latent]]]:
        for collection in cells.collections:
            yield collection, _latents(cells, collection, settings.prompt == "caption")

    def process(items: Iterator[Latent]) -> Iterator[Reconstruction]:
        backbone = _backbone(cells, instrument)
        shaped = (item._replace(latent=item.latent.reshape(backbone.latent_shape)) for item in items)
        batch = instrument.batch(backbone.resolution)
        done = reconstruct(backbone, settings, shaped, batch=batch, readouts=experiment.readouts)
        return told("reconstruct", done)

    for collection, results in grouped(groups(), process):
        held = cells.collections[collection]
        readouts = [
            {"sample_id": r.sample_id, "experiment": experiment.name, "readout": name, "value": value}
            for r in results
            for name, value in r.readouts.items()
        ]
        path = store.readouts(collection, experiment.name)
        write_part(path, pa.Table.from_pylist(readouts, READOUTS), stamp(lineage.readouts(held, experiment)))
        images = image_table((r.sample_id, to_png(r.image)) for r in results)
        path = store.reconstructions(collection, experiment.name)
        write_part(path, images, stamp(lineage.reconstructions(held, experiment)))
        yield collection, len(results)


def _encode(cells: Cells, instrument: Instrument, stamp: Stamp) -> None:
    """Write latents and floor images where they are missing: once for all experiments of a model."""
    store, experiment = cells.store, cells.experiment
    stale = {
        c: held for c, held in cells.collections.items() if not encodings_are_fresh(cells.lineage, experiment, c, held)
    }

    def process(items: Iterator[tuple[str, Pixels]]) -> Iterator[Encoding]:
        backbone = _backbone(cells, instrument)
        return told("encode", encode(backbone, items, batch=instrument.batch(backbone.resolution)))

    for collection, results in grouped(((c, cells.originals(c)) for c in stale), process):
        provenance = stamp(cells.lineage.encodings(stale[collection], experiment))
        latents = vector_table((r.sample_id, r.latent) for r in results)
        write_part(store.latents(collection, experiment.model), latents, provenance)
        floors = image_table((r.sample_id, to_png(r.floor)) for r in results)
        write_part(store.floor_images(collection, experiment.model), floors, provenance)


def _backbone(cells: Cells, instrument: Instrument) -> Backbone:
    return instrument.backbone(model_source(cells.lineage.catalog.model(cells.experiment.model), cells.store.data_root))


def _latents(cells: Cells, collection: Collection, captioned: bool) -> list[Latent]:
    """The stored latents, still flat, with the captions of their samples where the method reads them."""
    captions = {}
    if captioned:
        rows = read_part(cells.store.samples(collection), ["sample_id", "caption"]).to_pylist()
        captions = {row["sample_id"]: row["caption"] or "" for row in rows}
    latents = read_vectors(cells.store.latents(collection, cells.experiment.model))
    return [Latent(sample, latent, captions.get(sample, "")) for sample, latent in latents.items()]


def score_cells(
    cells: Cells, instrument: Instrument, stamp: Stamp
) -> Iterator[tuple[Collection, list[dict[str, Any]]]]:
    """Write the metrics part of every collection; floors are measured once per image, model and suite.

    Yields each collection with its rows of IMAGE_METRICS when its part is on disk.
    """
    store, lineage, experiment = cells.store, cells.lineage, cells.experiment
    floors = {
        c
        for c, held in cells.collections.items()
        if not is_fresh(
            store.floor_scores(c, experiment.model, experiment.suite), lineage.floor_scores(held, experiment)
        )
    }

    _embed(cells, instrument, stamp)

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
        write_part(path, pa.Table.from_pylist(rows, schema=IMAGE_METRICS), provenance)
        yield collection, rows


def write_ceilings(cells: Cells, instrument: Instrument, stamp: Stamp) -> None:
    """Write the ceilings of the collections where they are missing, if the experiment's panel is reconstructed."""
    store, lineage, experiment = cells.store, cells.lineage, cells.experiment
    panel = panel_of(lineage, experiment)
    stale = {
        c: held
        for c, held in cells.collections.items()
        if panel and not ceilings_are_fresh(lineage, panel, experiment, (c, held))
    }
    if panel is None or not stale:
        return
    pictures = np.stack([_reconstruction(cells, member) for member in panel.members])

    def process(items: Iterator[CeilingItem]) -> Iterator[tuple[str, Scores]]:
        suite = instrument.suite(experiment.suite)
        return told("ceiling", ceilings(suite, items, pictures, batch=instrument.batch(cells.resolution)))

    for collection, results in grouped(((c, _ceiling_items(cells, panel, c)) for c in stale), process):
        rows = [{"sample_id": sample, "experiment": experiment.name} | scores for sample, scores in results]
        provenance = stamp(lineage.ceilings(stale[collection], experiment, panel.input_hash))
        write_part(store.ceilings(collection, experiment.name), pa.Table.from_pylist(rows, CEILINGS), provenance)


def _reconstruction(cells: Cells, member: Member) -> Pixels:
    path = cells.store.reconstructions(member.collection, cells.experiment.name)
    return from_png(dict(read_images(path))[member.sample_id])


def _ceiling_items(cells: Cells, panel: Panel, collection: Collection) -> list[CeilingItem]:
    """The originals with their members of the panel; none for an image with too few unrelated works."""
    pairs = read_part(cells.store.samples(collection), ["sample_id", "pair_id"]).to_pylist()
    pair_of = {row["sample_id"]: row["pair_id"] for row in pairs}
    embeddings = read_vectors(cells.store.embeddings(collection, cells.resolution, cells.experiment.suite))
    items = [
        CeilingItem(sample, original, embeddings[sample], panel.against(sample, collection.artist, pair_of.get(sample)))
        for sample, original in cells.originals(collection)
    ]
    return [item for item in items if len(item.members) == SIZE]


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


def _embed(cells: Cells, instrument: Instrument, stamp: Stamp) -> None:
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
    rows = [{"sample_id": sample} | {name: scores[name] for name in FLOOR_COLUMNS} for sample, scores in results]
    path = cells.store.floor_scores(collection, cells.experiment.model, cells.experiment.suite)
    write_part(path, pa.Table.from_pylist(rows, schema=FLOOR_SCORES), provenance)


def _metric_rows(
    cells: Cells, collection: Collection, results: list[tuple[str, Scores]], provenance: Provenance
) -> list[dict[str, Any]]:
    """Scores, the floor of the same image, and where the numbers come from, as rows of IMAGE_METRICS."""
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
