"""The columns of the parts, and of the public tables made from them, as the vocabulary declares them.

What can grow while the program runs, by a researcher's own module, is a function: it says the columns of now.
"""

from collections.abc import Iterable

import pyarrow as pa

from creativity_assets import vocabulary
from creativity_assets.store.images import IMAGE_TYPE
from creativity_assets.vocabulary import (
    TABLES,
    Column,
    audit_columns,
    compared_scores,
    floor_of,
    floored_scores,
    record_columns,
)

_TEXT, _INT = pa.string(), pa.int64()
_ARROW: dict[vocabulary.Type, pa.DataType] = {
    "VARCHAR": _TEXT,
    "BIGINT": _INT,
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
}


def _schema(columns: Iterable[Column]) -> pa.Schema:
    return pa.schema([(column.name, _ARROW[column.type]) for column in columns])


RECORD = _schema(record_columns())
"""What a source says of one image."""

SHARD = RECORD.append(pa.field("image", IMAGE_TYPE))
"""A record with its original bytes."""

INDEX = RECORD.append(pa.field("shard", _TEXT)).append(pa.field("row", _INT))
"""A record with the place of its bytes."""


def samples() -> pa.Schema:
    """A record whose image was decoded, with what was measured on it before any resizing."""
    return pa.schema([*RECORD, *_schema(audit_columns())])


REJECTED = _schema(TABLES["rejected_samples"].columns)


def floor_scores() -> pa.Schema:
    """The scores of decode(encode(x)) by one suite; null what it does not compute."""
    return _schema([vocabulary.SAMPLE_COLUMNS["sample_id"], *(floor_of(score) for score in floored_scores())])


RECONSTRUCTIONS = _schema(TABLES["reconstructions"].columns)


def image_metrics() -> pa.Schema:
    """Scores and floors under one experiment; null what its suite does not compute."""
    return _schema(TABLES["image_metrics"].columns)


def ceilings() -> pa.Schema:
    """Mean scores against the reference panel; no row where the panel is too small for an image."""
    scores = (vocabulary.SCORES[name] for name in compared_scores())
    return _schema([*(TABLES["readouts"].column(name) for name in ("sample_id", "experiment")), *scores])


READOUTS = _schema(TABLES["readouts"].columns)
"""Further numbers about an image under an experiment, one a row."""

VECTORS = pa.schema([("sample_id", _TEXT), ("vector", pa.list_(pa.float32()))])
"""Latents, flattened from (C, h, w), or semantic embeddings."""

MEMBERSHIP = _schema(TABLES["membership"].columns)
