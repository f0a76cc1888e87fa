"""A tar or zip file of images and their tables, read as a stream: nothing is unpacked to disk."""

import stat
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, NamedTuple

from creativity_assets.errors import SourceError
from creativity_assets.sources.containers import SIGNATURE_BYTES, container_of
from creativity_assets.sources.listing import Items, Listed, drawn, listing, may_be_an_image, name_not_utf8
from creativity_assets.sources.locations import SourceFile, digest_of_facts, digest_of_files, hub_file, locate
from creativity_assets.sources.matching import leaves_the_source
from creativity_assets.sources.metadata import Table, read_table
from creativity_assets.sources.records import SourceRecord, SourceReject, reject_repeated_keys

if TYPE_CHECKING:
    from creativity_assets.catalog.datasets import ArchiveDataset

MAX_IMAGE_BYTES = 256 * 2**20
MAX_TABLE_BYTES = 4 * 2**30
"""Larger members are not read: a small archive can claim any size."""


class Member(NamedTuple):
    """One file of an archive. regular: no link, no device. data: its bytes where they were wanted and are sound."""

    name: str
    size: int
    regular: bool
    data: bytes | None = None


Wanted = Callable[[Member], bool]


def read(entry: "ArchiveDataset", root: Path) -> Iterator[SourceRecord | SourceReject]:
    """Records in the order of the archive, after the rejects of its listing.

    Two passes over the stream. The first reads names and tables, wherever the tables stand (in the study's
    archives they come last); the second hands each wanted image on as it passes, with its fields, and ends with
    the last wanted one. Memory: the tables' rows and one image. A pass without images costs the decompression
    alone. What a file's fields are and what becomes a reject is told by `listing.listing`.

    Raises SourceError when the archive is absent, damaged or without the table that `metadata` names.
    """
    path = _path(entry, root)
    items = drawn(entry, _survey(entry, path))
    return reject_repeated_keys(_stream(entry, path, items))


def survey(entry: "ArchiveDataset", root: Path) -> Items:
    """All that `read` would give, in one pass without images. Raises SourceError as `read` does."""
    return _survey(entry, _path(entry, root))


def fingerprint(entry: "ArchiveDataset", root: Path) -> str:
    """Changes with the entry's settings, and with name, size or modification time of a local archive."""
    path = _path(entry, root)
    exclude = {"description", "licence", "optional", "path"}
    files = None if entry.path is None else digest_of_files([SourceFile(path.name, path)])
    return digest_of_facts(entry=entry.model_dump(exclude=exclude), files=files)


def member_names(dataset: str, path: Path) -> list[str]:
    """The names of all files in an archive. Raises SourceError where it is damaged or no archive."""
    return [member.name for member in _members(dataset, path, lambda member: False)]


def member_table(dataset: str, path: Path, name: str) -> Table:
    """A table of an archive. Raises SourceError where it is not there or cannot be read."""
    for member in _members(dataset, path, lambda member: member.name == name and member.size <= MAX_TABLE_BYTES):
        if member.data is not None:
            return read_table(dataset, name, member.data)
    raise SourceError(f"{dataset}: {path} has no readable {name}")


def _path(entry: "ArchiveDataset", root: Path) -> Path:
    if entry.path is None:
        return hub_file(entry.name, str(entry.hub_id), str(entry.revision), str(entry.file))
    path = locate(entry.name, entry.path, root)
    if not path.is_file():
        raise SourceError(f"{entry.name}: {path} is a folder; `path` must name the archive")
    return path


