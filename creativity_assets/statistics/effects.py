"""Two groups of scores -> how far apart they are.

Everywhere ai stands first and human second: a positive difference, a positive d and an AUROC above one
half all say that the ai side scores higher. A number the data cannot carry is None (one observation has
no spread; two constant groups have no t), never a stand-in value, and nothing here warns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Scores = Sequence[float] | npt.NDArray[np.float64]

CONFIDENCE = 0.95


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


@dataclass(frozen=True)
class _Welch:
    """A difference of means, its standard error, and Welch-Satterthwaite degrees of freedom."""

    difference: float
    error: float
    freedom: float


def moments(scores: Scores) -> Moments:
    """Size, mean and sd of finite scores; raises ValueError on NaN or infinity."""
    x = _finite(scores)
    if x.size == 0:
        return Moments(0, None, None)
    # A mean lies inside its data; float rounding may push that of a constant group an ulp outside.
    mean = float(np.clip(x.mean(), x.min(), x.max()))
    if x.size == 1:
        return Moments(1, mean, None)
    return Moments(int(x.size), mean, 0.0 if _constant(x) else float(x.std(ddof=1)))


def welch_p(ai: Scores, human: Scores) -> float | None:
    """Two-sided p of Welch's t-test (unequal variances); 0.0 means below the smallest float."""
    return _p(_welch(moments(ai), moments(human)))


def paired_p(ai: Scores, human: Scores) -> float | None:
    """Two-sided p of the paired t-test; the groups are aligned, work by work.

    Raises ValueError when their lengths differ.
    """
    a, h = _finite(ai), _finite(human)
    if a.size != h.size:
        raise ValueError(f"a paired test needs equal lengths, got {a.size} and {h.size}")
    if a.size < 2 or _constant(a - h):
        return None
    d = a - h
    error = d.std(ddof=1) / np.sqrt(d.size)
    return float(2 * stats.t.sf(abs(d.mean()) / error, d.size - 1))


def cohens_d(ai: Scores, human: Scores) -> float | None:
    """Difference of means in units of the pooled sd (ddof 1)."""
    return _cohens_d(moments(ai), moments(human))


def auroc(ai: Scores, human: Scores) -> float | None:
    """P(ai > human) + P(ai = human)/2 over all cross pairs, from mid-ranks: U / (n_ai n_human)."""
    a, h = _finite(ai), _finite(human)
    if a.size == 0 or h.size == 0:
        return None
    ranks = stats.rankdata(np.concatenate([a, h]))
    u = ranks[: a.size].sum() - a.size * (a.size + 1) / 2
    return float(u / (a.size * h.size))


def effect(ai: Scores, human: Scores) -> Effect:
    """Every figure of a comparison's row, from the scores of its two sides."""
    a, h = moments(ai), moments(human)
    welch = _welch(a, h)
    low, high = _interval(welch) or (None, None)
    return Effect(
        n_ai=a.n,
        n_human=h.n,
        mean_ai=a.mean,
        mean_human=h.mean,
        sd_ai=a.sd,
        sd_human=h.sd,
        difference=None if a.mean is None or h.mean is None else a.mean - h.mean,
        p_value=_p(welch),
        cohens_d=_cohens_d(a, h),
        auroc=auroc(ai, human),
        difference_low=low,
        difference_high=high,
    )


def effect_from_moments(ai: Moments, human: Moments) -> tuple[float | None, float | None]:
    """(p_value, cohens_d) from published moments alone, where the scores themselves are not at hand."""
    return _p(_welch(ai, human)), _cohens_d(ai, human)


def _welch(ai: Moments, human: Moments) -> _Welch | None:
    if ai.mean is None or human.mean is None or ai.sd is None or human.sd is None:
        return None
    va, vh = ai.sd**2 / ai.n, human.sd**2 / human.n
    if va + vh == 0:
        return None
    # The share form of Welch-Satterthwaite: the textbook form squares variances, which underflows.
    share = va / (va + vh)
    freedom = 1 / (share**2 / (ai.n - 1) + (1 - share) ** 2 / (human.n - 1))
    return _Welch(ai.mean - human.mean, float(np.sqrt(va + vh)), freedom)


def _p(welch: _Welch | None) -> float | None:
    if welch is None:
        return None
    return float(2 * stats.t.sf(abs(welch.difference) / welch.error, welch.freedom))


def _interval(welch: _Welch | None) -> tuple[float, float] | None:
    if welch is None:
        return None
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, welch.freedom)) * welch.error
    return welch.difference - reach, welch.difference + reach


def _cohens_d(ai: Moments, human: Moments) -> float | None:
    if ai.mean is None or human.mean is None or ai.sd is None or human.sd is None:
        return None
    freedom = ai.n + human.n - 2
    pooled = np.sqrt(((ai.n - 1) * ai.sd**2 + (human.n - 1) * human.sd**2) / freedom)
    return None if pooled == 0 else float((ai.mean - human.mean) / pooled)


def _constant(x: npt.NDArray[np.float64]) -> bool:
    """Whether x has no spread beyond the rounding of its own values."""
    return bool(np.ptp(x) <= 4 * np.spacing(np.abs(x).max()))


def _finite(scores: Scores) -> npt.NDArray[np.float64]:
    x = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(x).all():
        raise ValueError("scores must be finite; drop unmeasured rows first")
    return x
