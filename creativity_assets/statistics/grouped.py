"""Scores in groups -> each group's moments, tests and ranks, all groups at once.

Everything here takes one flat array of scores beside one of group numbers, so that ten million scores in a hundred
thousand groups cost a few passes over arrays. A number the data cannot carry is NaN, and nothing here warns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Moments:
    """Of each group, (G,): size; mean, from one score on; standard deviation (ddof 1), from two on."""

    n: Integers
    mean: Floats
    sd: Floats


@dataclass(frozen=True)
class Welch:
    """Of each group, (G,): a difference of means, its standard error, and Welch-Satterthwaite degrees of freedom.

    NaN where a side has fewer than two scores, or neither has spread.
    """

    difference: Floats
    error: Floats
    freedom: Floats

    @property
    def p(self) -> Floats:
        """Two-sided; 0.0 means below the smallest float."""
        return two_sided(self.difference / self.error, self.freedom)

    @property
    def interval(self) -> tuple[Floats, Floats]:
        """Of the difference, at CONFIDENCE."""
        reach = stats.t.ppf((1 + CONFIDENCE) / 2, self.freedom) * self.error
        return self.difference - reach, self.difference + reach


def moments(scores: Floats, groups: Integers, count: int) -> Moments:
    """Of finite scores (N,) by their groups (N,), numbers below `count`."""
    n = np.bincount(groups, minlength=count)
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, groups, scores)
    np.maximum.at(high, groups, scores)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(groups, scores, count) / n
        # A mean lies inside its data; float rounding may push that of a constant group an ulp outside.
        mean = np.where(n > 0, np.clip(mean, low, high), np.nan)
        off = scores - mean[groups]
        sd = np.sqrt(np.bincount(groups, off * off, count) / (n - 1))
        constant = _constant(low, high)
    return Moments(n, mean, np.where(n > 1, np.where(constant, 0.0, sd), np.nan))


def welch(ai: Moments, human: Moments) -> Welch:
    """Welch's t-test (unequal variances)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        va, vh = ai.sd**2 / ai.n, human.sd**2 / human.n
        # The share form of Welch-Satterthwaite: the textbook form squares variances, which underflows.
        share = va / (va + vh)
        freedom = 1 / (share**2 / (ai.n - 1) + (1 - share) ** 2 / (human.n - 1))
        defined = va + vh > 0
        return Welch(ai.mean - human.mean, *(np.where(defined, x, np.nan) for x in (np.sqrt(va + vh), freedom)))


def cohens_d(ai: Moments, human: Moments) -> Floats:
    """Difference of means in units of the pooled standard deviation (ddof 1)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = np.sqrt(((ai.n - 1) * ai.sd**2 + (human.n - 1) * human.sd**2) / (ai.n + human.n - 2))
        return np.where(pooled > 0, (ai.mean - human.mean) / pooled, np.nan)


def paired_p(differences: Floats, groups: Integers, count: int) -> tuple[Integers, Floats]:
    """(number of pairs, two-sided p of the paired t-test) of each group, from the differences within pairs (N,)."""
    of = moments(differences, groups, count)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(of.sd > 0, of.mean / (of.sd / np.sqrt(of.n)), np.nan)
        return of.n, two_sided(t, of.n - 1)


def two_sided(t: Floats, freedom: npt.ArrayLike) -> Floats:
    """P(|T| >= |t|) of Student's distribution."""
    p: Floats = 2 * stats.t.sf(np.abs(t), freedom)
    return p


@dataclass(frozen=True)
class Ranked:
    """The scores of both sides in ascending order. order: their places before; block: equal for equal scores."""

    order: Integers
    block: Integers
    ai: Flags

    @classmethod
    def of(cls, scores: Floats, ai: Flags) -> Ranked:
        """Of finite scores (N,); ai: which of them are of that side."""
        order = np.argsort(scores)
        values = scores[order]
        steps = np.empty(len(values), np.int32)
        steps[:1] = 0
        steps[1:] = values[1:] != values[:-1]
        return cls(order, np.cumsum(steps, dtype=np.int32), ai[order])

    def auroc(self, groups: Integers, count: int) -> Floats:
        """P(ai > human) + P(ai = human) / 2 within each group, from mid-ranks: U / (n_ai n_human).

        groups: of the scores as they stood before, (N,); negative for those of none.
        """
        of = groups[self.order]
        if (of < 0).any():
            kept = of >= 0
            of, block, ai = of[kept], self.block[kept], self.ai[kept]
        else:
            block, ai = self.block, self.ai
        # numpy sorts small integers by radix, in a few passes.
        by_group = np.argsort(of.astype(np.uint16) if count <= 1 << 16 else of, kind="stable")
        of, block, ai = of[by_group], block[by_group], ai[by_group]
        n = np.bincount(of, minlength=count)
        n_ai = np.bincount(of[ai], minlength=count)
        first = np.flatnonzero(np.r_[True, (of[1:] != of[:-1]) | (block[1:] != block[:-1])][: len(of)])
        last = np.r_[first[1:], len(of)]
        rank = np.repeat((first + last + 1) / 2, last - first) - (np.cumsum(n) - n)[of]
        u = np.bincount(of[ai], rank[ai], count) - n_ai * (n_ai + 1) / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            return u / (n_ai * (n - n_ai))

    def auroc_against_all(self, groups: Integers, count: int) -> Floats:
        """The same of each group of the ai side against the whole human side; groups: as in `auroc`."""
        human = ~self.ai
        per_block = np.bincount(self.block, human)
        placed = (np.cumsum(per_block) - per_block / 2)[self.block]  # human scores below, and half of the equal ones
        of = groups[self.order]
        counted = self.ai & (of >= 0)
        u = np.bincount(of[counted], placed[counted], count)
        pairs = np.bincount(of[counted], minlength=count) * np.count_nonzero(human)
        with np.errstate(invalid="ignore", divide="ignore"):
            return u / pairs


def _constant(low: Floats, high: Floats) -> Flags:
    """Whether values between these have no spread beyond the rounding of their own."""
    flat: Flags = high - low <= 4 * np.spacing(np.maximum(np.abs(low), np.abs(high)))
    return flat
