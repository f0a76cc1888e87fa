"""What a source's column, file and folder names are likely to mean: settings of an entry, to be looked at by people."""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import pyarrow as pa

from creativity_assets.sources.columns.fields import is_missing
from creativity_assets.sources.columns.matching import Files, Match
from creativity_assets.sources.columns.names import words_of_camel_case
from creativity_assets.sources.columns.paths import fields_from_wikiart_name, stem_of
from creativity_assets.sources.kinds.parquet import schema_of
from creativity_assets.sources.listing import IMAGE
from creativity_assets.sources.tables.arrow_cells import holds_pictures, is_struct_of_bytes
from creativity_assets.sources.tables.metadata import Table
from creativity_assets.vocabulary import grouping_words

_NAMES = 200  # of files, that a guess is made from
ROWS = 20_000
"""Of a table, that a guess is made from: tables may be sorted by what is asked."""

USUAL_NAMES = {
    "file": (
        "file",
        "file_name",
        "filename",
        "path",
        "image_name",
        "image_path",
        "generated_image",
        "image",
        "name",
        "id",
        "image_id",
        "isic_id",
        "object_id",
        "uuid",
        "painting",
        "filepath",
        "image_file",
        "img",
        "url",
        "image_url",
        "link",
    ),
    "image": ("image", "img", "picture", "jpg", "png"),
    "artist": ("artist", "artist_name", "painter", "creator", "author", "maker", "photographer", "director"),
    "title": ("title", "painting_name", "work_title", "name_of_work"),
    "year": ("year", "date", "dated", "creation_date", "year_created", "completion_year"),
    "style": ("style", "art_style", "movement", "art_movement", "school"),
    "genre": ("genre", "medium", "category"),
    "caption": ("caption", "prompt", "description", "text", "utterance", "p"),
    "generator": ("generator", "model", "model_name"),
    "label": ("label", "class", "is_ai", "target"),
}
"""What others call our columns, the likelier first."""

LABELS = dict.fromkeys(("human", "real", "nature", "natural", "authentic"), "human")
LABELS |= dict.fromkeys(("ai", "fake", "generated", "synthetic", "ai_generated"), "ai")
"""Words, in lower case, by which labels are told."""

_STYLES = (
    "abstract_art abstract_expressionism action_painting analytical_cubism art_deco art_nouveau art_nouveau_modern "
    "baroque color_field_painting conceptual_art constructivism contemporary_realism cubism early_renaissance "
    "expressionism fauvism futurism high_renaissance impressionism lyrical_abstraction magic_realism "
    "mannerism_late_renaissance minimalism naive_art_primitivism neoclassicism neo_impressionism new_realism "
    "northern_renaissance op_art pointillism pop_art post_impressionism pre_raphaelite realism renaissance rococo "
    "romanticism social_realism suprematism surrealism symbolism synthetic_cubism ukiyo_e"
)
STYLES = frozenset(_STYLES.split())
"""WikiArt's and ArtBench's names of styles, in lower case with _, by which a column of styles is told."""


class Guess(NamedTuple):
    """Settings of an entry, and a line on each that people should look at."""

    settings: dict[str, Any]
    notes: list[str]


def has_images(path: Path) -> bool:
    """Whether a Parquet file has a column of image bytes."""
    try:
        schema = schema_of(path)
    except (OSError, pa.ArrowException):
        return False
    for field in schema:
        usual = field.name.lower() in USUAL_NAMES["image"]
        if is_struct_of_bytes(field.type) or (usual and holds_pictures(field.type)):
            return True
    return False


def of_table(table: Table, files: Sequence[str], holds: Callable[[str], bool] = IMAGE.holds) -> Guess | None:
    """Settings for a table that names files of the source; None for another."""
    rows = [row for _, row in itertools.islice(table.rows, ROWS)]
    held = [file for file in files if holds(file)]
    column = _file_column(table, rows, held)
    if column is None:
        return None
    cells = {name: [row.get(name) for row in rows] for name in table.header}
    described, notes = columns_of([name for name in table.header if name != column], ("image",), cells)
    described["columns"] = {"file": column} | described.get("columns", {})
    if "year" not in described["columns"] and _are_wikiarts(held[:_NAMES], years=True):
        described["file_names"] = "wikiart"
    return Guess(described, [*table.notes, *notes])


def _file_column(table: Table, rows: Sequence[Mapping[str, Any]], files: Sequence[str]) -> str | None:
    """The column that names files of the source: of those usually called so the first with any, else one that does
    so in most rows."""
    known = Files(files, lambda file: True)
    base = PurePosixPath(table.name).parent
    lower = {column.lower(): column for column in reversed(table.header)}
    for column in (lower[usual] for usual in USUAL_NAMES["file"] if usual in lower):
        if any(isinstance(known.of_row(row.get(column), "", base), Match) for row in rows):
            return column
    return known.column_of(rows[:_NAMES], table.header, base)


