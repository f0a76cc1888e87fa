"""Parquet files with an image column of bytes, or of Hugging Face's struct of bytes and path."""

import glob
import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from creativity_assets.errors import SourceError
from creativity_assets.hashing import digest, digest_of_listing
from creativity_assets.sources.archives.unpacking import Expands, Expansion
from creativity_assets.sources.columns.fields import checked_columns, fields_of, is_missing
from creativity_assets.sources.limits import MAX_IMAGE_BYTES, MIB, why_no_file
from creativity_assets.sources.locations import SourceFile, locate, walk
from creativity_assets.sources.records import SourceRecord, SourceReject, reject_repeated_keys
from creativity_assets.sources.sampling import subsample
from creativity_assets.sources.tables.arrow_cells import holds_pictures, picture, rows_of
from creativity_assets.sources.tables.pages import too_large

if TYPE_CHECKING:
    from creativity_assets.catalog.datasets import ParquetDataset

BATCH_ROWS = 16
"""Rows in memory at a time: pictures are large, and a row group may hold thousands."""


_LARGE_GROUP = 32 * MIB
"""A row group above this gives its rows one at a time: sixteen of them may be most of it."""

_BUFFER = 1 << 20
"""Bytes read of a column at a time; without, Arrow holds a whole column of a row group beside its unpacked page."""

FILES_LOOKED_AT = 20
"""Of a large collection, for what its columns hold."""


class _Layout(NamedTuple):
    """How one file is read: its image column, the column map, and the names behind integer classes."""

    image: str
    columns: Mapping[str, str]
    class_names: Mapping[str, list[str]]


def read(entry: "ParquetDataset", root: Path) -> Iterator[SourceRecord | SourceReject]:
    """Records in the order of file names and rows, a few rows in memory at a time.

    The image column is `image` unless mapped; the key is the mapped `key` column, or else `file:row`. Integer
    class labels become their names where the file carries Hugging Face's description of its columns. A file
    that is no Parquet and a row without image bytes become rejects.

    Raises SourceError, before any image is read, when no file is there or a mapped column is missing.
    """
    files = _files(entry, root)
    layouts: dict[str, _Layout] = {}
    broken: list[SourceReject] = []
    for file in files:
        try:
            schema = schema_of(file.path)
            layout = _layout(entry, file, schema)
            wanted = {layout.image, *layout.columns.values()}
            if why := too_large(file.path, pq.read_metadata(file.path), wanted):
                broken.append(SourceReject(file.name, "too_large", f"{file.name}: {why}"))
                continue
        except (OSError, ValueError, pa.ArrowException) as error:
            detail = f"{file.name}: cannot be read as Parquet: {' '.join(str(error).split())[:160]}"
            broken.append(SourceReject(file.name, "unreadable_file", detail))
        else:
            layouts[file.name] = layout
    sound = [file for file in files if file.name in layouts]
    chosen = None if entry.limit is None else _draw(entry, sound, layouts)
    return reject_repeated_keys(_all(entry, sound, layouts, broken, chosen))


def fingerprint(entry: "ParquetDataset", root: Path) -> str:
    """Changes with the entry's settings and any file's name, size or modification time."""
    return digest(
        entry=entry.model_dump(exclude={"description", "licence", "optional", "path"}),
        files=digest_of_listing(_files(entry, root)),
    )


def schema_of(path: Path) -> pa.Schema:
    """Raises OSError and ArrowException: also for a pipe, which Arrow would wait for."""
    if why := why_no_file(path):
        raise OSError(why)
    return pq.read_schema(path)


def _files(entry: "ParquetDataset", root: Path) -> list[SourceFile]:
    if any(character in entry.path for character in "*?["):
        pattern = Path(root).absolute() / Path(entry.path).expanduser()
        paths = [Path(found) for found in sorted(glob.glob(str(pattern), recursive=True))]  # noqa: PTH207  # absolute
        files = [SourceFile(path.name, path) for path in paths]
        if len({file.name for file in files}) < len(files):  # same names in different folders
            files = [SourceFile(str(file.path), file.path) for file in files]
    else:
        place = locate(entry.name, entry.path, root)
        listed = walk(place) if place.is_dir() else [SourceFile(place.name, place)]
        if listed == [SourceFile(place.name, place)] and (why := why_no_file(place)):
            raise SourceError(f"{entry.name}: {place} is {why}; `path` must name Parquet files")
        files = [file for file in listed if file.name.endswith(".parquet") or file.path == place]
    if not files:
        raise SourceError(f"{entry.name}: no Parquet file at {entry.path}; correct `path` in the catalogue")
    return files


def _layout(entry: "ParquetDataset", file: SourceFile, schema: pa.Schema) -> _Layout:
    image = entry.columns.get("image") or "image"
    columns = checked_columns(entry.name, {**entry.columns, "image": image}, schema.names)
    if repeated := [column for column in columns.values() if schema.names.count(column) > 1]:
        raise SourceError(f"{entry.name}: {file.name} has the column {repeated[0]!r} twice; rename one")
    kind = schema.field(image).type
    if not holds_pictures(kind):
        raise SourceError(f"{entry.name}: column {image!r} of {file.name} holds {kind}, not image bytes; map `image`")
    return _Layout(image, columns, _class_names(schema))


