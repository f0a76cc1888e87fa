"""A folder of images, with metadata tables among them or without."""

import errno
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from creativity_assets.errors import SourceError
from creativity_assets.hashing import digest, digest_of_bytes, digest_of_listing
from creativity_assets.images.containers import SIGNATURE_BYTES, container_of
from creativity_assets.sources.archives.split import part_by_name
from creativity_assets.sources.limits import (
    MAX_IMAGE_BYTES,
    MAX_SIDECAR_BYTES,
    bounded_bytes,
    table_limit,
    why_no_file,
)
from creativity_assets.sources.listing import (
    IMAGE,
    FileKind,
    Items,
    Listed,
    listing,
    may_be_an_image,
    name_not_utf8,
    subsampled,
)
from creativity_assets.sources.locations import SourceFile, locate, walk
from creativity_assets.sources.records import SourceRecord, SourceReject, reject_repeated_keys
from creativity_assets.sources.tables.metadata import Table, read_table
from creativity_assets.sources.tables.sidecars import Sidecar, Sidecars, beside_images, joined, sidecar

if TYPE_CHECKING:
    from creativity_assets.catalog.datasets import FolderDataset, VideoDataset

    InFolder = FolderDataset | VideoDataset

METADATA = "metadata.csv"
"""The table of a folder, where it is there and the entry names no other."""

SMALL = 64 * 2**20


def read(entry: "FolderDataset", root: Path) -> Iterator[SourceRecord | SourceReject]:
    """Records sorted by file name, each image read only when its turn comes; then nothing is kept.

    What a file's fields are and what becomes a reject is told by `listing.listing`. Hidden files, desktop litter
    and texts such as README are no part of the source. `limit` takes a sample of the images that can be read, rejects
    of the listing are always reported.

    Raises SourceError, before anything is read, when the folder, a table or a mapped column is absent.
    """
    files, items = files_of(entry, root, IMAGE)
    return reject_repeated_keys(_load(entry, files, item) for item in subsampled(entry, items))


def survey(entry: "FolderDataset", root: Path) -> Items:
    """All that `read` would give, no image read. Raises SourceError as `read` does."""
    return files_of(entry, root, IMAGE)[1]


def files_of(entry: "InFolder", root: Path, kind: FileKind) -> tuple[dict[str, SourceFile], Items]:
    """All files of a folder by their name, and what of them is listed. Raises SourceError as `read` does."""
    folder = _folder(entry, root)
    files = {file.name: file for file in walk(folder)}
    unusable = {name: reject for name, file in files.items() if (reject := _unusable(file))}
    odd = odd_images(file for file in files.values() if file.name not in unusable) if kind is IMAGE else set()
    names = set(_table_names(entry, files))
    around, orphans = beside_images(
        (name for name in files if name not in names), lambda name: kind.holds(name) or name in odd
    )
    said = joined(around, lambda name: _sidecar(entry, files[name]))
    tables = _tables(entry, folder, files, bool(said))
    beside = Sidecars(entry, said, orphans, tables=bool(tables))
    return files, listing(entry, files, tables, unusable, kind, odd=odd, beside=beside)


def odd_images(files: Iterable[SourceFile]) -> set[str]:
    """The names of files that begin like an image and do not end like one: scrapers leave the ending out."""
    return {file.name for file in files if may_be_an_image(file.name) and _begins_like_an_image(file.path)}


def _begins_like_an_image(path: Path) -> bool:
    if why_no_file(path):  # a pipe would be waited for
        return False
    try:
        with path.open("rb") as file:
            return container_of(file.read(SIGNATURE_BYTES)) is not None
    except OSError:  # a reject when its turn comes
        return False


def fingerprint(entry: "InFolder", root: Path) -> str:
    """Changes with the entry's settings, any file's name, size or modification time, and the text of small tables.

    Tables of more than SMALL bytes together are told by size and time, as images are.
    """
    folder = _folder(entry, root)
    files = walk(folder)
    tables = _table_names(entry, [file.name for file in files])
    try:
        if sum((folder / name).stat().st_size for name in tables) > SMALL:
            tables = []
        texts = {name: digest_of_bytes(bounded_bytes(folder / name, SMALL)) for name in tables}
    except OSError as error:
        raise _no_table(entry, error) from error
    return digest(
        entry=entry.model_dump(exclude={"description", "licence", "optional", "path"}),
        files=digest_of_listing(files),
        metadata=texts,
    )


def _folder(entry: "InFolder", root: Path) -> Path:
    folder = locate(entry.name, entry.path, root)
    if not folder.is_dir():
        raise SourceError(f"{entry.name}: {folder} is a file; `path` must name the folder of the files")
    return folder


def _sidecar(entry: "InFolder", file: SourceFile) -> Sidecar:
    try:
        return sidecar(entry, file.name, bounded_bytes(file.path, MAX_SIDECAR_BYTES))
    except OSError as error:
        return Sidecar(problem=f"{file.name} cannot be read ({error.strerror or error})")


def _tables(entry: "InFolder", folder: Path, files: Mapping[str, SourceFile], described: bool) -> list[Table]:
    """The metadata tables; none where a folder has none and the entry asks for none.

    described: whether texts or objects lie beside the images, of which the entry may map the columns.
    """
    names = _table_names(entry, files)
    if not names and (entry.metadata or (entry.columns and not described)):
        asked = "`metadata` is" if entry.metadata else "`columns` is"
        place = folder / (entry.metadata or METADATA)
        raise SourceError(f"{entry.name}: {asked} given, but {place} is not there; add it or drop the setting")
    try:
        return [read_table(entry.name, n, bounded_bytes(files[n].path, table_limit(n))) for n in names]
    except OSError as error:
        raise _no_table(entry, error) from error


def _no_table(entry: "InFolder", error: OSError) -> SourceError:
    said = error.strerror or error
    return SourceError(f"{entry.name}: {error.filename} cannot be read ({said}); mend it, or take it away")


def _table_names(entry: "InFolder", names: Iterable[str]) -> list[str]:
    return [name for name in names if fnmatchcase(name, entry.metadata or METADATA) and not name_not_utf8(name)]


def _load(
    entry: "FolderDataset", files: Mapping[str, SourceFile], item: Listed | SourceReject
) -> SourceRecord | SourceReject:
    if isinstance(item, SourceReject):
        return item
    try:
        data = bounded_bytes(files[item.file].path, MAX_IMAGE_BYTES)
    except OSError as error:
        reason = "too_large" if error.errno == errno.EFBIG else "unreadable"
        return SourceReject(item.key, reason, f"{item.file}: {error.strerror or error}")
    return SourceRecord(item.key, data, f"{entry.path.rstrip('/')}/{item.file}", item.fields)


def _unusable(file: SourceFile) -> SourceReject | None:
    """A reject for what no reader should open: names that are no text, pipes, dangling links, closed folders."""
    if reject := name_not_utf8(file.name):
        return reject
    if part := part_by_name(file.name):
        return SourceReject(file.name, "split_archive", part)
    if why := why_no_file(file.path):
        return SourceReject(file.name, "unreadable", f"{file.name}: {why}")
    return None
