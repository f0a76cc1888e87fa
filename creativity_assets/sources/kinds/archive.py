"""A tar or zip file of images and their tables, read as a stream: nothing is unpacked to disk."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from creativity_assets.errors import SourceError
from creativity_assets.hashing import digest, digest_of_listing
from creativity_assets.images.containers import SIGNATURE_BYTES, container_of
from creativity_assets.sources.archives.members import Member, members
from creativity_assets.sources.columns.matching import leaves_the_source
from creativity_assets.sources.limits import (
    MAX_IMAGE_BYTES,
    MAX_SIDECAR_BYTES,
    MAX_SIDECARS_BYTES,
    MIB,
    table_limit,
    why_no_file,
)
from creativity_assets.sources.listing import IMAGE, Items, Listed, listing, may_be_an_image, name_not_utf8, subsampled
from creativity_assets.sources.locations import SourceFile, hub_file, locate
from creativity_assets.sources.records import SourceRecord, SourceReject, reject_repeated_keys
from creativity_assets.sources.tables.metadata import Table, read_table
from creativity_assets.sources.tables.sidecars import Sidecar, Sidecars, beside_images, joined, may_be_sidecar, sidecar

if TYPE_CHECKING:
    from creativity_assets.catalog.datasets import ArchiveDataset


def read(entry: "ArchiveDataset", root: Path) -> Iterator[SourceRecord | SourceReject]:
    """Records in the order of the archive, after the rejects of its listing.

    Two passes over the stream. The first reads names, tables and what lies beside images, wherever they stand (in the
    study's archives tables come last); the second hands each wanted image on as it passes, with its fields, and ends
    with the last wanted one. A link gives the member inside that it stands for. Memory: the tables' rows, the texts
    and one image. A pass without images costs the decompression alone. What a file's fields are and what becomes a
    reject is told by `listing.listing`.

    Raises SourceError when the archive is absent, damaged, beyond the limits or without the table that `metadata`
    names.
    """
    path = _path(entry, root)
    items, links = _survey(entry, path)
    return reject_repeated_keys(_stream(entry, path, subsampled(entry, items), links))


def survey(entry: "ArchiveDataset", root: Path) -> Items:
    """All that `read` would give, in one pass without images. Raises SourceError as `read` does."""
    return _survey(entry, _path(entry, root))[0]


def fingerprint(entry: "ArchiveDataset", root: Path) -> str:
    """Changes with the entry's settings, and with name, size or modification time of a local archive."""
    path = _path(entry, root)
    exclude = {"description", "licence", "optional", "path"}
    files = None if entry.path is None else digest_of_listing([SourceFile(path.name, path)])
    return digest(entry=entry.model_dump(exclude=exclude), files=files)


def member_names(dataset: str, path: Path) -> list[str]:
    """The names of all files in an archive. Raises SourceError where it is damaged or no archive."""
    return [member.name for member in members(dataset, path, lambda member: False)]


def member_bytes(dataset: str, path: Path, names: Collection[str], limit: int) -> dict[str, bytes]:
    """The bytes of some members, without those of more than `limit` bytes. Raises SourceError as `member_names`."""
    wanted = {*names}
    found: dict[str, bytes] = {}
    for member in members(dataset, path, lambda member: member.name in wanted and member.size <= limit):
        if member.data is not None:
            found.setdefault(member.name, member.data)
        if len(found) == len(wanted):
            break
    return found


def member_table(dataset: str, path: Path, name: str) -> Table:
    """A table of an archive. Raises SourceError where it is not there or cannot be read."""
    if data := member_bytes(dataset, path, [name], table_limit(name)):
        return read_table(dataset, name, data[name])
    raise SourceError(f"{dataset}: {path} has no readable {name}")


def _path(entry: "ArchiveDataset", root: Path) -> Path:
    if entry.path is None:
        return hub_file(entry.name, str(entry.hub_id), str(entry.revision), str(entry.file))
    path = locate(entry.name, entry.path, root)
    if why := why_no_file(path):
        raise SourceError(f"{entry.name}: {path} is {why}; `path` must name the archive")
    return path


def _survey(entry: "ArchiveDataset", path: Path) -> tuple[Items, dict[str, str]]:
    """The first pass: what there is, what tables and texts say of it, and the member that each link stands for."""
    times: Counter[str] = Counter()
    tables: list[Table] = []
    texts = _Texts(entry, path)
    links: dict[str, str] = {}
    unusable: dict[str, SourceReject] = {}
    odd: set[str] = set()

    def is_table(name: str) -> bool:
        return fnmatchcase(name, entry.metadata or "") and not name_not_utf8(name)

    def wanted(member: Member) -> bool:
        if not member.regular or member.name in times:
            return False
        if is_table(member.name):
            return member.size <= table_limit(member.name)
        if may_be_sidecar(member.name):
            return member.size <= MAX_SIDECAR_BYTES
        return may_be_an_image(member.name) and member.size <= MAX_IMAGE_BYTES

    for member in members(entry.name, path, wanted):
        name = member.name
        times[name] += 1
        if times[name] > 1:
            continue
        if reject := _unusable(member, times):
            unusable[name] = reject
        elif member.link:
            links[name] = member.link
        elif is_table(name):
            tables.append(_table(entry, path, member))
        elif may_be_sidecar(name):
            texts.add(member)
        elif member.size > MAX_IMAGE_BYTES:
            unusable[name] = _too_large(member)
        elif member.data is not None and container_of(member.data[:SIGNATURE_BYTES]):
            odd.add(name)
    if entry.metadata and not tables:
        raise SourceError(f"{entry.name}: no readable {entry.metadata} in {path.name}; correct `metadata` or drop it")
    ends = {name: _end(name, links) for name in links}
    for name, end in ends.items():
        if end not in times or end in unusable:
            said = unusable[end].detail if end in unusable else f"{links[name]}, which is no file of the archive"
            unusable[name] = SourceReject(name, "unreadable", f"{name}: a link to {said}")
    read_as_tables = {table.name for table in tables}
    around, orphans = beside_images(
        sorted(name for name in times if name not in read_as_tables),
        lambda name: IMAGE.holds(name) or name in odd,
    )
    said_beside = joined(around, lambda name: texts.said.get(ends.get(name, name), Sidecar()))
    together = Sidecars(entry, said_beside, orphans, tables=bool(tables))
    items = listing(entry, sorted(times), tables, unusable, odd=odd, beside=together)
    for file in sorted({item.file for item in items if isinstance(item, Listed)}):
        detail = f"{file}: {path.name} has {times[file]} files of that name; the first counts"
        items += [SourceReject(file, "duplicate_key", detail)] * (times[file] - 1)
    return items, ends


class _Texts:
    """What the texts and objects of an archive say, by their names, within MAX_SIDECARS_BYTES."""

    def __init__(self, entry: "ArchiveDataset", path: Path) -> None:
        self.said: dict[str, Sidecar] = {}
        self._entry, self._path, self._kept = entry, path, 0

    def add(self, member: Member) -> None:
        self._kept += len(member.data or b"")
        if self._kept > MAX_SIDECARS_BYTES:
            limit = MAX_SIDECARS_BYTES // MIB
            raise SourceError(
                f"{self._entry.name}: the texts beside images of {self._path} have more than {limit} MiB; unpack it "
                "and give the folder"
            )
        if member.data is not None:
            self.said[member.name] = sidecar(self._entry, member.name, member.data)
        else:
            self.said[member.name] = Sidecar(problem=f"{member.name} is too large or damaged ({member.size} bytes)")


def _table(entry: "ArchiveDataset", path: Path, member: Member) -> Table:
    if member.data is not None:
        return read_table(entry.name, member.name, member.data)
    if member.size > (limit := table_limit(member.name)):
        said = f"has {member.size} bytes; at most {limit // MIB} MiB are read"
    else:
        said = "is damaged or encrypted"
    raise SourceError(f"{entry.name}: {member.name} of {path.name} {said}; mend it, or drop `metadata`")


def _end(name: str, links: Mapping[str, str]) -> str:
    """What a link leads to in the end; itself where links go round."""
    seen: set[str] = set()
    end = name
    while end in links and end not in seen:
        seen.add(end)
        end = links[end]
    return end


def _stream(
    entry: "ArchiveDataset", path: Path, items: Items, ends: Mapping[str, str]
) -> Iterator[SourceRecord | SourceReject]:
    """The second pass: the rejects, then each listed image as it, or what it is a link to, passes."""
    origin = entry.path or f"hf://datasets/{entry.hub_id}@{entry.revision}/{entry.file}"
    wanted: dict[str, list[Listed]] = {}
    for item in items:
        if isinstance(item, SourceReject):
            yield item
        else:
            wanted.setdefault(ends.get(item.file, item.file), []).append(item)

    def fits(member: Member) -> bool:
        return member.name in wanted and member.size <= MAX_IMAGE_BYTES

    for member in members(entry.name, path, fits) if wanted else ():
        for item in wanted.pop(member.name, []):
            if member.data is None:
                detail = f"{item.file}: damaged, encrypted, packed unusually or of another size in {path.name}"
                yield SourceReject(item.key, "unreadable", detail)
            else:
                yield SourceRecord(item.key, member.data, f"{origin}/{item.file}", item.fields)
        if not wanted:
            return


def _unusable(member: Member, before: Collection[str]) -> SourceReject | None:
    """before: the names of the members until here, which alone a hard link can stand for."""
    if reject := name_not_utf8(member.name):
        return reject
    if leaves_the_source(member.name):
        return SourceReject(member.name, "path_outside_source", f"{member.name}: lies outside the archive")
    if not member.regular:
        return SourceReject(member.name, "unreadable", f"{member.name}: a device, or a link that leads outside")
    if member.hard and member.link not in before:
        detail = f"{member.name}: a hard link to {member.link}, which does not come before it"
        return SourceReject(member.name, "unreadable", detail.encode("utf-8", "backslashreplace").decode())
    return None


def _too_large(member: Member) -> SourceReject:
    limit = MAX_IMAGE_BYTES // MIB
    return SourceReject(member.name, "too_large", f"{member.name}: {member.size} bytes; at most {limit} MiB are read")
