"""The files of a tar or zip archive one after another, under bounds: nothing is unpacked to disk."""

import io
import posixpath
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from creativity_assets.errors import SourceError
from creativity_assets.sources.archives.split import part_of
from creativity_assets.sources.archives.unpacking import Expands, Expansion, TarStream
from creativity_assets.sources.columns.matching import leaves_the_source
from creativity_assets.sources.limits import MAX_MEMBERS, MIB

_CHUNK = 1 << 16
_LZMA_CHUNK = 1 << 12
"""Compressed bytes at a time, since zipfile unpacks all that they hold: at most 7,000 times as much."""

_ZIP_TABLE = 64 * MIB
"""Of a zip file's table of contents, which Python reads as a whole: about 500,000 files."""

_LINK_BYTES = 4096
_FOREIGN = {b"Rar!": "a RAR archive", b"7z\xbc\xaf": "a 7z archive"}


class Member(NamedTuple):
    """One file of an archive. regular: a file, or a link to one inside; no device.

    link: the member that a link stands for; "" for one that leads outside. hard: it stands for an earlier one alone.
    data: a file's bytes where they were wanted and are sound.
    """

    name: str
    size: int
    regular: bool
    data: bytes | None = None
    link: str | None = None
    hard: bool = False


Wanted = Callable[[Member], bool]


def members(dataset: str, path: Path, wanted: Wanted) -> Iterator[Member]:
    """The files of an archive in its own order, without hidden ones; `data` of those wanted.

    Memory: one wanted member, and a zip file's table. Raises SourceError where the archive is damaged, is none, is a
    part of a split one, holds more than MAX_MEMBERS or expands beyond reason.
    """
    try:
        if part := part_of(path):
            raise SourceError(f"{dataset}: {part}")
        with path.open("rb") as file:
            head = file.read(512)
            if kind := next((kind for magic, kind in _FOREIGN.items() if head.startswith(magic)), None):
                raise SourceError(f"{dataset}: {path} is {kind}; unpack it, and give the folder")
            is_zip = head[257:262] != b"ustar" and zipfile.is_zipfile(file)
            file.seek(0)
            for number, member in enumerate((_zip_members if is_zip else _tar_members)(file, wanted)):
                if number == MAX_MEMBERS:
                    raise Expands(f"holds more than {MAX_MEMBERS:,} files")
                place = PurePosixPath(member.name)
                if not place.name.startswith(".") and "__MACOSX" not in place.parts:
                    yield member
    except (SourceError, MemoryError):
        raise
    except Expands as much:
        raise SourceError(f"{dataset}: {path} {much}; if it is sound, unpack it and give the folder") from None
    except Exception as error:  # parsers raise whatever on hostile headers: ValueError, struct.error, RecursionError
        if isinstance(error, OSError) and error.errno is not None:
            raise SourceError(
                f"{dataset}: {path} cannot be read ({error.strerror}); correct its permissions"
            ) from error
        said = " ".join(str(error).split())[:160] or type(error).__name__
        said = said.encode("utf-8", "backslashreplace").decode()
        raise SourceError(f"{dataset}: {path} is no whole archive ({said}); fetch it again") from error


def _tar_members(file: IO[bytes], wanted: Wanted) -> Iterator[Member]:
    stream = TarStream(file)
    with tarfile.TarFile(fileobj=stream) as archive:  # type: ignore[arg-type]  # it reads, seeks and tells alone
        while True:
            stream.header()
            if (info := archive.next()) is None:
                break
            link = _linked(info.name, info.linkname, info.issym()) if info.issym() or info.islnk() else None
            member = Member(plain(info.name), info.size, info.isreg() or bool(link), None, link, info.islnk())
            if link is None and wanted(member) and (content := archive.extractfile(info)) is not None:
                stream.content(info.size)
                member = member._replace(data=_all_of(content, info.size, _CHUNK))
            if not info.isdir():
                yield member
            archive.members.clear()  # type: ignore[attr-defined]  # tarfile would keep the header of every member
        if stream.block.strip(b"\0"):  # tarfile takes a damaged header for the end
            raise tarfile.ReadError(f"damaged at byte {archive.offset}")
        stream.finish()


def _zip_members(file: IO[bytes], wanted: Wanted) -> Iterator[Member]:
    expansion = Expansion(file.seek(0, io.SEEK_END))
    with zipfile.ZipFile(_ZipFile(file)) as archive:  # read, seek and tell are all it calls
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            member = Member(plain(info.filename), info.file_size, kind in (0, stat.S_IFREG))
            if kind == stat.S_IFLNK and info.file_size <= _LINK_BYTES:
                target = _unpacked(archive, info, expansion) or b""
                link = _linked(info.filename, target.decode("utf-8", "surrogateescape"), symbolic=True)
                member = member._replace(regular=bool(link), link=link)
            elif wanted(member):
                member = member._replace(data=_unpacked(archive, info, expansion))
            if not info.is_dir():
                yield member


class _ZipFile:
    """A zip file of which little is read at a time: its table of contents is refused where it is too long."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable, self.close = file.seek, file.tell, file.seekable, file.close

    def read(self, size: int = -1) -> bytes:
        if size > _ZIP_TABLE:
            raise Expands(f"has a table of contents of {size // MIB} MiB, more than {_ZIP_TABLE // MIB}")
        data = self._file.read(_ZIP_TABLE if size < 0 else size)
        if len(data) > MIB and data.count(b"PK\x01\x02") > MAX_MEMBERS:
            raise Expands(f"holds more than {MAX_MEMBERS:,} files")
        return data


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, expansion: Expansion) -> bytes | None:
    """A member's bytes, None where they are damaged, encrypted or other than the table says.

    Nor is bzip2 read: of it zipfile unpacks a million times what it was given, at once.
    """
    chunk = {zipfile.ZIP_STORED: _CHUNK, zipfile.ZIP_DEFLATED: _CHUNK, zipfile.ZIP_LZMA: _LZMA_CHUNK}
    if info.compress_type not in chunk:
        return None
    try:
        with archive.open(info) as content:
            data = _all_of(content, info.file_size, chunk[info.compress_type], expansion)
    except (Expands, MemoryError):
        raise
    except Exception:  # checksum, stream, password, an unknown way of packing, a header that lies
        return None
    return data if len(data) == info.file_size else None


def _all_of(content: IO[bytes], size: int, chunk: int, expansion: Expansion | None = None) -> bytes:
    """At most `size` bytes, in pieces: the reader allocates no more than was there."""
    data = io.BytesIO()
    while data.tell() < size and (piece := content.read(min(chunk, size - data.tell()))):
        data.write(piece)
        if expansion is not None:
            expansion.give(len(piece))
    return data.getvalue()


def _linked(name: str, target: str, symbolic: bool) -> str:
    """The member that a link stands for; "" where it leads outside. A symbolic link starts at its own folder."""
    target = target.replace("\\", "/")
    place = posixpath.normpath(posixpath.join(posixpath.dirname(plain(name)), target) if symbolic else target)
    return "" if not target or "\0" in target or leaves_the_source(place) else plain(place)


def plain(name: str) -> str:
    """A member's name without a leading ./ and with slashes."""
    return str(PurePosixPath(name.replace("\\", "/")))
