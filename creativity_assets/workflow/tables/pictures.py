"""Originals beside their reconstructions, from the parts, for contact sheets and galleries."""

from collections.abc import Iterator
from itertools import islice

import pandas as pd

from creativity_assets.images.encoding import Pixels, pixels_of
from creativity_assets.store.layout import Collection
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.parts import PREPROCESSED_TENSORS, RECONSTRUCTIONS
from creativity_assets.workflow.pieces import pieces_of

Encoded = bytes
Pair = tuple[Encoded, Encoded]
"""(original, reconstruction) as they are stored."""


def pairs_of(lineage: Lineage, collection: Collection, experiment: str, most: int) -> list[tuple[Pixels, Pixels]]:
    """(original, reconstruction) of the first `most` works of a cell."""
    pictures = (pair for _, pair in _encoded(lineage, collection, experiment))
    return [(pixels_of(original), pixels_of(again)) for original, again in islice(pictures, most)]


def encoded_of(lineage: Lineage, works: pd.DataFrame, experiment: str) -> dict[str, Pair]:
    """(original, reconstruction as they are stored) of works that have both under an experiment, by sample_id.

    works: their sample_id, dataset and artist_slug.
    """
    wanted = set(works["sample_id"])
    cells = {Collection(str(d), str(a)) for d, a in zip(works["dataset"], works["artist_slug"], strict=True)}
    return {s: pair for cell in cells for s, pair in _encoded(lineage, cell, experiment) if s in wanted}


def _encoded(lineage: Lineage, collection: Collection, experiment: str) -> Iterator[tuple[str, Pair]]:
    """Piece by piece, so that one alone is in memory; none of an experiment that has left the catalogue."""
    entry = lineage.catalog.experiments.get(experiment)
    for piece in pieces_of(lineage, [collection], entry) if entry else ():
        originals, again = piece.part(PREPROCESSED_TENSORS), piece.part(RECONSTRUCTIONS)
        if originals.is_there and again.is_there:
            reconstructed = dict(again.images())
            for sample, original in originals.images():
                if sample in reconstructed:
                    yield sample, (original, reconstructed[sample])
