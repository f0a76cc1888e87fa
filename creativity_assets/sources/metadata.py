"""Metadata tables that lie among the images: CSV, JSON, JSON lines and Parquet, as a header and rows."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from creativity_assets.errors import SourceError
from creativity_assets.sources.json_text import NotJson, parsed

FILE_COLUMNS = ("file", "file_name", "filename", "path")
"""Where a row names its file, unless the entry's column map says otherwise."""

Row = tuple[str, Mapping[str, Any]]
"""Where a row stands, such as `metadata.csv line 7`, and its cells by column."""


class Table(NamedTuple):
    """name: the table's path within the source. rows can be walked through once."""

    name: str
    header: list[str]
    rows: Iterator[Row]


def read_table(dataset: str, name: str, data: bytes) -> Table:
    """The table in a file's bytes, by the ending of its name. Raises SourceError, naming `dataset` and the table."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in FORMATS:
        raise SourceError(f"{dataset}: {name} is no table; have {', '.join(FORMATS)}")
    header, rows = FORMATS[suffix](dataset, name, data)
    if repeated := sorted({column for column in header if header.count(column) > 1}):
        raise SourceError(f"{dataset}: {name} has the column {repeated[0]!r} twice; rename one")
    return Table(name, header, rows)


def _csv(dataset: str, name: str, data: bytes) -> tuple[list[str], Iterator[Row]]:
    """A file without any comma in its header may use ; or tabs."""
    text = _decoded(dataset, name, data)
    first_line = text.partition("\n")[0]
    delimiter = "," if "," in first_line else next((d for d in ";\t" if d in first_line), ",")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey="", restval="")
    try:
        header = [column.strip() for column in reader.fieldnames or []]
        reader.fieldnames = header
        rows = [(f"{name} line {reader.line_num}", row) for row in reader]
    except csv.Error as error:
        raise SourceError(f"{dataset}: {name} line {reader.line_num} is no CSV: {error}") from error
    return header, iter(rows)


def _json(dataset: str, name: str, data: bytes) -> tuple[list[str], Iterator[Row]]:
    """A list of objects, or an object of them by file name, as each part of DiffusionDB has it."""
    try:
        content = parsed(_decoded(dataset, name, data))
    except NotJson as error:
        place = name if error.line is None else f"{name} line {error.line}"
        raise SourceError(f"{dataset}: {place} is no JSON: {error.said}") from error
    if isinstance(content, dict):
        content = [{FILE_COLUMNS[0]: file} | row for file, row in content.items() if isinstance(row, dict)]
    return _objects(dataset, name, "entry", content)


def _json_lines(dataset: str, name: str, data: bytes) -> tuple[list[str], Iterator[Row]]:
    text = io.StringIO(_decoded(dataset, name, data), newline=None)  # unlike splitlines, no end within a string
    content = []
    for number, line in enumerate(text, start=1):
        if line.strip():
            try:
                content.append(parsed(line))
            except NotJson as error:
                raise SourceError(f"{dataset}: {name} line {number} is no JSON lines: {error.said}") from error
    return _objects(dataset, name, "line", content)


def _objects(dataset: str, name: str, unit: str, content: Any) -> tuple[list[str], Iterator[Row]]:
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise SourceError(f"{dataset}: {name} must hold objects, one for each image")
    header = list(dict.fromkeys(column for row in content for column in row))
    return header, ((f"{name} {unit} {number}", row) for number, row in enumerate(content, start=1))


def _parquet(dataset: str, name: str, data: bytes) -> tuple[list[str], Iterator[Row]]:
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
    except pa.ArrowException as error:
        raise SourceError(f"{dataset}: {name} is no Parquet: {' '.join(str(error).split())[:160]}") from error

    def rows() -> Iterator[Row]:
        number = 0
        for batch in file.iter_batches():
            for row in batch.to_pylist():
                number += 1
                yield f"{name} row {number}", row

    return list(file.schema_arrow.names), rows()


def _decoded(dataset: str, name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{dataset}: {name} is not UTF-8 (byte {error.start}); save it as UTF-8") from error


FORMATS: dict[str, Callable[[str, str, bytes], tuple[list[str], Iterator[Row]]]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".json": _json,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}
