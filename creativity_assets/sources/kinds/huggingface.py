"""Any Hugging Face data set by column map: a hub id at a pinned revision, or a local folder of one."""

import gc
import itertools
import logging
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq

from creativity_assets.errors import SourceError
from creativity_assets.hashing import digest, digest_of_listing
from creativity_assets.sources.columns.fields import checked_columns, fields_of, is_missing
from creativity_assets.sources.kinds.parquet import BATCH_ROWS, with_class_names
from creativity_assets.sources.limits import MAX_IMAGE_BYTES, MAX_TABLE_BYTES, MIB, bounded_bytes, why_no_file
from creativity_assets.sources.locations import (
    SourceFile,
    locate,
    offline_copy,
    walk,
)
from creativity_assets.sources.records import SourceRecord, SourceReject, reject_repeated_keys
from creativity_assets.sources.sampling import subsample
from creativity_assets.sources.tables.arrow_cells import picture
from creativity_assets.sources.tables.json_text import parsed
from creativity_assets.sources.tables.pages import too_large

if TYPE_CHECKING:
    from creativity_assets.catalog.datasets import HuggingFaceDataset


class _Opened(NamedTuple):
    """A loaded split whose pictures stay encoded, and how its rows are read."""

    rows: Any  # datasets.Dataset or IterableDataset
    image: str
    columns: Mapping[str, str]
    class_names: Mapping[str, list[str]]
    place: Path | None  # the local folder; None on the hub
    origin: str  # what the paths of the data set's files begin with


def read(entry: "HuggingFaceDataset", root: Path) -> Iterator[SourceRecord | SourceReject]:
    """Records of one split in its own order, with the original file bytes (nothing is decoded).

    The image column is `image` unless mapped, class labels become their names. The key is the mapped `key`
    column; without one the file's path for folders of images, `split:row` for embedded images. Streaming (the
    default) keeps no copy on disk, otherwise `datasets` keeps its usual cache; offline, what was fetched of a hub's
    data set is read, under the same keys. A `limit` costs one further pass over the keys, in which Parquet files are
    asked for no images.

    Raises SourceError when the data set cannot be loaded or a mapped column is missing.
    """
    opened = _open(entry, root)
    chosen = None if entry.limit is None else _draw(entry, opened)
    return reject_repeated_keys(_all(entry, opened, chosen))


def fingerprint(entry: "HuggingFaceDataset", root: Path) -> str:
    """Changes with the entry's settings; for a local folder also with its files' names, sizes and times."""
    exclude = {"description", "licence", "optional", "path", "streaming"}
    place = None if entry.path is None else _place(entry, root)
    files = None if place is None else digest_of_listing(walk(place) if place.is_dir() else [SourceFile("", place)])
    return digest(entry=entry.model_dump(exclude=exclude), files=files)


def _open(entry: "HuggingFaceDataset", root: Path) -> _Opened:
    import datasets

    place = _place(entry, root)
    rows = _load(entry, place)
    features = rows.features
    image = entry.columns.get("image") or "image"
    columns = checked_columns(entry.name, {**entry.columns, "image": image}, features)
    if isinstance(features[image], datasets.Image):
        rows = rows.cast_column(image, datasets.Image(decode=False))
    names = {name: f.names for name, f in features.items() if isinstance(f, datasets.ClassLabel)}
    wanted = sorted({image, *columns.values()})
    origin = f"{place}/" if place else f"hf://datasets/{entry.hub_id}@{entry.revision}/"
    return _Opened(rows.select_columns(wanted), image, columns, names, place, origin)


def _place(entry: "HuggingFaceDataset", root: Path) -> Path | None:
    """The folder to read, or None where the hub is streamed. Offline it is the copy that was fetched before."""
    if entry.path is not None:
        place = locate(entry.name, entry.path, root)
        for path in [file.path for file in walk(place)] if place.is_dir() else [place]:
            if path.exists() and (why := why_no_file(path)):  # of these the library would say nothing
                raise SourceError(f"{entry.name}: {path} is {why}; take it away")
        return place
    return offline_copy(entry.name, str(entry.hub_id), str(entry.revision))


