"""An entry proposed from a look at its source, with the first rows that it would read."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
import yaml
from pydantic import ValidationError
from slugify import slugify

from creativity_assets.catalog import load_catalog
from creativity_assets.catalog.datasets import DatasetEntry, MappedDataset
from creativity_assets.catalog.loading import first_problem
from creativity_assets.commands.catalog.looking import ARCHIVES, ENTRY, of_file, of_folder, of_hub
from creativity_assets.errors import CatalogError, SourceError
from creativity_assets.sources import read as read_source
from creativity_assets.sources import survey as survey_source
from creativity_assets.sources.columns.names import MAX_LENGTH
from creativity_assets.sources.limits import why_no_file
from creativity_assets.sources.listing import IMAGE, VIDEO
from creativity_assets.sources.losses import Losses
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.sources.tables.metadata import FORMATS
from creativity_assets.workflow.steps.records import record_row, unusable

ROWS_SHOWN = 10


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
        look = of_folder if place.is_dir() else of_file
        settings, notes = look(name, place, where, data_root)
    elif _looks_like_a_path(source):
        raise SourceError(f"{source}: there is no such file or folder")
    elif source.count("/") == 1:
        settings, notes = of_hub(name, source, data_root)
    else:
        raise SourceError(f"{source}: nothing is there, and it is no hub id either (owner/name)")
    notes += _settle_label(name, settings, label)
    if settings["kind"] == "video":
        notes += _settle_family(settings)
    try:
        entry = ENTRY.validate_python({**settings, "name": name})
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
    endings = (*ARCHIVES, *FORMATS, *IMAGE.suffixes, *VIDEO.suffixes)
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
