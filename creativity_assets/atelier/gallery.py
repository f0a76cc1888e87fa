"""What hangs where: the works on show, on the dial and in the store room, and their keys."""

from __future__ import annotations

from collections.abc import Iterator

from creativity_assets.atelier.dial import AXES, LEVELS, dial
from creativity_assets.atelier.painters import PAINTERS
from creativity_assets.atelier.work import Work, paint


def works(collection: str, per_painter: int, size: int) -> Iterator[Work]:
    """Paint a collection, one work at a time.

    "show": per_painter works of every painter. "dial": per_painter motifs on each axis, every one at all LEVELS.
    "damaged": per_painter works of one painter that hang nowhere else, whose files a reader is to break.
    size: pixels a side. Raises ValueError for another collection.
    """
    if collection not in COLLECTIONS:
        raise ValueError(f"no atelier collection {collection!r}; have {list(COLLECTIONS)}")
    return COLLECTIONS[collection](per_painter, size)


def work_key(work: Work) -> str:
    """The work's stable name: "show/elsa-marant/003", on the dial "dial/dial-free/003-050" (motif, novelty in %)."""
    level = "" if work.novelty is None else f"-{round(100 * work.novelty):03d}"
    return f"{work.series}/{work.painter.slug}/{work.index:03d}{level}"


def _show(per_painter: int, size: int) -> Iterator[Work]:
    for painter in PAINTERS:
        for index in range(per_painter):
            yield paint(painter, "show", index, size)


def _dial(per_painter: int, size: int) -> Iterator[Work]:
    for axis in AXES:
        for index in range(per_painter):
            for level in LEVELS:
                yield dial(axis, level, index, size)


def _damaged(per_painter: int, size: int) -> Iterator[Work]:
    for index in range(per_painter):
        yield paint(PAINTERS[0], "validation", index, size)


COLLECTIONS = {"show": _show, "dial": _dial, "damaged": _damaged}
