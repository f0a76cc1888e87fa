"""What must hold of everything measured. Each check returns its problems, one line each; none means it holds.

The outcome of the last look is kept beside the tables with the state of the parts that it was a look at, so that a
check that failed goes on failing until what it found is cured. Comparisons are so made that NaN never passes.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from creativity_assets.errors import CatalogError
from creativity_assets.hashing import digest
from creativity_assets.sources.columns.dates import EARLIEST
from creativity_assets.statistics.sides import all_of_sides
from creativity_assets.store.files import read_record, write_record
from creativity_assets.store.layout import Collection
from creativity_assets.store.locks import exclusive
from creativity_assets.vocabulary import SAMPLE_COLUMNS, grouping_words, score_columns
from creativity_assets.workflow.parts import IMAGE_METRICS, READOUTS, RECONSTRUCTIONS
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.collected import Collected
from creativity_assets.workflow.tables.stats_checks import (
    differences_are_of_means,
    members_counted,
    statistics_in_range,
)

if TYPE_CHECKING:
    import duckdb

CHECKS_VERSION = 1
"""Raised by hand when a check changes, so that it looks again at what it has passed."""

KEPT = 20
"""Problems of a check that are kept word by word; the others are counted."""

FLOOR_TOLERANCE = 0.1
"""How far a reconstruction may, by luck, come closer to its original than the autoencoder alone brings it.

A round trip moves the latent; that it moves it back towards the original by a tenth of the scale is not luck.
"""
ROUNDING = 1e-9

_DONE = {"measured": IMAGE_METRICS.name, "reconstructed": RECONSTRUCTIONS.name, "read out": READOUTS.name}
"""What is done with a sample under an experiment, and the kind of its rows."""


def every_record_accounted(collected: Collected) -> list[str]:
    """Each record of an index is a sample or a reject, once, and where an experiment has begun on a data set that it is
    wanted for, each sample is measured, reconstructed and, if any is, read out, once, and nothing else is. What it has
    not begun on is the plan's business, not a fault.
    """
    with collected.database() as connection:
        return [*_records_lost(connection), *_strays(connection), *_cells_unfinished(collected, connection)]


def _records_lost(connection: "duckdb.DuckDBPyConnection") -> list[str]:
    """Records that are neither a sample nor rejected, or are it more than once; samples that are no record."""
    rows = connection.execute(
        """SELECT dataset, sum(needed)::BIGINT, sum(greatest(needed - there, 0))::BIGINT,
            min(source_key) FILTER (needed > there), sum(greatest(there - needed, 0))::BIGINT,
            min(source_key) FILTER (there > needed)
        FROM (SELECT dataset, source_key, sum(needed) AS needed, sum(1 - needed) AS there FROM (
            SELECT dataset, source_key, 1 AS needed FROM "index"
            UNION ALL SELECT dataset, source_key, 0 FROM raw_samples
            UNION ALL SELECT dataset, source_key, 0 FROM rejected) GROUP BY dataset, source_key)
        GROUP BY dataset ORDER BY dataset"""
    ).fetchall()
    problems = [
        line
        for name, *counts in rows
        for line in _differences(name, counts, "records", "neither a sample nor rejected")
    ]
    strangers = connection.execute(
        """SELECT dataset, count(DISTINCT sample_id), min(sample_id) FROM raw_samples
        ANTI JOIN "index" USING (dataset, sample_id) GROUP BY dataset ORDER BY dataset"""
    ).fetchall()
    return problems + [f"{name}: {n} times a sample that is no record, first {first}" for name, n, first in strangers]


def _strays(connection: "duckdb.DuckDBPyConnection") -> list[str]:
    """Rows about what is no sample, and what is read out twice."""
    problems = []
    for done, kind in _DONE.items():
        rows = connection.execute(
            f'SELECT sample_id, experiment FROM "{kind}" ANTI JOIN raw_samples USING (sample_id) ORDER BY ALL'
        ).fetchall()
        problems += [f"{sample} x {experiment}: {done}, but no sample" for sample, experiment in rows]
    twice = connection.execute(
        f'SELECT sample_id, experiment, readout FROM "{READOUTS.name}" GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL'
    ).fetchall()
    return problems + [f"{sample} x {experiment}: {name} is there twice" for sample, experiment, name in twice]


def _cells_unfinished(collected: Collected, connection: "duckdb.DuckDBPyConnection") -> list[str]:
    """Collections under an experiment that has begun on their data set, of which samples lack or are there twice."""
    problems = []
    for experiment, dataset in collected.lineage.catalog.wanted():
        of = [experiment.name, dataset.name]
        if not connection.execute(
            "SELECT 1 FROM image_metrics m JOIN raw_samples s USING (sample_id) "
            "WHERE m.experiment = ? AND s.dataset = ? LIMIT 1",
            of,
        ).fetchall():
            continue
        for done, kind in _DONE.items():
            # Several a sample are read out, or none of any.
            times, begun = ("least(count(*), 1)", "count(n) > 0") if kind == READOUTS.name else ("count(*)", "true")
            rows = connection.execute(
                f"""SELECT artist_slug, sum(needed)::BIGINT, sum(greatest(needed - coalesce(n, 0), 0))::BIGINT,
                    min(sample_id) FILTER (needed > coalesce(n, 0)),
                    sum(greatest(coalesce(n, 0) - needed, 0))::BIGINT, min(sample_id) FILTER (n > needed)
                FROM (SELECT artist_slug, sample_id, count(*) AS needed FROM raw_samples
                    WHERE dataset = $2 GROUP BY ALL)
                LEFT JOIN (SELECT sample_id, {times} AS n FROM "{kind}" WHERE experiment = $1 GROUP BY sample_id)
                    USING (sample_id)
                GROUP BY artist_slug HAVING {begun} ORDER BY artist_slug""",
                of,
            ).fetchall()
            for artist, *counts in rows:
                what = f"{Collection(dataset.name, artist).key} x {experiment.name}"
                problems += _differences(what, counts, "samples", f"not {done}")
    return problems


def samples_sound(collected: Collected) -> list[str]:
    """Sample ids are there once, the audit's columns lie in their ranges, words are of the vocabulary, and years lie
    between the first one and today's and have a source where they are."""
    samples, problems = collected.samples, []
    problems += [f"{s}: a sample twice" for s in samples.loc[samples["sample_id"].duplicated(), "sample_id"]]
    measured = (c for c in SAMPLE_COLUMNS.values() if c.is_number and c.origin != "table" and c.name != "year")
    for column in measured:
        values, (low, high) = samples[column.name].to_numpy(float, na_value=np.nan), column.range
        held = (values >= low) & (values <= high) & np.isfinite(values)
        if column.nullable:
            held |= np.isnan(values)
        problems += _named(samples, ~held, f"{column.name} outside [{low}, {high}]")
    years = samples["year"].to_numpy(float, na_value=np.nan)
    none, today = np.isnan(years), datetime.now(UTC).year
    problems += _named(samples, ~(none | ((years >= EARLIEST) & (years <= today))), f"year outside {EARLIEST}..{today}")
    problems += _named(samples, none != (samples["year_source"] == "none").to_numpy(), "year and year_source disagree")
    for name, words in grouping_words().items():
        problems += _named(samples, ~samples[name].isin(words).to_numpy(), f"{name} is none of {', '.join(words)}")
    return problems


