"""Which files of a folder or an archive are images, and what tables, paths and file names say of them."""

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from creativity_assets.errors import SourceError
from creativity_assets.sources.columns.fields import checked_columns, fields_of, is_missing
from creativity_assets.sources.columns.matching import Files, Match, place_of
from creativity_assets.sources.columns.names import words_of_camel_case
from creativity_assets.sources.columns.paths import (
    FILE_NAMES,
    IMAGE_ENDINGS,
    IMAGE_SUFFIXES,
    VIDEO_SUFFIXES,
    fields_from_path,
    stem_of,
)
from creativity_assets.sources.records import NEAR, SourceReject
from creativity_assets.sources.sampling import subsample
from creativity_assets.sources.tables.metadata import FILE_COLUMNS, FORMATS, Row, Table
from creativity_assets.sources.tables.sidecars import Sidecars

if TYPE_CHECKING:
    from creativity_assets.catalog.datasets import FileDataset

_LOOKED_AT = 1000
"""Rows that the column of the files is told by where no name tells it."""


class FileKind(NamedTuple):
    """The files that a source is made of: their endings, and the reason that others are rejected for."""

    noun: str
    reason: str
    suffixes: frozenset[str]

    def holds(self, name: str) -> bool:
        """By the ending alone; of images also with what servers hang on it."""
        if PurePosixPath(name).suffix.lower() in self.suffixes:
            return True
        return self.suffixes is IMAGE_SUFFIXES and IMAGE_ENDINGS.search(name) is not None


IMAGE = FileKind("image", "not_an_image_file", IMAGE_SUFFIXES)
VIDEO = FileKind("video", "not_a_video_file", VIDEO_SUFFIXES)
_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}$")
_ABOUT = re.compile(r"(?i)^(readme|licen[cs]e|copying|citation|notice|credits)")
_TEXT = re.compile(r"(?i)\.(md|txt|rst|caption)$")


class Listed(NamedTuple):
    """An image of a source, of which nothing has been read yet. file: its path within the source."""

    key: str
    file: str
    fields: Mapping[str, Any]


Items = list[Listed | SourceReject]
Holds = Callable[[str], bool]


def listing(
    entry: "FileDataset",
    files: Iterable[str],
    tables: Sequence[Table],
    unusable: Mapping[str, SourceReject],
    kind: FileKind = IMAGE,
    *,
    odd: Collection[str] = (),
    beside: Sidecars | None = None,
) -> Items:
    """The images, or files of another kind, among `files` (paths within the source), and what is none.

    With tables, in the order of file names, the key is the `key` column, or else the file's path; a row without
    a file, a file without a row and a path that leaves the source become rejects. Without one every image file
    counts. What a table says goes before what the path says (`paths`), that before the file name (`file_names`),
    that before the constants. Where none of the three is asked, an image's folder is its artist, its stem the title;
    in no folder `AgnesExamplePelton.jpg` is of that artist.
    unusable: the reject of each file that no reader should open. odd: files of this kind by their content, whatever
    their names end in. beside: what lies beside single images; it goes after the tables and before all else.

    Raises SourceError when a mapped column is absent.
    """

    def holds(name: str) -> bool:
        return kind.holds(name) or name in odd

    beside = beside or Sidecars(entry, {}, tables=bool(tables))
    listed = (
        _with_tables(entry, files, tables, kind, holds, beside)
        if tables
        else _without_tables(entry, files, kind, holds, beside)
    )
    orphans = [] if entry.partial else beside.rejects()
    items = [*listed, *(reject for reject in orphans if not _is_about_the_source(reject.key))]
    return [unusable.get(item.file if isinstance(item, Listed) else item.key, item) for item in items]


def may_be_an_image(name: str) -> bool:
    """Whether only a look into a file can tell: its name has no ending, as `a.y.-jackson_barns-1926`."""
    return not IMAGE.holds(name) and not _is_companion(name) and _ENDING.search(name) is None


def subsampled(entry: "FileDataset", items: Items) -> Items:
    """The items that the entry's `limit`, `seed` and `stratify` leave; rejects always stay."""
    strata = {i.key: str(i.fields.get(entry.stratify or "", "")) for i in items if isinstance(i, Listed)}
    chosen = subsample(strata, entry.limit, entry.seed, strata if entry.stratify else None)
    return [item for item in items if isinstance(item, SourceReject) or item.key in chosen]


def _without_tables(
    entry: "FileDataset", files: Iterable[str], kind: FileKind, holds: Holds, beside: Sidecars
) -> Iterator[Listed | SourceReject]:
    for file in files:
        if holds(file):
            yield _listed(entry, file, {}, {}, "", beside)
        elif not _is_companion(file):
            yield SourceReject(file, kind.reason, f"{file}: no {kind.noun} by its ending")


class _Read(NamedTuple):
    """A row of a table, and the file that it means or why it means none."""

    line: str
    row: Mapping[str, Any]
    columns: Mapping[str, str]
    cell: str
    found: Match | SourceReject


