"""Readers: a data set's entry in, records with original bytes out, and a fingerprint that tells of changes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from creativity_assets.errors import SourceError
from creativity_assets.sources import archive, folder, huggingface, painted, parquet, video
from creativity_assets.sources.listing import Items
from creativity_assets.sources.losses import Losses
from creativity_assets.sources.records import SourceRecord, SourceReject, storable

if TYPE_CHECKING:
    from creativity_assets.catalog.datasets import DatasetEntry


class Reader(NamedTuple):
    """The two functions of a kind of source, each of an entry and the data root.

    read: records and rejects. fingerprint: hex sha256 of cheap facts. Both raise SourceError where the source
    is absent; a path is relative to the data root.
    """

    read: Callable[[Any, Path], Iterator[SourceRecord | SourceReject]]
    fingerprint: Callable[[Any, Path], str]


def read(entry: "DatasetEntry", root: Path) -> Iterator[SourceRecord | SourceReject]:
    """Stream a source. A bad item is a SourceReject and the stream goes on."""
    return storable(_reader(entry).read(entry, root))


def fingerprint(entry: "DatasetEntry", root: Path) -> str:
    """Hex sha256 over names, sizes, times, revisions and the entry: no image is read."""
    return _reader(entry).fingerprint(entry, root)


def survey(entry: "DatasetEntry", root: Path) -> Losses | None:
    """What becomes of the items of a folder or an archive by its names and tables; None for other sources, of which
    only reading tells. No image is read."""
    surveys: dict[str, Callable[[Any, Path], Items]] = {"folder": folder.survey, "archive": archive.survey}
    if entry.kind not in surveys:
        return None
    items = surveys[entry.kind](entry, root)
    rejects = [(item.reason, item.detail) for item in items if isinstance(item, SourceReject)]
    return Losses.of(len(items) - len(rejects), rejects)


def _reader(entry: "DatasetEntry") -> Reader:
    name = entry.reader if entry.kind == "plugin" else entry.kind
    if name not in READERS:
        raise SourceError(f"{entry.name}: no reader {name!r}; have {', '.join(READERS)}")
    return READERS[name]


READERS: dict[str, Reader] = {
    "folder": Reader(folder.read, folder.fingerprint),
    "archive": Reader(archive.read, archive.fingerprint),
    "video": Reader(video.read, folder.fingerprint),
    "parquet": Reader(parquet.read, parquet.fingerprint),
    "huggingface": Reader(huggingface.read, huggingface.fingerprint),
    "atelier": Reader(painted.read, painted.fingerprint),
}