def _survey(entry: "ArchiveDataset", path: Path) -> Items:
    """The first pass: what there is, and what the tables say of it."""
    names: list[str] = []
    tables: list[Table] = []
    unusable: dict[str, SourceReject] = {}
    odd: set[str] = set()

    def is_table(member: Member) -> bool:
        matches = fnmatchcase(member.name, entry.metadata or "") and not name_not_utf8(member.name)
        return member.regular and matches and member.size <= MAX_TABLE_BYTES

    def is_odd(member: Member) -> bool:
        return member.regular and member.size <= MAX_IMAGE_BYTES and may_be_an_image(member.name)

    for member in _members(entry.name, path, lambda member: is_table(member) or is_odd(member)):
        if member.data is not None and is_table(member):
            tables.append(read_table(entry.name, member.name, member.data))
        elif member.data is not None and container_of(member.data[:SIGNATURE_BYTES]):
            odd.add(member.name)
        names.append(member.name)
        if reject := _unusable(member):
            unusable[member.name] = reject
    if entry.metadata and not tables:
        raise SourceError(f"{entry.name}: no readable {entry.metadata} in {path.name}; correct `metadata` or drop it")
    times = Counter(names)
    items = listing(entry, sorted(times), tables, unusable, odd=odd)
    for file in sorted({item.file for item in items if isinstance(item, Listed)}):
        detail = f"{file}: {path.name} has {times[file]} files of that name; the first counts"
        items += [SourceReject(file, "duplicate_key", detail)] * (times[file] - 1)
    return items


def _stream(entry: "ArchiveDataset", path: Path, items: Items) -> Iterator[SourceRecord | SourceReject]:
    """The second pass: the rejects, then each listed image as it passes."""
    origin = entry.path or f"hf://datasets/{entry.hub_id}@{entry.revision}/{entry.file}"
    wanted: dict[str, list[Listed]] = {}
    for item in items:
        if isinstance(item, SourceReject):
            yield item
        else:
            wanted.setdefault(item.file, []).append(item)
    for member in _members(entry.name, path, lambda member: member.name in wanted) if wanted else ():
        for item in wanted.pop(member.name, []):
            if member.data is None:
                yield SourceReject(item.key, "unreadable", f"{item.file}: damaged or encrypted in {path.name}")
            else:
                yield SourceRecord(item.key, member.data, f"{origin}/{item.file}", item.fields)
        if not wanted:
            return


def _unusable(member: Member) -> SourceReject | None:
    if reject := name_not_utf8(member.name):
        return reject
    if leaves_the_source(member.name):
        return SourceReject(member.name, "path_outside_source", f"{member.name}: lies outside the archive")
    if not member.regular:
        return SourceReject(member.name, "unreadable", f"{member.name}: a link or a device, no file")
    if member.size > MAX_IMAGE_BYTES:
        limit = MAX_IMAGE_BYTES // 2**20
        return SourceReject(
            member.name, "too_large", f"{member.name}: {member.size} bytes; at most {limit} MiB are read"
        )
    return None


def _members(dataset: str, path: Path, wanted: Wanted) -> Iterator[Member]:
    """The files of an archive in its own order. Raises SourceError where it is damaged or no archive."""
    try:
        with path.open("rb") as file:
            opened = _zip_members if zipfile.is_zipfile(file) else _tar_members
            file.seek(0)
            for member in opened(file, wanted):
                place = PurePosixPath(member.name)
                if not place.name.startswith(".") and "__MACOSX" not in place.parts:
                    yield member
    except (OSError, EOFError, UnicodeDecodeError, zlib.error, tarfile.TarError, zipfile.BadZipFile) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise SourceError(f"{dataset}: {path} is no whole archive ({said}); fetch it again") from error


def _tar_members(file: IO[bytes], wanted: Wanted) -> Iterator[Member]:
    with tarfile.open(fileobj=file, mode="r|*") as archive:  # a stream: no seeking back
        for info in archive:
            member = Member(_plain(info.name), info.size, info.isreg())
            if wanted(member) and (content := archive.extractfile(info)) is not None:
                member = member._replace(data=content.read())
            if not info.isdir():
                yield member
            archive.members.clear()  # type: ignore[attr-defined]  # tarfile would keep the header of every member


def _zip_members(file: IO[bytes], wanted: Wanted) -> Iterator[Member]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            member = Member(_plain(info.filename), info.file_size, kind in (0, stat.S_IFREG))
            if wanted(member):
                try:
                    member = member._replace(data=archive.read(info))
                except (zipfile.BadZipFile, zlib.error, RuntimeError):  # checksum, stream, password
                    member = member._replace(data=None)
            if not info.is_dir():
                yield member


def _plain(name: str) -> str:
    """A member's name without a leading ./ and with slashes."""
    return str(PurePosixPath(name.replace("\\", "/")))
