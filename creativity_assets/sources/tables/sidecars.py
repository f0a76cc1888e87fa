"""Texts and objects that lie beside single images under their stems, as webdataset and img2dataset write them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from creativity_assets.sources.columns.fields import FIELDS, checked_columns, fields_of
from creativity_assets.sources.columns.paths import stem_of
from creativity_assets.sources.limits import MAX_SIDECAR_BYTES
from creativity_assets.sources.records import SourceReject
from creativity_assets.sources.tables.json_text import NotJson, parsed

if TYPE_CHECKING:
    from creativity_assets.catalog.datasets import FileDataset

CAPTIONS = (".txt", ".caption")
OBJECTS = (".json",)


class Sidecar(NamedTuple):
    """What lies beside an image. row: its object's cells. caption: its text. problem: why one of them says nothing."""

    row: Mapping[str, Any] | None = None
    caption: str | None = None
    problem: str | None = None


class Sidecars:
    """What lies beside the images of a source, by an entry's column map.

    Raises SourceError where there are no tables and the entry maps a column that no object has.
    """

    def __init__(
        self, entry: "FileDataset", of: Mapping[str, Sidecar], orphans: Iterable[str] = (), *, tables: bool = False
    ) -> None:
        self.of = of
        self._entry, self._orphans = entry, orphans
        header = list(dict.fromkeys(name for beside in of.values() for name in beside.row or {}))
        columns: Mapping[str, str | None] = entry.columns
        if tables or not of:  # the map is then that of the tables, and may fit both
            columns = {name: column for name, column in columns.items() if column is None or column in header}
        self._columns = checked_columns(entry.name, columns, header)
        self._tell_label = "label" in self._columns and not tables

    def reject(self, file: str) -> SourceReject | None:
        """Of an image beside which something cannot be read, or is missing that tells of the others who made them."""
        beside = self.of.get(file, Sidecar())
        if beside.problem:
            return SourceReject(file, "unreadable_sidecar", f"{file}: {beside.problem}; mend it, or take it away")
        if beside.row is None and self._tell_label:
            detail = f"{file}: no JSON lies beside it, and that of others says who made them"
            return SourceReject(file, "no_metadata_row", detail)
        return None

    def key(self, file: str) -> Any:
        """What the object says in the column that the entry maps to the key; the file where it maps none."""
        if "key" not in self._columns:
            return file
        return (self.of.get(file, Sidecar()).row or {}).get(self._columns["key"])

    def fields(self, file: str) -> dict[str, Any]:
        """The object's fields, and the text as caption where the object has none and the entry does not forbid it."""
        beside = self.of.get(file, Sidecar())
        text = beside.caption if self._entry.columns.get("caption", "") is not None else None
        return ({"caption": text} if text else {}) | fields_of(beside.row or {}, self._columns, {}, self._entry.values)

    def describes(self, file: str) -> bool:
        return bool(self.of.get(file, Sidecar()).row)

    def rejects(self) -> list[SourceReject]:
        """One for each text and object whose image is not there."""
        return [SourceReject(n, "missing_file", f"{n}: no image of this stem is in the source") for n in self._orphans]


def may_be_sidecar(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in (*CAPTIONS, *OBJECTS)


def beside_images(files: Iterable[str], is_image: Callable[[str], bool]) -> tuple[dict[str, list[str]], list[str]]:
    """By image, the texts and objects of its stem (`1.jpg`: `1.txt`, `1.json`) or name (`1.jpg.json`); and the others.

    The others are those in folders in which some image has one: an image of theirs is missing.
    """
    files = list(files)
    found: dict[str, list[str]] = {}
    for file in files:
        if may_be_sidecar(file):
            found.setdefault(_stem(file), []).append(file)
    beside = {
        image: [
            name for stem in dict.fromkeys((_stem(image), _plain_stem(image), image)) for name in found.get(stem, ())
        ]
        for image in files
        if is_image(image)
    }
    beside = {image: names for image, names in beside.items() if names}
    taken = {name for names in beside.values() for name in names}
    folders = {PurePosixPath(name).parent for name in taken}
    left = [n for names in found.values() for n in names if n not in taken and PurePosixPath(n).parent in folders]
    return beside, left


def joined(beside: Mapping[str, Iterable[str]], read: Callable[[str], Sidecar]) -> dict[str, Sidecar]:
    """By image, what its sidecars say together. read: one of them by its name."""
    of = {}
    for image, names in beside.items():
        parts = [read(name) for name in names]
        of[image] = Sidecar(
            next((part.row for part in parts if part.row is not None), None),
            next((part.caption for part in parts if part.caption is not None), None),
            next((part.problem for part in parts if part.problem is not None), None),
        )
    return of


def sidecar(entry: "FileDataset", name: str, data: bytes) -> Sidecar:
    """What one says; of an object only the names that the entry reads, so that many of them take little memory."""
    if len(data) > MAX_SIDECAR_BYTES:
        return Sidecar(problem=f"{name} has {len(data)} bytes; at most {MAX_SIDECAR_BYTES} are read beside an image")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Sidecar(problem=f"{name} is not UTF-8 (byte {error.start})")
    if PurePosixPath(name).suffix.lower() in CAPTIONS:
        return Sidecar(caption=text.strip() or None)
    try:
        content = parsed(text)
    except NotJson as error:
        return Sidecar(problem=f"{name} is no JSON ({error})")
    if not isinstance(content, dict):
        return Sidecar(problem=f"{name} holds no JSON object")
    return Sidecar(row={key: value for key, value in content.items() if key in _read_by(entry)})


def _read_by(entry: "FileDataset") -> Collection[str]:
    return {*FIELDS, *(column for column in entry.columns.values() if column is not None)}


def described(data: bytes) -> dict[str, Any]:
    """All that an object says; nothing where it is damaged or none."""
    try:
        content = parsed(data.decode("utf-8-sig"))
    except ValueError:  # reading the entry makes it a reject
        return {}
    return content if isinstance(content, dict) else {}


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))


def _plain_stem(image: str) -> str:
    """Without what servers hang on an image's ending, as in `a.jpg!Large`."""
    return str(PurePosixPath(image).with_name(stem_of(image)))
