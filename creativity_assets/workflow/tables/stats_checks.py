"""What must hold of the stats_* tables: their counts, ranges and differences against what they were made from."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from creativity_assets.statistics.sides import ComparisonLike, sides
from creativity_assets.statistics.tables import GROUPINGS
from creativity_assets.store.database import handed
from creativity_assets.store.parts import read_part
from creativity_assets.vocabulary import compared_scores
from creativity_assets.workflow.tables.collected import Collected
from creativity_assets.workflow.tables.graph import table_hash

ROUNDING = 1e-9
SHARES = ("p_value", "p_value_paired", "p_value_above_floor", "auroc")
ALWAYS = ("mean_ai", "mean_human", "difference", "auroc")
"""Figures that every row has, since it has works on both sides."""

Row = dict[Any, Any]

_SIDES = ("human", "ai")


def members_counted(collected: Collected) -> list[str]:
    """Each stats table counts every measured member of a side: in its groups, as left out, or as unmatched."""
    problems = []
    tables = dict(_tables(collected))
    for comparison in collected.sound_comparisons if tables else ():
        for (experiment, metric), wanted in _measured_members(collected, comparison).items():
            for name, rows in tables.items():
                grouping = GROUPINGS[name]
                if metric not in grouping.metrics:
                    continue
                of_one = rows[(rows["comparison"] == comparison.name) & (rows["experiment"] == experiment)]
                counted = _counted(of_one[of_one["metric"] == metric], whole_human=grouping.whole_human)
                if counted is None and (grouping.column is not None or not all(wanted.values())):
                    continue  # no group is shared, or one side is empty: there is no row then
                if counted != wanted:
                    what = f"{name}, {comparison.name} x {experiment}, {metric}"
                    problems.append(f"{what}: counts {counted or 'nobody'}, but measured are {wanted}")
    return problems


def _measured_members(collected: Collected, comparison: ComparisonLike) -> dict[tuple[str, str], dict[str, int]]:
    """(experiment, metric) -> how many members of either side have a finite score.

    The sides are chosen anew, so that a fault of the table `comparison_members` is found too.
    """
    human, ai = sides(collected.samples, comparison, _duplicates(collected))
    metrics = compared_scores()
    counts = ", ".join(
        f"count(*) FILTER (isfinite(m.{metric}) AND c.side = '{side}')" for metric in metrics for side in _SIDES
    )
    with collected.database() as connection:
        chosen = pd.concat([of[["sample_id"]].assign(side=side) for side, of in zip(_SIDES, (human, ai), strict=True)])
        with handed(connection, "chosen", chosen):
            rows = connection.execute(
                f"SELECT m.experiment, {counts} FROM image_metrics m LEFT JOIN chosen c USING (sample_id) "
                "WHERE m.experiment IS NOT NULL GROUP BY m.experiment ORDER BY m.experiment"
            ).fetchall()
    return {
        (experiment, metric): dict(zip(_SIDES, found[2 * i : 2 * i + 2], strict=True))
        for experiment, *found in rows
        for i, metric in enumerate(metrics)
    }


def statistics_in_range(collected: Collected) -> list[str]:
    """Figures of the stats tables are finite and in range, or null because one side has no spread to test with."""
    return [
        f"{name}, {_of(row)}: {problem}"
        for name, rows in _tables(collected)
        for row in rows.to_dict("records")
        for problem in _out_of_range(row)
    ]


def differences_are_of_means(collected: Collected) -> list[str]:
    """A difference is the ai side's mean minus the human side's, inside its interval where it has one."""
    problems = []
    for name, rows in _tables(collected):
        for row in rows.to_dict("records"):
            difference, low, high = row["difference"], row["difference_low"], row["difference_high"]
            if not abs(row["mean_ai"] - row["mean_human"] - difference) <= ROUNDING:
                means = f"{row['mean_ai']} and {row['mean_human']}"
                problems.append(f"{name}, {_of(row)}: difference {difference} of the means {means}")
            if not (np.isnan(low) and np.isnan(high)) and not low - ROUNDING <= difference <= high + ROUNDING:
                problems.append(f"{name}, {_of(row)}: difference {difference} outside [{low}, {high}]")
    return problems


def _counted(rows: pd.DataFrame, *, whole_human: bool) -> dict[str, int] | None:
    """Members by side that the rows of one metric account for; None where there is no row."""
    if rows.empty:
        return None
    first = rows.iloc[0]
    found = {}
    for side in ("human", "ai"):
        counts = rows[f"n_{side}"]
        grouped = counts.iloc[0] if whole_human and side == "human" else counts.sum()
        found[side] = int(grouped + first[f"n_{side}_left_out"] + first[f"n_{side}_unmatched"])
    return found


def _out_of_range(row: Row) -> Iterator[str]:
    yield from (f"n_{side} is {row[f'n_{side}']:g}" for side in ("ai", "human") if not row[f"n_{side}"] >= 1)
    figures = (*SHARES, *ALWAYS[:-1], "sd_ai", "sd_human", "cohens_d")
    yield from (f"{name} is infinite" for name in figures if np.isinf(row[name]))
    yield from (f"{name} is null" for name in ALWAYS if np.isnan(row[name]))
    yield from (f"{name} {row[name]} outside [0, 1]" for name in SHARES if row[name] < 0 or row[name] > 1)
    for side in ("ai", "human"):
        n, sd = row[f"n_{side}"], row[f"sd_{side}"]
        if (n > 1 and not sd >= 0) or sd < 0:
            yield f"sd_{side} is {sd} of {n:g} works"
    if row["n_ai"] > 1 and row["n_human"] > 1 and row["sd_ai"] + row["sd_human"] > 0:
        yield from (f"{name} is null" for name in ("p_value", "cohens_d") if np.isnan(row[name]))


def _of(row: Row) -> str:
    return f"{row['comparison']} x {row['experiment']}, {row['metric']}"


def _tables(collected: Collected) -> Iterator[tuple[str, pd.DataFrame]]:
    """The stats tables that were made from the parts as they are, numbers as float64; stale ones are made again."""
    for name in GROUPINGS:
        path = collected.lineage.store.table(name)
        if collected.lineage.ledger.is_fresh(path, table_hash(name, collected)):
            frame = read_part(path).to_pandas()
            numbers = frame.select_dtypes("number").columns
            yield name, frame.assign(**{c: frame[c].to_numpy(float, na_value=np.nan) for c in numbers})


def _duplicates(collected: Collected) -> pd.DataFrame | None:
    path = collected.lineage.store.table("duplicates")
    return read_part(path).to_pandas() if path.is_file() else None
