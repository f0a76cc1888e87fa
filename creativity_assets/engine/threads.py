"""Work beside the device's: pictures are decoded and encoded in threads while the network computes.

One primitive serves reading, writing and metrics: `mapped`. Its source is asked in the caller's own thread, which is
the one that leads the device, so that a signal finds the program where it always did and nothing but short work waits
in a thread.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def threads(count: int) -> Iterator[Executor]:
    """So many threads for the length of the block. At its end, however it ends, what runs is waited for and the rest
    is dropped.
    """
    pool = ThreadPoolExecutor(count, thread_name_prefix="creativity")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def mapped(pool: Executor, work: Callable[[Item], Result], items: Iterable[Item], *, ahead: int) -> Iterator[Result]:
    """`work` of each item, in order, with up to `ahead` of them under way or waiting to be taken.

    A result that is there is yielded before the next item is asked for. An error of `work` is raised in its item's
    place, one of the items after the results before it.
    """
    under_way: deque[Future[Result]] = deque()
    source, failure, more = iter(items), None, True
    while more or under_way:
        if under_way and (not more or len(under_way) >= ahead or under_way[0].done()):
            yield under_way.popleft().result()
            continue
        try:
            under_way.append(pool.submit(work, next(source)))
        except StopIteration:
            more = False
        except Exception as error:  # whatever it is: it is raised below, in its turn
            failure, more = error, False
    if failure is not None:
        raise failure