def saved_splits(dataset: str, place: Path) -> list[str] | None:
    """The splits of a folder that `save_to_disk` wrote; [] for a single one, None for another folder.

    Raises SourceError where its description is damaged, or names files outside the folder.
    """
    described, state = place / "dataset_dict.json", place / "state.json"
    if described.is_file():
        splits = _names(dataset, described, lambda content: content["splits"])
        for split in splits:
            saved_splits(dataset, place / split)
        return splits
    if state.is_file() and (place / "dataset_info.json").is_file():
        _names(dataset, state, lambda content: [file["filename"] for file in content["_data_files"]])
        return []
    return None


def saved_folder(dataset: str, place: Path, split: str) -> Path | None:
    """Where the rows of a split were saved; None for a folder that is no saved data set."""
    splits = saved_splits(dataset, place)
    if not splits:
        return None if splits is None else place
    if split not in splits:
        raise SourceError(f"{dataset}: {place} has no split {split!r}; have {', '.join(splits)}")
    return place / split


def _names(dataset: str, path: Path, of: Callable[[Any], list[Any]]) -> list[str]:
    """File names that a description gives: plain ones alone, which lead nowhere else."""
    try:
        content = parsed(bounded_bytes(path, MAX_TABLE_BYTES[".json"]).decode("utf-8"))
        names = [str(name) for name in of(content)]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise SourceError(f"{dataset}: {path} describes no saved data set ({said}); save it again") from error
    if strange := [name for name in names if name in ("", ".", "..") or re.search(r"[/\\\0]", name)]:
        raise SourceError(f"{dataset}: {path} names {strange[0]!r}, which lies elsewhere; save it again")
    return names


def words(entry: "HuggingFaceDataset", root: Path, rows: int) -> tuple[list[str], dict[str, list[Any]]]:
    """The column names of a split, and what the first `rows` rows say in its plain columns; of classes, all names.

    Raises SourceError when the data set cannot be loaded.
    """
    import datasets

    place = _place(entry, root)
    opened = _load(entry, place)
    features = opened.features
    cells: dict[str, list[Any]] = {n: list(f.names) for n, f in features.items() if isinstance(f, datasets.ClassLabel)}
    plain = [name for name, f in features.items() if isinstance(f, datasets.Value) and f.dtype != "binary"]
    if plain:
        try:
            with _quiet():
                for row in itertools.islice(_columns_alone(entry, place, opened, plain), rows):
                    for name in plain:
                        cells.setdefault(name, []).append(row[name])
                _close_leaks(opened)
        except Exception as error:  # `datasets` passes on whatever its many back ends raise
            said = (str(error).strip() or type(error).__name__).splitlines()[0][:240]
            raise SourceError(f"{entry.name}: cannot be read: {said}; fetch it again") from error
    return list(features), cells


def _columns_alone(entry: "HuggingFaceDataset", place: Path | None, rows: Any, columns: list[str]) -> Any:
    """The rows with these columns; Parquet files that are streamed are asked for no others."""
    streamed_parquet = entry.streaming and rows.info.builder_name == "parquet"
    return (_load(entry, place, columns=columns) if streamed_parquet else rows).select_columns(columns)


MAX_ROW_GROUP_BYTES = 256 * MIB
"""Of a local Parquet file that this library reads: it takes twice that at once; `kind: parquet` goes by pages."""

_PARQUET = {
    "batch_size": BATCH_ROWS,
    "fragment_scan_options": pads.ParquetFragmentScanOptions(
        use_buffered_stream=True, buffer_size=1 << 20, pre_buffer=False
    ),
}


