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


def storable(items: Iterable[SourceRecord | SourceReject]) -> Iterator[SourceRecord | SourceReject]:
    """Pass items on; a record that says what no table can hold is a `not_text` reject.

    That are lone surrogates, which JSON can write and UTF-8 cannot, and objects in place of words. In the texts of
    rejects they are shown escaped.
    """
    for item in items:
        if isinstance(item, SourceReject):
            yield SourceReject(_shown(item.key), item.reason, _shown(item.detail))
        elif (flaw := next(_flaws(item), None)) is not None:
            yield SourceReject(_shown(item.key), "not_text", _shown(f"{item.uri}: {flaw}"))
        else:
            yield item


def _flaws(record: SourceRecord) -> Iterator[str]:
    for name, value in {"key": record.key, "uri": record.uri, **record.fields}.items():
        if isinstance(value, str) and _shown(value) != value:
            yield f"{name} {value[:80]!r} is no text of UTF-8"
        elif isinstance(value, (dict, list, bytes)):
            yield f"{name} is no word but {type(value).__name__}; map another column"


def _shown(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
