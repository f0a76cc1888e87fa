"""The columns of the parts and of the public tables made from them."""

import pyarrow as pa

from creativity_assets import vocabulary
from creativity_assets.store.images import IMAGE_TYPE
from creativity_assets.vocabulary import FLOORED, TABLES

_TEXT, _INT, _REAL = pa.string(), pa.int64(), pa.float64()
_ARROW: dict[vocabulary.Type, pa.DataType] = {
    "VARCHAR": _TEXT,
    "BIGINT": _INT,
    "DOUBLE": _REAL,
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
}


def _schema(table: str) -> pa.Schema:
    """A public table's columns, as its parts hold them."""
    return pa.schema([(column.name, _ARROW[column.type]) for column in TABLES[table].columns])


RECORD = pa.schema(
    [
        ("sample_id", _TEXT),
        ("dataset", _TEXT),
        ("source_key", _TEXT),
        ("artist", _TEXT),
        ("artist_slug", _TEXT),
        ("title", _TEXT),
        ("year", _INT),
        ("year_source", _TEXT),
        ("style", _TEXT),
        ("genre", _TEXT),
        ("caption", _TEXT),
        ("label", _TEXT),
        ("automation", _TEXT),
        ("family", _TEXT),
        ("generator", _TEXT),
        ("pair_id", _TEXT),
        ("novelty", _REAL),
        ("stated_membership", _TEXT),
        ("sha256", _TEXT),
        ("source_uri", _TEXT),
    ]
)
"""What a source says of one image. Years are calendar years; novelty is the atelier dial in [0, 1]."""

SHARD = RECORD.append(pa.field("image", IMAGE_TYPE))
"""A record with its original bytes."""

INDEX = RECORD.append(pa.field("shard", _TEXT)).append(pa.field("row", _INT))
"""A record with the place of its bytes."""

SAMPLES = pa.schema(
    [
        *RECORD,
        ("width", _INT),
        ("height", _INT),
        ("format", _TEXT),
        ("jpeg_quality", _INT),
        ("padding_fraction", _REAL),
        ("entropy", _REAL),
        ("edge_density", _REAL),
        ("phash", _TEXT),
        ("colour_fields", _TEXT),
    ]
)
"""A record whose image was decoded, with what was measured on it before any resizing.

jpeg_quality: 1..100 as IJG counts. padding_fraction: share of black bars, 0..1. The rest without the bars:
entropy in bits, 0..8; edge_density, 0..1; phash, 256 bits in hex; colour_fields, 4 x 4 x RGB bytes in hex.
"""

REJECTED = _schema("rejected_samples")

FLOOR_SCORES = pa.schema(
    [
        ("sample_id", _TEXT),
        ("floor_dino_distance", _REAL),
        ("floor_lpips", _REAL),
        ("floor_log_mse", _REAL),
        ("floor_composite", _REAL),
    ]
)

RECONSTRUCTIONS = _schema("reconstructions")

IMAGE_METRICS = _schema("image_metrics")

CEILINGS = pa.schema([("sample_id", _TEXT), ("experiment", _TEXT), *((name, _REAL) for name in FLOORED)])
"""Mean scores against the reference panel; no row where the panel is too small for an image."""

READOUTS = _schema("readouts")
"""Further numbers about an image under an experiment, one a row."""

VECTORS = pa.schema([("sample_id", _TEXT), ("vector", pa.list_(pa.float32()))])
"""Latents, flattened from (C, h, w), or semantic embeddings."""

MEMBERSHIP = _schema("membership")

PUBLIC_SAMPLES = TABLES["samples"].names
"""The columns of the table `samples`, in their order."""
