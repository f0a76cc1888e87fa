"""Effects: laws, then SciPy and brute force as oracles, then the study's own moments."""

import itertools
import warnings

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from creativity_assets.statistics.effects import (
    Moments,
    auroc,
    cohens_d,
    effect,
    effect_from_moments,
    moments,
    paired_p,
    welch_p,
)

RANDOM = np.random.default_rng(20)
GROUPS = {
    "equal sizes": (RANDOM.normal(0.68, 0.16, 40), RANDOM.normal(0.63, 0.13, 40)),
    "unequal sizes and spreads": (RANDOM.normal(0.5, 0.3, 7), RANDOM.normal(0.6, 0.05, 90)),
    "two against two": (np.array([0.1, 0.4]), np.array([0.3, 0.35])),
    "one side constant": (np.array([0.1, 0.4, 0.2]), np.full(5, 0.3)),
    "many ties": (RANDOM.integers(0, 4, 50) / 4, RANDOM.integers(0, 5, 30) / 4),
}
TWO_SIDES = pytest.mark.parametrize(("ai", "human"), GROUPS.values(), ids=GROUPS.keys())

# Eighths between -8 and 8: sums are exact in floats, so that laws hold exactly and ties are common.
scores = hnp.arrays(np.float64, st.integers(2, 12), elements=st.integers(-64, 64).map(lambda i: i / 8))


def same(one: float | None, other: float | None) -> bool:
    """Whether two figures agree to rounding, or are both absent."""
    return one is other if one is None else other == pytest.approx(one, rel=1e-9, abs=1e-12)


@TWO_SIDES
def test_agrees_with_scipy(ai: np.ndarray, human: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy warns about the constant side; we must not
        expected = scipy.stats.ttest_ind(ai, human, equal_var=False)
    ours = effect(ai, human)
    assert ours.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    interval = expected.confidence_interval(0.95)
    assert (ours.difference_low, ours.difference_high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert ours.auroc == pytest.approx(scipy.stats.mannwhitneyu(ai, human).statistic / (ai.size * human.size))
    assert (ours.mean_ai, ours.mean_human) == pytest.approx((np.mean(ai), np.mean(human)), rel=1e-12)
    assert (ours.sd_ai, ours.sd_human) == pytest.approx((np.std(ai, ddof=1), np.std(human, ddof=1)), abs=1e-15)


@TWO_SIDES
def test_auroc_counts_pairs(ai: np.ndarray, human: np.ndarray) -> None:
    wins = [(a > h) + (a == h) / 2 for a, h in itertools.product(ai, human)]
    assert auroc(ai, human) == pytest.approx(np.mean(wins), rel=1e-12)


def test_cohens_d_of_a_worked_example() -> None:
    # Variances 1 and 4, sizes 3 and 3: the pooled variance is 2.5.
    assert cohens_d([4, 5, 6], [0, 2, 4]) == pytest.approx(3 / np.sqrt(2.5))


def test_paired_agrees_with_scipy() -> None:
    human = RANDOM.normal(0.6, 0.1, 25)
    ai = human + RANDOM.normal(0.02, 0.03, 25)
    assert paired_p(ai, human) == pytest.approx(scipy.stats.ttest_rel(ai, human).pvalue, rel=1e-9)
    assert paired_p([0.5, 0.75], [0.25, 0.5]) is None  # the same difference throughout
    assert paired_p([0.5], [0.25]) is None
    two = ([0.5, 0.8], [0.25, 0.5])  # the fewest that vary
    assert paired_p(*two) == pytest.approx(scipy.stats.ttest_rel(*two).pvalue, rel=1e-9)
    with pytest.raises(ValueError, match="equal lengths"):
        paired_p([0.5, 0.6], [0.25])


@settings(max_examples=60, deadline=None)
@given(scores, scores)
def test_swapping_the_sides_mirrors_the_effect(ai: np.ndarray, human: np.ndarray) -> None:
    there, back = effect(ai, human), effect(human, ai)
    assert there.difference == -back.difference
    assert there.p_value == pytest.approx(back.p_value)
    assert there.auroc == pytest.approx(1 - back.auroc)
    assert (there.cohens_d is None) == (back.cohens_d is None)
    if there.cohens_d is not None:
        assert there.cohens_d == pytest.approx(-back.cohens_d)


@settings(max_examples=60, deadline=None)
@given(scores, scores, st.integers(-16, 16))
def test_a_shift_of_both_sides_changes_nothing_but_the_means(ai: np.ndarray, human: np.ndarray, shift: int) -> None:
    before, after = effect(ai, human), effect(ai + shift, human + shift)
    for figure in ("p_value", "cohens_d", "auroc", "difference", "sd_ai", "sd_human"):
        assert same(getattr(before, figure), getattr(after, figure)), figure
    assert after.mean_ai == pytest.approx(before.mean_ai + shift)


@settings(max_examples=60, deadline=None)
@given(scores, scores, st.integers(1, 8))
def test_the_unit_of_the_score_does_not_matter(ai: np.ndarray, human: np.ndarray, scale: int) -> None:
    before, after = effect(ai, human), effect(ai * scale, human * scale)
    for figure in ("p_value", "cohens_d", "auroc"):
        assert same(getattr(before, figure), getattr(after, figure)), figure


def test_no_number_is_invented_where_the_data_have_none() -> None:
    alone = effect([0.5], [0.25, 0.75])
    assert (alone.sd_ai, alone.p_value, alone.cohens_d, alone.difference_low) == (None, None, None, None)
    assert (alone.mean_ai, alone.difference, alone.auroc) == (0.5, 0.0, 0.5)

    empty = effect([], [0.25, 0.75])
    assert empty.n_ai == 0
    assert (empty.mean_ai, empty.difference, empty.p_value, empty.auroc) == (None, None, None, None)

    constant = effect([0.1, 0.1, 0.1], [0.3, 0.3])  # 0.1 has no exact mean in floats
    assert (constant.sd_ai, constant.p_value, constant.cohens_d) == (0.0, None, None)
    assert (constant.auroc, constant.mean_ai) == (0.0, 0.1)


def test_a_score_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        moments([0.1, float("nan")])


def test_tiny_spreads_do_not_underflow() -> None:
    # Variances of 1e-320 would square to zero in the textbook degrees of freedom.
    assert 0 < (welch_p([1e-160, 2e-160, 3e-160], [0.0, 1e-160, 2e-160]) or 0) < 1


def test_the_studys_moments_give_the_effect_it_reports() -> None:
    p, d = effect_from_moments(Moments(3000, 0.684, 0.159), Moments(3000, 0.628, 0.131))
    oracle = scipy.stats.ttest_ind_from_stats(0.684, 0.159, 3000, 0.628, 0.131, 3000, equal_var=False)
    assert oracle.statistic == pytest.approx(14.9, abs=0.05)
    assert p == pytest.approx(oracle.pvalue, rel=1e-9)
    assert 1e-49 < p < 1e-48  # about 3e-49
    assert p < 1e-47  # as the study prints it
    assert d == pytest.approx(0.38, abs=0.005)
    assert scipy.stats.norm.cdf(d / np.sqrt(2)) == pytest.approx(0.61, abs=0.005)
