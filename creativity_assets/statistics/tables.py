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

# As text: DuckDB's types complain at the end of a process that something still refers to them.
from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from creativity_assets.errors import CatalogError
from creativity_assets.statistics import grouped
from creativity_assets.statistics.grouped import Floats, Integers
from creativity_assets.statistics.measured import NOBODY, Measured, measured
from creativity_assets.statistics.sides import ComparisonLike
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


def columns(table: str) -> tuple[str, ...]:
    """The columns of a stats_* table, in order."""
    _grouping(table)
    return TABLES[table].names


def stats_tables(
    connection: duckdb.DuckDBPyConnection,
    comparisons: Sequence[ComparisonLike],
    names: Iterable[str] | None = None,
) -> dict[str, pd.DataFrame]:
    """The stats_* tables of these names, by default all, from the tables `samples`, `image_metrics` and
    `comparison_members` that a connection leads to.

    Rows are sorted by comparison, experiment, metric (the composite first) and group; n columns are
    Int64, figures float64 with NaN for null. Scores that are not finite count as not measured.
    Raises MetricError when an experiment mixes suites or measured a sample twice.
    """
    wanted = {name: _grouping(name) for name in (GROUPINGS if names is None else names)}
    scores = [score for score in compared_scores() if any(score in of.metrics for of in wanted.values())]
    named = dict.fromkeys(c for of in wanted.values() for c in (of.column, *of.labels) if c is not None)
    rows: dict[str, list[pd.DataFrame]] = {name: [] for name in wanted}
    for one in measured(connection, comparisons, scores, list(named)):
        for metric in scores:
            contrast = _contrast(one, metric)
            for name, of in wanted.items():
                if contrast is not None and metric in of.metrics:
                    rows[name].append(_rows(of, contrast))
    return {name: _typed(name, rows[name], of) for name, of in wanted.items()}


@dataclass(frozen=True)
class _Contrast:
    """One metric of what was measured: the samples of each side that have it, by their places, both sides together.

    scores, floors: (N,) of the ai side, then of the human side; ranked: of the same.
    """

    of: Measured
    metric: str
    ai: Integers
    human: Integers
    scores: Floats
    floors: Floats
    ranked: grouped.Ranked


def _contrast(of: Measured, metric: str) -> _Contrast | None:
    """None where a side has no score."""
    found = of.scores[metric]
    ai, human = (np.flatnonzero(np.isfinite(found[side.rows])) for side in (of.ai, of.human))
    if not len(ai) or not len(human):
        return None
    rows = np.concatenate([of.ai.rows[ai], of.human.rows[human]])
    scores, floors = found[rows], of.scores[f"floor_{metric}"][rows]
    return _Contrast(of, metric, ai, human, scores, floors, grouped.Ranked.of(scores, np.arange(len(scores)) < len(ai)))


def _rows(grouping: Grouping, contrast: _Contrast) -> pd.DataFrame:
    """A row for each group that both sides have."""
    of, whole = contrast.of, grouping.whole_human
    ai_groups, human_groups, count = _groups(grouping, contrast)
    n_ai, n_human = (_counts(groups, count) for groups in (ai_groups, human_groups))
    shared = n_ai > 0 if whole else (n_ai > 0) & (n_human > 0)
    rows: dict[str, Any] = _effects(contrast, ai_groups, human_groups, count, whole_human=whole)
    rows |= _paired(contrast, ai_groups, human_groups, count, whole_human=whole)
    frame = pd.DataFrame({name: values[shared] for name, values in rows.items()})
    frame["n_ai_left_out"] = int((ai_groups == NOBODY).sum())
    frame["n_human_left_out"] = 0 if whole else int((human_groups == NOBODY).sum())
    frame["n_ai_unmatched"] = int(n_ai[~shared].sum())
    frame["n_human_unmatched"] = 0 if whole else int(n_human[~shared].sum())
    if grouping.column is not None:
        values, numbers = of.values[grouping.column], np.flatnonzero(shared).tolist()
        frame[grouping.column] = [values[number] for number in numbers]
        for label in grouping.labels:
            names = _labels(human_groups, of.human.groups[label][contrast.human], of.values[label])
            frame[label] = [names.get(number) for number in numbers]
    return frame.assign(**_keys(of), metric=contrast.metric)


def _keys(of: Measured) -> dict[str, Any]:
    comparison = of.comparison
    return {
        "comparison": comparison.name,
        "human_dataset": comparison.human.dataset,
        "ai_dataset": comparison.ai.dataset,
        "pairing": comparison.pairing,
        "without_duplicates": comparison.without_duplicates or "",
        "human_where": json.dumps(dict(comparison.human.where), sort_keys=True),
        "ai_where": json.dumps(dict(comparison.ai.where), sort_keys=True),
        "experiment": of.experiment,
        "suite": of.suite,
    }


def _groups(grouping: Grouping, contrast: _Contrast) -> tuple[Integers, Integers, int]:
    """The group numbers of ai and human samples, and how many groups there can be."""
    of, column = contrast.of, grouping.column
    if column is None:
        return np.zeros(len(contrast.ai), np.int32), np.zeros(len(contrast.human), np.int32), 1
    ai = (of.ai.groups if grouping.whole_human else of.of_work)[column][contrast.ai]
    return ai, of.human.groups[column][contrast.human], len(of.values[column])


