"""Originals beside their reconstructions, from the parts, for contact sheets and galleries."""

from collections.abc import Iterable
from itertools import islice

from creativity_assets.images.encoding import Pixels, from_png
from creativity_assets.store.images import read_images
from creativity_assets.store.layout import Collection
from creativity_assets.workflow.collected import Collected
from creativity_assets.workflow.lineage import Lineage

Png = bytes


def pairs_of(lineage: Lineage, collection: Collection, experiment: str, most: int) -> list[tuple[Pixels, Pixels]]:
    """(original, reconstruction) of the first `most` works of a cell."""
    return [
        (from_png(original), from_png(again))
        for original, again in islice(_pngs(lineage, collection, experiment).values(), most)
    ]


def pngs_of(collected: Collected, samples: Iterable[str], experiment: str) -> dict[str, tuple[Png, Png]]:
    """(original PNG, reconstruction PNG) of the named samples that have both under an experiment."""
    wanted = set(samples)
    rows = collected.samples[collected.samples["sample_id"].isin(wanted)]
    cells = {Collection(str(d), str(a)) for d, a in zip(rows["dataset"], rows["artist_slug"], strict=True)}
    found: dict[str, tuple[Png, Png]] = {}
    for cell in cells:
        found |= {s: pair for s, pair in _pngs(collected.lineage, cell, experiment).items() if s in wanted}
    return found


def _pngs(lineage: Lineage, collection: Collection, experiment: str) -> dict[str, tuple[Png, Png]]:
    store, catalog = lineage.store, lineage.catalog
    resolution = catalog.model(catalog.experiment(experiment).model).resolution
    originals = store.tensors(collection, resolution)
    again = store.reconstructions(collection, experiment)
    if not (originals.is_file() and again.is_file()):
        return {}
    reconstructed = dict(read_images(again))
    return {
        sample: (original, reconstructed[sample])
        for sample, original in read_images(originals)
        if sample in reconstructed
    }
