"""reconstructions: the round trips of one experiment's collections, from latents that all of a model's methods share.

Each collection is handed back as soon as its part is written, so that a crash costs at most what is in flight.
"""

from collections.abc import Iterator

import pyarrow as pa

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.engine.loading import Instrument
from creativity_assets.engine.measure import Encoding, Latent, Reconstruction, encode, reconstruct
from creativity_assets.images.encoding import Pixels, to_png
from creativity_assets.store.images import image_table
from creativity_assets.store.layout import Collection
from creativity_assets.store.parts import read_part, write_part
from creativity_assets.store.schemas import READOUTS
from creativity_assets.store.vectors import read_vectors, vector_table
from creativity_assets.workflow.cells import Cells, Stamp
from creativity_assets.workflow.grouping import grouped
from creativity_assets.workflow.methods import inversion_settings
from creativity_assets.workflow.plan import encodings_are_fresh
from creativity_assets.workflow.progress import told
from creativity_assets.workflow.revisions import model_source


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
