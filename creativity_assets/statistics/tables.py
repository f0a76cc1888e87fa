"""The stats_* tables: one row per comparison x experiment x metric x group.

What each table holds is declared in GROUPINGS. The rules, common to all:

- A side is every measured sample of its data set that passes its filter, under any pairing, but for the copies
  that a comparison leaves out; pairs decide group values and the paired test, never who is counted.
- Under pairing `work` an ai sample takes its group value from the human work it belongs to (a study of
  eras compares an image with the era of its original); without a partner it keeps its own.
- A group has a row where both sides have works in it. Samples without a group value are counted as
  `n_*_left_out`, samples whose group the other side lacks as `n_*_unmatched`, so that for every metric
  groups + left out + unmatched = the side. Where no group is shared there is no row at all.
- By family the two sides differ by nature (painting against diffusion): each family of the ai side stands
  against the whole human side.
- Values that the data cannot carry are NaN, null once stored. p values are not corrected for the number of
  groups or metrics.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from creativity_assets.errors import CatalogError, MetricError
from creativity_assets.statistics.effects import effect, moments, paired_p, welch_p
from creativity_assets.statistics.sides import ComparisonLike, members_of
from creativity_assets.vocabulary import EFFECT, TABLES, compared_scores

EFFECT_COLUMNS = tuple(column.name for column in EFFECT)

_DTYPES = {"VARCHAR": "str", "BIGINT": "Int64", "DOUBLE": "float64"}
"""How pandas holds the columns of each type."""


@dataclass(frozen=True)
class Grouping:
    """What a table's rows are: the composite alone or every score, the group column, and columns that label groups."""

    column: str | None = None
    labels: tuple[str, ...] = ()
    whole_human: bool = False
    """Set every ai group against the whole human side instead of the human group of the same name."""
    composite_alone: bool = False

    @property
    def metrics(self) -> tuple[str, ...]:
        """The scores that are compared. Raw mse is not: the study compares its logarithm."""
        return compared_scores()[:1] if self.composite_alone else compared_scores()


@dataclass(frozen=True)
class _Side:
    """The measured samples of one side in one experiment, and their group values."""

    rows: pd.DataFrame
    groups: pd.Series


def columns(table: str) -> tuple[str, ...]:
    """The columns of a stats_* table, in order."""
    _grouping(table)
    return TABLES[table].names


def stats_table(
    table: str,
    samples: pd.DataFrame,
    metrics: pd.DataFrame,
    members: pd.DataFrame,
    comparisons: Sequence[ComparisonLike],
) -> pd.DataFrame:
    """One stats_* table from the public tables `samples`, `image_metrics` and `comparison_members`.

    Rows are sorted by comparison, experiment, metric (the composite first) and group; n columns are
    Int64, figures float64 with NaN for null. Scores that are not finite count as not measured.
    Raises MetricError when an experiment mixes suites or measured a sample twice.
    """
    grouping = _grouping(table)
    _check_measurements(metrics)
    rows = [
        row
        for comparison in sorted(comparisons, key=lambda c: c.name)
        for row in _comparison_rows(grouping, samples, metrics, members, comparison)
    ]
    return _typed(table, pd.DataFrame(rows, columns=list(columns(table))), grouping)


def _comparison_rows(
    grouping: Grouping,
    samples: pd.DataFrame,
    metrics: pd.DataFrame,
    members: pd.DataFrame,
    comparison: ComparisonLike,
) -> Iterator[dict[str, Any]]:
    human, ai = members_of(samples, members, comparison.name)
    pairs = _works(members, comparison)
    keys = {
        "comparison": comparison.name,
        "human_dataset": comparison.human.dataset,
        "ai_dataset": comparison.ai.dataset,
        "pairing": comparison.pairing,
        "without_duplicates": comparison.without_duplicates or "",
        "human_where": json.dumps(dict(comparison.human.where), sort_keys=True),
        "ai_where": json.dumps(dict(comparison.ai.where), sort_keys=True),
    }
    for experiment, measured in metrics.groupby("experiment", sort=True):
        h = _side(measured, human, grouping, None)
        a = _side(measured, ai, grouping, _borrow(grouping, human, pairs))
        if h.rows.empty or a.rows.empty:
            continue
        where = keys | {"experiment": experiment, "suite": measured["suite"].iloc[0]}
        for metric in grouping.metrics:
            for row in _metric_rows(grouping, metric, a, h, pairs):
                yield where | {"metric": metric} | row


