"""preprocessed_tensors: each sample as the square uint8 picture that a model of one resolution is given."""

from collections.abc import Iterator

from creativity_assets.images.decoding import decode
from creativity_assets.images.encoding import to_png
from creativity_assets.images.preprocess import preprocess
from creativity_assets.store.images import image_table
from creativity_assets.store.layout import Collection, Store
from creativity_assets.store.parts import Provenance, read_part, write_part
from creativity_assets.workflow.indexing import original_bytes
from creativity_assets.workflow.lineage import records_of


def preprocess_collection(store: Store, collection: Collection, resolution: int, provenance: Provenance) -> int:
    """Write the tensors part of a collection at one resolution; returns the number of images."""
    table = image_table(_preprocessed(store, collection, resolution))
    write_part(store.tensors(collection, resolution), table, provenance)
    return len(table)


def _preprocessed(store: Store, collection: Collection, resolution: int) -> Iterator[tuple[str, bytes]]:
    wanted = set(read_part(store.samples(collection), ["sample_id"])["sample_id"].to_pylist())
    rows = [row for row in records_of(store, collection).to_pylist() if row["sample_id"] in wanted]
    for row, data in original_bytes(store, rows):
        yield row["sample_id"], to_png(preprocess(decode(data).image, resolution))
