"""The tables of the page that speak of everything: data sets, rejects, duplicates, experiments, mean scores."""

from __future__ import annotations

import pandas as pd

from creativity_assets.report import formats
from creativity_assets.report.data import Evidence, scores_in
from creativity_assets.report.table import EFFECT_HEADS, SIDE_HEADS, Head, Table, effect_cells, shares, side_cells
from creativity_assets.vocabulary import SCORES


def headline(evidence: Evidence) -> Table:
    """One row per comparison, experiment and side, with the effect beside the ai side."""
    rows = []
    for contrast in evidence.contrasts():
        row = contrast.overall
        effect = effect_cells(row)
        for side in ("ai", "human"):
            first = (contrast.comparison, contrast.experiment) if side == "ai" else ("", "")
            rows.append((*first, *side_cells(side, row), *(effect if side == "ai" else ("",) * len(effect))))
    heads = (Head("comparison", False), Head("experiment", False), *SIDE_HEADS, *EFFECT_HEADS)
    return Table("Composite score, all comparisons", heads, tuple(rows), _common_suite(evidence))


def datasets(evidence: Evidence) -> Table:
    """The data sets, with what was measured and what was rejected."""
    samples, metrics = evidence.tables["samples"], evidence.tables["image_metrics"]
    rejected = evidence.tables["rejected_samples"]["dataset"].value_counts()
    scored = metrics[["sample_id"]].drop_duplicates()
    names = sorted(set(samples["dataset"].dropna()) | set(rejected.index))
    rows = []
    for name in names:
        frame = samples[samples["dataset"] == name]
        dated = pd.to_numeric(frame["year"], errors="coerce").dropna()
        rows.append(
            (
                str(name),
                shares(frame["label"]),
                formats.count(len(frame)),
                formats.count(len(frame.merge(scored, on="sample_id"))),
                formats.count(rejected.get(name, 0)),
                formats.count(len(frame) + rejected.get(name, 0)),
                formats.count(frame["artist_slug"].nunique()),
                formats.years(dated.min(), dated.max()) if len(dated) else formats.MISSING,
                formats.count(len(frame) - len(dated)),
                shares(frame["format"]),
            )
        )
    heads = (
        Head("data set", False),
        Head("labels", False),
        Head("samples"),
        Head("measured"),
        Head("rejected"),
        Head("read"),
        Head("artists"),
        Head("years"),
        Head("without a year"),
        Head("formats", False),
    )
    return Table("Data sets", heads, tuple(rows))


def rejected(evidence: Evidence) -> Table:
    """Why images were rejected."""
    frame = evidence.tables["rejected_samples"].fillna("")
    rows = [
        (
            str(dataset),
            str(reason),
            formats.count(len(group)),
            str(group["source_key"].iloc[0]),
            str(group["detail"].iloc[0]),
        )
        for (dataset, reason), group in frame.groupby(["dataset", "reason"], sort=True)
    ]
    heads = (
        Head("data set", False),
        Head("reason", False),
        Head("images"),
        Head("for example", False),
        Head("why", False),
    )
    return Table("Rejected images", heads, tuple(rows))


def duplicates(evidence: Evidence) -> Table:
    """How many samples show the same picture as another, within each data set and across two."""
    samples = evidence.tables["samples"].set_index("sample_id")[["dataset", "title"]]
    pairs = (
        evidence.tables["duplicates"].join(samples, on="sample_id").join(samples.add_suffix("_of"), on="duplicate_of")
    )
    rows = [
        (
            *(str(name) for name in key),
            formats.count(len(group)),
            formats.count(group["same_work"].sum()),
            f"{formats.text(group['title'].iloc[0])}, {formats.text(group['title_of'].iloc[0])}",
        )
        for key, group in pairs.groupby(["dataset", "dataset_of", "kind"], sort=True)
    ]
    heads = (
        Head("data set", False),
        Head("the same as in", False),
        Head("kind", False),
        Head("pairs"),
        Head("of one work"),
        Head("for example", False),
    )
    note = "Of one work: an ai image and the human work it was made after. A comparison may leave duplicates out."
    return Table("Duplicates", heads, tuple(rows), note=note)


def experiments(evidence: Evidence) -> Table:
    """Models at their revisions, methods, suites, and the code that measured."""
    frame = evidence.tables["image_metrics"]
    rows = []
    keys = ["experiment", "model", "model_revision", "method", "steps", "suite"]
    for key, group in frame.groupby(keys, sort=True, dropna=False):
        name, model, revision, method, steps, suite = key
        versions = sorted(str(v) for v in group["code_version"].dropna().unique())
        rows.append(
            (
                str(name),
                str(model),
                formats.revision(revision),
                str(method),
                formats.count(steps),
                str(suite),
                formats.count(len(group)),
                ", ".join(map(formats.revision, versions)) or formats.MISSING,
            )
        )
    heads = (
        Head("experiment", False),
        Head("model", False),
        Head("weights revision", False),
        Head("method", False),
        Head("steps"),
        Head("suite", False),
        Head("measured"),
        Head("code version", False),
    )
    return Table("Experiments", heads, tuple(rows))


def scores_by_dataset(evidence: Evidence) -> Table:
    """Mean scores of every data set and label, whether or not a comparison names them."""
    measured = evidence.measured
    scores, rows = scores_in(measured), []
    for key, group in measured.groupby(["experiment", "dataset", "label", "suite"], sort=True, dropna=False):
        experiment, dataset, label, suite = key
        means = (formats.score(group[m].mean()) for m in (*scores, "floor_composite"))
        rows.append((str(experiment), str(dataset), formats.text(label), str(suite), formats.count(len(group)), *means))
    heads = (
        Head("experiment", False),
        Head("data set", False),
        Head("label", False),
        Head("suite", False),
        Head("n"),
        *(Head(SCORES[score].short or score) for score in scores),
        Head("composite floor"),
    )
    return Table("Mean scores by data set", heads, tuple(rows), _common_suite(evidence))


def _common_suite(evidence: Evidence) -> str:
    """`embedded` as soon as one measurement is, because the table then holds stand-ins."""
    suites = set(evidence.tables["image_metrics"]["suite"].dropna())
    return "embedded" if "embedded" in suites else ""