def _with_tables(  # noqa: PLR0917  # as in `listing`
    entry: "FileDataset",
    files: Iterable[str],
    tables: Sequence[Table],
    kind: FileKind,
    holds: Holds,
    beside: Sidecars,
) -> Iterator[Listed | SourceReject]:
    known = Files(files, holds)
    named: set[str] = set()
    told: set[tuple[str, str]] = set()
    near: dict[str, str] = {}
    listed: list[Listed | SourceReject] = []
    for line, row, columns, cell, found in _settled(_rows(entry, tables, known, named, listed)):
        if isinstance(found, Match):
            item = _listed(entry, found.file, row, columns, line, beside)
            if (found.file, item.key) in told:
                detail = f"{line}: {found.file} has a row already; the first counts"
                item = SourceReject(item.key, "duplicate_key", detail)
            told.add((found.file, item.key))
            named.add(found.file)
            listed.append(item)
            continue
        for other in known.near(cell):
            near.setdefault(other, cell)
        if not (entry.partial and found.reason == "missing_file"):
            listed.append(found)
    yield from sorted(listed, key=lambda item: item.file if isinstance(item, Listed) else item.key)

    tables_of = {table.name for table in tables}
    for file in known.names:
        if file not in named and file not in tables_of and not _is_companion(file):
            if holds(file):
                close = f"{NEAR}{near[file]}" if file in near else ""
                yield SourceReject(file, "no_metadata_row", f"{file}: {tables[0].name} has no row for it{close}")
            else:
                yield SourceReject(file, kind.reason, f"{file}: no {kind.noun} by its ending")
    yield from (reject for reject in known.repeated if not _is_companion(reject.key))


def _rows(
    entry: "FileDataset", tables: Sequence[Table], known: Files, named: set[str], rejects: list[Listed | SourceReject]
) -> Iterator[_Read]:
    """The rows of all tables; a row that is broken goes to the rejects, its file to `named`."""
    for table in tables:
        if not table.header and len(tables) > 1:  # a part of a collection that lists nothing
            continue
        columns = checked_columns(entry.name, entry.columns, table.header)
        base = PurePosixPath(table.name).parent
        file_column, rows = _file_column(entry, table, columns, known)
        for place, cells, said in table.flaws:
            found = known.of_row(cells.get(file_column), place, base)
            key = found.file if isinstance(found, Match) else place_of(place)
            named.add(key)
            rejects.append(SourceReject(key, "damaged_row", f"{place}: {said}"))
        for line, row in rows:
            cell = row.get(file_column)
            yield _Read(line, row, columns, str(cell), known.of_row(cell, line, base))


def _file_column(
    entry: "FileDataset", table: Table, columns: Mapping[str, str], known: Files
) -> tuple[str, Iterator[Row]]:
    """The column that names the files, by the entry, by its own name or by its cells; and the table's rows."""
    lower = {column.lower(): column for column in reversed(table.header)}
    found = columns.get("file") or next((lower[name] for name in FILE_COLUMNS if name in lower), None)
    if found is not None:
        return found, table.rows
    first = list(itertools.islice(table.rows, _LOOKED_AT))
    found = known.column_of([row for _, row in first], table.header, PurePosixPath(table.name).parent)
    if found is None:
        have = ", ".join(table.header)
        raise SourceError(f"{entry.name}: {table.name} has no column for the file; map `file` to one of {have}")
    return found, itertools.chain(first, table.rows)


def _settled(rows: Iterable[_Read]) -> Iterator[_Read]:
    """Rows in turn, of which one that fits a file by what is left of its name yields to the row with the file's path,
    and several that fit it by different names all yield."""
    exact: set[str] = set()
    loose: list[tuple[_Read, str]] = []
    cells: dict[str, set[str]] = {}
    for read in rows:
        match read.found:
            case Match(file, exact=False):
                loose.append((read, file))
                cells.setdefault(file, set()).add(read.cell.strip())
                continue
            case Match(file):
                exact.add(file)
        yield read
    for read, file in loose:
        if file not in exact and len(cells[file]) == 1:
            yield read
            continue
        why = "another row names that by its path" if file in exact else "other rows fit that by other names"
        detail = f"{read.line}: {read.cell} fits {file}, but {why}; write its path"
        yield read._replace(found=SourceReject(read.cell, "ambiguous_file", detail))


def _listed(  # noqa: PLR0917  # what is said of one image
    entry: "FileDataset", file: str, row: Mapping[str, Any], columns: Mapping[str, str], line: str, beside: Sidecars
) -> Listed | SourceReject:
    if reject := beside.reject(file):
        return reject
    key = row.get(columns["key"]) if "key" in columns else beside.key(file)
    if is_missing(key):
        return SourceReject(file, "missing_key", f"{line or file}: column {entry.columns['key']!r} is empty")
    said = fields_from_path(file, entry.paths) if entry.paths else {}
    if said is None:
        return SourceReject(file, "no_path_rule", f"{file}: none of the entry's `paths` matches it")
    if entry.file_names:
        said = FILE_NAMES[entry.file_names](file) | said
    fields = fields_of(said, {name: name for name in said}, entry.constants, entry.values)
    if not (row or said or beside.describes(file)):
        place = PurePosixPath(file)
        artist = place.parent.name or words_of_camel_case(stem_of(file)) or entry.name
        fields = {"artist": artist, "title": stem_of(file).replace("_", " ")} | fields
    fields |= beside.fields(file)
    return Listed(str(key).strip(), file, fields | fields_of(row, columns, {}, entry.values))


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
