"""How many items of a data set were read, kept and rejected, by the parts that its index and its audit have left."""

from collections.abc import Iterable

from creativity_assets.sources.losses import Losses
from creativity_assets.store.layout import Collection, Store
from creativity_assets.store.parts import read_part


def losses_of(store: Store, dataset: str, collections: Iterable[Collection] = ()) -> Losses:
    """Of an indexed data set; with its collections also what could not be decoded. `str` of it is a line for people.

    Raises StoreError where the data set is not indexed; a collection that is not audited yet has lost nothing.
    """
    kept = len(read_part(store.index(dataset), ["sample_id"]))
    paths = [store.index_rejects(dataset)]
    for collection in collections:
        if store.rejects(collection).is_file():
            paths.append(store.rejects(collection))
            kept -= len(read_part(paths[-1], ["reason"]))
    parts = [read_part(path, ["reason", "detail"]).to_pylist() for path in paths]
    return Losses.of(kept, [(row["reason"], row["detail"]) for rows in parts for row in rows])