def of_names(files: Sequence[str], holds: Callable[[str], bool]) -> Guess:
    """What names of files and folders say: WikiArt's way, artists as `AgnesExamplePelton`, or folders by which human
    and ai images are told."""
    held = [file for file in files if holds(file)][:_NAMES]
    settings: dict[str, Any] = {}
    notes: list[str] = []
    labels = sorted({part for file in held for part in PurePosixPath(file).parts[:-1] if part.lower() in LABELS})
    if labels:
        settings["paths"] = [{"match": f"**/{part}/**/*", "set": {"label": LABELS[part.lower()]}} for part in labels]
    if _are_wikiarts(held):
        settings["file_names"] = "wikiart"
        if not labels and all("/" in file for file in held):
            settings["paths"] = [{"match": "**/{style}/*"}]
    elif len({PurePosixPath(file).parent for file in held}) == 1:
        artists = [artist for file in held if (artist := words_of_camel_case(stem_of(file)))]
        if len(artists) > 0.9 * len(held):
            settings["file_names"] = "artist"
            notes.append(f"file names are read as artists, such as {artists[0]}")
    return Guess(settings, notes)


def _are_wikiarts(files: Sequence[str], *, years: bool = False) -> bool:
    """Whether files are named `{artist}_{title}[-year]`: with years or artists that repeat, most of them hyphenated.

    `ann_lee.jpg` and `cy-ron_dee.jpg` may be anything. years: only where some have one.
    """
    fields = [fields_from_wikiart_name(file) for file in files]
    named = [said["artist"] for said in fields if {"artist", "title"} <= said.keys()]
    if not named or len(named) <= 0.9 * len(files):
        return False
    dated = sum("year" in said for said in fields)
    if not dated and (years or len({*named}) == len(named)):
        return False
    people = [artist for artist in named if re.fullmatch(r"[^\W\d]+(?:[ .'’][^\W\d]*)+", artist)]
    words = [artist for artist in named if not re.search(r"\d", artist)]
    return len(people) >= len(named) / 2 or (len(words) > 0.9 * len(named) and dated >= len(named) / 2)


def columns_of(header: Sequence[str], without: Iterable[str], cells: Mapping[str, list[Any]]) -> Guess:
    """Column map by what columns are usually called, and by their cells where the name says too little.

    A label is taken only where its words are told, a style also from a genre or class whose words are styles; a
    column of our name with words of its own (`label`: cat, dog) is mapped to None, or every image would be rejected.
    """
    words = {column: _words(cells.get(column, ())) for column in header}
    lower = {column.lower(): column for column in header}
    columns: dict[str, str | None] = {}
    values: dict[str, dict[str, str]] = {}
    notes: list[str] = []

    def candidates(usual: Iterable[str]) -> list[str]:
        return [lower[name] for name in usual if name in lower and lower[name] not in columns.values()]

    for ours, usual in USUAL_NAMES.items():
        theirs = candidates(usual)
        if ours == "label":
            theirs = [column for column in theirs if _all_told(words[column], LABELS)]
        if ours == "style" and not theirs:
            theirs = [c for c in candidates((*USUAL_NAMES["genre"], *USUAL_NAMES["label"])) if _are_styles(words[c])]
            notes += [f"column {column!r} holds styles by its words" for column in theirs[:1]]
        if not theirs or ours in (*without, "file"):
            continue
        columns[ours] = theirs[0]
        if ours == "label":
            told = {word: LABELS[word.lower()] for word in sorted(words[theirs[0]])}
            values["label"] = {word: label for word, label in told.items() if label != word}
    for name, known in grouping_words().items():
        if name in header and name not in columns and name not in columns.values():
            if name in cells and words[name] <= {*known}:
                continue
            columns[name] = None
            shown = ", ".join(sorted(words[name])[:3]) or "no plain words"
            notes.append(f"column {name!r} is not read: it holds {shown}, which are none of {', '.join(known)}")
    settings: dict[str, Any] = {"columns": columns} if columns else {}
    return Guess(settings | ({"values": values} if values.get("label") else {}), notes)


def _words(cells: Iterable[Any]) -> set[str]:
    return {str(cell).strip() for cell in cells if not is_missing(cell)}


def _all_told(words: set[str], told: Mapping[str, str]) -> bool:
    return bool(words) and all(word.lower() in told for word in words)


def _are_styles(words: set[str]) -> bool:
    """Most of them: every collection has a few of its own."""
    known = [word for word in words if re.sub(r"[^a-z]+", "_", word.lower()).strip("_") in STYLES]
    return len(known) > len(words) / 2
