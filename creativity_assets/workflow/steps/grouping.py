"""Streams that cross partition borders: full batches for the device, finished partitions for the store."""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

Group = TypeVar("Group")
Item = TypeVar("Item")
Result = TypeVar("Result")
Kept = TypeVar("Kept")
Given_co = TypeVar("Given_co", covariant=True)


class Items(Protocol[Given_co]):
    """So many items, one after the other."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Given_co]: ...


class Mapped(Generic[Kept, Item]):
    """Items that are made when they are asked for, from what takes less memory: pictures from their encoded bytes."""

    def __init__(self, make: Callable[[Kept], Item], kept: list[Kept]) -> None:
        self._make, self._kept = make, kept

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Item]:
        return map(self._make, self._kept)


def grouped(
    groups: Iterable[tuple[Group, Items[Item]]],
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
