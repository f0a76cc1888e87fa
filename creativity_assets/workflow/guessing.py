"""What a source's column, file and folder names are likely to mean: settings of an entry, to be looked at by people."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from creativity_assets.sources.listing import IMAGE
from creativity_assets.sources.metadata import Table
from creativity_assets.sources.paths import fields_from_wikiart_name

_LOOKED_AT = 200  # rows of a table, and names of files, that a guess is made from

USUAL_NAMES = {
    "file": ("file", "file_name", "filename", "path", "image_name", "image_path", "generated_image", "image", "name"),
    "image": ("image", "img", "picture", "jpg", "png"),
    "artist": ("artist", "artist_name", "painter", "creator", "author", "maker", "photographer", "director"),
    "title": ("title", "painting_name", "work_title", "name_of_work"),
    "year": ("year", "date", "dated", "creation_date", "year_created", "completion_year"),
    "style": ("style", "movement", "art_movement", "school"),
    "genre": ("genre", "medium", "category"),
    "caption": ("caption", "prompt", "description", "text", "p"),
    "generator": ("generator", "model", "model_name"),
    "label": ("label", "class", "is_ai", "target"),
}
"""What others call our columns, the likelier first."""

LABELS = dict.fromkeys(("human", "real", "nature", "natural", "authentic"), "human")
LABELS |= dict.fromkeys(("ai", "fake", "generated", "synthetic", "ai_generated"), "ai")
"""Words, in lower case, by which labels are told."""


def has_images(path: Path) -> bool:
    """Whether a Parquet file has a column of image bytes."""
    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException):
        return False
    for field in schema:
        parts = {part.name for part in field.type} if pa.types.is_struct(field.type) else set()
        if "bytes" in parts or (pa.types.is_binary(field.type) and field.name in USUAL_NAMES["image"]):
            return True
    return False


def of_table(table: Table, files: Sequence[str]) -> dict[str, Any] | None:
    """Settings for a table that names files of the source; None for another."""
    rows = [row for _, row in itertools.islice(table.rows, _LOOKED_AT)]
    names = {PurePosixPath(file).name for file in files if IMAGE.holds(file)}
    lower = {column.lower(): column for column in table.header}
    for column in (lower[usual] for usual in USUAL_NAMES["file"] if usual in lower):
        if any(PurePosixPath(str(row.get(column)).replace("\\", "/")).name in names for row in rows):
            cells = {name: [row.get(name) for row in rows] for name in table.header}
            described = columns_of(table.header, ("image",), cells)
            described["columns"] = {"file": column} | described.get("columns", {})
            titled = [file for file in files if IMAGE.holds(file)][:_LOOKED_AT]
            if "year" not in described["columns"] and any("year" in fields_from_wikiart_name(file) for file in titled):
                described["file_names"] = "wikiart"
            return described
    return None


def of_names(files: Sequence[str], holds: Callable[[str], bool]) -> dict[str, Any]:
    """What names of files and folders say: WikiArt's way, or folders by which human and ai images are told."""
    held = [file for file in files if holds(file)][:_LOOKED_AT]
    settings: dict[str, Any] = {}
    labels = sorted({part for file in held for part in PurePosixPath(file).parts[:-1] if part.lower() in LABELS})
    if labels:
        settings["paths"] = [{"match": f"**/{part}/**/*", "set": {"label": LABELS[part.lower()]}} for part in labels]
    wikiart = [file for file in held if {"artist", "title"} <= fields_from_wikiart_name(file).keys()]
    if held and len(wikiart) > 0.9 * len(held) and any("-" in PurePosixPath(file).name for file in wikiart):
        settings["file_names"] = "wikiart"
        if not labels and all("/" in file for file in held):
            settings["paths"] = [{"match": "**/{style}/*"}]
    return settings


def columns_of(header: Sequence[str], without: Iterable[str], cells: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Column map by what columns are usually called; a label only where its values are told."""
    columns: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    lower = {column.lower(): column for column in header}
    for ours, usual in USUAL_NAMES.items():
        theirs = next((lower[name] for name in usual if name in lower and lower[name] not in columns.values()), None)
        if theirs is None or ours in (*without, "file"):
            continue
        if ours == "label":
            met = {str(cell) for cell in cells.get(theirs, []) if cell not in (None, "")}
            if not met or any(word.lower() not in LABELS for word in met):
                continue
            values["label"] = {word: LABELS[word.lower()] for word in sorted(met) if LABELS[word.lower()] != word}
        columns[ours] = theirs
    settings: dict[str, Any] = {"columns": columns} if columns else {}
    return settings | ({"values": values} if values.get("label") else {})
