"""Readers: a data set's entry in, records with original bytes out, and a fingerprint that tells of changes."""

import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from creativity_assets.errors import SourceError
from creativity_assets.sources import kinds
from creativity_assets.sources.listing import Items
from creativity_assets.sources.losses import Losses
from creativity_assets.sources.records import SourceRecord, SourceReject, storable

if TYPE_CHECKING:
    from creativity_assets.catalog.datasets import DatasetEntry


class Reader(NamedTuple):
    """The functions of a kind of source, each of an entry and the data root; `kinds` says what they give and raise."""

    read: Callable[[Any, Path], Iterator[SourceRecord | SourceReject]]
    fingerprint: Callable[[Any, Path], str]
    survey: Callable[[Any, Path], Items] | None = None


def read(entry: "DatasetEntry", root: Path) -> Iterator[SourceRecord | SourceReject]:
    """Stream a source. A bad item is a SourceReject and the stream goes on."""
    return storable(_reader(entry).read(entry, root))


def fingerprint(entry: "DatasetEntry", root: Path) -> str:
    """Hex sha256 over names, sizes, times, revisions and the entry: no image is read."""
    return _reader(entry).fingerprint(entry, root)


def survey(entry: "DatasetEntry", root: Path) -> Losses | None:
    """What becomes of the items by names and tables, no image read; None for sources of which only reading tells."""
    look = _reader(entry).survey
    if look is None:
        return None
    items = look(entry, root)
    rejects = [(item.reason, item.detail) for item in items if isinstance(item, SourceReject)]
    return Losses.of(len(items) - len(rejects), rejects)


def _reader(entry: "DatasetEntry") -> Reader:
    name = entry.reader if entry.kind == "plugin" else entry.kind
    if name not in READERS:
        raise SourceError(f"{entry.name}: no reader {name!r}; have {', '.join(READERS)}")
    return READERS[name]


def _reader_of(kind: str) -> Reader:
    module = import_module(f"{kinds.__name__}.{kind}")
    return Reader(module.read, module.fingerprint, getattr(module, "survey", None))


READERS = {found.name: _reader_of(found.name) for found in pkgutil.iter_modules(kinds.__path__)}
"""By kind: a file of `kinds` is one."""
