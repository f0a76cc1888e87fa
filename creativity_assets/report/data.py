"""What the page needs of a warehouse, read in one go through a read-only connection."""

# As text: DuckDB's types complain at the end of a process that something still refers to them.
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd

from creativity_assets.errors import StoreError
from creativity_assets.statistics.paper import comparison_columns
from creativity_assets.statistics.sides import members_of
from creativity_assets.statistics.tables import GROUPINGS, columns
from creativity_assets.vocabulary import STUDY_SCORES, audit_columns, compared_scores

_SAMPLES = (
    *("sample_id", "dataset", "artist", "artist_slug", "title", "year", "decade", "era", "style", "genre"),
    *("label", "family", "generator", "novelty"),
)
_MEASURED = (
    *("sample_id", "dataset", "experiment", "model", "model_revision", "method", "steps", "suite"),
    *("code_version", "scored_at"),
)


def wanted_columns() -> dict[str, tuple[str, ...]]:
    """The tables that are read, and the columns of each; what a warehouse lacks is read as empty."""
    return {
        "samples": (*_SAMPLES, *(column.name for column in audit_columns() if column.public)),
        "image_metrics": (*_MEASURED, *_scores_and_floors()),
        "rejected_samples": ("dataset", "source_key", "reason", "detail"),
        "membership": ("sample_id", "model", "membership"),
        "duplicates": ("sample_id", "duplicate_of", "kind", "same_work"),
        "readouts": ("sample_id", "experiment", "readout", "value"),
        "comparison_members": ("comparison", "sample_id", "side"),
        **{name: columns(name) for name in GROUPINGS},
        "paper_comparison": comparison_columns(),
    }


def _scores_and_floors() -> list[str]:
    return [column for score in compared_scores() for column in (score, f"floor_{score}")]


def scores_in(*measured: pd.DataFrame) -> list[str]:
    """The compared scores to show of measurements: the study's, and of others those that some suite computed."""
    return [
        score
        for score in compared_scores()
        if score in STUDY_SCORES or any(frame[score].notna().any() for frame in measured)
    ]


@dataclass(frozen=True)
class Contrast:
    """One comparison in one experiment: its row of stats_overall, and the measured samples of its sides.

    `human` and `ai` hold a row per measured image: the columns of `image_metrics` and `samples`.
    """

    comparison: str
    experiment: str
    suite: str
    overall: pd.Series
    human: pd.DataFrame
    ai: pd.DataFrame

    @property
    def anchor(self) -> str:
        """The fragment identifier of the study's part of the page."""
        return f"{self.comparison}.{self.experiment}"


@dataclass(frozen=True)
class Evidence:
    """The tables of a warehouse by name, each with at least the columns of `wanted_columns`, and its file's name."""

    tables: Mapping[str, pd.DataFrame]
    database: str

    @property
    def measured(self) -> pd.DataFrame:
        """Every measurement with the columns of its sample."""
        metrics = self.tables["image_metrics"].drop(columns="dataset")
        return metrics.merge(self.tables["samples"], on="sample_id", how="inner")

    @property
    def last_scored(self) -> str:
        """When the newest measurement was made, UTC, or nothing."""
        newest = self.tables["image_metrics"]["scored_at"].max()
        if pd.isna(newest):
            return ""
        return datetime.fromtimestamp(float(newest), UTC).strftime("%Y-%m-%d %H:%M UTC")

    def contrasts(self) -> Iterator[Contrast]:
        """Every comparison x experiment with data on both sides, in the order of stats_overall."""
        measured = self.measured
        for _, row in self.tables["stats_overall"].iterrows():
            of_experiment = measured[measured["experiment"] == row["experiment"]]
            human, ai = members_of(of_experiment, self.tables["comparison_members"], row["comparison"])
            yield Contrast(row["comparison"], row["experiment"], row["suite"], row, human, ai)

    def of(self, contrast: Contrast, table: str) -> pd.DataFrame:
        """The rows of a stats table or of paper_comparison that belong to a study."""
        rows = self.tables[table]
        chosen = (rows["comparison"] == contrast.comparison) & (rows["experiment"] == contrast.experiment)
        return rows[chosen].reset_index(drop=True)


def read_evidence(database: Path) -> Evidence:
    """Read a warehouse; the file is closed again on return.

    Raises StoreError when there is no database or DuckDB cannot read it.
    """
    if not database.is_file():
        raise StoreError(f"{database}: not built yet; run `creativity demo` or `creativity materialize`")
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            tables = {name: _read(connection, name, wanted) for name, wanted in wanted_columns().items()}
    except duckdb.Error as error:
        raise StoreError(f"{database}: {str(error).splitlines()[0]}; build the warehouse again") from error
    tables["image_metrics"] = tables["image_metrics"].astype(dict.fromkeys(_scores_and_floors(), "float64"))
    return Evidence(tables, database.name)


def _read(connection: duckdb.DuckDBPyConnection, name: str, wanted: tuple[str, ...]) -> pd.DataFrame:
    """A table's wanted columns, those it lacks as nulls; no rows where the table itself is lacking."""
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = ?", [name]
    ).fetchall()
    have = {column for (column,) in found}
    if not have:
        return pd.DataFrame({column: pd.Series(dtype="object") for column in wanted})
    listed = ", ".join(_expression(column, have) for column in wanted)
    return connection.execute(f'SELECT {listed} FROM "{name}"').df()


def _expression(column: str, have: set[str]) -> str:
    if column not in have:
        return f'NULL AS "{column}"'
    # Seconds since 1970, so that reading a timestamp needs no time zone data.
    return 'epoch("scored_at"::TIMESTAMPTZ) AS "scored_at"' if column == "scored_at" else f'"{column}"'
