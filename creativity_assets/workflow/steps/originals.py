"""Data sets whose images belong, one by one, to the samples of another: what they take over, and what is missing."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from creativity_assets.catalog.datasets import TwinRule
from creativity_assets.sources.columns.dates import Year
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.parts import RAW_SAMPLES
from creativity_assets.workflow.pieces import pieces_of

Row = dict[str, Any]


def accepted_samples(lineage: Lineage, dataset: str) -> list[Row]:
    """The samples of the originals as audited, in the order of their collections."""
    parts = [piece.part(RAW_SAMPLES) for piece in pieces_of(lineage, lineage.collections(dataset))]
    return [row for part in parts if part.is_there for row in part.read().to_pylist()]


def fields_of_the_work(original: Row) -> dict[str, Any]:
    """What an image made after a work takes over from it, with the original's identity as its pair."""
    fields = {name: original[name] for name in ("artist", "title", "style", "genre", "caption")}
    year = Year(original["year"], original["year_source"])
    return {**fields, "year": year, "pair_key": original["sample_id"]}


def with_originals(
    rule: TwinRule, items: Iterator[SourceRecord | SourceReject], originals: list[Row], *, all_of_them: bool
) -> Iterator[SourceRecord | SourceReject]:
    """Join a stream of twins with the samples that they were made after.

    Artist, title, style, genre and year come from the original, the caption only where the twin has none. A second
    twin of one original is a `duplicate_twin` reject. A twin without an original is a `no_original` reject, or left
    out without a word where the originals are a sample (not all_of_them). At the end each original without a twin
    is a `no_twin` reject under its own sample_id.
    """
    by_name = {_name(row["source_key"]): row for row in originals}
    met: set[str] = set()
    for item in items:
        if isinstance(item, SourceReject):
            yield item
            continue
        original = by_name.get(_name(item.key, rule.remove))
        if original is None:
            if all_of_them:
                detail = f"{item.key}: {rule.of} has no sample {_name(item.key, rule.remove)}"
                yield SourceReject(item.key, "no_original", detail)
            continue
        if original["sample_id"] in met:
            detail = f"{item.key}: {original['source_key']} of {rule.of} has a twin already"
            yield SourceReject(item.key, "duplicate_twin", detail)
            continue
        met.add(original["sample_id"])
        own = {"caption": item.fields["caption"]} if "caption" in item.fields else {}
        fields = {**item.fields, **fields_of_the_work(original), **own}
        yield SourceRecord(item.key, item.image, item.uri, fields)
    for row in originals:
        if row["sample_id"] not in met:
            yield SourceReject(row["sample_id"], "no_twin", f"{row['source_key']} of {rule.of} has no twin here")


def _name(key: str, remove: str = "") -> str:
    """A key without its file ending and without `remove` in its last part; the ending of a twin may differ."""
    place = PurePosixPath(key)
    return str(place.with_name(place.stem.replace(remove, "") or place.stem))
