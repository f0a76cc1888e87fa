"""What every reader yields: a record with its original bytes, or a reject with its reason."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NEAR = "; near by its name: "
"""In the detail of a reject, before the name of what it was perhaps meant to be."""


@dataclass(frozen=True)
class SourceRecord:
    """One image of a source, not yet decoded or judged.

    key: stable and unique inside the dataset. image: the original file's bytes. uri: where they came from.
    fields: those of artist, title, year (raw text, a number or a Year), style, genre, caption, label, automation,
    family, generator, pair_key, novelty, membership that the source gives; a missing value is a missing name.
    """

    key: str
    image: bytes
    uri: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class SourceReject:
    """One item that cannot become a sample. reason: a snake_case word; detail: one line for people."""

    key: str
    reason: str
    detail: str


def reject_repeated_keys(items: Iterable[SourceRecord | SourceReject]) -> Iterator[SourceRecord | SourceReject]:
    """Pass items on; from the second record with a known key on, a `duplicate_key` reject takes its place."""
    seen: set[str] = set()
    for item in items:
        if isinstance(item, SourceReject):
            yield item
        elif item.key in seen:
            yield SourceReject(item.key, "duplicate_key", f"{item.uri}: key {item.key!r} was used before")
        else:
            seen.add(item.key)
            yield item
