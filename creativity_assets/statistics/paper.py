"""The source study's own figures (its tables 3 to 7) as data, and ours set beside them.

The figures are printed to three decimals; a difference that the study does not print (tables 3 and 4) is
the difference of its printed means. Null means that the study does not state the figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from creativity_assets.vocabulary import EFFECT, TABLES

REFERENCE_FILE = Path(__file__).with_name("paper_reference.csv")

_DTYPES = {"BIGINT": "Int64", "VARCHAR": "str", "DOUBLE": "float64", "BOOLEAN": "boolean"}
REFERENCE_DTYPES = {column.name: _DTYPES[column.type] for column in TABLES["paper_reference"].columns}

OUR_FIGURES = tuple(column.name for column in EFFECT)
PAPER_FIGURES = (*OUR_FIGURES[:8], "p_relation", "significant")
_KEYS = ("table_number", "grouping", "group", "group_label", "metric")


def paper_reference() -> pd.DataFrame:
    """The study's tables 3 to 7, a row per figure group: p_value with its relation (`=` or `<`),
    eras as half-open years [year_start, year_end), rank within table 6."""
    reference = pd.read_csv(REFERENCE_FILE, dtype=REFERENCE_DTYPES)
    printed = reference["mean_ai"] - reference["mean_human"]
    # Rounded, because the subtraction of three-decimal figures carries no more than three decimals.
    reference["difference"] = reference["difference"].fillna(printed.round(3))
    return reference


def paper_comparison(tables: Mapping[str, pd.DataFrame], reference: pd.DataFrame) -> pd.DataFrame:
    """Our figures beside the study's, for every comparison and experiment of `tables` (name -> stats_*).

    One row per comparison x experiment x row of `reference`; ours_* are null where our data have no such
    group. delta = ours_difference - paper_difference; same_sign says whether both differences point the
    same way; suite says which extractors gave ours, and only `paper` is comparable with the study.
    """
    runs = tables["stats_overall"][["comparison", "experiment", "suite"]].drop_duplicates()
    ours = pd.concat([_ours(tables[name], grouping) for name, grouping in _TABLES.items()], ignore_index=True)
    study = reference[[*_KEYS, *PAPER_FIGURES]].rename(columns={c: f"paper_{c}" for c in PAPER_FIGURES})
    study = study.assign(match=study["group"].fillna(""), line=range(len(study)))
    table = runs.merge(study, how="cross").merge(
        ours, how="left", on=["comparison", "experiment", "grouping", "match", "metric"], validate="one_to_one"
    )
    delta = table["ours_difference"] - table["paper_difference"]
    same = ((table["ours_difference"] > 0) == (table["paper_difference"] > 0)).astype("boolean")
    table = table.assign(delta=delta, same_sign=same.mask(delta.isna()))
    table = table.sort_values(["comparison", "experiment", "line"], ignore_index=True)
    return table[list(comparison_columns())]


def comparison_columns() -> tuple[str, ...]:
    """The columns of paper_comparison, in order."""
    return TABLES["paper_comparison"].names


def _ours(table: pd.DataFrame, grouping: str) -> pd.DataFrame:
    """A stats_* table in the shape of the study's; groups match by era slug, artist slug or first year."""
    column = _GROUP_COLUMNS[grouping]
    match = table[column].astype("str") if column else ""
    figures = table[["comparison", "experiment", "metric", *OUR_FIGURES]]
    return figures.rename(columns={c: f"ours_{c}" for c in OUR_FIGURES}).assign(grouping=grouping, match=match)


_GROUP_COLUMNS = {"overall": None, "metric": None, "era": "era", "artist": "artist_slug", "decade": "decade"}
_TABLES = {
    "stats_overall": "overall",
    "stats_by_metric": "metric",
    "stats_by_era": "era",
    "stats_by_artist": "artist",
    "stats_by_decade": "decade",
}
