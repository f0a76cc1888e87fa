import hashlib
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from creativity_assets.sources.sampling import shares, subsample

KEYS = st.lists(st.text(max_size=8), unique=True, max_size=30)


def test_without_a_limit_everything_is_drawn() -> None:
    assert subsample(["a", "b", "a"], None, 0) == {"a", "b"}


@given(KEYS, st.integers(1, 10), st.integers(0, 5))
def test_a_draw_has_its_size_and_ignores_order(keys: list[str], limit: int, seed: int) -> None:
    sample = subsample(keys, limit, seed)
    assert len(sample) == min(limit, len(keys))
    assert sample == subsample(list(reversed(keys)), limit, seed)


@given(KEYS, st.text(max_size=8), st.integers(1, 10))
def test_a_further_key_displaces_at_most_one(keys: list[str], further: str, limit: int) -> None:
    assert len(subsample(keys, limit, 0) - subsample([*keys, further], limit, 0)) <= 1


def test_seeds_draw_differently_and_smaller_draws_lie_in_larger_ones() -> None:
    keys = [str(n) for n in range(200)]
    assert subsample(keys, 20, 0) != subsample(keys, 20, 1)
    assert subsample(keys, 20, 0) < subsample(keys, 50, 0)


def test_the_order_is_that_of_sha256() -> None:
    keys = [str(n) for n in range(50)]
    by_hash = sorted(keys, key=lambda key: hashlib.sha256(f"7:{key}".encode()).digest())
    assert subsample(keys, 5, 7) == set(by_hash[:5])


def test_every_key_is_drawn_about_equally_often() -> None:
    keys = [str(n) for n in range(20)]
    counts = [sum(key in subsample(keys, 5, seed) for seed in range(1000)) for key in keys]
    assert 190 < min(counts) <= max(counts) < 310  # 250 expected, standard deviation 13.7


SIZES = st.dictionaries(st.text("abc", max_size=3), st.integers(1, 40), min_size=1, max_size=6)


@given(SIZES, st.data())
def test_shares_are_quotas_rounded_down_or_up_and_add_up(sizes: dict[str, int], data: st.DataObject) -> None:
    total = sum(sizes.values())
    limit = data.draw(st.integers(1, total))
    parted = shares(sizes, limit)
    assert sum(parted.values()) == limit
    for name, size in sizes.items():
        assert abs(Fraction(size * limit, total) - parted[name]) < 1
        assert parted[name] <= size


def test_shares_by_hand() -> None:
    assert shares({"a": 30, "b": 9, "c": 1}, 12) == {"a": 9, "b": 3, "c": 0}
    assert shares({"a": 1, "b": 1, "c": 1}, 2) == {"a": 1, "b": 1, "c": 0}  # equal in all: by name
    assert shares({"a": 1, "b": 3}, 2) == {"a": 0, "b": 2}  # quotas 0.5 and 1.5: the larger stratum


@given(KEYS, st.integers(1, 10), st.integers(0, 5))
def test_a_stratified_draw_takes_the_first_of_each_stratum(keys: list[str], limit: int, seed: int) -> None:
    strata = {key: "even" if len(key) % 2 == 0 else "odd" for key in keys}
    sample = subsample(keys, limit, seed, strata)
    assert len(sample) == min(limit, len(keys))
    assert sample == subsample(list(reversed(keys)), limit, seed, strata)
    for name in set(strata.values()):
        ours = {key for key in keys if strata[key] == name}
        assert sample & ours == subsample(ours, len(sample & ours) or None, seed) or not sample & ours
