"""Small public tables for the tests of the statistics."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import duckdb
import pandas as pd
import pyarrow as pa

from creativity_assets.statistics.sides import comparison_members
from creativity_assets.statistics.tables import stats_tables

METRICS = ("dino_distance", "lpips", "log_mse", "composite")


@dataclass(frozen=True)
class Side:
    dataset: str
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    name: str
    human: Side
    ai: Side
    pairing: Literal["work", "artist", "none"] = "none"
    without_duplicates: Literal["exact", "near"] | None = None


def sample(sample_id: str, dataset: str, **fields: Any) -> dict[str, Any]:
    """A row of `samples` with the columns that the statistics look at."""
    blank = {"label": "human", "artist": None, "artist_slug": None, "era": None, "decade": None}
    return (
        blank
        | {"style": None, "family": None, "pair_id": None}
        | fields
        | {
            "sample_id": sample_id,
            "dataset": dataset,
        }
    )


def measured(sample_id: str, composite: float, **fields: Any) -> dict[str, Any]:
    """A row of `image_metrics`; the parts of the composite are told apart by small offsets."""
    scores = dict(zip(METRICS, (composite + 0.1, composite - 0.1, composite, composite), strict=True))
    floors = {f"floor_{metric}": score / 2 for metric, score in scores.items()}
    return {"sample_id": sample_id, "experiment": "m.ddim20", "suite": "embedded"} | scores | floors | fields


def samples_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(sample("", "")))
    return frame.astype({"decade": "Int64", "era": "string", "dataset": "str"})


def metrics_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(measured("", 0.0)))


def stats_of(
    table: str,
    samples: pd.DataFrame,
    metrics: pd.DataFrame,
    comparisons: Sequence[Comparison],
    duplicates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """A stats_* table over the members that the comparisons choose."""
    members = comparison_members(samples, comparisons, duplicates)
    with connected(samples=samples, image_metrics=metrics, comparison_members=members) as connection:
        return stats_tables(connection, comparisons, [table])[table]


@contextmanager
def connected(**frames: pd.DataFrame) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A database of these tables."""
    connection = duckdb.connect()
    try:
        for name, frame in frames.items():
            connection.register(name, pa.Table.from_pandas(frame, preserve_index=False))
        yield connection
    finally:
        connection.close()
