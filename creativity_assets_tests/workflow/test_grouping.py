from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creativity_assets.workflow.steps.grouping import grouped


@given(sizes=st.lists(st.integers(0, 5), max_size=12), batch=st.integers(1, 7))
def test_every_group_comes_back_whole_and_in_order_whatever_the_batch(sizes: list[int], batch: int) -> None:
    groups = [(name, [(name, n) for n in range(size)]) for name, size in enumerate(sizes)]

    def in_batches(items: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        pending = []
        for item in items:
            pending.append(item)
            if len(pending) == batch:
                yield from pending
                pending = []
        yield from pending

    assert list(grouped(iter(groups), in_batches)) == groups


def test_a_group_is_handed_back_before_later_groups_are_asked_for() -> None:
    asked = []

    def groups() -> Iterator[tuple[str, list[int]]]:
        for name in "abc":
            asked.append(name)
            yield name, [1, 2]

    finished = grouped(groups(), lambda items: items)
    assert next(finished) == ("a", [1, 2])
    assert asked == ["a"]


def test_lost_results_are_noticed() -> None:
    def lossy(items: Iterator[int]) -> Iterator[int]:
        yield from list(items)[:-1]

    with pytest.raises(RuntimeError, match="2 items went in, 1 results came out"):
        list(grouped([("a", [1, 2])], lossy))
