"""A folder of images, with a metadata.csv at its root or without."""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from creativity_assets.errors import SourceError
from creativity_assets.sources.fields import checked_columns, fields_of, is_missing
from creativity_assets.sources.locations import SourceFile, digest_of_facts, digest_of_files, locate, walk
from creativity_assets.sources.records import SourceRecord, SourceReject, reject_repeated_keys
from creativity_assets.sources.sampling import draw

if TYPE_CHECKING:
    from creativity_assets.catalog.entries import FolderDataset

METADATA = "metadata.csv"
IMAGES = "images"
"""A subfolder that the metadata's paths may leave out."""

FILE_COLUMNS = ("file", "file_name", "filename", "path")
"""Where the file is named, unless the entry's column map says otherwise."""

IMAGE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".mpo"}
    | {".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)
_COMPANION = re.compile(r"(?i)^(readme|licen[cs]e|copying|citation|notice|credits)|\.(md|txt|rst)$")


class _Item(NamedTuple):
    """A listed image: nothing of it has been read yet."""

    key: str
    file: SourceFile
    fields: Mapping[str, Any]


def read(entry: "FolderDataset", root: Path) -> Iterator[SourceRecord | SourceReject]:
    """Records sorted by file name, each image read only when its turn comes; then nothing is kept.

    With metadata.csv, whose paths start at the folder or at its subfolder images/, the key is the `key`
    column, or else the file's path from the folder; a row without a file, a file
    without a row and a path that leaves the folder become rejects. Without it the artist is the name of the
    folder that an image lies in (the dataset's name at the top) and the title is the file's stem.
    Hidden files, desktop litter and texts such as README are no part of the source. `limit` draws among the
    images that can be read, rejects of the listing are always reported.

    Raises SourceError, before anything is read, when the folder or a mapped column is absent.
    """
    folder = _folder(entry, root)
    metadata = folder / METADATA
    if metadata.is_file():
        listed = list(_list_with_metadata(entry, folder, metadata))
    elif entry.columns:
        raise SourceError(f"{entry.name}: `columns` is given, but {metadata} is not there; add it or drop `columns`")
    else:
        listed = list(_list_by_folders(entry, folder))
    chosen = draw((item.key for item in listed if isinstance(item, _Item)), entry.limit, entry.seed)
    return reject_repeated_keys(_load(entry, item) for item in listed if _wanted(item, chosen))


def fingerprint(entry: "FolderDataset", root: Path) -> str:
    """Changes with the entry's settings, any file's name, size or modification time, and metadata.csv's text."""
    folder = _folder(entry, root)
    metadata = folder / METADATA
    return digest_of_facts(
        entry=entry.model_dump(exclude={"description", "licence", "optional", "path"}),
        files=digest_of_files(walk(folder)),
        metadata=hashlib.sha256(metadata.read_bytes()).hexdigest() if metadata.is_file() else None,
    )


def _folder(entry: "FolderDataset", root: Path) -> Path:
    folder = locate(entry.name, entry.path, root)
    if not folder.is_dir():
        raise SourceError(f"{entry.name}: {folder} is a file; `path` must name the folder of the images")
    return folder


def _wanted(item: _Item | SourceReject, chosen: frozenset[str]) -> bool:
    return isinstance(item, SourceReject) or item.key in chosen


def _list_by_folders(entry: "FolderDataset", folder: Path) -> Iterator[_Item | SourceReject]:
    for file in walk(folder):
        if reject := _unusable(file):
            yield reject
        elif _is_image(file.name):
            place = PurePosixPath(file.name)
            artist = place.parent.name or entry.name
            row = {"artist": artist, "title": place.stem.replace("_", " ")}
            yield _Item(file.name, file, {**row, **fields_of({}, {}, entry.constants)})
        elif not _is_companion(file.name):
            yield SourceReject(file.name, "not_an_image_file", f"{file.name}: no image by its ending")


def _list_with_metadata(entry: "FolderDataset", folder: Path, metadata: Path) -> Iterator[_Item | SourceReject]:
    files = {_same_spelling(file.name): file for file in walk(folder)}
    header, rows = _read_csv(entry.name, metadata)
    columns = checked_columns(entry.name, entry.columns, header)
    file_column = columns.get("file") or next((c for c in FILE_COLUMNS if c in header), None)
    if file_column is None:
        raise SourceError(
            f"{entry.name}: {metadata} has no column for the file; map `file` to one of {', '.join(header)}"
        )
    named: set[str] = set()
    listed: list[_Item | SourceReject] = []
    for number, row in rows:
        line = f"{METADATA} line {number}"
        file = _file_of_row(row.get(file_column) or "", line, files)
        if isinstance(file, SourceReject):
            listed.append(file)
        else:
            named.add(file.name)
            listed.append(_unusable(file) or _item(file, row, line, columns, entry.constants))
    yield from sorted(listed, key=lambda item: item.file.name if isinstance(item, _Item) else item.key)

    for file in files.values():
        if file.name not in named and not _is_companion(file.name):
            if reject := _unusable(file):
                yield reject
            elif _is_image(file.name):
                yield SourceReject(file.name, "no_metadata_row", f"{file.name}: {METADATA} has no row for it")
            else:
                yield SourceReject(file.name, "not_an_image_file", f"{file.name}: no image by its ending")


def _file_of_row(name: str, line: str, files: Mapping[str, SourceFile]) -> SourceFile | SourceReject:
    """The file that a line of the metadata names, or why there is none."""
    name = name.strip().replace("\\", "/")
    if not name:
        return SourceReject(line.replace(" line ", ":"), "missing_file", f"{line}: names no file")
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts or re.match(r"^[A-Za-z]:/", name):
        return SourceReject(name, "path_outside_source", f"{line}: {name} lies outside the folder")
    spelling = _same_spelling(name)
    file = files.get(spelling) or files.get(f"{IMAGES}/{spelling}")
    return file or SourceReject(name, "missing_file", f"{line}: {name} is not in the folder")


def _item(
    file: SourceFile, row: Mapping[str, str], line: str, columns: Mapping[str, str], constants: Mapping[str, Any]
) -> _Item | SourceReject:
    key = row.get(columns["key"]) if "key" in columns else file.name
    if key is None or is_missing(key):
        return SourceReject(file.name, "missing_key", f"{line}: column {columns['key']!r} is empty")
    return _Item(key.strip(), file, fields_of(row, columns, constants))


def _load(entry: "FolderDataset", item: _Item | SourceReject) -> SourceRecord | SourceReject:
    if isinstance(item, SourceReject):
        return item
    try:
        data = item.file.path.read_bytes()
    except OSError as error:
        return SourceReject(item.key, "unreadable", f"{item.file.name}: {error.strerror or error}")
    return SourceRecord(item.key, data, f"{entry.path.rstrip('/')}/{item.file.name}", item.fields)


def _read_csv(name: str, path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Header and (line number, row) of a CSV; a file without any comma in its header may use ; or tabs."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: {path} is not UTF-8 (byte {error.start}); save it as CSV UTF-8") from error
    except OSError as error:
        raise SourceError(f"{name}: {path} cannot be read: {error.strerror or error}") from error
    first_line = text.partition("\n")[0]
    delimiter = "," if "," in first_line else next((d for d in ";\t" if d in first_line), ",")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey="", restval="")
    try:
        header = [column.strip() for column in reader.fieldnames or []]
        reader.fieldnames = header
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise SourceError(f"{name}: {path} line {reader.line_num} is no CSV: {error}") from error
    if repeated := sorted({column for column in header if header.count(column) > 1}):
        raise SourceError(f"{name}: {path} has the column {repeated[0]!r} twice; rename one")
    return header, rows


def _unusable(file: SourceFile) -> SourceReject | None:
    """A reject for what no reader should open: names that are no text, devices and pipes, dangling links."""
    try:
        file.name.encode()
    except UnicodeEncodeError:
        shown = file.name.encode("ascii", "backslashreplace").decode()
        return SourceReject(shown, "name_not_utf8", f"{shown}: rename the file in UTF-8")
    if not file.path.is_file():
        return SourceReject(file.name, "unreadable", f"{file.name}: not a regular file, or a link to nowhere")
    return None


def _is_image(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES


def _is_companion(name: str) -> bool:
    return name == METADATA or (not _is_image(name) and bool(_COMPANION.search(PurePosixPath(name).name)))


def _same_spelling(name: str) -> str:
    """A file name in one Unicode form: tables are mostly written composed, some disks decompose."""
    return unicodedata.normalize("NFC", str(PurePosixPath(name)))
