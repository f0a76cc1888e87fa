"""The ceilings of one experiment's images: what they score against the reference panel's reconstructions."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from creativity_assets.engine.ceilings import CeilingItem, ceilings
from creativity_assets.images.encoding import pixels_of
from creativity_assets.store.vectors import Vector
from creativity_assets.workflow.panel import SIZE, Panel, panel_of
from creativity_assets.workflow.parts import CEILINGS, EMBEDDINGS, RAW_SAMPLES, RECONSTRUCTIONS
from creativity_assets.workflow.pieces import Piece, pieces_of
from creativity_assets.workflow.steps.reconstructions import originals
from creativity_assets.workflow.steps.step import Step, remade
from creativity_assets.workflow.steps.through_suite import through_suite

if TYPE_CHECKING:
    from creativity_assets.engine.loading import Workbench


def write_ceilings(step: Step, workbench: "Workbench", pieces: list[Piece]) -> None:
    """Write the ceilings of the pieces where they are missing, if the experiment's panel is reconstructed."""
    stale = [piece for piece in step.stale(pieces, (CEILINGS,)) if piece.hash_of(CEILINGS) is not None]
    panel = panel_of(step.study.lineage, pieces[0].entry) if stale else None
    if panel is None:
        return
    pictures = _pictures(panel, pieces[0])

    def process(items: Iterator[Encoded]) -> Iterator[tuple[str, dict[str, float]]]:
        against_panel = partial(ceilings, panel=pictures)
        return through_suite(workbench, pieces[0], "ceiling", _decoded, against_panel, items)

    for piece, results in remade(stale, lambda piece: _items(panel, piece), process):
        rows = [{"sample_id": sample, "experiment": piece.entry.name} | scores for sample, scores in results]
        piece.part(CEILINGS).write(rows, step.stamp)


def _pictures(panel: Panel, piece: Piece) -> NDArray[np.uint8]:
    """The reconstructions of the panel's members under the piece's experiment: (members, H, W, 3)."""
    shards = {member.shard for member in panel.members}
    collections = dict.fromkeys(shard.collection for shard in shards)
    found: dict[str, bytes] = {}
    for of_panel in pieces_of(piece.lineage, collections, piece.entry):
        if of_panel.shard in shards:
            found |= of_panel.part(RECONSTRUCTIONS).images()
    return np.stack([pixels_of(found[member.sample_id]) for member in panel.members])


class Encoded(NamedTuple):
    """As CeilingItem, the original as it is stored."""

    sample: str
    original: bytes
    embedding: Vector
    members: tuple[int, ...]


def _decoded(item: Encoded) -> CeilingItem:
    return CeilingItem(item.sample, pixels_of(item.original), item.embedding, item.members)


def _items(panel: Panel, piece: Piece) -> list[Encoded]:
    """The originals with their members of the panel; none for an image with too few unrelated works."""
    pairs = piece.part(RAW_SAMPLES).read(["sample_id", "pair_id"]).to_pylist()
    pair_of = {row["sample_id"]: row["pair_id"] for row in pairs}
    embeddings, artist = piece.part(EMBEDDINGS).vectors(), piece.collection.artist
    held = [
        Encoded(sample, picture, embeddings[sample], panel.against(sample, artist, pair_of.get(sample)))
        for sample, picture in originals(piece)
    ]
    return [item for item in held if len(item.members) == SIZE]
