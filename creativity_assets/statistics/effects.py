"""Two groups of scores -> how far apart they are: `grouped` for one group a side.

Everywhere ai stands first and human second: a positive difference, a positive d and an AUROC above one
half all say that the ai side scores higher. A number the data cannot carry is None (one observation has
no spread; two constant groups have no t), never a stand-in value, and nothing here warns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from creativity_assets.statistics import grouped

Scores = Sequence[float] | npt.NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Size, mean and standard deviation (ddof 1) of one group; mean needs one observation, sd two."""

    n: int
    mean: float | None
    sd: float | None


@dataclass(frozen=True)
class Effect:
    """How an ai group differs from a human group.

    difference = mean_ai - mean_human, with its 95 % Welch interval [difference_low, difference_high];
    p_value is the two-sided Welch test; cohens_d uses the pooled sd; auroc = P(ai > human) + half the ties.
    """

    n_ai: int
    n_human: int
    mean_ai: float | None
    mean_human: float | None
    sd_ai: float | None
    sd_human: float | None
    difference: float | None
    p_value: float | None
    cohens_d: float | None
    auroc: float | None
    difference_low: float | None
    difference_high: float | None


def moments(scores: Scores) -> Moments:
    """Size, mean and sd of finite scores; raises ValueError on NaN or infinity."""
    of = _moments(scores)
    return Moments(int(of.n[0]), _figure(of.mean), _figure(of.sd))


def welch_p(ai: Scores, human: Scores) -> float | None:
    """Two-sided p of Welch's t-test (unequal variances); 0.0 means below the smallest float."""
    return _figure(grouped.welch(_moments(ai), _moments(human)).p)


def paired_p(ai: Scores, human: Scores) -> float | None:
    """Two-sided p of the paired t-test; the groups are aligned, work by work.

    Raises ValueError when their lengths differ.
    """
    a, h = _finite(ai), _finite(human)
    if a.size != h.size:
        raise ValueError(f"a paired test needs equal lengths, got {a.size} and {h.size}")
    return _figure(grouped.paired_p(a - h, _one_group(a), 1)[1])


def cohens_d(ai: Scores, human: Scores) -> float | None:
    """Difference of means in units of the pooled sd (ddof 1)."""
    return _figure(grouped.cohens_d(_moments(ai), _moments(human)))


def auroc(ai: Scores, human: Scores) -> float | None:
    """P(ai > human) + P(ai = human)/2 over all cross pairs, from mid-ranks: U / (n_ai n_human)."""
    a, h = _finite(ai), _finite(human)
    both = np.concatenate([a, h])
    ranked = grouped.Ranked.of(both, np.arange(both.size) < a.size)
    return _figure(ranked.auroc(_one_group(both), 1))


def effect(ai: Scores, human: Scores) -> Effect:
    """Every figure of a comparison's row, from the scores of its two sides."""
    a, h = _moments(ai), _moments(human)
    welch = grouped.welch(a, h)
    low, high = welch.interval
    return Effect(
        n_ai=int(a.n[0]),
        n_human=int(h.n[0]),
        mean_ai=_figure(a.mean),
        mean_human=_figure(h.mean),
        sd_ai=_figure(a.sd),
        sd_human=_figure(h.sd),
        difference=_figure(a.mean - h.mean),
        p_value=_figure(welch.p),
        cohens_d=_figure(grouped.cohens_d(a, h)),
        auroc=auroc(ai, human),
        difference_low=_figure(low),
        difference_high=_figure(high),
    )


def effect_from_moments(ai: Moments, human: Moments) -> tuple[float | None, float | None]:
    """(p_value, cohens_d) from published moments alone, where the scores themselves are not at hand."""
    a, h = (
        grouped.Moments(np.array([of.n]), np.array([of.mean], np.float64), np.array([of.sd], np.float64))
        for of in (ai, human)
    )
    return _figure(grouped.welch(a, h).p), _figure(grouped.cohens_d(a, h))


def _moments(scores: Scores) -> grouped.Moments:
    x = _finite(scores)
    return grouped.moments(x, _one_group(x), 1)


def _one_group(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    return np.zeros(scores.size, np.intp)


def _figure(of_group: npt.NDArray[np.float64]) -> float | None:
    """The figure of the one group there is."""
    return None if np.isnan(of_group[0]) else float(of_group[0])


def _finite(scores: Scores) -> npt.NDArray[np.float64]:
    x = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(x).all():
        raise ValueError("scores must be finite; drop unmeasured rows first")
    return x
