"""From a source's own columns to the catalogue's names."""

import math
from collections.abc import Collection, Mapping
from typing import Any

from creativity_assets.errors import SourceError
from creativity_assets.vocabulary import given_columns

FIELDS = tuple(given_columns())
"""The names that describe a work; `file`, `image` and `key` of a column map only say where it is."""

_OF_WORDS = frozenset(name for name, column in given_columns().items() if column.words or column.type == "DOUBLE")
"""Those of which most values that others write are rejected."""


def checked_columns(name: str, columns: Mapping[str, str | None], have: Collection[str]) -> dict[str, str]:
    """The column map to read by: the entry's own, and equal names, as `Artist`, where the entry says nothing.

    A column that the entry maps is not read a second time under its own name: where `style` is the column `genre`,
    there is no genre. One that is mapped to None is not read at all.

    Raises SourceError, naming dataset `name`, when the entry maps a column that the source does not have.
    """
    for canonical, column in columns.items():
        if column is not None and column not in have:
            raise SourceError(
                f"{name}: no column {column!r} for {canonical!r} in the source; have {', '.join(sorted(have))}"
            )
    same_name = {name: column for name, column in _own_names(have).items() if column not in columns.values()}
    mapped = {canonical: column for canonical, column in columns.items() if column is not None}
    return {name: column for name, column in same_name.items() if name not in columns} | mapped


def _own_names(have: Collection[str]) -> dict[str, str]:
    """The columns that bear our names; where words are told apart only as written, `Label` is another thing."""
    lower = {column.lower(): column for column in have}
    written = {name: name for name in FIELDS if name in have}
    return {name: lower[name] for name in FIELDS if name in lower and name not in _OF_WORDS} | written


def fields_of(
    row: Mapping[str, Any],
    columns: Mapping[str, str],
    constants: Mapping[str, Any],
    values: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The fields of one row: its mapped values, and the constant where a value is missing.

    Missing is None, NaN and blank text. Text is stripped. values: by field, what stands for a value of the
    source; one that is not there stands for itself.
    """
    fields = {name: value for name, value in constants.items() if name in FIELDS}
    for name in FIELDS:
        if name not in columns or is_missing(value := row.get(columns[name])):
            continue
        value = _one(name, value)
        meant = (values or {}).get(name, {}).get(str(value), value)
        if not is_missing(meant):
            fields[name] = meant
    return fields


def _one(name: str, value: Any) -> Any:
    """A cell as one value: of several captions the first, of other lists all that they say."""
    if isinstance(value, list) and not any(isinstance(part, (list, tuple, dict)) for part in value):
        said = [str(part).strip() for part in value if not is_missing(part)]
        return (said[0] if said else "") if name == "caption" else ", ".join(said)
    return value.strip() if isinstance(value, str) else value


def is_missing(value: object) -> bool:
    """Whether a cell says nothing: None, NaN (also NaT, which does not equal itself) or blank text."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or bool(value != value)  # noqa: PLR0124  # NaT