def scores_in_range(collected: Collected) -> list[str]:
    """Scores are finite numbers inside the ranges that their definitions allow, and null where the suite has none."""
    problems, metrics = [], collected.metrics
    for column in score_columns():
        values, (low, high) = metrics[column.name].to_numpy(float, na_value=np.nan), column.range
        held = np.isfinite(values) & (values >= low - ROUNDING) & (values <= high + ROUNDING)
        lacking = _lacking(metrics["suite"], column.name.removeprefix("floor_"))
        held = np.where(lacking, np.isnan(values), held)
        problems += _named(metrics, ~held, f"{column.name} outside [{low}, {high}]")
    return problems


def composite_is_mean(collected: Collected) -> list[str]:
    """The composite equals the mean of the scores that its suite names, and so does the floor's."""
    from creativity_assets.metrics.suites import STUDY_COMPOSITE, SUITES

    problems = []
    for suite, rows in collected.metrics.groupby("suite", dropna=False):
        spec = SUITES.get(str(suite))
        parts = spec.composite if spec else STUDY_COMPOSITE
        for prefix in ("", "floor_"):
            mean = rows[[prefix + part for part in parts]].to_numpy(float, na_value=np.nan).mean(axis=1)
            held = np.abs(mean - rows[f"{prefix}composite"].to_numpy(float, na_value=np.nan)) <= ROUNDING
            problems += _named(rows, ~held, f"{prefix}composite is not the mean")
    return problems


def floor_below_score(collected: Collected) -> list[str]:
    """The autoencoder alone does not lose more than the whole round trip, beyond FLOOR_TOLERANCE."""
    above = (collected.metrics["floor_composite"] - collected.metrics["composite"]).to_numpy(float)
    bad = collected.metrics[~(above <= FLOOR_TOLERANCE)]
    return [f"{row.sample_id}: floor {row.floor_composite:.3f}, score {row.composite:.3f}" for row in bad.itertuples()]


