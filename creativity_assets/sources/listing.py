"""Which files of a folder or an archive are images, and what tables, paths and file names say of them."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from creativity_assets.errors import SourceError
from creativity_assets.sources.fields import checked_columns, fields_of, is_missing
from creativity_assets.sources.metadata import FILE_COLUMNS, FORMATS, Table
from creativity_assets.sources.paths import FILE_NAMES, fields_from_path
from creativity_assets.sources.records import SourceReject
from creativity_assets.sources.sampling import draw
from creativity_assets.sources.sidecars import Sidecars

if TYPE_CHECKING:
    from creativity_assets.catalog.datasets import FileDataset

IMAGES = "images"
"""A subfolder that a table's paths may leave out."""


class FileKind(NamedTuple):
    """The files that a source is made of: their endings, and the reason that others are rejected for."""

    noun: str
    reason: str
    suffixes: frozenset[str]

    def holds(self, name: str) -> bool:
        return PurePosixPath(name).suffix.lower() in self.suffixes


IMAGE = FileKind(
    "image",
    "not_an_image_file",
    frozenset(
        {".avif", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".mpo"}
        | {".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
    ),
)
VIDEO = FileKind(
    "video",
    "not_a_video_file",
    frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".webm", ".wmv"}),
)
_ABOUT = re.compile(r"(?i)^(readme|licen[cs]e|copying|citation|notice|credits)")
_TEXT = re.compile(r"(?i)\.(md|txt|rst|caption)$")


class Listed(NamedTuple):
    """An image of a source, of which nothing has been read yet. file: its path within the source."""

    key: str
    file: str
    fields: Mapping[str, Any]


Items = list[Listed | SourceReject]


def listing(  # noqa: PLR0917  # what is known of a source
    entry: "FileDataset",
    files: Iterable[str],
    tables: Sequence[Table],
    unusable: Mapping[str, SourceReject],
    kind: FileKind = IMAGE,
    beside: Sidecars | None = None,
) -> Items:
    """The images, or files of another kind, among `files` (paths within the source), and what is none.

    With tables, in the order of file names, the key is the `key` column, or else the file's path; a row without
    a file, a file without a row and a path that leaves the source become rejects. Without one every image file
    counts. What a table says goes before what the path says (`paths`), that before the file name (`file_names`),
    that before the constants. Where none of the three is asked, an image's folder is its artist, its stem the title.
    unusable: the reject of each file that no reader should open. beside: what lies beside single images; it goes
    after the tables and before all else.

    Raises SourceError when a mapped column is absent.
    """
    beside = beside or Sidecars(entry, {}, tables=bool(tables))
    listed = _with_tables(entry, files, tables, kind, beside) if tables else _without_tables(entry, files, kind, beside)
    orphans = [] if entry.partial else beside.rejects()
    items = [*listed, *(reject for reject in orphans if not _is_about_the_source(reject.key))]
    return [unusable.get(item.file if isinstance(item, Listed) else item.key, item) for item in items]


def drawn(entry: "FileDataset", items: Items) -> Items:
    """The items that the entry's `limit`, `seed` and `stratify` leave; rejects always stay."""
    strata = {i.key: str(i.fields.get(entry.stratify or "", "")) for i in items if isinstance(i, Listed)}
    chosen = draw(strata, entry.limit, entry.seed, strata if entry.stratify else None)
    return [item for item in items if isinstance(item, SourceReject) or item.key in chosen]


def _without_tables(
    entry: "FileDataset", files: Iterable[str], kind: FileKind, beside: Sidecars
) -> Iterator[Listed | SourceReject]:
    for file in files:
        if kind.holds(file):
            yield _listed(entry, file, {}, {}, "", beside)
        elif not _is_companion(file):
            yield SourceReject(file, kind.reason, f"{file}: no {kind.noun} by its ending")


def _with_tables(
    entry: "FileDataset", files: Iterable[str], tables: Sequence[Table], kind: FileKind, beside: Sidecars
) -> Iterator[Listed | SourceReject]:
    known = _Files(files)
    named: set[str] = set()
    listed: list[Listed | SourceReject] = []
    for table in tables:
        if not table.header and len(tables) > 1:  # a part of a collection that lists nothing
            continue
        columns = checked_columns(entry.name, entry.columns, table.header)
        file_column = columns.get("file") or next((c for c in FILE_COLUMNS if c in table.header), None)
        if file_column is None:
            have = ", ".join(table.header)
            raise SourceError(f"{entry.name}: {table.name} has no column for the file; map `file` to one of {have}")
        for line, row in table.rows:
            file = known.of_row(row.get(file_column), line, PurePosixPath(table.name).parent)
            if isinstance(file, str):
                named.add(file)
                listed.append(_listed(entry, file, row, columns, line, beside))
            elif not (entry.partial and file.reason == "missing_file"):
                listed.append(file)
    yield from sorted(listed, key=lambda item: item.file if isinstance(item, Listed) else item.key)

    tables_of = {table.name for table in tables}
    for file in known.names:
        if file not in named and file not in tables_of and not _is_companion(file):
            if kind.holds(file):
                yield SourceReject(file, "no_metadata_row", f"{file}: {tables[0].name} has no row for it")
            else:
                yield SourceReject(file, kind.reason, f"{file}: no {kind.noun} by its ending")
    yield from (reject for reject in known.repeated if not _is_companion(reject.key))


