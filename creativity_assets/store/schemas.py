"""The columns of the parts and of the public tables made from them."""

import pyarrow as pa

from creativity_assets.store.images import IMAGE_TYPE

_TEXT, _INT, _REAL = pa.string(), pa.int64(), pa.float64()

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

REJECTED = pa.schema([("dataset", _TEXT), ("source_key", _TEXT), ("reason", _TEXT), ("detail", _TEXT)])

FLOOR_SCORES = pa.schema(
    [
        ("sample_id", _TEXT),
        ("floor_dino_distance", _REAL),
        ("floor_lpips", _REAL),
        ("floor_log_mse", _REAL),
        ("floor_composite", _REAL),
    ]
)

FLOORED = ("composite", "dino_distance", "lpips", "log_mse")
"""The scores that an image's floor and ceiling are measured of."""

RECONSTRUCTIONS = pa.schema([("sample_id", _TEXT), ("experiment", _TEXT), ("sha256", _TEXT), ("path", _TEXT)])

IMAGE_METRICS = pa.schema(
    [
        ("sample_id", _TEXT),
        ("dataset", _TEXT),
        ("artist_slug", _TEXT),
        ("experiment", _TEXT),
        ("model", _TEXT),
        ("model_revision", _TEXT),
        ("method", _TEXT),
        ("steps", _INT),
        ("suite", _TEXT),
        ("suite_revision", _TEXT),
        ("dino_distance", _REAL),
        ("lpips", _REAL),
        ("mse", _REAL),
        ("log_mse", _REAL),
        ("composite", _REAL),
        ("floor_dino_distance", _REAL),
        ("floor_lpips", _REAL),
        ("floor_log_mse", _REAL),
        ("floor_composite", _REAL),
        ("code_version", _TEXT),
        ("run_id", _TEXT),
        ("scored_at", pa.timestamp("us", tz="UTC")),
    ]
)

CEILINGS = pa.schema([("sample_id", _TEXT), ("experiment", _TEXT), *((name, _REAL) for name in FLOORED)])
"""Mean scores against the reference panel; no row where the panel is too small for an image."""

READOUTS = pa.schema([("sample_id", _TEXT), ("experiment", _TEXT), ("readout", _TEXT), ("value", _REAL)])
"""Further numbers about an image under an experiment, one a row."""

VECTORS = pa.schema([("sample_id", _TEXT), ("vector", pa.list_(pa.float32()))])
"""Latents, flattened from (C, h, w), or semantic embeddings."""

MEMBERSHIP = pa.schema([("sample_id", _TEXT), ("model", _TEXT), ("membership", _TEXT), ("evidence", _TEXT)])

PUBLIC_SAMPLES = (
    "sample_id",
    "dataset",
    "artist",
    "artist_slug",
    "title",
    "year",
    "year_source",
    "decade",
    "era",
    "style",
    "genre",
    "caption",
    "label",
    "automation",
    "family",
    "generator",
    "pair_id",
    "width",
    "height",
    "format",
    "jpeg_quality",
    "padding_fraction",
    "entropy",
    "edge_density",
    "novelty",
    "sha256",
    "phash",
    "source_uri",
)
"""The columns of the table `samples`, in their order."""
