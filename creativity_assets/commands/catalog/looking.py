"""What kind of source lies at a place, and what its files, tables and columns say: the settings of its entry."""

from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter

from creativity_assets.catalog.datasets import DatasetEntry, HuggingFaceDataset, ParquetDataset
from creativity_assets.commands.catalog.guessing import Guess, columns_of, has_images, of_names, of_table
from creativity_assets.errors import SourceError
from creativity_assets.sources.archives.split import part_by_name
from creativity_assets.sources.kinds import huggingface, parquet
from creativity_assets.sources.kinds.archive import member_bytes, member_names, member_table
from creativity_assets.sources.kinds.folder import METADATA, odd_images
from creativity_assets.sources.kinds.parquet import schema_of
from creativity_assets.sources.limits import MAX_SIDECAR_BYTES, bounded_bytes, table_limit, why_no_file
from creativity_assets.sources.listing import IMAGE, VIDEO
from creativity_assets.sources.locations import hub_snapshot, walk
from creativity_assets.sources.tables.metadata import FORMATS, Table, read_table
from creativity_assets.sources.tables.sidecars import beside_images, described

ROWS_OF_WORDS = 200
"""Of embedded images, for what their columns hold; on a hub they are streamed."""
TABLES_LOOKED_AT = 8
"""Of a source: each costs a pass over an archive."""
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip")
ENTRY: TypeAdapter[DatasetEntry] = TypeAdapter(DatasetEntry)


def of_folder(name: str, place: Path, where: dict[str, str], data_root: Path) -> Guess:
    if (splits := huggingface.saved_splits(name, place)) is not None:
        chosen = {} if not splits or "train" in splits else {"split": splits[0]}
        return _of_columns({"kind": "huggingface", **where, **chosen}, name, data_root)
    files = [file.name for file in walk(place)]
    if part := next((said for file in files if (said := part_by_name(file))), None):
        raise SourceError(f"{place}: {part}")
    embedded = [file for file in files if file.endswith(".parquet") and has_images(place / file)]
    if embedded:
        return _of_parquet(name, place / embedded[0], where, data_root)
    if not any(IMAGE.holds(file) for file in files) and any(VIDEO.holds(file) for file in files):
        named, notes = of_names(files, VIDEO.holds)
        return Guess({"kind": "video", **where, "frames": {"every": 1.0}, **named}, notes)

    def beside(names: list[str]) -> list[bytes]:
        return [bounded_bytes(place / name, MAX_SIDECAR_BYTES) for name in names if why_no_file(place / name) is None]

    table, guess = _of_tables(
        files,
        lambda table: read_table(name, table, bounded_bytes(place / table, table_limit(table))),
        beside,
        odd_images(walk(place)),
    )
    named = {} if table in (None, METADATA) else {"metadata": table}
    return Guess({"kind": "folder", **where, **named, **guess.settings}, guess.notes)


def of_file(name: str, place: Path, where: dict[str, str], data_root: Path) -> Guess:
    if part := part_by_name(place.name):
        raise SourceError(f"{place}: {part}")
    if place.name.endswith(".parquet"):
        return _of_parquet(name, place, where, data_root)
    if place.name.endswith(ARCHIVES):
        settings, notes = _of_archive(name, place)
        return Guess({"kind": "archive", **where, **settings}, notes)
    raise SourceError(f"{place}: neither Parquet nor an archive ({', '.join(ARCHIVES)}); give the folder it lies in")


def of_hub(name: str, hub_id: str, data_root: Path) -> Guess:
    """An entry at the commit that the hub's main branch, or this machine's copy of it, is at now."""
    revision, files, folder = hub_snapshot(name, hub_id)
    where = {"hub_id": hub_id, "revision": revision}
    archives = [file for file in files if file.endswith(ARCHIVES)]
    if len(archives) == 1 and not any(file.endswith(".parquet") or IMAGE.holds(file) for file in files):
        here = folder is not None and (folder / archives[0]).is_file()
        settings, notes = _of_archive(name, folder / archives[0]) if folder and here else Guess({}, [])
        return Guess({"kind": "archive", **where, "file": archives[0], **settings}, notes)
    return _of_columns({"kind": "huggingface", **where}, name, data_root)