def pairs_complete(collected: Collected) -> list[str]:
    """Where a comparison pairs by work, each ai sample has its human work and each human work one ai sample.

    A missing twin that the ai side's source was rejected for, under the human sample's id, is known and counted.
    """
    problems = []
    samples, rejected = collected.samples, collected.rejected
    for comparison in collected.sound_comparisons:
        if comparison.pairing != "work":
            continue
        human, ai = all_of_sides(samples, comparison)
        if human.empty or ai.empty:
            continue
        pairs = ai["pair_id"].value_counts()
        met = {*pairs.index, *rejected[rejected["dataset"] == comparison.ai.dataset]["source_key"]}
        known = set(samples.loc[samples["dataset"] == comparison.human.dataset, "sample_id"])
        problems += [f"{comparison.name}: {w} has no ai twin" for w in human["sample_id"] if w not in met]
        problems += [f"{comparison.name}: {w} has {n} ai twins" for w, n in pairs.items() if n > 1]
        problems += [f"{comparison.name}: ai pair {w} is no human sample" for w in pairs.index if w not in known]
        problems += [f"{comparison.name}: {s} has no pair_id" for s in ai.loc[ai["pair_id"].isna(), "sample_id"]]
    return problems


def comparisons_hold(collected: Collected) -> list[str]:
    """No sample stands on both sides of a comparison; one that does not hold is left out of the tables."""
    return [str(problem) for problem in collected.comparisons.values() if isinstance(problem, CatalogError)]


def suites_not_mixed(collected: Collected) -> list[str]:
    """All rows of an experiment were scored by one suite at one revision."""
    columns = ["suite", "suite_revision", "model_revision"]
    kinds = collected.metrics.groupby("experiment")[columns].nunique(dropna=False)
    return [
        f"{experiment}: {row[column]} values of {column}; materialize its stale partitions"
        for experiment, row in kinds.iterrows()
        for column in columns
        if row[column] > 1
    ]


CHECKS: dict[str, Callable[[Collected], list[str]]] = {
    "samples_sound": samples_sound,
    "every_record_accounted": every_record_accounted,
    "scores_in_range": scores_in_range,
    "composite_is_mean": composite_is_mean,
    "floor_below_score": floor_below_score,
    "pairs_complete": pairs_complete,
    "comparisons_hold": comparisons_hold,
    "suites_not_mixed": suites_not_mixed,
    "members_counted": members_counted,
    "statistics_in_range": statistics_in_range,
    "differences_are_of_means": differences_are_of_means,
}


def run_check(name: str, collected: Collected, state: str | None = None) -> list[str]:
    """The problems that a check of CHECKS finds now; they are kept until the parts are others.

    state: of what is looked at, where the caller knows it.
    """
    store, problems = collected.lineage.store, CHECKS[name](collected)
    with exclusive(store, "checks"):
        known = read_record(store.record("checks")) or {}
        known[name] = {"state": state or _state(collected), "count": len(problems), "problems": problems[:KEPT]}
        write_record(store.record("checks"), {n: known[n] for n in CHECKS if n in known})
    return problems


def failed_checks(study: Study) -> tuple[str, ...]:
    """A line for each check that does not hold of the parts as they are: its name, its first problem, how many more.

    What was looked at before is not looked at again until a part changes.
    """
    collected = Collected(study.lineage)
    state = _state(collected)
    known: dict[str, Any] = read_record(study.store.record("checks")) or {}
    lines = []
    for name in CHECKS:
        kept = known.get(name, {})
        if kept.get("state") == state:
            problems, count = kept["problems"], kept["count"]
        else:
            problems = run_check(name, collected, state)
            count = len(problems)
        if count:
            more = f" ({count - 1} more)" if count > 1 else ""
            lines.append(f"{name}: {problems[0]}{more}")
    return tuple(lines)


def _state(collected: Collected) -> str:
    catalog = collected.lineage.catalog
    wanted = [(experiment.name, dataset.name) for experiment, dataset in catalog.wanted()]
    return digest(version=CHECKS_VERSION, parts=collected.input_hash, files=collected.files, wanted=wanted)


def _named(rows: pd.DataFrame, bad: Any, what: str) -> list[str]:
    return [f"{sample}: {what}" for sample in rows.loc[bad, "sample_id"]]


def _lacking(suites: pd.Series, score: str) -> Any:
    """Where a row's suite does not compute a score; one that is no longer here computed the study's."""
    from creativity_assets.metrics.suites import STUDY_METRICS, SUITES

    scores = {
        suite: SUITES[suite].scores if suite in SUITES else (*STUDY_METRICS, "composite") for suite in suites.unique()
    }
    return suites.isin([suite for suite, computed in scores.items() if score not in computed]).to_numpy()


def _differences(what: str, counts: Sequence[Any], of: str, lacking: str) -> list[str]:
    """What is not found, and what is found more often than it is wanted, each as one line with an example.

    counts: how many are wanted, how many of them lack, the first such, how many there are too many, the first such.
    """
    total, missing, first_missing, surplus, first_surplus = counts
    lines = []
    if missing:
        lines.append(f"{what}: {missing} of {total} {of} {lacking}, first {first_missing}")
    if surplus:
        lines.append(f"{what}: {surplus} more than its {total} {of}, first {first_surplus}")
    return lines
