"""What only a world with known answers can say: does the score follow training membership and novelty?

The findings are printed whatever their sign; the study's hypothesis is that what a model has learned it
reconstructs well, so that scores should rise from train to held_out to unseen, and with novelty.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from creativity_assets.report import figures, formats
from creativity_assets.report.data import Evidence
from creativity_assets.report.exhibit import Exhibit
from creativity_assets.report.table import LONG, Head, Table
from creativity_assets.statistics.effects import auroc, moments, welch_p

MEMBERSHIPS = ("train", "held_out", "unseen")
MAX_AXES = 6


def membership(evidence: Evidence) -> Iterator[Exhibit]:
    """Scores by what a model saw in training, per experiment; nothing where nothing is known.

    Works on a dial are left out: they are unseen, but strange by design.
    """
    known = evidence.tables["membership"]
    known = known[known["membership"].isin(MEMBERSHIPS)]
    measured = evidence.measured.dropna(subset=["composite"]).assign(above=_above)
    joined = measured[measured["novelty"].isna()].merge(known, on=["sample_id", "model"])
    for (experiment, suite), frame in joined.groupby(["experiment", "suite"], sort=True):
        groups = {m: frame[frame["membership"] == m] for m in MEMBERSHIPS}
        yield Exhibit(
            title=str(experiment),
            findings=tuple(_membership_findings(groups)),
            table=_membership_table(groups, str(suite)),
        )


def dials(evidence: Evidence) -> Iterator[Exhibit]:
    """Scores along known distances from the training range, per experiment and data set."""
    measured = evidence.measured.dropna(subset=["composite"]).assign(above=_above)
    turned = measured[measured["novelty"].notna()]
    for number, ((experiment, dataset, suite), frame) in enumerate(
        turned.groupby(["experiment", "dataset", "suite"], sort=True)
    ):
        labelled = frame.assign(novelty=frame["novelty"].astype(float), axis=_axis(frame))
        levels = _levels(labelled)
        yield Exhibit(
            title=f"{dataset}, {experiment}",
            findings=tuple(_dial_findings(labelled)),
            table=_dial_table(levels, str(suite)),
            figure=("Score by known novelty", figures.dial(levels, f"dial-{number}", str(suite))),
        )


def _above(frame: pd.DataFrame) -> pd.Series:
    """What is left of the composite score when the autoencoder's own cost is taken off."""
    return frame["composite"] - frame["floor_composite"]


def _membership_findings(groups: dict[str, pd.DataFrame]) -> Iterator[str]:
    train = groups["train"]
    for other in ("held_out", "unseen"):
        if len(train) == 0 or len(groups[other]) == 0:
            continue
        for column, words in (("composite", "score"), ("above", "score above the floor")):
            a, b = _finite(groups[other][column]), _finite(train[column])
            change = (moments(a).mean or 0.0) - (moments(b).mean or 0.0)
            sense = auroc(a, b)
            yield (
                f"{_name(other)} works against training works, {words}: {formats.signed(change)} "
                f"(p {formats.p_value(welch_p(a, b))}, AUROC {formats.effect_size(sense)}). "
                f"{_verdict(change, welch_p(a, b))}"
            )


def _verdict(change: float, p: float | None) -> str:
    if p is None or p >= 0.05:
        return "Chance could explain it."
    return "As the hypothesis has it." if change > 0 else "Against the hypothesis."


def _membership_table(groups: dict[str, pd.DataFrame], suite: str) -> Table:
    rows = []
    for name, frame in groups.items():
        score, above = moments(_finite(frame["composite"])), moments(_finite(frame["above"]))
        floor = moments(_finite(frame["floor_composite"]))
        figures_ = (score.mean, score.sd, floor.mean, above.mean, above.sd)
        rows.append((_name(name), formats.count(len(frame)), *(formats.score(f) for f in figures_)))
    heads = (
        Head("membership", False),
        Head("n"),
        *(Head(text, group="composite") for text in ("mean", "sd")),
        Head("mean", group="floor"),
        *(Head(text, group="above the floor") for text in ("mean", "sd")),
    )
    return Table("Composite score by training membership", heads, tuple(rows), suite)


def _axis(frame: pd.DataFrame) -> pd.Series:
    """A dial's axes stand as its artists; a collection by many artists is taken as one axis."""
    few = frame["artist"].nunique() <= MAX_AXES
    return frame["artist"].astype("str") if few else pd.Series("all works", index=frame.index)


def _levels(frame: pd.DataFrame) -> pd.DataFrame:
    grouped = frame.groupby(["axis", "novelty"], sort=True)
    return grouped.agg(
        n=("composite", "size"),
        mean=("composite", "mean"),
        sd=("composite", "std"),
        floor=("floor_composite", "mean"),
        above=("above", "mean"),
        sd_above=("above", "std"),
    ).reset_index()


def _dial_findings(frame: pd.DataFrame) -> Iterator[str]:
    for axis, rows in frame.groupby("axis", sort=True):
        for column, words in (("composite", "score"), ("above", "score above the floor")):
            valid = rows.dropna(subset=[column])
            if len(valid) < 3 or valid["novelty"].nunique() < 2 or valid[column].nunique() < 2:
                continue
            rank = stats.spearmanr(valid["novelty"].to_numpy(float), valid[column].to_numpy(float))
            yield (
                f"{formats.capital(axis)}: rank correlation of novelty and {words} "
                f"{formats.effect_size(rank.statistic)} (p {formats.p_value(rank.pvalue)}, n {len(valid)}). "
                f"{_verdict(float(rank.statistic), float(rank.pvalue))}"
            )


def _dial_table(levels: pd.DataFrame, suite: str) -> Table:
    rows = tuple(
        (str(r["axis"]), f"{r['novelty']:.2f}", formats.count(r["n"]),
         *(formats.score(r[c]) for c in ("mean", "sd", "floor", "above", "sd_above")))
        for _, r in levels.iterrows()
    )  # fmt: skip
    heads = (
        Head("axis", False),
        Head("novelty"),
        Head("n"),
        *(Head(text, group="composite") for text in ("mean", "sd")),
        Head("mean", group="floor"),
        *(Head(text, group="above the floor") for text in ("mean", "sd")),
    )
    return Table("Composite score by known novelty", heads, rows, suite, folded=len(rows) > LONG)


def _name(membership_value: str) -> str:
    return {"train": "Trained on", "held_out": "Held-out", "unseen": "Unseen"}[membership_value]


def _finite(column: pd.Series) -> npt.NDArray[np.float64]:
    x = column.to_numpy(float)
    return np.asarray(x[np.isfinite(x)], dtype=np.float64)