def _listed(  # noqa: PLR0917  # what is said of one image
    entry: "FileDataset", file: str, row: Mapping[str, Any], columns: Mapping[str, str], line: str, beside: Sidecars
) -> Listed | SourceReject:
    if reject := beside.reject(file):
        return reject
    key = row.get(columns["key"]) if "key" in columns else beside.key(file)
    if is_missing(key):
        return SourceReject(file, "missing_key", f"{line}: column {columns['key']!r} is empty")
    said = fields_from_path(file, entry.paths) if entry.paths else {}
    if said is None:
        return SourceReject(file, "no_path_rule", f"{file}: none of the entry's `paths` matches it")
    if entry.file_names:
        said = FILE_NAMES[entry.file_names](file) | said
    fields = fields_of(said, {name: name for name in said}, entry.constants, entry.values)
    if not (row or said or beside.describes(file)):
        place = PurePosixPath(file)
        fields = {"artist": place.parent.name or entry.name, "title": place.stem.replace("_", " ")} | fields
    fields |= beside.fields(file)
    return Listed(str(key).strip(), file, fields | fields_of(row, columns, {}, entry.values))


class _Files:
    """The files of a source, to be found by what a table writes: a path, or a bare name that only one file has."""

    def __init__(self, files: Iterable[str]) -> None:
        self._by_spelling: dict[str, str] = {}
        self._by_name: dict[str, str | None] = {}
        self.repeated: list[SourceReject] = []
        for file in files:
            first = self._by_spelling.setdefault(_same_spelling(file), file)
            if first != file:
                detail = f"{file}: its name differs from another file's in its Unicode form alone; rename one"
                self.repeated.append(SourceReject(file, "duplicate_key", detail))
        for spelling, file in self._by_spelling.items():
            name = PurePosixPath(spelling).name
            self._by_name[name] = None if name in self._by_name else file

    @property
    def names(self) -> Iterable[str]:
        return self._by_spelling.values()

    def of_row(self, cell: Any, line: str, base: PurePosixPath) -> str | SourceReject:
        """The file that a row names, or why there is none. base: the folder that the table lies in."""
        name = "" if is_missing(cell) else str(cell).strip().replace("\\", "/")
        if not name:
            place, _, number = line.rpartition(" ")
            return SourceReject(f"{place.rpartition(' ')[0]}:{number}", "missing_file", f"{line}: names no file")
        if leaves_the_source(name):
            return SourceReject(name, "path_outside_source", f"{line}: {name} lies outside the source")
        spelling = _same_spelling(name)
        for place in (str(base / spelling), spelling, f"{IMAGES}/{spelling}"):
            if place in self._by_spelling:
                return self._by_spelling[place]
        bare = self._by_name.get(spelling)
        return bare or SourceReject(name, "missing_file", f"{line}: {name} is not in the source")


def leaves_the_source(name: str) -> bool:
    """Whether a path with slashes is absolute, or climbs out of the folder that it starts at."""
    place = PurePosixPath(name)
    return place.is_absolute() or ".." in place.parts or re.match(r"^[A-Za-z]:/", name) is not None


def name_not_utf8(name: str) -> SourceReject | None:
    """The reject of a file whose name is no text: Python carries its bytes in lone surrogates, which nothing stores."""
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = name.encode("ascii", "backslashreplace").decode()
        return SourceReject(shown, "name_not_utf8", f"{shown}: rename the file in UTF-8")
    if "\0" in name:
        shown = name.replace("\0", "\\x00")
        return SourceReject(shown, "name_not_utf8", f"{shown}: rename the file without NUL")
    return None


def _is_companion(name: str) -> bool:
    """Texts about the source, and tables that the entry does not read."""
    place = PurePosixPath(name)
    if IMAGE.holds(name):
        return False
    return place.suffix.lower() in FORMATS or bool(_TEXT.search(place.name)) or _is_about_the_source(name)


def _is_about_the_source(name: str) -> bool:
    return bool(_ABOUT.search(PurePosixPath(name).name))


def _same_spelling(name: str) -> str:
    """A file name in one Unicode form: tables are mostly written composed, some disks decompose."""
    return unicodedata.normalize("NFC", str(PurePosixPath(name)))
