"""A compressed file as a stream that goes forward only, and ends where it expands beyond reason."""

import bz2
import gzip
import io
import lzma
import re
import tarfile
from collections.abc import Callable
from typing import IO, Any, Protocol

import pyarrow as pa

from creativity_assets.sources.limits import FREE_EXPANSION, MAX_EXPANSION

_CHUNK = 1 << 16
_XZ_MEMORY = 128 * 2**20
"""For its dictionary: `xz -9` takes 65 MiB, and a file can claim 4 GiB."""

HEADER_BYTES = 1 << 18
"""Of a tar member's headers together: names and extended attributes have a few kilobytes at most."""

_DIGITS = 300
"""In a row, in a header: file names end at 255 bytes, and some of Python's expressions take the square of this."""


class Expands(Exception):
    """An archive holds far more than its size lets expect."""


class Expansion:
    """Counts what was read of a file and what came of it. Raises Expands where that is too much."""

    def __init__(self, taken: int = 0) -> None:
        self.taken = taken
        self._given = 0

    def give(self, size: int) -> None:
        self._given += size
        if self._given > FREE_EXPANSION + MAX_EXPANSION * self.taken:
            raise Expands(f"unpacks to more than {MAX_EXPANSION} times its size")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Counted(io.RawIOBase):
    """The compressed file; `expansion` hears of what is read."""

    def __init__(self, file: IO[bytes], expansion: Expansion) -> None:
        super().__init__()
        self._file, self._expansion = file, expansion

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(_CHUNK if size < 0 else size)
        self._expansion.taken += len(data)
        return data


class _Xz(io.RawIOBase):
    """The bytes of an xz file; unlike lzma.LZMAFile under a limit of memory. Raises LZMAError and EOFError."""

    def __init__(self, file: _Readable) -> None:
        super().__init__()
        self._file = file
        self._stream = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = b""
        while not data:
            if self._stream.eof:  # several streams may follow one another, with zeros between them
                rest = self._stream.unused_data.lstrip(b"\0")
                while not rest:
                    if not (more := self._file.read(_CHUNK)):
                        return 0
                    rest = more.lstrip(b"\0")
                self._stream = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
            else:
                rest = self._file.read(_CHUNK) if self._stream.needs_input else b""
                if self._stream.needs_input and not rest:
                    raise EOFError("it ends early")
            data = self._stream.decompress(rest, len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _zstd(file: _Counted) -> _Readable:
    stream: _Readable = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
    return stream


_FORMATS: dict[bytes, Callable[[_Counted], _Readable]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lambda file: io.BufferedReader(_Xz(file), _CHUNK),
    b"\x28\xb5\x2f\xfd": _zstd,
}
"""By a file's first bytes, its content."""


class TarStream:
    """The content of a tar file, compressed or not, as `tarfile` reads it: forward only.

    Headers get `HEADER_BYTES` each, so that no claimed length is allocated; `content` lifts that for a member's own
    bytes. An uncompressed file is skipped through without reading.
    """

    def __init__(self, file: IO[bytes]) -> None:
        head = file.read(8)
        file.seek(0)
        self._expansion = Expansion()
        opened = next((opener for magic, opener in _FORMATS.items() if head.startswith(magic)), None)
        self._seekable = file if opened is None else None
        self._source: _Readable = file if opened is None else opened(_Counted(file, self._expansion))
        self._place = 0
        self.header()
        self.block = b""

    def header(self) -> None:
        """The next reads are of a member's headers."""
        self._left, self._in_header = HEADER_BYTES, True

    def content(self, size: int) -> None:
        """The next reads are of `size` bytes that a member holds, and of what its reader takes in advance."""
        self._left, self._in_header = size + _CHUNK, False

    def tell(self) -> int:
        return self._place

    def seek(self, place: int, whence: int = 0) -> int:
        if whence or place < self._place:
            raise tarfile.ReadError("a member claims an impossible size")
        if self._seekable is not None:
            self._place = self._seekable.seek(place)
        while self._place < place and (data := self._source.read(min(_CHUNK, place - self._place))):
            self._took(data)
        return self._place

    def read(self, size: int) -> bytes:
        """Raises tarfile.ReadError for more than a header may have."""
        if not 0 <= size <= self._left:
            raise tarfile.ReadError(f"the headers of a member claim more than {HEADER_BYTES} bytes")
        self._left -= size
        data = self._source.read(size)
        self._took(data)
        if self._in_header and size > tarfile.BLOCKSIZE and _MANY_DIGITS.search(data):
            raise tarfile.ReadError("a header holds a number without end")
        self.block = data
        return data

    def finish(self) -> None:
        """Read a compressed file to its end, where its checksum stands."""
        while self._seekable is None and (data := self._source.read(_CHUNK)):
            self._took(data)

    def _took(self, data: bytes) -> None:
        self._place += len(data)
        if self._seekable is None:
            self._expansion.give(len(data))


_MANY_DIGITS = re.compile(rb"\d{%d}" % (_DIGITS + 1))
