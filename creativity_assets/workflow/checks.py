"""What must hold of everything measured. Each check returns its problems, one line each; none means it holds."""

from collections.abc import Callable

import numpy as np

from creativity_assets.workflow.collected import Collected

RANGES = {"dino_distance": (0.0, 2.0), "lpips": (0.0, np.inf), "mse": (0.0, 255.0**2), "log_mse": (0.0, 1.0)}
"""1 - cosine lies in [0, 2]; log10(1 + 255^2)/5 is 0.963; LPIPS with non-negative heads has no upper bound."""

FLOOR_TOLERANCE = 0.1
"""How far a reconstruction may, by luck, come closer to its original than the autoencoder alone brings it.

A round trip moves the latent; that it moves it back towards the original by a tenth of the scale is not luck.
"""
ROUNDING = 1e-9
PARTS = ("dino_distance", "lpips", "log_mse")


def every_record_accounted(collected: Collected) -> list[str]:
    """Each record of an index is a sample or a reject, and where an experiment has begun on a data set that it is
    wanted for, each sample is measured. What it has not begun on is the plan's business, not a fault.
    """
    lineage, problems = collected.lineage, []
    samples = collected.samples.groupby(["dataset", "artist_slug"]).size().to_dict()
    measured = collected.metrics.groupby(["experiment", "dataset", "artist_slug"]).size().to_dict()
    for name in lineage.catalog.datasets:
        held = lineage.collections(name)
        accepted = sum(samples.get(tuple(c), 0) for c in held)
        records = sum(contents.size for contents in held.values())
        rejected = int((collected.rejected["dataset"] == name).sum()) - collected.refused_by_reader(name)
        if records != accepted + rejected:
            problems.append(f"{name}: {records} records, but {accepted} samples and {rejected} rejected")
    for experiment, dataset in lineage.catalog.wanted():
        held = lineage.collections(dataset.name)
        if not any((experiment.name, *c) in measured for c in held):
            continue
        for c in held:
            wanted, found = samples.get(tuple(c), 0), measured.get((experiment.name, *c), 0)
            if wanted != found:
                problems.append(f"{c.key} x {experiment.name}: {wanted} samples, {found} measured")
    return problems


def scores_in_range(collected: Collected) -> list[str]:
    """Scores are finite numbers inside the ranges that their definitions allow."""
    problems = []
    for column, (low, high) in RANGES.items():
        for name in (column, f"floor_{column}"):
            if name not in collected.metrics:
                continue
            values = collected.metrics[name].to_numpy(float)
            bad = ~np.isfinite(values) | (values < low - ROUNDING) | (values > high + ROUNDING)
            problems += [f"{sample}: {name} outside [{low}, {high}]" for sample in collected.metrics["sample_id"][bad]]
    return problems


def composite_is_mean(collected: Collected) -> list[str]:
    """The composite equals the mean of its three parts, and so does the floor's."""
    problems = []
    for prefix in ("", "floor_"):
        parts = collected.metrics[[prefix + part for part in PARTS]].to_numpy(float).mean(axis=1)
        off = np.abs(parts - collected.metrics[f"{prefix}composite"].to_numpy(float)) > ROUNDING
        problems += [f"{sample}: {prefix}composite is not the mean" for sample in collected.metrics["sample_id"][off]]
    return problems


def floor_below_score(collected: Collected) -> list[str]:
    """The autoencoder alone does not lose more than the whole round trip, beyond FLOOR_TOLERANCE."""
    above = collected.metrics["floor_composite"] - collected.metrics["composite"]
    bad = collected.metrics[above > FLOOR_TOLERANCE]
    return [f"{row.sample_id}: floor {row.floor_composite:.3f}, score {row.composite:.3f}" for row in bad.itertuples()]


def pairs_complete(collected: Collected) -> list[str]:
    """Where a comparison pairs by work, each ai sample has its human work and each human work one ai sample.

    A missing twin that the ai side's source was rejected for, under the human sample's id, is known and counted.
    """
    problems = []
    samples = collected.samples
    for comparison in collected.lineage.catalog.comparisons.values():
        if comparison.pairing != "work":
            continue
        human = samples[samples["dataset"] == comparison.human.dataset]
        ai = samples[samples["dataset"] == comparison.ai.dataset]
        if human.empty or ai.empty:
            continue
        pairs = ai["pair_id"].value_counts()
        rejected = collected.rejected
        met = {*pairs.index, *rejected[rejected["dataset"] == comparison.ai.dataset]["source_key"]}
        problems += [f"{comparison.name}: {w} has no ai twin" for w in human["sample_id"] if w not in met]
        problems += [f"{comparison.name}: {w} has {n} ai twins" for w, n in pairs.items() if n > 1]
        known = set(human["sample_id"])
        problems += [f"{comparison.name}: ai pair {w} is no human sample" for w in pairs.index if w not in known]
    return problems


def suites_not_mixed(collected: Collected) -> list[str]:
    """All rows of an experiment were scored by one suite at one revision."""
    columns = ["suite", "suite_revision", "model_revision"]
    kinds = collected.metrics.groupby("experiment")[columns].nunique()
    return [
        f"{experiment}: {row[column]} values of {column}; materialize its stale partitions"
        for experiment, row in kinds.iterrows()
        for column in columns
        if row[column] > 1
    ]


CHECKS: dict[str, Callable[[Collected], list[str]]] = {
    "every_record_accounted": every_record_accounted,
    "scores_in_range": scores_in_range,
    "composite_is_mean": composite_is_mean,
    "floor_below_score": floor_below_score,
    "pairs_complete": pairs_complete,
    "suites_not_mixed": suites_not_mixed,
}
