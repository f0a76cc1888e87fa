"""Many groups at once are what each group is alone."""

import itertools

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from creativity_assets.statistics import grouped

GROUPS = 5
scored = st.lists(st.tuples(st.integers(-8, 8).map(lambda i: i / 8), st.integers(-1, GROUPS - 1)), max_size=30)


def arrays(rows: list[tuple[float, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score for score, _ in rows], float), np.array([group for _, group in rows], np.int32)


def wins(ai: np.ndarray, human: np.ndarray) -> float:
    pairs = [(a > h) + (a == h) / 2 for a, h in itertools.product(ai, human)]
    return float(np.mean(pairs)) if pairs else np.nan


@settings(max_examples=80, deadline=None)
@given(scored, scored)
def test_ranks_within_each_group_and_against_a_whole_side(
    ai: list[tuple[float, int]], human: list[tuple[float, int]]
) -> None:
    (a, ga), (h, gh) = arrays(ai), arrays(human)
    ranked = grouped.Ranked.of(np.concatenate([a, h]), np.arange(len(a) + len(h)) < len(a))
    groups = np.concatenate([ga, gh])
    within = [wins(a[ga == group], h[gh == group]) for group in range(GROUPS)]
    np.testing.assert_allclose(ranked.auroc(groups, GROUPS), within, rtol=0, atol=1e-12)
    whole = [wins(a[ga == group], h) for group in range(GROUPS)]
    np.testing.assert_allclose(ranked.auroc_against_all(groups, GROUPS), whole, rtol=0, atol=1e-12)


@pytest.mark.parametrize("count", [1 << 16, (1 << 16) + 1])
def test_more_groups_than_small_integers_count(count: int) -> None:
    random = np.random.default_rng(0)
    groups = np.concatenate([random.integers(0, count, 400), [count - 1] * 7]).astype(np.int32)
    scores, ai = random.normal(size=407), random.random(407) < 0.5
    last = groups == count - 1
    found = grouped.Ranked.of(scores, ai).auroc(groups, count)[-1]
    assert found == pytest.approx(wins(scores[last & ai], scores[last & ~ai]), abs=1e-12)


@settings(max_examples=80, deadline=None)
@given(scored)
def test_moments_are_numpys_of_each_group(rows: list[tuple[float, int]]) -> None:
    scores, groups = arrays([(score, abs(group)) for score, group in rows])
    of = grouped.moments(scores, groups, GROUPS)
    for group in range(GROUPS):
        here = scores[groups == group]
        assert of.n[group] == here.size
        mean = here.mean() if here.size else np.nan
        sd = here.std(ddof=1) if here.size > 1 else np.nan
        np.testing.assert_allclose([of.mean[group], of.sd[group]], [mean, sd], rtol=0, atol=1e-12)


def test_pairs_are_tested_group_by_group() -> None:
    random = np.random.default_rng(1)
    differences, groups = random.normal(0.1, 1, 40), random.integers(0, 3, 40)
    n, p = grouped.paired_p(differences, groups, 4)
    assert n.tolist() == [*np.bincount(groups, minlength=4)]
    expected = [scipy.stats.ttest_1samp(differences[groups == group], 0).pvalue for group in range(3)]
    assert p[:3] == pytest.approx(expected, rel=1e-9)
    assert np.isnan(p[3])
