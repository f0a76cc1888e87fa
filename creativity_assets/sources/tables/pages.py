"""How large the pages of a Parquet file say they are, read from the pages' own headers: Arrow allocates what they say.

A page is unpacked as a whole, so that its size bounds what reading takes: about twice the largest page, and one cell.
The headers are Thrift's compact protocol (https://github.com/apache/thrift, doc/specs/thrift-compact-protocol.md), by
the structures of https://github.com/apache/parquet-format.
"""

import mmap
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from creativity_assets.sources.limits import MIB

Data = bytes | mmap.mmap

MAX_PAGE_BYTES = 128 * MIB
_DEPTH = 8
_MANY_ROWS = 1_000_000


def too_large(path: Path, metadata: "pq.FileMetaData", columns: Collection[str] | None = None) -> str | None:
    """Why a file would take more memory than is stated, by what is in it; None where it would not.

    columns: the top names of those that are read, None for all. Raises ValueError where a page's header cannot be read.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return too_large_within(data, metadata, columns)


def too_large_within(data: Data, metadata: "pq.FileMetaData", columns: Collection[str] | None = None) -> str | None:
    """The same of a file's content, of all columns where none are named."""
    if metadata.num_rows > _MANY_ROWS + len(data):
        return f"claims {metadata.num_rows} rows in {len(data)} bytes"
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            if columns is not None and column.path_in_schema.partition(".")[0] not in columns:
                continue
            for page in page_sizes(data, column):
                if page > MAX_PAGE_BYTES:
                    return (
                        f"column {column.path_in_schema} has a page of {page // MIB} MiB, more than "
                        f"{MAX_PAGE_BYTES // MIB}; write it anew with row groups of fewer rows"
                    )
    return None


def page_sizes(data: Data, column: "pq.ColumnChunkMetaData") -> Iterator[int]:
    """Of each page of a column in a row group, the larger of its packed and unpacked size in bytes."""
    starts = (column.dictionary_page_offset, column.data_page_offset)
    place = min(start for start in starts if start)  # 0 and None stand for no dictionary
    end = place + column.total_compressed_size
    if not 0 < place <= end <= len(data):
        raise ValueError("a column lies outside the file")
    while place < end:
        header, place = _struct(data, place, 0)
        unpacked, packed = header.get(2), header.get(3)
        if not (isinstance(unpacked, int) and isinstance(packed, int) and 0 <= packed <= end - place):
            raise ValueError("a page lies outside its column")
        place += packed
        yield max(unpacked, packed)


def _struct(data: Data, place: int, depth: int) -> tuple[dict[int, Any], int]:
    """Integers and structures of a structure by their numbers, and the place after it."""
    if depth > _DEPTH:
        raise ValueError("a page's header is nested too deeply")
    fields: dict[int, Any] = {}
    number = 0
    while kind := _byte(data, place):
        place += 1
        if kind >> 4:
            number += kind >> 4
        else:
            number, place = _zigzag(data, place)
        if kind & 15 in (1, 2):  # a truth is in the kind itself
            continue
        fields[number], place = _value(data, place, kind & 15, depth)
    return fields, place + 1


def _value(data: Data, place: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (1, 2, 3):
        return None, place + 1
    if kind in (4, 5, 6):
        return _zigzag(data, place)
    if kind == 7:
        return None, place + 8
    if kind == 8:
        length, place = _varint(data, place)
        return None, place + length
    if kind == 9:
        head = _byte(data, place)
        length, place = (head >> 4, place + 1) if head >> 4 != 15 else _varint(data, place + 1)
        for _ in range(length):
            _, place = _value(data, place, head & 15, depth + 1)
        return None, place
    if kind == 12:
        return _struct(data, place, depth + 1)
    raise ValueError(f"a page's header holds a field of kind {kind}")


def _varint(data: Data, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = _byte(data, place)
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ValueError("a page's header holds a number without end")


def _zigzag(data: Data, place: int) -> tuple[int, int]:
    value, place = _varint(data, place)
    return (value >> 1) ^ -(value & 1), place


def _byte(data: Data, place: int) -> int:
    if not 0 <= place < len(data):
        raise ValueError("a page's header ends early")
    return data[place]
