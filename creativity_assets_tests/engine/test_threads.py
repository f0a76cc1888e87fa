import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creativity_assets.engine.threads import mapped, threads


def ours() -> list[str]:
    """The names of the threads that `threads` has started and that still live."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("creativity")]


@given(count=st.integers(0, 40), workers=st.integers(1, 4), ahead=st.integers(1, 8), slow=st.sets(st.integers(0, 39)))
def test_every_result_once_and_in_order(count: int, workers: int, ahead: int, slow: set[int]) -> None:
    def work(number: int) -> int:
        if number in slow:
            time.sleep(0.0005)
        return number**2

    with threads(workers) as pool:
        assert list(mapped(pool, work, range(count), ahead=ahead)) == [number**2 for number in range(count)]
    assert not ours()


def test_no_more_is_under_way_than_was_asked_for() -> None:
    """While the first item's work has not ended, the source is asked for `ahead` items and no more."""
    asked: list[int] = []
    free = threading.Event()

    def source() -> Iterator[int]:
        for number in range(9):
            asked.append(number)
            if number == 2:
                threading.Timer(0.05, free.set).start()
            yield number

    def work(number: int) -> int:
        free.wait(5)
        return number

    with threads(2) as pool:
        results = mapped(pool, work, source(), ahead=3)
        assert next(results) == 0
        assert asked == [0, 1, 2]
        assert list(results) == list(range(1, 9))


def test_the_source_is_asked_in_the_caller_s_thread_and_the_work_is_done_in_others() -> None:
    asking: set[str] = set()
    working: set[str] = set()

    def source() -> Iterator[int]:
        for number in range(5):
            asking.add(threading.current_thread().name)
            yield number

    with threads(2) as pool:
        list(mapped(pool, lambda _: working.add(threading.current_thread().name), source(), ahead=2))
    assert asking == {threading.current_thread().name}
    assert working and all(name.startswith("creativity") for name in working)


def test_an_error_comes_in_its_item_s_place_and_leaves_no_thread() -> None:
    def work(number: int) -> int:
        if number == 3:
            raise ValueError("picture 3 is broken")
        return number

    got: list[int] = []
    with pytest.raises(ValueError, match="picture 3 is broken"), threads(3) as pool:
        got.extend(mapped(pool, work, range(100), ahead=10))
    assert got == [0, 1, 2]
    assert not ours()


def test_what_was_done_before_the_source_failed_is_not_lost() -> None:
    def source() -> Iterator[int]:
        yield from range(4)
        raise OSError("the disk is gone")

    got: list[int] = []
    with threads(1) as pool, pytest.raises(OSError, match="the disk is gone"):
        got.extend(mapped(pool, lambda number: number, source(), ahead=10))
    assert got == [0, 1, 2, 3]


def test_an_early_stop_leaves_no_thread_and_drops_what_was_not_begun() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        time.sleep(0.01)
        return number

    def stream() -> Iterator[int]:
        with threads(1) as pool:
            yield from mapped(pool, work, range(1000), ahead=50)

    results = stream()
    assert next(results) == 0
    assert ours()
    results.close()
    assert not ours()
    assert len(begun) <= 3
