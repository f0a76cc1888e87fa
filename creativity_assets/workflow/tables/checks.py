"""What must hold of everything measured. Each check returns its problems, one line each; none means it holds.

The outcome of the last look is kept beside the tables with the state of the parts that it was a look at, so that a
check that failed goes on failing until what it found is cured. Comparisons are so made that NaN never passes.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from creativity_assets.errors import CatalogError
from creativity_assets.hashing import digest
from creativity_assets.sources.columns.dates import EARLIEST
from creativity_assets.statistics.sides import all_of_sides
from creativity_assets.store.files import read_record, write_record
from creativity_assets.store.locks import exclusive
from creativity_assets.vocabulary import SAMPLE_COLUMNS, grouping_words, score_columns
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.collected import Collected
from creativity_assets.workflow.tables.stats_checks import (
    differences_are_of_means,
    members_counted,
    statistics_in_range,
)

CHECKS_VERSION = 1
"""Raised by hand when a check changes, so that it looks again at what it has passed."""

KEPT = 20
"""Problems of a check that are kept word by word; the others are counted."""

FLOOR_TOLERANCE = 0.1
"""How far a reconstruction may, by luck, come closer to its original than the autoencoder alone brings it.

A round trip moves the latent; that it moves it back towards the original by a tenth of the scale is not luck.
"""
ROUNDING = 1e-9


def every_record_accounted(collected: Collected) -> list[str]:
    """Each record of an index is a sample or a reject, once, and where an experiment has begun on a data set that it is
    wanted for, each sample is measured, reconstructed and, if any is, read out, once, and nothing else is. What it has
    not begun on is the plan's business, not a fault.
    """
    lineage, problems = collected.lineage, []
    key = ["dataset", "source_key"]
    accounted = pd.concat([collected.samples[key], collected.refused[key]])
    for name in lineage.catalog.datasets:
        records, found = (frame.loc[frame["dataset"] == name, "source_key"] for frame in (collected.records, accounted))
        problems += _differences(name, records, found, "records", "neither a sample nor rejected")
        ids = collected.samples.loc[collected.samples["dataset"] == name, "sample_id"]
        known = collected.records.loc[collected.records["dataset"] == name, "sample_id"]
        problems += _strangers(name, known, ids, "a sample")
    of = collected.samples[["sample_id", "dataset", "artist_slug"]].itertuples(index=False)
    collection_of = {sample: (dataset, artist) for sample, dataset, artist in of}
    kinds = {"measured": collected.metrics, "reconstructed": collected.reconstructions, "read out": collected.read_out}
    made = {done: _by_cell(rows, collection_of) for done, rows in kinds.items()}
    for done, rows in kinds.items():
        strays = rows[~rows["sample_id"].isin(collection_of.keys())]
        problems += [f"{row.sample_id} x {row.experiment}: {done}, but no sample" for row in strays.itertuples()]
    twice = collected.read_out[collected.read_out.duplicated(["experiment", "sample_id", "readout"])]
    problems += [f"{r.sample_id} x {r.experiment}: {r.readout} is there twice" for r in twice.itertuples()]
    for experiment, dataset in lineage.catalog.wanted():
        held = lineage.collections(dataset.name)
        if not any((experiment.name, *c) in made["measured"] for c in held):
            continue
        samples = _by_cell(collected.samples.assign(experiment=experiment.name), collection_of)
        for c in held:
            cell = (experiment.name, *c)
            for done, cells in made.items():
                there = cells.get(cell, [])
                if done == "read out":  # several a sample, or none of any
                    there = list(set(there)) or samples.get(cell, [])
                what = f"{c.key} x {experiment.name}"
                problems += _differences(what, samples.get(cell, []), there, "samples", f"not {done}")
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


def run_check(name: str, collected: Collected) -> list[str]:
    """The problems that a check of CHECKS finds now; they are kept until the parts are others."""
    store, problems = collected.lineage.store, CHECKS[name](collected)
    with exclusive(store, "checks"):
        known = read_record(store.record("checks")) or {}
        known[name] = {"state": _state(collected), "count": len(problems), "problems": problems[:KEPT]}
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
            problems = run_check(name, collected)
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


def _by_cell(rows: pd.DataFrame, collection_of: dict[str, tuple[str, str]]) -> dict[tuple[str, str, str], list[str]]:
    """The samples of rows by experiment and collection; of what is no sample, nothing."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for sample, experiment in zip(rows["sample_id"], rows["experiment"], strict=True):
        if sample in collection_of:
            found.setdefault((experiment, *collection_of[sample]), []).append(sample)
    return found


def _differences(what: str, wanted: Iterable[str], found: Iterable[str], of: str, lacking: str) -> list[str]:
    """What is not found, and what is found more often than it is wanted, each as one line with an example."""
    needed, there = Counter(wanted), Counter(found)
    total = sum(needed.values())
    missing, surplus = needed - there, there - needed
    lines = []
    if missing:
        lines.append(f"{what}: {sum(missing.values())} of {total} {of} {lacking}, first {min(missing)}")
    if surplus:
        lines.append(f"{what}: {sum(surplus.values())} more than its {total} {of}, first {min(surplus)}")
    return lines


def _strangers(what: str, known: Iterable[str], found: Iterable[str], of: str) -> list[str]:
    strangers = set(found) - set(known)
    return [f"{what}: {len(strangers)} times {of} that is no record, first {min(strangers)}"] if strangers else []
