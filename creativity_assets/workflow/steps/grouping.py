"""Streams that cross partition borders: full batches for the device, finished partitions for the store."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

Group = TypeVar("Group")
Item = TypeVar("Item")
Result = TypeVar("Result")


def grouped(
    groups: Iterable[tuple[Group, Sequence[Item]]],
    process: Callable[[Iterator[Item]], Iterator[Result]],
) -> Iterator[tuple[Group, list[Result]]]:
    """Run `process` once over the items of all groups and hand each group back as soon as it is complete.

    `process` must yield one result per item, in order; it may look ahead as far as it likes, which is how a
    batch is filled from several groups. Groups without items come back empty, in their place.
    """
    pending: list[tuple[Group, int]] = []

    def items() -> Iterator[Item]:
        for group, members in groups:
            pending.append((group, len(members)))
            yield from members

    results: list[Result] = []
    for result in process(items()):
        while pending[0][1] == 0:
            yield pending.pop(0)[0], []
        results.append(result)
        if len(results) == pending[0][1]:
            yield pending.pop(0)[0], results
            results = []
    for group, size in pending:
        if size:
            raise RuntimeError(f"{group}: {size} items went in, {len(results)} results came out")
        yield group, []
