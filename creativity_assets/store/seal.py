"""The seal of a part: digests of all of its bytes in its own footer, so that no damage is read as data.

The footer's entry `creativity.seal` holds one digest of the footer itself, taken with the entry's value as zeros, and
one for each column chunk, row group by row group. A reader checks the footer before it parses it, and then just the
chunks that it reads, so that two columns of a part of pictures cost two columns. The bytes that no digest covers are
the first four, which no reader looks at. Parquet's own page checksums are written too, for other readers: they cover
neither page headers nor the footer. For any other reader a sealed part is plain Parquet.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

KEY = "creativity.seal"
MARK = '"sealed": true'
"""Stands in the provenance of every sealed part: a seal that cannot be found is damage, not age."""

_HEX = 32
_BLOCK = 1 << 20
_TAIL = 8
"""Parquet's last bytes: the length of the footer, and its magic."""

# Thrift's compact form: the key, the type of the value's field, the value's length as a varint, the value.
_ENTRY = re.compile(re.escape(KEY.encode()) + rb"\x18[\x80-\xff]*[\x00-\x7f]([0-9a-f]+)", re.DOTALL)


class Broken(Exception):
    """Bytes are not those that were written; says which."""


def blank(groups: int, leaves: int) -> str:
    """The value that holds the place of a seal over `groups` row groups of `leaves` leaf columns."""
    return "0" * (_HEX * (1 + groups * leaves))


def leaves_of(kind: pa.DataType | pa.Schema) -> int:
    """How many leaf columns Parquet makes of a schema or type."""
    if isinstance(kind, pa.Schema):
        return sum(leaves_of(field.type) for field in kind)
    return sum(leaves_of(kind.field(i).type) for i in range(kind.num_fields)) if kind.num_fields else 1


def seal(file: BinaryIO, metadata: pq.FileMetaData) -> None:
    """Fill the blank seal of a part that was just written to `file`, which is open for reading too."""
    chunks = list(_chunks(metadata))
    start, footer = _footer(file)
    place = _ENTRY.search(footer)
    if place is None or len(place[1]) != _HEX * (1 + len(chunks)):
        raise Broken("the seal has no place in the footer")
    found = "".join(_digest(file, *span) for span in chunks).encode()
    filled = _with_value(footer, place, b"0" * _HEX + found)
    own = hashlib.blake2b(filled, digest_size=_HEX // 2).hexdigest().encode()
    file.seek(start)
    file.write(_with_value(footer, place, own + found))


def footer_digests(file: BinaryIO) -> list[str] | None:
    """The digests of the chunks, once the footer that holds them is proved whole; None for a part without a seal.

    Raises Broken for a footer that is not as it was written.
    """
    _, footer = _footer(file)
    place = _ENTRY.search(footer)
    if place is None:
        if MARK.encode() in footer or KEY.encode() in footer:
            raise Broken("its seal is broken")
        return None
    own, found = place[1][:_HEX], place[1][_HEX:]
    blanked = _with_value(footer, place, b"0" * _HEX + found)
    if hashlib.blake2b(blanked, digest_size=_HEX // 2).hexdigest().encode() != own:
        raise Broken("its footer does not fit its seal")
    return [found[i : i + _HEX].decode() for i in range(0, len(found), _HEX)]


def check_chunks(
    file: BinaryIO, metadata: pq.FileMetaData, digests: list[str], groups: Iterable[int], columns: list[str] | None
) -> None:
    """Raise Broken for the first chunk of these row groups and top-level columns that is not as it was written."""
    leaves = metadata.num_columns
    for group in groups:
        of_group = metadata.row_group(group)
        for leaf in range(leaves):
            chunk = of_group.column(leaf)
            path = chunk.path_in_schema
            top = path.split(".")[0]
            wanted = columns is None or top in columns or path in columns
            if wanted and _digest(file, *_span(chunk)) != digests[group * leaves + leaf]:
                raise Broken(f"column {top} does not fit its seal")


def _footer(file: BinaryIO) -> tuple[int, bytes]:
    """Where the footer starts, and all bytes from there."""
    size = file.seek(0, 2)
    length = 0
    if size >= 2 * _TAIL:
        file.seek(size - _TAIL)
        length = int.from_bytes(file.read(4), "little")
    start = size - _TAIL - length
    if not 0 < length <= size - _TAIL:
        raise Broken("it is no whole Parquet file")
    file.seek(start)
    return start, file.read(length + _TAIL)


def _with_value(footer: bytes, place: re.Match[bytes], value: bytes) -> bytes:
    return footer[: place.start(1)] + value + footer[place.end(1) :]


def _chunks(metadata: pq.FileMetaData) -> Iterator[tuple[int, int]]:
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for leaf in range(metadata.num_columns):
            yield _span(group.column(leaf))


def _span(chunk: pq.ColumnChunkMetaData) -> tuple[int, int]:
    """First byte and length of a column chunk, page headers included."""
    start = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
    return start, chunk.total_compressed_size


def _digest(file: BinaryIO, start: int, length: int) -> str:
    digest = hashlib.blake2b(digest_size=_HEX // 2)
    file.seek(start)
    while length > 0:
        block = file.read(min(_BLOCK, length))
        if not block:
            break
        digest.update(block)
        length -= len(block)
    return digest.hexdigest()
