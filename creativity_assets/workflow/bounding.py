"""The ceilings of one experiment's images: what they score against the reference panel's reconstructions."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from creativity_assets.engine.ceilings import CeilingItem, ceilings
from creativity_assets.engine.loading import Instrument
from creativity_assets.images.encoding import Pixels, from_png
from creativity_assets.store import schemas
from creativity_assets.store.images import read_images
from creativity_assets.store.layout import Collection
from creativity_assets.store.parts import read_part, write_part
from creativity_assets.store.vectors import read_vectors
from creativity_assets.workflow.cells import Cells, Stamp
from creativity_assets.workflow.grouping import grouped
from creativity_assets.workflow.measuring import embed_originals
from creativity_assets.workflow.panel import SIZE, Member, Panel, panel_of
from creativity_assets.workflow.plan import ceilings_are_fresh
from creativity_assets.workflow.progress import told


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
    embed_originals(cells.only(stale), instrument, stamp)
    pictures = np.stack([_reconstruction(cells, member) for member in panel.members])

    def process(items: Iterator[CeilingItem]) -> Iterator[tuple[str, dict[str, float]]]:
        suite = instrument.suite(experiment.suite)
        return told("ceiling", ceilings(suite, items, pictures, batch=instrument.batch(cells.resolution)))

    for collection, results in grouped(((c, _ceiling_items(cells, panel, c)) for c in stale), process):
        rows = [{"sample_id": sample, "experiment": experiment.name} | scores for sample, scores in results]
        provenance = stamp(lineage.ceilings(stale[collection], experiment, panel.input_hash))
        write_part(
            store.ceilings(collection, experiment.name), pa.Table.from_pylist(rows, schemas.ceilings()), provenance
        )


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
