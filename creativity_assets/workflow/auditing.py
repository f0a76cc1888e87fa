"""raw_samples: every record of a collection is decoded and audited, or rejected with a reason."""

import pyarrow as pa

from creativity_assets.images.audit import edge_density, entropy, padding_fraction, without_bars
from creativity_assets.images.decoding import ImageRejected, decode
from creativity_assets.images.perceptual_hash import colour_fields, phash
from creativity_assets.store import schemas
from creativity_assets.store.layout import Collection, Store
from creativity_assets.store.parts import Provenance, write_part
from creativity_assets.store.schemas import RECORD, REJECTED
from creativity_assets.workflow.indexing import original_bytes
from creativity_assets.workflow.lineage import records_of


def sample_collection(store: Store, collection: Collection, provenance: Provenance) -> tuple[int, int]:
    """Write the samples part and the rejects part of a collection; returns (samples, rejected)."""
    samples, rejected = [], []
    for row, data in original_bytes(store, records_of(store, collection).to_pylist()):
        record = {name: row[name] for name in RECORD.names}
        try:
            samples.append(record | audit(data))
        except ImageRejected as problem:
            rejected.append(
                {
                    "dataset": collection.dataset,
                    "source_key": row["source_key"],
                    "reason": problem.reason,
                    "detail": problem.detail,
                }
            )
    write_part(store.rejects(collection), pa.Table.from_pylist(rejected, schema=REJECTED), provenance)
    write_part(store.samples(collection), pa.Table.from_pylist(samples, schema=schemas.samples()), provenance)
    return len(samples), len(rejected)


def audit(data: bytes) -> dict[str, object]:
    """What is measured on an original before any resizing. Raises ImageRejected.

    Complexity, hash and colours are those of the picture between black bars, whose share is a column of its own:
    bars lower the entropy and the edge density of the very same picture by a third.
    """
    decoded = decode(data)
    picture = without_bars(decoded.image)
    return {
        "width": decoded.width,
        "height": decoded.height,
        "format": decoded.format,
        "jpeg_quality": decoded.jpeg_quality,
        "padding_fraction": padding_fraction(decoded.image),
        "entropy": entropy(picture),
        "edge_density": edge_density(picture),
        "phash": phash(picture),
        "colour_fields": colour_fields(picture),
    }