def _of_archive(name: str, place: Path) -> Guess:
    files = member_names(name, place)

    def beside(names: list[str]) -> list[bytes]:
        return list(member_bytes(name, place, names, MAX_SIDECAR_BYTES).values())

    table, guess = _of_tables(files, lambda table: member_table(name, place, table), beside)
    named = {} if table is None else {"metadata": table}
    return Guess({**named, **guess.settings}, guess.notes)


def _of_tables(
    files: list[str],
    read: Callable[[str], Table],
    beside: Callable[[list[str]], list[bytes]],
    odd: Collection[str] = (),
) -> tuple[str | None, Guess]:
    """The table that names images, and what it says; without one what lies beside images, and the names of the files.

    odd: files that are images by their content alone.

    A table that cannot be read, or names none of the images, is some other file of its makers, unless it is called
    `metadata`. Raises SourceError where that one cannot be read.
    """
    around, _ = beside_images(files, IMAGE.holds)
    single = {name for names in around.values() for name in names}
    tables = [file for file in files if PurePosixPath(file).suffix.lower() in FORMATS and file not in single]
    tables.sort(key=lambda table: (PurePosixPath(table).stem != "metadata", table.count("/"), table))
    passed: list[str] = []
    found: tuple[str | None, Guess | None] = (None, None)

    def holds(file: str) -> bool:
        return IMAGE.holds(file) or file in odd

    for table in tables[:TABLES_LOOKED_AT]:
        try:
            found = (table, of_table(read(table), files, holds))
        except (SourceError, OSError, pa.ArrowException) as error:
            if PurePosixPath(table).stem == "metadata":
                said = getattr(error, "strerror", None) or " ".join(str(error).split())[:240]
                said = said if table in said else f"{table}: {said}"
                raise SourceError(f"{said}; mend {table}, or take it away") from error
        if found[1] is not None:
            break
        found = (None, None)
        passed.append(table)
    if not found[1]:
        passed += tables[TABLES_LOOKED_AT:]
    more = f" and {len(passed) - 3} more" if len(passed) > 3 else ""
    notes = [f"not read, since they name no image here: {', '.join(passed[:3])}{more}"] if passed else []
    settings, guessed = found[1] or _of_sidecars(sorted(single), beside, of_names(files, holds))
    return found[0], Guess(settings, [*notes, *guessed])


def _of_sidecars(single: list[str], beside: Callable[[list[str]], list[bytes]], names: Guess) -> Guess:
    """What the names say, with what the first objects beside images say."""
    objects = [file for file in single if file.lower().endswith(".json")][:ROWS_OF_WORDS]
    rows = [row for data in (beside(objects) if objects else []) if (row := described(data))]
    cells: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            cells.setdefault(name, []).append(value)
    guess = columns_of(list(cells), ("image",), cells) if cells else Guess({}, [])
    notes = ["texts and objects beside the images are read by their stems"] if single else []
    return Guess({**names.settings, **guess.settings}, [*names.notes, *notes, *guess.notes])


def _of_parquet(name: str, first: Path, where: dict[str, str], data_root: Path) -> Guess:
    """Parquet with embedded images; Hugging Face's own where it describes its columns."""
    try:
        described = b"huggingface" in (schema_of(first).metadata or {})
    except (OSError, pa.ArrowException) as error:
        said = " ".join(str(error).split())[:160]
        raise SourceError(f"{name}: {first} is no whole Parquet file ({said}); fetch it again") from error
    kind = "huggingface" if described and Path(where["path"]).suffix == "" else "parquet"
    return _of_columns({"kind": kind, **where}, name, data_root)


def _of_columns(settings: dict[str, Any], name: str, data_root: Path) -> Guess:
    """An entry for rows with embedded images, by the names of its columns and what its first rows say."""
    entry = ENTRY.validate_python({**settings, "name": name})
    if isinstance(entry, HuggingFaceDataset):
        header, cells = huggingface.words(entry, data_root, ROWS_OF_WORDS)
    else:
        assert isinstance(entry, ParquetDataset)
        header, cells = parquet.words(entry, data_root, ROWS_OF_WORDS)
    guess = columns_of(header, ("file",), cells)
    return Guess({**settings, **guess.settings}, guess.notes)
