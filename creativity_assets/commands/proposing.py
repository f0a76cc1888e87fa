"""`creativity catalog add dataset`: looks at a source and proposes the entry that would read it."""

import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
import pyarrow as pa
import yaml
from pydantic import TypeAdapter, ValidationError
from slugify import slugify

from creativity_assets.catalog import load_catalog
from creativity_assets.catalog.datasets import DatasetEntry, HuggingFaceDataset, MappedDataset, ParquetDataset
from creativity_assets.catalog.loading import first_problem
from creativity_assets.commands.guessing import Guess, columns_of, has_images, of_names, of_table
from creativity_assets.errors import CatalogError, SourceError
from creativity_assets.sources import huggingface, parquet
from creativity_assets.sources import read as read_source
from creativity_assets.sources import survey as survey_source
from creativity_assets.sources.archive import member_bytes, member_names, member_table
from creativity_assets.sources.archives.split import part_by_name
from creativity_assets.sources.columns.names import MAX_LENGTH
from creativity_assets.sources.folder import METADATA, odd_images
from creativity_assets.sources.limits import MAX_SIDECAR_BYTES, bounded_bytes, table_limit, why_no_file
from creativity_assets.sources.listing import IMAGE, VIDEO
from creativity_assets.sources.locations import hub_snapshot, walk
from creativity_assets.sources.losses import Losses
from creativity_assets.sources.parquet import schema_of
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.sources.tables.metadata import FORMATS, Table, read_table
from creativity_assets.sources.tables.sidecars import beside_images, described
from creativity_assets.workflow.steps.records import record_row, unusable

ROWS_SHOWN = 10
ROWS_OF_WORDS = 200
"""Of embedded images, for what their columns hold; on a hub they are streamed."""
TABLES_LOOKED_AT = 8
"""Of a source: each costs a pass over an archive."""

_ENTRY: TypeAdapter[DatasetEntry] = TypeAdapter(DatasetEntry)
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip")


@dataclass(frozen=True)
class Proposal:
    """An entry that was not written yet, what it reads, and what was guessed."""

    name: str
    settings: dict[str, Any]
    rows: pd.DataFrame
    rejects: list[str]
    guesses: list[str]
    losses: Losses | None = None
    """Of the whole source, where its names and tables tell; a record may still turn out to be damaged."""

    @property
    def yaml(self) -> str:
        return yaml.safe_dump({"datasets": {self.name: self.settings}}, sort_keys=False, allow_unicode=True, width=100)


def propose(data_root: Path, source: str, name: str | None = None, label: str | None = None) -> Proposal:
    """An entry for a folder, a file or a hub id, and the first rows that it reads.

    Raises CatalogError where the name is taken or no name, or where `label` is told by the source itself; SourceError
    where nothing is there or no image is found.
    """
    place = Path(source).expanduser()
    name = _name(source, place, name)
    if name in load_catalog(data_root).datasets:
        raise CatalogError(f"{name}: a data set of this name exists; give another with --name")
    if _is_there(place):
        place = Path(os.path.realpath(place))
        inside = place.is_relative_to(data_root)
        where = {"path": str(place.relative_to(data_root) if inside else place)}
        look = _of_folder if place.is_dir() else _of_file
        settings, notes = look(name, place, where, data_root)
    elif _looks_like_a_path(source):
        raise SourceError(f"{source}: there is no such file or folder")
    elif source.count("/") == 1:
        settings, notes = _of_hub(name, source, data_root)
    else:
        raise SourceError(f"{source}: nothing is there, and it is no hub id either (owner/name)")
    notes += _settle_label(name, settings, label)
    if settings["kind"] == "video":
        notes += _settle_family(settings)
    try:
        entry = _ENTRY.validate_python({**settings, "name": name})
    except ValidationError as error:
        raise CatalogError(f"{name}: {first_problem(error)}") from error
    rows, rejects = _look(entry, data_root)
    if not rows:
        told = f" ({rejects[0]})" if rejects else ""
        raise SourceError(
            f"{name}: no image was found in {source}{told}; write its entry by hand, see docs/datasets.md"
        )
    frame = pd.DataFrame(rows).astype({"year": "Int64"})
    return Proposal(name, settings, frame, rejects, notes, survey_source(entry, data_root))


def _name(source: str, place: Path, given: str | None) -> str:
    """The given name, or one made of the source's. Raises CatalogError for what is no name of an entry."""
    base = Path(os.path.realpath(place)).name if _is_there(place) else PurePosixPath(source.rstrip("/")).name
    name = slugify(base.removesuffix(".gz").removesuffix(".tar"))[:MAX_LENGTH] if given is None else given
    if re.fullmatch(rf"[a-z0-9_-]{{1,{MAX_LENGTH}}}", name):
        return name
    said = f"no name can be made of {base!r}" if given is None else f"{given!r} is no name for an entry"
    raise CatalogError(
        f"{said}; give one of at most {MAX_LENGTH} small letters, digits, - and _ with --name"
        + (f", such as {slug}" if (slug := slugify(given or "")[:MAX_LENGTH]) else "")
    )


