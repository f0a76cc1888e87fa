"""The drawings of the page: scores and floors as distributions, by group, and against each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy import stats

from creativity_assets.report.data import scores_in
from creativity_assets.report.svg import AI, HUMAN, INK, LINES, MUTED, STUDY, canvas, inline, styled
from creativity_assets.vocabulary import title_of

COLOURS = {"human": HUMAN, "ai": AI}
MAX_POINTS = 500
"""Points per side in a scatter plot; more would only weigh on the page."""
MAX_ARTISTS = 40

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """A drawing with its caption; `suite` says whether it needs the banner."""

    svg: str
    caption: str
    suite: str


@styled
def distributions(human: pd.DataFrame, ai: pd.DataFrame, name: str, suite: str) -> Figure:
    """The scores of both sides as histograms, their floors dotted."""
    metrics = scores_in(human, ai)
    rows = -(-len(metrics) // 2)
    figure, axes = canvas(9.2, 2.5 * rows, rows, 2)
    for ax in axes[len(metrics) :]:
        ax.set_axis_off()
    for ax, metric in zip(axes, metrics, strict=False):
        series = {(s, c): _finite(f[c]) for s, f in _sides(human, ai) for c in (metric, f"floor_{metric}")}
        values = np.concatenate([*series.values(), np.array([])])
        if values.size == 0:
            ax.set_title(title_of(metric), loc="left")
            continue
        bins = _bins(values)
        for (side, column), x in series.items():
            _histogram(ax, x, bins, COLOURS[side], floor=column != metric)
        ax.set_title(title_of(metric), loc="left")
        ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
        ax.grid(axis="x", visible=False)
    handles = [
        *(Line2D([], [], color=COLOURS[s], lw=6, alpha=0.55, label=f"{s} score") for s in COLOURS),
        *(Line2D([], [], color=COLOURS[s], lw=1.2, ls=":", label=f"{s} floor") for s in COLOURS),
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=4)
    caption = (
        "Share of works per score. Filled: the round trip through the model; vertical lines mark the means. "
        "Dotted: the floor, what the autoencoder alone costs the same works."
    )
    return Figure(inline(figure, f"{name}-distributions"), caption, suite)


@styled
def by_group(rows: pd.DataFrame, labels: Sequence[str], study: Sequence[float], name: str, suite: str) -> Figure:
    """Means of both sides per group with their 95 % intervals, and the differences beside the study's.

    `rows` are stats rows of one metric in the order to draw; `study` holds the study's differences or NaN.
    """
    figure, (means, differences) = canvas(9.2, 3.5, 1, 2)
    x = np.arange(len(rows), dtype=float)
    for side, offset in (("human", -0.1), ("ai", 0.1)):
        mean, reach = rows[f"mean_{side}"].to_numpy(float), _reach(rows[f"sd_{side}"], rows[f"n_{side}"])
        means.errorbar(x + offset, mean, reach, fmt="o", ms=4.5, lw=1.2, color=COLOURS[side], label=f"{side} score")
        floor = rows[f"mean_floor_{side}"].to_numpy(float)
        means.plot(x + offset, floor, "_", ms=8, mew=1.2, color=COLOURS[side], alpha=0.7, label=f"{side} floor")
    means.set_title("Mean composite score, 95 % interval", loc="left")
    _difference_points(differences, rows, x)
    if np.isfinite(np.asarray(study, dtype=float)).any():
        differences.plot(x, study, "x", ms=6, mew=1.5, color=STUDY, label="the study's difference")
    differences.set_title("Difference, ai − human", loc="left")
    for ax in (means, differences):
        _group_ticks(ax, x, labels)
        ax.margins(x=0.04)
        ax.grid(axis="x", visible=False)
    handles, names = means.get_legend_handles_labels()
    more, further = differences.get_legend_handles_labels()
    figure.legend([*handles, *more], [*names, *further], loc="outside lower center", ncols=6)
    caption = "Short bars: mean floors. A difference whose interval leaves out zero has p < 0.05, uncorrected."
    return Figure(inline(figure, name), caption, suite)


@styled
def by_artist(rows: pd.DataFrame, name: str, suite: str) -> Figure:
    """The difference of every artist with its interval, largest on top (at most MAX_ARTISTS, both ends kept)."""
    ordered = rows.sort_values("difference", ascending=False, ignore_index=True)
    shown = ordered
    if len(ordered) > MAX_ARTISTS:
        shown = pd.concat([ordered.head(MAX_ARTISTS // 2), ordered.tail(MAX_ARTISTS // 2)], ignore_index=True)
    figure, (ax,) = canvas(9.2, 0.6 + 0.19 * len(shown))
    y = -np.arange(len(shown), dtype=float)
    middle = shown["difference"].to_numpy(float)
    reach = (shown["difference_high"] - shown["difference"]).to_numpy(float)
    colours = [AI if d > 0 else HUMAN for d in middle]
    ax.axvline(0, color=INK, lw=0.8)
    for at, d, r, colour in zip(y, middle, reach, colours, strict=True):
        ax.errorbar(d, at, xerr=None if np.isnan(r) else r, fmt="o", ms=4, lw=1.2, color=colour)
    ax.set_yticks(y, [str(a) for a in shown["artist"]])
    ax.set_ylim(y.min() - 0.8, 0.8)
    ax.set_xlabel("difference of the composite score, ai − human, 95 % interval")
    ax.grid(axis="y", visible=False)
    cut = f" The {MAX_ARTISTS // 2} largest and smallest of {len(rows)}." if len(shown) < len(rows) else ""
    caption = f"Orange: the ai images score higher; blue: the artist's own works do.{cut}"
    return Figure(inline(figure, name), caption, suite)


@styled
def score_against_floor(human: pd.DataFrame, ai: pd.DataFrame, name: str, suite: str) -> Figure:
    """Each work's composite score over its floor, and the distribution of what lies between the two."""
    figure, (points, rest) = canvas(9.2, 3.7, 1, 2)
    sides = [(s, f.dropna(subset=["composite", "floor_composite"])) for s, f in _sides(human, ai)]
    lifted = {s: _finite(f["composite"] - f["floor_composite"]) for s, f in sides}
    for side, frame in sides:
        # By identifier, which has nothing to do with the score, so that the page does not change by chance.
        some = frame.sort_values("sample_id").iloc[:: max(1, -(-len(frame) // MAX_POINTS))]
        x, y = some["floor_composite"].to_numpy(float), some["composite"].to_numpy(float)
        points.plot(x, y, "o", ms=3, mew=0, alpha=0.5, color=COLOURS[side], label=side)
    floors = np.concatenate([_finite(f["floor_composite"]) for _, f in sides])
    if floors.size:
        points.plot(
            [floors.min(), floors.max()],
            [floors.min(), floors.max()],
            color=MUTED,
            lw=1,
            ls="--",
            label="score = floor",
        )
        bins = _bins(np.concatenate(list(lifted.values())))
        for side, x in lifted.items():
            _histogram(rest, x, bins, COLOURS[side], floor=False)
    points.set_title("Composite score against floor", loc="left")
    points.set_xlabel("floor (autoencoder alone)")
    points.set_ylabel("composite score")
    rest.set_title("Composite score above the floor", loc="left")
    rest.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    rest.grid(axis="x", visible=False)
    handles, names = points.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3)
    cut = f" Each side thinned to {MAX_POINTS} points." if max(len(f) for _, f in sides) > MAX_POINTS else ""
    caption = f"What lies above the dashed line is the diffusion model's part of the score.{cut}"
    return Figure(inline(figure, name), caption, suite)


@styled
def dial(levels: pd.DataFrame, name: str, suite: str) -> Figure:
    """Mean score and mean score above the floor by known novelty, a line per axis.

    `levels` has the columns axis, novelty, n, mean, sd, above, sd_above.
    """
    figure, axes = canvas(9.2, 3.3, 1, 2)
    titles = {"mean": "Composite score", "above": "Composite score above the floor"}
    spreads = {"mean": "sd", "above": "sd_above"}
    for ax, column in zip(axes, titles, strict=True):
        for (axis, rows), colour in zip(levels.groupby("axis"), itertools.cycle(LINES)):
            reach = _reach(rows[spreads[column]], rows["n"])
            ax.errorbar(rows["novelty"], rows[column], reach, fmt="o-", ms=4, lw=1.3, color=colour, label=str(axis))
        ax.set_title(titles[column], loc="left")
        ax.set_xlabel("known distance from the training range (novelty)")
        ax.legend(loc="best", fontsize=8)
    return Figure(inline(figure, name), "Means with 95 % intervals over the works of each level.", suite)


def _group_ticks(ax: Axes, x: Array, labels: Sequence[str]) -> None:
    """Group names along x: level while they fit side by side, slanted or upright when they do not."""
    if len(labels) > 16:
        ax.set_xticks(x, labels, rotation=90)
    elif len(labels) * max(map(len, labels), default=0) > 40:
        ax.set_xticks(x, labels, rotation=30, ha="right", rotation_mode="anchor")
    else:
        ax.set_xticks(x, labels)


def _difference_points(ax: Axes, rows: pd.DataFrame, x: Array) -> None:
    reach = (rows["difference_high"] - rows["difference"]).to_numpy(float)
    ax.axhline(0, color=INK, lw=0.8)
    ax.errorbar(
        x,
        rows["difference"].to_numpy(float),
        np.nan_to_num(reach),
        fmt="o",
        ms=4.5,
        lw=1.2,
        color=INK,
        label="difference",
    )


def _bins(values: Array) -> Array:
    """Equal bins over all values, 8 to 36 of them, the more the more values there are."""
    low, high = float(values.min()), float(values.max())
    number = int(np.clip(1.5 * np.sqrt(values.size), 8, 36))
    return np.linspace(low, high if high > low else low + 1e-6, number + 1)


def _histogram(ax: Axes, x: Array, bins: Array, colour: str, *, floor: bool) -> None:
    if x.size == 0:
        return
    shares = np.histogram(x, bins)[0] / x.size
    if floor:
        ax.stairs(shares, bins, color=colour, lw=1.1, ls=":")
        return
    ax.stairs(shares, bins, color=colour, alpha=0.3, fill=True, lw=0)
    ax.stairs(shares, bins, color=colour, lw=1.1)
    ax.axvline(float(x.mean()), color=colour, lw=1.4)


def _reach(sd: pd.Series, n: pd.Series) -> Array:
    """Half the width of the 95 % interval of a mean; 0 where one observation has none."""
    size = n.to_numpy(float)
    half = stats.t.ppf(0.975, np.maximum(size - 1, 1)) * sd.to_numpy(float) / np.sqrt(np.maximum(size, 1))
    return np.asarray(np.nan_to_num(half), dtype=np.float64)


def _sides(human: pd.DataFrame, ai: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    return [("human", human), ("ai", ai)]


def _finite(column: pd.Series) -> Array:
    x = column.to_numpy(float)
    return np.asarray(x[np.isfinite(x)], dtype=np.float64)
