"""Metadata tables that lie among the images: CSV, JSON, JSON lines and Parquet, as a header and rows."""

import codecs
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from creativity_assets.errors import SourceError
from creativity_assets.sources.limits import MAX_LINE_BYTES, MIB, has_a_long_line
from creativity_assets.sources.tables.arrow_cells import rows_of
from creativity_assets.sources.tables.delimited import Record, read_csv
from creativity_assets.sources.tables.json_text import NotJson, parsed
from creativity_assets.sources.tables.pages import too_large_within

FILE_COLUMNS = ("file", "file_name", "filename", "path")
"""Where a row names its file, unless the entry's column map says otherwise."""

Row = tuple[str, Mapping[str, Any]]
"""Where a row stands, such as `metadata.csv line 7`, and its cells by column."""


class Flaw(NamedTuple):
    """A row that cannot be read. place: as in Row. cells: what of it is sound. said: what is wrong, and the remedy."""

    place: str
    cells: Mapping[str, Any]
    said: str


class Table(NamedTuple):
    """name: the table's path within the source. rows can be walked through once. notes: lines for people."""

    name: str
    header: list[str]
    rows: Iterator[Row]
    flaws: Sequence[Flaw] = ()
    notes: Sequence[str] = ()


def read_table(dataset: str, name: str, data: bytes) -> Table:
    """The table in a file's bytes, by the ending of its name. Raises SourceError, naming `dataset` and the table."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in FORMATS:
        raise SourceError(f"{dataset}: {name} is no table; have {', '.join(FORMATS)}")
    if suffix in _IN_LINES and has_a_long_line(data):
        raise SourceError(f"{dataset}: {name} has a line of more than {MAX_LINE_BYTES // MIB} MiB; it is no such table")
    table = FORMATS[suffix](dataset, name, data)
    if repeated := sorted({column for column in table.header if table.header.count(column) > 1}):
        raise SourceError(f"{dataset}: {name} has the column {repeated[0]!r} twice; rename one")
    return table


def _csv(dataset: str, name: str, data: bytes) -> Table:
    text, notes = _decoded(dataset, name, data)
    header, records = read_csv(dataset, name, text)

    def row(record: Record) -> dict[str, str]:
        cells = record.cells + [""] * (len(header) - len(record.cells))
        return dict(zip(header, cells, strict=True))

    rows = [(f"{name} line {record.line}", row(record)) for record in records if not record.flaw]
    flaws = [Flaw(f"{name} line {record.line}", row(record), record.flaw) for record in records if record.flaw]
    return Table(name, header, iter(rows), flaws, notes)


def _json(dataset: str, name: str, data: bytes) -> Table:
    """A list of objects, or an object of them by file name, as each part of DiffusionDB has it."""
    text, notes = _decoded(dataset, name, data)
    try:
        content = parsed(text)
    except NotJson as error:
        place = name if error.line is None else f"{name} line {error.line}"
        raise SourceError(f"{dataset}: {place} is no JSON: {error.said}") from error
    if isinstance(content, dict):
        content = [{FILE_COLUMNS[0]: file} | row for file, row in content.items() if isinstance(row, dict)]
    return _objects(dataset, name, "entry", content, notes)


def _json_lines(dataset: str, name: str, data: bytes) -> Table:
    text, notes = _decoded(dataset, name, data)
    content = []
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):  # unlike splitlines, none in a string
        if line.strip():
            try:
                content.append(parsed(line))
            except NotJson as error:
                raise SourceError(f"{dataset}: {name} line {number} is no JSON lines: {error.said}") from error
    return _objects(dataset, name, "line", content, notes)


def _objects(dataset: str, name: str, unit: str, content: Any, notes: Sequence[str]) -> Table:
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise SourceError(f"{dataset}: {name} must hold objects, one for each image")
    header = list(dict.fromkeys(column for row in content for column in row))
    rows = ((f"{name} {unit} {number}", row) for number, row in enumerate(content, start=1))
    return Table(name, header, rows, (), notes)


def _parquet(dataset: str, name: str, data: bytes) -> Table:
    def wrong(error: Exception) -> SourceError:
        return SourceError(f"{dataset}: {name} is no Parquet, or a damaged one: {' '.join(str(error).split())[:160]}")

    try:
        # Without Arrow's threads, here and below, for the reason that store/parts.py gives.
        file = pq.ParquetFile(pa.BufferReader(data), pre_buffer=False)
        large = too_large_within(data, file.metadata)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise wrong(error) from error
    if large:
        raise SourceError(f"{dataset}: {name}: {large}")

    def rows() -> Iterator[Row]:
        number = 0
        try:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
                for row in rows_of(batch):
                    number += 1
                    yield f"{name} row {number}", row
        except (OSError, ValueError, pa.ArrowException) as error:
            raise wrong(error) from error

    return Table(name, list(file.schema_arrow.names), rows())


_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be"}
_MARKS |= {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}  # of UTF-32 they are the beginning
_CONTROL = re.compile(r"[\0-\x08\x0e-\x1f]")


def _decoded(dataset: str, name: str, data: bytes) -> tuple[str, list[str]]:
    """A table's text, and a note where its encoding is a guess: by its mark, as UTF-8, as UTF-16 by its zeros, and last
    as Windows-1252, in which the spreadsheets of western Europe are saved."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return _text(dataset, name, data[len(mark) :], encoding), []
    even, odd = data[:4000:2].count(0), data[1:4000:2].count(0)
    if max(even, odd) > len(data[:4000]) / 5:
        return _text(dataset, name, data, "utf-16-le" if odd > even else "utf-16-be"), []
    try:
        return data.decode(), []
    except UnicodeDecodeError as error:
        text = data.decode("cp1252", "replace")
        if "\ufffd" in text or _CONTROL.search(text):
            said = f"{name} is not UTF-8 (byte {error.start}); save it as UTF-8"
            raise SourceError(f"{dataset}: {said}") from error
        line = data.count(b"\n", 0, error.start) + 1
        return text, [
            f"{name} is not UTF-8 (line {line}) and was read as Windows-1252; save it as UTF-8 if names are off"
        ]


def _text(dataset: str, name: str, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        said = f"{name} is not {encoding.upper()}, as its beginning says (byte {error.start})"
        raise SourceError(f"{dataset}: {said}; save it as UTF-8") from error


_BATCH_ROWS = 1000
_IN_LINES = (".csv", ".tsv", ".jsonl")

FORMATS: dict[str, Callable[[str, str, bytes], Table]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".json": _json,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}