def _is_parquet(entry: "HuggingFaceDataset", place: Path) -> bool:
    """Whether a folder holds Parquet files alone, beside texts. Raises SourceError where one would take much memory."""
    files = walk(place) if place.is_dir() else [SourceFile(place.name, place)]
    kinds = {Path(file.name).suffix.lower() for file in files}
    for file in (file for file in files if file.name.endswith(".parquet")):
        try:
            metadata = pq.read_metadata(file.path)
            sizes = (metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
            said = too_large(file.path, metadata)
            if said is None and (size := max(sizes, default=0)) > MAX_ROW_GROUP_BYTES:
                limit = MAX_ROW_GROUP_BYTES // MIB
                said = f"has a row group of {size // MIB} MiB, more than {limit}; `kind: parquet` reads it"
        except (OSError, ValueError, pa.ArrowException):  # the library says what is wrong with it
            continue
        if said is not None:
            raise SourceError(f"{entry.name}: {file.path} {said}")
    return kinds - {"", ".md", ".txt"} == {".parquet"}


def _load(entry: "HuggingFaceDataset", place: Path | None, **settings: Any) -> Any:
    """The split, its features known. settings: of the builder that `datasets` picks for the files."""
    import datasets

    source = str(place) if place else str(entry.hub_id)
    saved = None if place is None else saved_folder(entry.name, place, entry.split)
    if place is not None and saved is None and _is_parquet(entry, place):
        settings = {**_PARQUET, **settings}
    try:
        with _quiet():
            if saved is not None:
                rows = _sound(datasets.load_from_disk(str(saved), keep_in_memory=False))
            else:
                rows = datasets.load_dataset(
                    source,
                    split=entry.split,
                    revision=None if place else entry.revision,
                    streaming=entry.streaming,
                    **settings,
                )
            if rows.features is None:
                rows = rows._resolve_features()
            _close_leaks(rows)
    except Exception as error:  # `datasets` passes on whatever its many back ends raise
        said = (str(error).strip() or type(error).__name__).splitlines()[0][:240]
        at = f" at {entry.revision}" if entry.revision and not place else ""
        remedy = "check path and split" if place else "check hub_id, revision, split and the connection"
        raise SourceError(f"{entry.name}: cannot load {source}{at}: {said}; {remedy}") from error
    return rows


def _sound(rows: Any) -> Any:
    """A saved split whose lengths and offsets were checked: the library believes them, and reads where they point.

    Raises ArrowInvalid. No picture is read for it.
    """
    rows.data.table.validate(full=True)
    return rows


def _close_leaks(rows: Any) -> None:
    """Collect the metadata.csv that an imagefolder leaves open, so that Python complains in here or nowhere."""
    if rows.info.builder_name == "imagefolder":
        gc.collect()


def _draw(entry: "HuggingFaceDataset", opened: _Opened) -> frozenset[str]:
    """The keys of the sample, from a pass over the keys and strata alone."""
    rows = opened.rows
    with _quiet():
        in_files = _lies_in_a_file(next((row[opened.image] for row in rows), None))
    if "key" in opened.columns or not in_files:  # otherwise the keys are the images' paths
        asked = (opened.columns.get("key", _lightest(opened)), opened.columns.get(entry.stratify or ""))
        columns = sorted({column for column in asked if column is not None})
        rows = _columns_alone(entry, opened.place, rows, columns)
    strata: dict[str, str] = {}
    with _quiet():
        for number, row in enumerate(rows):
            if (key := _key(entry, opened, number, row)) is not None:
                strata[key] = str(_fields(entry, opened, row).get(entry.stratify or ""))
        _close_leaks(rows)
    return subsample(strata, entry.limit, entry.seed, strata if entry.stratify else None)


def _lightest(opened: _Opened) -> str:
    """A column to count rows by: any but the image where there is another one."""
    return next((column for column in opened.columns.values() if column != opened.image), opened.image)


def _lies_in_a_file(cell: Any) -> bool:
    return isinstance(cell, dict) and cell.get("bytes") is None and bool(cell.get("path"))


def _key(entry: "HuggingFaceDataset", opened: _Opened, number: int, row: Mapping[str, Any]) -> str | None:
    """The key of a row; None where its key column says nothing."""
    if "key" in opened.columns:
        value = row[opened.columns["key"]]
        return None if is_missing(value) else str(value)
    cell: Any = row.get(opened.image)
    if _lies_in_a_file(cell):
        return _short(cell["path"], opened)
    return f"{entry.split}:{number}"


def _short(path: str, opened: _Opened) -> str:
    """A file's path inside the data set, so that a moved folder keeps its keys, and a hub's copy has the hub's."""
    return path.replace(opened.origin, "", 1)


def _is_inside(path: str, opened: _Opened) -> bool:
    """Whether a path that a cell gives lies in the data set, an archive of it or its hub: no cell chooses freely."""
    innermost = path.rpartition("::")[2]
    return innermost.startswith(opened.origin) and ".." not in path.replace("\\", "/").split("/")


def _all(
    entry: "HuggingFaceDataset", opened: _Opened, chosen: frozenset[str] | None
) -> Iterator[SourceRecord | SourceReject]:
    rows = iter(opened.rows)
    missing = None if chosen is None else set(chosen)
    number = -1
    while missing is None or missing:  # a complete sample needs no further download
        try:
            with _quiet():
                row = next(rows, None)
        except Exception as error:  # a shard that cannot be read: what came before it stands
            said = (str(error).strip() or type(error).__name__).splitlines()[0][:240]
            yield SourceReject(f"{entry.split}:{number + 1}", "unreadable_file", f"read no further: {said}")
            return
        if row is None:
            break
        number += 1
        key = _key(entry, opened, number, row)
        if key is None:
            yield SourceReject(f"{entry.split}:{number}", "missing_key", f"row {number} of {entry.split}: no key")
        elif missing is None or key in missing:
            yield _record(entry, opened, number, key, row)
            if missing is not None:
                missing.remove(key)
    del rows
    with _quiet():
        _close_leaks(opened.rows)


def _record(
    entry: "HuggingFaceDataset", opened: _Opened, number: int, key: str, row: Mapping[str, Any]
) -> SourceRecord | SourceReject:
    cell = row[opened.image]
    path = str(cell["path"]) if _lies_in_a_file(cell) else None
    if path is not None:
        if not _is_inside(path, opened):
            detail = f"row {number} of {entry.split}: {path[:160]!r} lies outside the data set"
            return SourceReject(key, "path_outside_source", detail)
        try:
            data: bytes | str = _bytes_at(path)
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or error
            return SourceReject(key, "unreadable", f"{_short(path, opened)}: {said}")
    else:
        data = picture(cell)
    if isinstance(data, str):
        return SourceReject(key, "no_image_bytes", f"row {number} of {entry.split}, {opened.image!r}: {data}")
    if len(data) > MAX_IMAGE_BYTES:
        detail = f"row {number} of {entry.split}: {len(data)} bytes; at most {MAX_IMAGE_BYTES // MIB} MiB are read"
        return SourceReject(key, "too_large", detail)
    origin = entry.path or f"hf://datasets/{entry.hub_id}@{entry.revision}"
    within = _short(path, opened) if path else f"{entry.split}/{number}"
    uri = within if "://" in within else f"{origin.rstrip('/')}/{within}"
    return SourceRecord(key, data, uri, _fields(entry, opened, row))


def _fields(entry: "HuggingFaceDataset", opened: _Opened, row: Mapping[str, Any]) -> dict[str, Any]:
    return fields_of(with_class_names(row, opened.class_names), opened.columns, entry.constants, entry.values)


def _bytes_at(path: str) -> bytes:
    """A file's bytes, local or on the hub (hf://, and members of archives as `datasets` writes them)."""
    if "://" not in path:
        return bounded_bytes(Path(path), MAX_IMAGE_BYTES)
    from datasets.utils.file_utils import xopen

    with xopen(path, "rb") as file:
        data: bytes = file.read(MAX_IMAGE_BYTES + 1)
    return data


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence progress bars, log lines and warnings of `datasets`, and set them back as they were.

    It is entered around single calls, never across a yield: these switches belong to the whole process.
    """
    import datasets

    logger = logging.getLogger("datasets")
    level = logger.level
    bars = datasets.are_progress_bars_disabled() if hasattr(datasets, "are_progress_bars_disabled") else True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.ERROR)
        if not bars:
            datasets.disable_progress_bars()
        try:
            yield
        finally:
            logger.setLevel(level)
            if not bars:
                datasets.enable_progress_bars()
