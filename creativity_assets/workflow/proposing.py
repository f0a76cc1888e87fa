"""`creativity catalog add dataset`: looks at a source and proposes the entry that would read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from pydantic import TypeAdapter
from slugify import slugify

from creativity_assets.catalog import load_catalog
from creativity_assets.catalog.datasets import DatasetEntry, MappedDataset
from creativity_assets.errors import CatalogError, SourceError
from creativity_assets.sources import read as read_source
from creativity_assets.sources.archive import member_names, member_table
from creativity_assets.sources.listing import IMAGE, VIDEO
from creativity_assets.sources.locations import hub_snapshot, walk
from creativity_assets.sources.metadata import FORMATS, read_table
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.workflow.guessing import columns_of, has_images, of_names, of_table
from creativity_assets.workflow.indexing import record_row

ROWS_SHOWN = 10

_ENTRY: TypeAdapter[DatasetEntry] = TypeAdapter(DatasetEntry)
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")


@dataclass(frozen=True)
class Proposal:
    """An entry that was not written yet, what it reads, and what was guessed."""

    name: str
    settings: dict[str, Any]
    rows: pd.DataFrame
    rejects: list[str]
    guesses: list[str]

    @property
    def yaml(self) -> str:
        return yaml.safe_dump({"datasets": {self.name: self.settings}}, sort_keys=False, allow_unicode=True, width=100)


def propose(data_root: Path, source: str, name: str | None = None, label: str | None = None) -> Proposal:
    """An entry for a folder, a file or a hub id, and the first rows that it reads.

    Raises CatalogError where the name is taken, SourceError where nothing is there or no image is found.
    """
    place = Path(source).expanduser()
    name = name or slugify(PurePosixPath(source.rstrip("/")).name.removesuffix(".gz").removesuffix(".tar"))
    if name in load_catalog(data_root).datasets:
        raise CatalogError(f"{name}: a data set of this name exists; give another with --name")
    if place.exists():
        place = place.resolve()
        inside = place.is_relative_to(data_root)
        where = {"path": str(place.relative_to(data_root) if inside else place)}
        settings = _of_folder(name, place, where) if place.is_dir() else _of_file(name, place, where)
    elif source.count("/") == 1 and not source.startswith((".", "~")):
        settings = _of_hub(name, source)
    else:
        raise SourceError(f"{source}: nothing is there, and it is no hub id either (owner/name)")
    guesses = _settle_label(settings, label)
    entry = _ENTRY.validate_python({**settings, "name": name})
    rows, rejects = _look(entry, data_root)
    if not rows:
        told = f" ({rejects[0]})" if rejects else ""
        raise SourceError(
            f"{name}: no image was found in {source}{told}; write its entry by hand, see docs/datasets.md"
        )
    return Proposal(name, settings, pd.DataFrame(rows).astype({"year": "Int64"}), rejects, guesses)


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


def _of_folder(name: str, place: Path, where: dict[str, str]) -> dict[str, Any]:
    files = [file.name for file in walk(place)]
    parquet = [file for file in files if file.endswith(".parquet") and has_images(place / file)]
    if parquet:
        schema = pq.read_schema(place / parquet[0])
        return _of_schema(schema, where)
    if not any(IMAGE.holds(file) for file in files) and any(VIDEO.holds(file) for file in files):
        return {"kind": "video", **where, "frames": {"every": 1.0}, **of_names(files, VIDEO.holds)}
    tables = [file for file in files if PurePosixPath(file).suffix.lower() in FORMATS]
    tables.sort(key=lambda table: (PurePosixPath(table).stem != "metadata", table.count("/"), table))
    for table in tables:
        described = of_table(read_table(name, table, (place / table).read_bytes()), files)
        if described:
            named = {} if table == "metadata.csv" else {"metadata": table}
            return {"kind": "folder", **where, **named, **described}
    return {"kind": "folder", **where, **of_names(files, IMAGE.holds)}


def _of_file(name: str, place: Path, where: dict[str, str]) -> dict[str, Any]:
    if place.name.endswith(".parquet"):
        return _of_schema(pq.read_schema(place), where)
    if place.name.endswith(_ARCHIVES):
        return {"kind": "archive", **where, **_of_archive(name, place)}
    raise SourceError(f"{place}: neither Parquet nor an archive ({', '.join(_ARCHIVES)}); give the folder it lies in")


def _of_hub(name: str, hub_id: str) -> dict[str, Any]:
    """An entry at the commit that the hub's main branch, or this machine's copy of it, is at now."""
    revision, files, folder = hub_snapshot(name, hub_id)
    where = {"hub_id": hub_id, "revision": revision}
    archives = [file for file in files if file.endswith(_ARCHIVES)]
    if len(archives) == 1 and not any(file.endswith(".parquet") or IMAGE.holds(file) for file in files):
        described = _of_archive(name, folder / archives[0]) if folder and (folder / archives[0]).is_file() else {}
        return {"kind": "archive", **where, "file": archives[0], **described}
    # Which columns there are is known once the data set is opened; those with our names need no map.
    return {"kind": "huggingface", **where}


def _of_archive(name: str, place: Path) -> dict[str, Any]:
    files = member_names(name, place)
    for table in (file for file in files if PurePosixPath(file).suffix.lower() in FORMATS):
        described = of_table(member_table(name, place, table), files)
        if described:
            return {"metadata": table, **described}
    return of_names(files, IMAGE.holds)


def _of_schema(schema: pa.Schema, where: dict[str, str]) -> dict[str, Any]:
    """Parquet with embedded images; Hugging Face's own where it describes its columns."""
    kind = (
        "huggingface" if b"huggingface" in (schema.metadata or {}) and Path(where["path"]).suffix == "" else "parquet"
    )
    return {"kind": kind, **where, **columns_of(schema.names, ("file",), {})}


def _settle_label(settings: dict[str, Any], label: str | None) -> list[str]:
    """Give the entry a label where its source tells none; returns a line on every guess."""
    told = "label" in settings.get("columns", {}) or any(
        "label" in rule.get("set", {}) for rule in settings.get("paths", ())
    )
    if told and label is None:
        return []
    settings["constants"] = {"label": label or "human"}
    return [] if label else ["nothing tells human from ai: label human is a guess, give --label ai otherwise"]


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
            rows.append({column: row[column] for column in shown})
    return rows, rejects


def _first(items: Iterator[SourceRecord | SourceReject]) -> Iterator[SourceRecord | SourceReject]:
    records = 0
    for item in items:
        yield item
        records += isinstance(item, SourceRecord)
        if records == ROWS_SHOWN:
            return