def _works(members: pd.DataFrame, comparison: ComparisonLike) -> dict[str, str] | None:
    """ai sample_id -> human sample_id of the same work, under pairing `work`."""
    if comparison.pairing != "work":
        return None
    chosen = (members["comparison"] == comparison.name) & (members["side"] == "ai") & members["pair"].notna()
    paired = members[chosen]
    return dict(zip(paired["sample_id"], paired["pair"], strict=True))


def _side(measured: pd.DataFrame, members: pd.DataFrame, grouping: Grouping, borrowed: pd.Series | None) -> _Side:
    """Join measurements with sample columns; `borrowed` maps sample_id to a partner's group value."""
    wanted = ["sample_id", *([grouping.column] if grouping.column else []), *grouping.labels]
    scores = measured[["sample_id", *grouping.metrics, *(f"floor_{m}" for m in grouping.metrics)]]
    rows = scores.merge(members[wanted], on="sample_id", how="inner").set_index("sample_id", drop=False)
    if grouping.column is None:
        return _Side(rows, pd.Series("", index=rows.index))
    groups = rows[grouping.column].astype(object)
    if borrowed is not None:
        groups = groups.mask(rows.index.isin(borrowed.index), borrowed.reindex(rows.index))
    return _Side(rows, groups)


def _borrow(grouping: Grouping, human: pd.DataFrame, pairs: dict[str, str] | None) -> pd.Series | None:
    """ai sample_id -> the group value of its human work, where the grouping borrows at all."""
    if pairs is None or grouping.column is None or grouping.whole_human:
        return None
    values = human.set_index("sample_id")[grouping.column].astype(object)
    return pd.Series({a: values[h] for a, h in pairs.items()}, dtype=object)


def _metric_rows(
    grouping: Grouping, metric: str, ai: _Side, human: _Side, pairs: dict[str, str] | None
) -> Iterator[dict[str, Any]]:
    a, h = _measured(ai, metric), _measured(human, metric)
    ai_groups = _indices(a.groups)
    human_groups = _indices(h.groups)
    if grouping.whole_human:
        human_groups = dict.fromkeys(ai_groups, np.arange(len(h.rows)))
    shared = sorted(ai_groups.keys() & human_groups.keys())
    left_out = {
        "n_ai_left_out": int(a.groups.isna().sum()),
        "n_human_left_out": 0 if grouping.whole_human else int(h.groups.isna().sum()),
        "n_ai_unmatched": sum(len(ai_groups[g]) for g in ai_groups.keys() - human_groups.keys()),
        "n_human_unmatched": sum(len(human_groups[g]) for g in human_groups.keys() - ai_groups.keys()),
    }
    for group in shared:
        ai_rows, human_rows = a.rows.iloc[ai_groups[group]], h.rows.iloc[human_groups[group]]
        row = _effect_row(metric, ai_rows, human_rows) | _paired(metric, ai_rows, human_rows, pairs) | left_out
        if grouping.column is not None:
            row |= {grouping.column: group} | {label: _label(human_rows[label]) for label in grouping.labels}
        yield row