def _effects(
    contrast: _Contrast, ai_groups: Integers, human_groups: Integers, count: int, *, whole_human: bool
) -> dict[str, Any]:
    """The figures of each group."""
    n = len(ai_groups)
    scores, floors = contrast.scores, contrast.floors

    def moments(values: Floats) -> tuple[grouped.Moments, grouped.Moments]:
        human = _moments(values[n:], np.zeros_like(human_groups), 1) if whole_human else None
        return _moments(values[:n], ai_groups, count), (
            _moments(values[n:], human_groups, count) if human is None else _for_each(human, count)
        )

    # A floor may be missing where a model's autoencoder was not measured; its rows then count for nothing.
    a, h = moments(scores)
    floor_a, floor_h = moments(floors)
    above_a, above_h = moments(scores - floors)
    test = grouped.welch(a, h)
    low, high = test.interval
    auroc = contrast.ranked.auroc_against_all if whole_human else contrast.ranked.auroc
    return {
        "n_ai": a.n,
        "n_human": h.n,
        "mean_ai": a.mean,
        "mean_human": h.mean,
        "sd_ai": a.sd,
        "sd_human": h.sd,
        "difference": a.mean - h.mean,
        "p_value": test.p,
        "cohens_d": grouped.cohens_d(a, h),
        "auroc": auroc(np.concatenate([ai_groups, human_groups]), count),
        "difference_low": low,
        "difference_high": high,
        "mean_floor_ai": floor_a.mean,
        "mean_floor_human": floor_h.mean,
        "difference_above_floor": above_a.mean - above_h.mean,
        "p_value_above_floor": grouped.welch(above_a, above_h).p,
    }


def _moments(values: Floats, groups: Integers, count: int) -> grouped.Moments:
    """Of what is finite and in a group."""
    kept = np.isfinite(values) & (groups != NOBODY)
    if kept.all():
        return grouped.moments(values, groups, count)
    return grouped.moments(values[kept], groups[kept], count)


def _for_each(of: grouped.Moments, count: int) -> grouped.Moments:
    """The moments of one group, for each of `count`."""
    return grouped.Moments(np.repeat(of.n, count), np.repeat(of.mean, count), np.repeat(of.sd, count))


def _paired(
    contrast: _Contrast, ai_groups: Integers, human_groups: Integers, count: int, *, whole_human: bool
) -> dict[str, Any]:
    """The paired test over works with both sides; several ai images of one work count as their mean."""
    of, n = contrast.of, len(contrast.ai)
    if of.comparison.pairing != "work":
        return {"n_pairs": np.full(count, np.nan), "p_value_paired": np.full(count, np.nan)}
    places = np.full(len(of.human), NOBODY, np.int64)  # among the works that have the score
    places[contrast.human] = np.arange(len(contrast.human))
    works = of.ai.works[contrast.ai]
    works = np.where(works == NOBODY, NOBODY, places[works])
    paired = (works != NOBODY) & (ai_groups != NOBODY)
    # A work stands in one group, and where groups are of the ai side alone, in as many as have images of it.
    cells, size = works[paired], len(contrast.human)
    if whole_human:
        cells, size = ai_groups[paired] * np.int64(size) + cells, count * size
    times = np.bincount(cells, minlength=size)
    met = np.flatnonzero(times)
    means = np.bincount(cells, contrast.scores[:n][paired], size)[met] / times[met]
    places = met % len(contrast.human)
    groups = met // len(contrast.human) if whole_human else human_groups[places]
    pairs, p = grouped.paired_p(means - contrast.scores[n:][places], groups, count)
    return {"n_pairs": pairs, "p_value_paired": p}


def _counts(groups: Integers, count: int) -> Integers:
    return np.bincount(groups[groups != NOBODY], minlength=count)


def _labels(groups: Integers, labels: Integers, names: Sequence[str]) -> dict[int, str]:
    """Of each group the commonest spelling of its name, the first in the alphabet among equals."""
    named = (groups != NOBODY) & (labels != NOBODY)
    cells, times = np.unique(groups[named] * np.int64(len(names)) + labels[named], return_counts=True)
    of, label = np.divmod(cells, np.int64(max(len(names), 1)))
    best = np.lexsort((label, -times, of))
    firsts = best[np.unique(of[best], return_index=True)[1]]
    return {int(of[i]): names[label[i]] for i in firsts}


def _typed(name: str, rows: list[pd.DataFrame], grouping: Grouping) -> pd.DataFrame:
    """Sorted rows with dtypes that do not depend on how many rows there are."""
    named = [column.name for column in TABLES[name].columns]
    table = pd.concat([some for some in rows if len(some)] or [pd.DataFrame(columns=named)], ignore_index=True)
    order = table["metric"].map({m: i for i, m in enumerate(compared_scores())}).astype("int64")
    by = ["comparison", "experiment", "_order", *([grouping.column] if grouping.column else [])]
    table = table.assign(_order=order).sort_values(by, kind="stable", ignore_index=True)[named]
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
