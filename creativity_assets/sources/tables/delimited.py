"""CSV as spreadsheets and scripts really write it: its delimiter, its blank columns, its quotes without an end."""

import csv
import io
import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from creativity_assets.errors import SourceError

DELIMITERS = ",;\t|"
MAX_DAMAGED = 100
"""Rows with a quote that never closes; a file with more of them is no CSV."""

_LOOKED_AT = 50  # records that a delimiter is told by
_SEP_LINE = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)


class Record(NamedTuple):
    """One row. line: where it begins, from 1. flaw: what is wrong, if anything; cells are then the sound ones."""

    line: int
    cells: list[str]
    flaw: str = ""


def read_csv(dataset: str, name: str, text: str) -> tuple[list[str], list[Record]]:
    """The header and the rows below it, both stripped of columns without name and content.

    A column without a name that has content is called `column 3` by its place. A quote that is opened and not closed
    costs its own row alone: that one has a flaw, and the next line is the next row. A row with more cells than the
    header has a flaw too, since nobody knows which of them belong together.

    Raises SourceError where the file is no CSV.
    """
    lines = list(io.StringIO(text, newline=""))
    start, delimiter = 0, None
    if lines and (told := _SEP_LINE.match(lines[0])):  # which Excel writes and reads
        start, delimiter = 1, told[1]
    while start < len(lines) and not lines[start].strip():
        start += 1
    if delimiter is None:
        delimiter = _delimiter_of(lines[start : start + 4 * _LOOKED_AT])
    rows: list[Record] = []
    damaged = 0
    for record in _records(lines, start, delimiter):
        damaged += bool(record.flaw)
        if record.flaw and (damaged > MAX_DAMAGED or not rows):
            many = f"more than {MAX_DAMAGED} rows such as " if rows else ""
            raise SourceError(f"{dataset}: {name} is no CSV: {many}line {record.line}, where {record.flaw}")
        if record.flaw or any(cell.strip() for cell in record.cells):
            rows.append(record)
    if not rows:
        return [], []
    header = [cell.strip() for cell in rows[0].cells]
    return _without_blank_columns(*_of_one_width(header, rows[1:], delimiter))


def _delimiter_of(lines: list[str]) -> str:
    """The one by which most rows have the header's number of columns; with none, and where two do as well, the one
    with more columns, then the comma."""

    def fit(delimiter: str) -> tuple[float, int]:
        records = [r for r in itertools.islice(_records(lines, 0, delimiter), _LOOKED_AT) if r.cells and not r.flaw]
        width = len(records[0].cells) if records else 0
        if width < 2:
            return (0.0, 0)
        fitting = sum(len(record.cells) == width for record in records[1:])
        return (fitting / max(len(records) - 1, 1) if len(records) > 1 else 1.0, width)

    return max(DELIMITERS, key=fit)


def _records(lines: list[str], start: int, delimiter: str) -> Iterator[Record]:
    at = start
    while at < len(lines):
        reader = csv.reader(itertools.islice(lines, at, None), delimiter=delimiter, strict=True)
        begun = at
        try:
            for cells in reader:
                yield Record(begun + 1, cells)
                begun = at + reader.line_num
            return
        except csv.Error as error:
            yield _mended(lines[begun], begun + 1, delimiter, alone=at + reader.line_num == begun + 1, said=str(error))
            at = begun + 1


def _mended(line: str, number: int, delimiter: str, *, alone: bool, said: str) -> Record:
    """A line that is not CSV by the letter: text behind a closing quote is taken as it is, an open quote is a flaw."""
    if alone and "expected after" in said:
        return Record(number, next(csv.reader([line], delimiter=delimiter), []))
    if "field larger" in said:
        return Record(number, line[:1000].split(delimiter)[:-1], "a cell is larger than 128 KiB")
    cells = line.rstrip("\r\n").split(delimiter)
    opened = next((n for n, cell in enumerate(cells) if cell.lstrip().startswith('"')), len(cells))
    return Record(number, cells[:opened], "a quote is opened and not closed; close it")


def _of_one_width(header: list[str], rows: list[Record], delimiter: str) -> tuple[list[str], list[Record]]:
    """Rows without blank cells beyond the header. Where each has one more, R wrote row names and no name for them."""
    width = len(header)
    widths = {len(row.cells) for row in rows if not row.flaw}
    if widths == {width + 1} and any(row.cells[-1].strip() for row in rows if not row.flaw):
        return ["", *header], rows
    fitted = []
    for row in rows:
        cells = row.cells
        while len(cells) > width and not cells[-1].strip():
            cells = cells[:-1]
        flaw = row.flaw
        if len(cells) > width and not flaw:
            flaw = f"{len(cells)} cells stand under {width} columns; put text that holds a {delimiter!r} into quotes"
        fitted.append(row._replace(cells=cells[:width], flaw=flaw))
    return header, fitted


def _without_blank_columns(header: list[str], rows: list[Record]) -> tuple[list[str], list[Record]]:
    """The columns that have a name or any content, and no second one of a name without content."""
    doubtful = [n for n, name in enumerate(header) if not name or name in header[:n]]
    blank = {n for n in doubtful if not any(row.cells[n].strip() for row in rows if len(row.cells) > n)}
    kept = [n for n in range(len(header)) if n not in blank]
    names = [header[n] or f"column {n + 1}" for n in kept]
    if not blank:
        return names, rows
    return names, [row._replace(cells=[row.cells[n] for n in kept if n < len(row.cells)]) for row in rows]