def _effect_row(metric: str, ai: pd.DataFrame, human: pd.DataFrame) -> dict[str, Any]:
    a, h = ai[metric].to_numpy(float), human[metric].to_numpy(float)
    fa, fh = ai[f"floor_{metric}"].to_numpy(float), human[f"floor_{metric}"].to_numpy(float)
    # A floor may be missing where a model's autoencoder was not measured; its rows then count for nothing.
    above_a, above_h = (a - fa)[np.isfinite(fa)], (h - fh)[np.isfinite(fh)]
    lifted_a, lifted_h = moments(above_a).mean, moments(above_h).mean
    return asdict(effect(a, h)) | {
        "mean_floor_ai": moments(fa[np.isfinite(fa)]).mean,
        "mean_floor_human": moments(fh[np.isfinite(fh)]).mean,
        "difference_above_floor": None if lifted_a is None or lifted_h is None else lifted_a - lifted_h,
        "p_value_above_floor": welch_p(above_a, above_h),
    }


def _paired(
    metric: str, ai: pd.DataFrame, human: pd.DataFrame, pairs: dict[str, str] | None
) -> dict[str, int | float | None]:
    """The paired test over works with both sides; several ai images of one work count as their mean."""
    if pairs is None:
        return {"n_pairs": None, "p_value_paired": None}
    per_work = ai[metric].groupby(ai.index.map(pairs.get)).mean()
    works = per_work.index.intersection(human.index).sort_values()
    p = paired_p(per_work.loc[works].to_numpy(float), human.loc[works, metric].to_numpy(float))
    return {"n_pairs": len(works), "p_value_paired": p}


def _measured(side: _Side, metric: str) -> _Side:
    finite = np.isfinite(side.rows[metric].to_numpy(float))
    return _Side(side.rows[finite], side.groups[finite])


def _indices(groups: pd.Series) -> dict[Any, np.ndarray[Any, np.dtype[np.intp]]]:
    """Group value -> row positions; null values are in no group."""
    positions = pd.Series(np.arange(len(groups)), index=range(len(groups)))
    return {g: p.to_numpy() for g, p in positions.groupby(groups.to_numpy())}


def _label(names: pd.Series) -> str | None:
    """The commonest spelling of a group's name, the first in the alphabet among equals."""
    counts = names.dropna().value_counts()
    return None if counts.empty else str(min(counts.index[counts == counts.max()]))


def _check_measurements(metrics: pd.DataFrame) -> None:
    suites = metrics.groupby("experiment")["suite"].agg(lambda s: sorted(s.dropna().unique()))
    for experiment, names in suites.items():
        if len(names) > 1:
            raise MetricError(
                f"{experiment}: scored with more than one metric suite ({', '.join(names)}); "
                "remove the parts of one of them and materialize again"
            )
    repeated = metrics[metrics.duplicated(["experiment", "sample_id"])]
    if not repeated.empty:
        first = repeated.iloc[0]
        raise MetricError(
            f"{first['experiment']}: {len(repeated)} samples are measured twice (first: {first['sample_id']}); "
            "remove the doubled part and materialize again"
        )


def _typed(name: str, table: pd.DataFrame, grouping: Grouping) -> pd.DataFrame:
    """Sorted rows with dtypes that do not depend on how many rows there are."""
    order = table["metric"].map({m: i for i, m in enumerate(compared_scores())}).astype("int64")
    by = ["comparison", "experiment", "_order", *([grouping.column] if grouping.column else [])]
    table = table.assign(_order=order).sort_values(by, kind="stable", ignore_index=True).drop(columns="_order")
    return table.astype({column.name: _DTYPES[column.type] for column in TABLES[name].columns})


def _grouping(table: str) -> Grouping:
    if table not in GROUPINGS:
        raise CatalogError(f"no table '{table}'; have {', '.join(GROUPINGS)}")
    return GROUPINGS[table]


GROUPINGS: dict[str, Grouping] = {
    "stats_overall": Grouping(composite_alone=True),  # table 3 of the study
    "stats_by_metric": Grouping(),  # table 4
    "stats_by_era": Grouping("era"),  # table 5
    "stats_by_artist": Grouping("artist_slug", labels=("artist",)),  # table 6
    "stats_by_decade": Grouping("decade"),  # table 7
    "stats_by_family": Grouping("family", whole_human=True),
    "stats_by_style": Grouping("style"),
}