def words(entry: "ParquetDataset", root: Path, rows: int) -> tuple[list[str], dict[str, list[Any]]]:
    """The column names, and what the first `rows` rows of some files say in plain columns; of classes, all names.

    Files that cannot be read are left out. Raises SourceError when no file is there.
    """
    files = _files(entry, root)
    header: list[str] = []
    cells: dict[str, list[Any]] = {}
    for file in files[:: max(1, len(files) // FILES_LOOKED_AT)]:
        try:
            schema = schema_of(file.path)
            header = header or list(schema.names)
            names = _class_names(schema)
            cells |= names
            once = [f for f in schema if schema.names.count(f.name) == 1]
            plain = [f.name for f in once if f.name not in names and not _is_bulky(f.type)]
            for _, row in itertools.islice(_rows(file, plain), rows) if plain else ():
                for name in plain:
                    cells.setdefault(name, []).append(row[name])
        except (OSError, pa.ArrowException):  # reading the entry makes it a reject
            continue
    return header, cells


def _is_bulky(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind) or holds_pictures(kind))


def _class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Names of integer classes by column, from the description that `datasets` writes into its files."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {name: feature["names"] for name, feature in features.items() if "names" in feature}
    except (KeyError, TypeError, ValueError):  # no such description
        return {}


def _key(file: SourceFile, number: int, row: Mapping[str, Any], layout: _Layout) -> str | None:
    """The key of a row; None where its key column says nothing."""
    if "key" not in layout.columns:
        return f"{file.name}:{number}"
    value = row[layout.columns["key"]]
    return None if is_missing(value) else str(value)


def _draw(entry: "ParquetDataset", files: list[SourceFile], layouts: Mapping[str, _Layout]) -> frozenset[str]:
    """The keys of the sample; reads at most the columns of the key and of the stratum."""
    strata: dict[str, str] = {}
    for file in files:
        layout = layouts[file.name]
        asked = (layout.columns.get("key"), layout.columns.get(entry.stratify or ""))
        columns = sorted({column for column in asked if column is not None})
        if columns:
            for number, row in _rows(file, columns):
                if (key := _key(file, number, row, layout)) is not None:
                    strata[key] = str(_fields(entry, row, layout).get(entry.stratify or ""))
        else:
            strata |= {f"{file.name}:{number}": "" for number in range(pq.read_metadata(file.path).num_rows)}
    return subsample(strata, entry.limit, entry.seed, strata if entry.stratify else None)


def _rows(file: SourceFile, columns: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and cells of each row."""
    number = 0
    with pq.ParquetFile(file.path, pre_buffer=False, buffer_size=_BUFFER) as parquet:
        groups = (parquet.metadata.row_group(number) for number in range(parquet.metadata.num_row_groups))
        large = any(group.total_byte_size > _LARGE_GROUP for group in groups)
        for batch in parquet.iter_batches(batch_size=1 if large else BATCH_ROWS, columns=columns):
            for row in rows_of(batch):
                yield number, row
                number += 1


def _all(
    entry: "ParquetDataset",
    files: list[SourceFile],
    layouts: Mapping[str, _Layout],
    broken: list[SourceReject],
    chosen: frozenset[str] | None,
) -> Iterator[SourceRecord | SourceReject]:
    yield from broken
    for file in files:
        layout = layouts[file.name]
        expansion = Expansion(file.path.stat().st_size)
        try:
            for number, row in _rows(file, sorted({layout.image, *layout.columns.values()})):
                key = _key(file, number, row, layout)
                if key is None:
                    yield SourceReject(f"{file.name}:{number}", "missing_key", f"{file.name}:{number}: no key")
                elif chosen is None or key in chosen:
                    record = _record(entry, key, f"{file.name}/{number}", row, layout)
                    expansion.give(len(record.image) if isinstance(record, SourceRecord) else 0)
                    yield record
        except Expands as much:  # a dictionary can stand for one picture a million times
            yield SourceReject(file.name, "too_large", f"{file.name}: {much}, read no further")
        except (OSError, pa.ArrowException) as error:
            detail = f"{file.name}: damaged, read no further: {' '.join(str(error).split())[:160]}"
            yield SourceReject(file.name, "unreadable_file", detail)


def _record(
    entry: "ParquetDataset", key: str, uri: str, row: Mapping[str, Any], layout: _Layout
) -> SourceRecord | SourceReject:
    data = picture(row[layout.image])
    if isinstance(data, str):
        return SourceReject(key, "no_image_bytes", f"{uri}: {data}")
    if len(data) > MAX_IMAGE_BYTES:
        limit = MAX_IMAGE_BYTES // MIB
        return SourceReject(key, "too_large", f"{uri}: {len(data)} bytes; at most {limit} MiB are read")
    return SourceRecord(key, data, uri, _fields(entry, row, layout))


def _fields(entry: "ParquetDataset", row: Mapping[str, Any], layout: _Layout) -> dict[str, Any]:
    return fields_of(with_class_names(row, layout.class_names), layout.columns, entry.constants, entry.values)


def with_class_names(row: Mapping[str, Any], class_names: Mapping[str, list[str]]) -> dict[str, Any]:
    """A row whose integer classes are replaced by their names; None for one outside the list (-1 is none)."""
    named = dict(row)
    for column, names in class_names.items():
        value = row.get(column)
        if isinstance(value, int):
            named[column] = names[value] if 0 <= value < len(names) else None
    return named
