"""A source's record as a row of the index, or why no table can hold it."""

import math
from typing import Any

from creativity_assets.hashing import digest_of_bytes, digest_of_text
from creativity_assets.sources.columns.dates import parse_year
from creativity_assets.sources.columns.names import artist_slug
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.vocabulary import grouping_words


def record_row(dataset: str, record: SourceRecord) -> dict[str, Any]:
    """A source's record as a row of RECORD: identity, canonical artist and year, and the hash of its bytes."""
    fields = record.fields
    artist = _text(fields.get("artist")) or "Unknown artist"
    year, year_source = parse_year(fields.get("year"))
    label = _text(fields.get("label")) or "human"
    row_id = sample_id(dataset, record.key)
    return {
        "sample_id": row_id,
        "dataset": dataset,
        "source_key": record.key,
        "artist": artist,
        "artist_slug": artist_slug(artist),
        "title": _text(fields.get("title")),
        "year": year,
        "year_source": year_source,
        "style": _text(fields.get("style")),
        "genre": _text(fields.get("genre")),
        "caption": _text(fields.get("caption")),
        "label": label,
        "automation": _text(fields.get("automation")) or ("ai" if label == "ai" else "manual"),
        "family": _text(fields.get("family")) or ("diffusion" if label == "ai" else "painting"),
        "generator": _text(fields.get("generator")),
        # A human work is its own pair, so that both sides of a pair carry the same identity.
        "pair_id": _text(fields.get("pair_key")) or (row_id if label == "human" else None),
        "novelty": _number(fields.get("novelty")),
        "stated_membership": _text(fields.get("membership")),
        "sha256": digest_of_bytes(record.image),
        "source_uri": record.uri,
    }


def unusable(record: SourceRecord, row: dict[str, Any]) -> SourceReject | None:
    """The reject of a record that says what no table can hold: a word none is made of, a novelty that is no number."""
    for column, words in grouping_words().items():
        if row[column] not in words:
            detail = f"{column} {row[column]!r} is none of {', '.join(words)}; map it by `values` or `constants`"
            return SourceReject(record.key, "unknown_word", detail)
    novelty = record.fields.get("novelty")
    if row["novelty"] is None and _text(novelty) is not None:
        return SourceReject(record.key, "not_a_number", f"novelty {novelty!r} is no number; map it by `values`")
    return None


def sample_id(dataset: str, key: str) -> str:
    """The identity of a sample: stable for a key of a data set, safe as a file name."""
    return f"{dataset}-{digest_of_text(key)[:16]}"


def _text(value: Any) -> str | None:
    """A field as text; None for what sources write where they have nothing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    text = str(value).strip()
    return text or None


def _number(value: Any) -> float | None:
    """A field as a finite number; None where it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