def _is_there(place: Path) -> bool:
    """Raises SourceError for a place that cannot be reached, is a pipe or a device."""
    try:
        if not place.exists():
            return False
    except OSError as error:
        raise SourceError(f"{place} cannot be reached ({error.strerror or error})") from error
    if not place.is_dir() and (why := why_no_file(place)):
        raise SourceError(f"{place} is {why}")
    return True


def _looks_like_a_path(source: str) -> bool:
    """Hub ids have one slash and no file's ending; a name without a slash may be either."""
    endings = (*_ARCHIVES, *FORMATS, *IMAGE.suffixes, *VIDEO.suffixes)
    return source.startswith((".", "~", "/")) or source.count("/") > 1 or source.lower().endswith(endings)


def write(data_root: Path, proposal: Proposal) -> Path:
    """Write a proposal to `catalog/<name>.yaml`, a file of its own. Raises CatalogError where one is there."""
    path = data_root / "catalog" / f"{proposal.name}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(proposal.yaml)
    except FileExistsError as error:
        raise CatalogError(f"{path}: is there already and stays as it is; give another --name") from error
    load_catalog(data_root)
    return path


def _of_folder(name: str, place: Path, where: dict[str, str], data_root: Path) -> Guess:
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


def _of_file(name: str, place: Path, where: dict[str, str], data_root: Path) -> Guess:
    if part := part_by_name(place.name):
        raise SourceError(f"{place}: {part}")
    if place.name.endswith(".parquet"):
        return _of_parquet(name, place, where, data_root)
    if place.name.endswith(_ARCHIVES):
        settings, notes = _of_archive(name, place)
        return Guess({"kind": "archive", **where, **settings}, notes)
    raise SourceError(f"{place}: neither Parquet nor an archive ({', '.join(_ARCHIVES)}); give the folder it lies in")


def _of_hub(name: str, hub_id: str, data_root: Path) -> Guess:
    """An entry at the commit that the hub's main branch, or this machine's copy of it, is at now."""
    revision, files, folder = hub_snapshot(name, hub_id)
    where = {"hub_id": hub_id, "revision": revision}
    archives = [file for file in files if file.endswith(_ARCHIVES)]
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
    entry = _ENTRY.validate_python({**settings, "name": name})
    if isinstance(entry, HuggingFaceDataset):
        header, cells = huggingface.words(entry, data_root, ROWS_OF_WORDS)
    else:
        assert isinstance(entry, ParquetDataset)
        header, cells = parquet.words(entry, data_root, ROWS_OF_WORDS)
    guess = columns_of(header, ("file",), cells)
    return Guess({**settings, **guess.settings}, guess.notes)


def _settle_label(name: str, settings: dict[str, Any], label: str | None) -> list[str]:
    """Give the entry a label where its source tells none; returns a line on every guess.

    Raises CatalogError where a label is given that the source tells itself: one of the two would be wrong.
    """
    column = settings.get("columns", {}).get("label")
    folders = {rule["set"]["label"] for rule in settings.get("paths", ()) if "label" in rule.get("set", {})}
    if label and (column or folders - {label}):
        teller = f"column {column!r}" if column else f"folders ({', '.join(sorted(folders))})"
        raise CatalogError(f"{name}: its {teller} tell who made the images; leave out --label, or correct the source")
    if column or folders:
        return []
    settings["constants"] = {"label": label or "human"}
    return [] if label else ["nothing tells human from ai: label human is a guess, give --label ai otherwise"]


def _settle_family(settings: dict[str, Any]) -> list[str]:
    """Frames are none of the families that a label alone stands for."""
    constants = settings.get("constants", {})
    family = "film_frame" if constants.get("label") == "human" else "video_frame"
    settings["constants"] = {**constants, "family": family}
    return [f"family {family} is a guess: film_frame is for films, video_frame for other videos"]


def _look(entry: DatasetEntry, data_root: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The first rows that an entry gives, and the rejects met on the way."""
    assert isinstance(entry, MappedDataset)
    shown = (
        "source_key",
        "artist",
        "title",
        "year",
        "year_source",
        "style",
        "genre",
        "caption",
        "label",
        "family",
        "generator",
    )
    rows, rejects = [], []
    for item in _first(read_source(entry, data_root)):
        if isinstance(item, SourceReject):
            rejects.append(f"{item.reason}: {item.detail}")
        else:
            row = record_row(entry.name, item)
            if reject := unusable(item, row):
                rejects.append(f"{reject.reason}: {reject.detail}")
            else:
                rows.append({column: row[column] for column in shown})
    return rows, rejects


def _first(items: Iterator[SourceRecord | SourceReject]) -> Iterator[SourceRecord | SourceReject]:
    records = 0
    for item in items:
        yield item
        records += isinstance(item, SourceRecord)
        if records == ROWS_SHOWN:
            return
