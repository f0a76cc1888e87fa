from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from creativity_assets.engine.batching import BatchSize, in_batches
from creativity_assets.engine.threads import threads
from creativity_assets.errors import CreativityError


class Network:
    """Squares numbers, remembers its batches, and has memory for `room` of them."""

    def __init__(self, room: int = 1000) -> None:
        self.room = room
        self.batches: list[int] = []

    def __call__(self, batch: list[int]) -> list[int]:
        if len(batch) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        self.batches.append(len(batch))
        return [number**2 for number in batch]


@given(count=st.integers(0, 40), size=st.integers(1, 16), room=st.integers(1, 16))
def test_every_item_once_and_in_order(count: int, size: int, room: int) -> None:
    network = Network(room)
    assert list(in_batches(range(count), BatchSize(size), network)) == [number**2 for number in range(count)]
    assert all(batch <= min(size, room) for batch in network.batches)


def test_batches_are_full() -> None:
    network = Network()
    list(in_batches(range(10), BatchSize(4), network))
    assert network.batches == [4, 4, 2]


def test_results_come_before_the_next_item_is_asked_for() -> None:
    asked: list[int] = []

    def source() -> Iterator[int]:
        for number in range(9):
            asked.append(number)
            yield number

    results = in_batches(source(), BatchSize(3), Network())
    assert next(results) == 0
    assert asked == [0, 1, 2]
    assert [next(results), next(results)] == [1, 4]
    assert asked == [0, 1, 2]
    assert next(results) == 9
    assert asked == [0, 1, 2, 3, 4, 5]


def test_memory_running_out_halves_for_good_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    network, size = Network(room=3), BatchSize(8)
    assert list(in_batches(range(20), size, network)) == [number**2 for number in range(20)]
    assert size.current == 2
    assert caplog.messages == [
        "out of memory at batch 8, going on with 4",
        "out of memory at batch 4, going on with 2",
    ]
    assert network.batches == [2] * 10


def test_one_image_too_large_is_an_error_with_a_remedy() -> None:
    with pytest.raises(CreativityError, match="out of memory with one image at a time; free the device"):
        list(in_batches(range(3), BatchSize(2), Network(room=0)))


def test_other_errors_are_not_swallowed() -> None:
    def broken(_batch: list[int]) -> list[int]:
        raise ValueError("shape")

    with pytest.raises(ValueError, match="shape"):
        list(in_batches(range(3), BatchSize(2), broken))


@given(count=st.integers(0, 40), size=st.integers(1, 16), room=st.integers(1, 16))
def test_batches_in_threads_give_the_same(count: int, size: int, room: int) -> None:
    network = Network(room)
    with threads(2) as pool:
        assert list(in_batches(range(count), BatchSize(size), network, pool)) == [number**2 for number in range(count)]
    assert all(batch <= min(size, room) for batch in network.batches)


def test_an_error_in_a_thread_is_the_caller_s() -> None:
    def broken(batch: list[int]) -> list[int]:
        if 4 in batch:
            raise ValueError("image 4")
        return batch

    got: list[int] = []
    with pytest.raises(ValueError, match="image 4"), threads(2) as pool:
        got.extend(in_batches(range(10), BatchSize(2), broken, pool))
    assert got == [0, 1, 2, 3]
