"""How many items of a data set were read, kept and rejected, by the parts that its index and its audit have left."""

from collections.abc import Iterable

from creativity_assets.sources.losses import Losses
from creativity_assets.store.layout import Collection
from creativity_assets.store.parts import read_part
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.parts import REJECTED
from creativity_assets.workflow.pieces import pieces_of


def losses_of(lineage: Lineage, dataset: str, collections: Iterable[Collection] = ()) -> Losses:
    """Of an indexed data set; with its collections also what could not be decoded. `str` of it is a line for people.

    Raises StoreError where the data set is not indexed; a collection that is not audited yet has lost nothing.
    """
    store = lineage.store
    kept = len(read_part(store.index(dataset), ["sample_id"]))
    refused = read_part(store.index_rejects(dataset), ["reason", "detail"]).to_pylist()
    for part in (piece.part(REJECTED) for piece in pieces_of(lineage, collections)):
        if part.is_there and part.rows:
            rows = part.read(["reason", "detail"]).to_pylist()
            refused += rows
            kept -= len(rows)
    return Losses.of(kept, [(row["reason"], row["detail"]) for row in refused])
