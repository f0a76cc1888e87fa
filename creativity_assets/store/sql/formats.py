"""Results of SQL in every format, written as they are computed: what is held is a batch, or a page of a table."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from creativity_assets.errors import escaped
from creativity_assets.store.sql.query import Result
from creativity_assets.store.sql.screen import MISSING, aligned, number
from creativity_assets.store.sql.types import NUMBERS, REALS, TEXT, encoder, portable_casts, string

PAGE = 10_000
"""Rows of a table that are aligned with one another."""

MAX_COUNTED = 1_000_000
"""Rows after which those that are not shown are not counted any more."""


@dataclass
class Written:
    """What became of a result: rows written, rows there are (at least, where it was not worth counting), remarks."""

    limit: int | None
    shown: int = 0
    total: int = 0
    counted: bool = True
    remarks: list[str] = field(default_factory=list)

    def cut(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches up to the limit; the rows of the rest are counted."""
        for batch in batches:
            room = batch.num_rows if self.limit is None else min(batch.num_rows, self.limit - self.shown)
            self.total += batch.num_rows
            if room:
                self.shown += room
                yield batch.slice(0, room)
            elif self.total > MAX_COUNTED:
                self.counted = False
                return

    @property
    def line(self) -> str:
        """How much of the result was written, where it was not all."""
        if self.shown == self.total and self.counted:
            return ""
        total = f"{self.total:,}" if self.counted else f"more than {MAX_COUNTED:,}"
        return f"{self.shown:,} of {total} rows; --limit 0 shows all"


def _rows(result: Result, casts: list[str], written: Written) -> Iterator[tuple[object, ...]]:
    for batch in written.cut(result.batches(casts)):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _cells(result: Result, written: Written, missing: str) -> Iterator[list[str]]:
    """Rows as people see them: figures with four significant digits, all else as DuckDB writes it."""
    casts = ["DOUBLE" if kind.id in REALS else TEXT for kind in result.kinds]
    for row in _rows(result, casts, written):
        yield [missing if v is None else number(v) if isinstance(v, float) else escaped(str(v)) for v in row]


def _table(result: Result, sink: BinaryIO, written: Written) -> None:
    if result.explains:
        for row in _rows(result, [TEXT] * len(result.kinds), written):
            lines = str(row[-1]).splitlines()
            sink.write("".join(f"{escaped(line)}\n" for line in lines).encode())
        return
    names = [escaped(name) for name in result.names]
    right = [kind.id in NUMBERS for kind in result.kinds]
    cells = _cells(result, written, MISSING)
    head = 0
    while (page := list(islice(cells, PAGE))) or not head:
        aligned_page = islice(aligned(names, page, right), head, None)
        sink.write("".join(f"{line}\n" for line in aligned_page).encode())
        head = 1
    if not written.total:
        sink.write(b"(no rows)\n")


def _markdown(result: Result, sink: BinaryIO, written: Written) -> None:
    def line(cells: list[str]) -> bytes:
        return ("| " + " | ".join(cells) + " |\n").encode()

    sink.write(line([_escaped(escaped(name)) for name in result.names]))
    sink.write(line(["---:" if kind.id in NUMBERS else "---" for kind in result.kinds]))
    for row in _cells(result, written, ""):
        sink.write(line([_escaped(text) for text in row]))


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{c}" if c in "\\|`*<>[]&~" else c for c in text)


def _csv(result: Result, sink: BinaryIO, written: Written) -> None:
    def line(cells: tuple[object, ...]) -> bytes:
        # A line of its own that is empty would be no row at all to most readers.
        return ((",".join(_quoted(cell) for cell in cells) or '""') + "\n").encode()

    clean = escaped if sink.isatty() else str
    sink.write(line(tuple(clean(name) for name in result.names)))
    for row in _rows(result, [TEXT] * len(result.kinds), written):
        sink.write(line(tuple(None if cell is None else clean(str(cell)) for cell in row)))


def _quoted(cell: object) -> str:
    """A field of RFC 4180; null is nothing at all, the empty text a pair of quotes."""
    if cell is None:
        return ""
    text = str(cell)
    plain = text and not any(c in text for c in '",\r\n') and text == text.strip()
    return text if plain else '"' + text.replace('"', '""') + '"'


def _objects(result: Result, written: Written) -> Iterator[str]:
    lost: list[None] = []
    made = [encoder(kind, lambda: lost.append(None)) for kind in result.kinds]
    names = [string(name) for name in result.names]
    for row in _rows(result, [cast for cast, _ in made], written):
        fields = (f"{name}: {encode(value)}" for name, (_, encode), value in zip(names, made, row, strict=True))
        yield "{" + ", ".join(fields) + "}"
    if lost:
        written.remarks.append(f"null in JSON stands for {len(lost):,} values that are NaN or infinite")


def _json(result: Result, sink: BinaryIO, written: Written) -> None:
    opening = "["
    for made in _objects(result, written):
        sink.write(f"{opening}\n  {made}".encode())
        opening = ","
    sink.write(b"[]\n" if opening == "[" else b"\n]\n")


def _jsonl(result: Result, sink: BinaryIO, written: Written) -> None:
    for made in _objects(result, written):
        sink.write(f"{made}\n".encode())


def _parquet(result: Result, sink: BinaryIO, written: Written) -> None:
    casts = portable_casts(result)
    # Parquet's writer asks where it is, which a pipe cannot say.
    with pq.ParquetWriter(pa.PythonFile(_Placed(sink), mode="w"), result.schema(casts)) as writer:
        for batch in written.cut(result.batches(casts)):
            writer.write_batch(batch)


class _Placed(io.RawIOBase):
    """A stream that knows how much was written to it."""

    def __init__(self, sink: BinaryIO) -> None:
        super().__init__()
        self._sink, self._place = sink, 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._sink.write(data)
        self._place += len(data)
        return len(data)


FORMATS: dict[str, Callable[[Result, BinaryIO, Written], None]] = {
    "table": _table,
    "csv": _csv,
    "json": _json,
    "jsonl": _jsonl,
    "markdown": _markdown,
    "parquet": _parquet,
}
"""The formats by name; a writer fills in what it wrote. `table` and `markdown` are for people: four digits."""
