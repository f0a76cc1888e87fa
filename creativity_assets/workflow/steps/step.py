"""What all steps share: skip what is fresh, make the rest shard by shard, hand back each collection that is finished.

Every step holds a lock of its own while it works and looks at freshness after it got it, so that a second run
of the same work waits, finds everything made, and makes nothing twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from creativity_assets.catalog.entries import ExperimentEntry
from creativity_assets.errors import StoreError
from creativity_assets.store.layout import Collection
from creativity_assets.store.parts import Provenance, damaged, read_provenance
from creativity_assets.workflow.parts import Kind, upstream
from creativity_assets.workflow.pieces import Piece, pieces_of, version_of
from creativity_assets.workflow.steps.grouping import grouped
from creativity_assets.workflow.study import Study

if TYPE_CHECKING:
    from creativity_assets.engine.loading import Workbench

Item = TypeVar("Item")
Result = TypeVar("Result")
Made = TypeVar("Made")
Numbers = Mapping[str, float | int]


@dataclass(frozen=True)
class Finished:
    """One partition that is now fresh, with the numbers that people plot.

    made_from: the input hash of the partition before it, which is its data version.
    """

    collection: Collection
    provenance: Provenance
    numbers: Numbers
    made_from: str


@dataclass(frozen=True)
class Step:
    """The setting of a step: the study, the run that does it, and whether fresh parts are made again."""

    study: Study
    run_id: str
    force: bool = False

    def stamp(self, input_hash: str) -> Provenance:
        return self.study.provenance(input_hash, self.run_id)

    def pieces(self, collections: Iterable[Collection], experiment: ExperimentEntry | None = None) -> list[Piece]:
        """The pieces of the collections, in order. Raises StoreError for a collection that its source no longer has."""
        wanted, lineage = list(collections), self.study.lineage
        there = {dataset: lineage.shards_of(dataset) for dataset in {c.dataset for c in wanted}}
        for collection in wanted:
            if collection not in there[collection.dataset]:
                raise StoreError(f"{collection.key}: {collection.dataset} has no such collection any more")
        return pieces_of(lineage, wanted, experiment)

    def stale(self, pieces: Iterable[Piece], kinds: Iterable[Kind]) -> list[Piece]:
        """Those of the pieces of which a part of some kind has to be made."""
        made = tuple(kinds)
        return [p for p in pieces if self.force or not all(p.part(kind).is_fresh for kind in made)]

    def finished(self, asset: str, pieces: list[Piece], numbers: Numbers) -> Finished:
        """A collection, by all of its pieces, that this run has brought up to date."""
        return self._finished(asset, pieces, numbers, self.stamp(version_of(asset, pieces)))

    def kept(self, kind: Kind, pieces: list[Piece], numbers: Numbers) -> Finished:
        """A collection of which nothing had to be made, as the run that made it left it. Raises DamagedPart."""
        path = pieces[0].part(kind).path
        found = read_provenance(path)
        if found is None:
            raise damaged(path, "its footer cannot be read")
        provenance = replace(found, input_hash=version_of(kind.name, pieces))
        return self._finished(kind.name, pieces, numbers, provenance)

    def _finished(self, asset: str, pieces: list[Piece], numbers: Numbers, provenance: Provenance) -> Finished:
        (before,) = upstream(asset)
        return Finished(pieces[0].collection, provenance, numbers, version_of(before, pieces))


def remade(
    stale: Iterable[Piece],
    load: Callable[[Piece], Sequence[Item]],
    process: Callable[[Iterator[Item]], Iterator[Result]],
) -> Iterator[tuple[Piece, list[Result]]]:
    """What `process` makes of the items of each piece.

    All items go through in one stream, so that batches are full across pieces; each piece is handed back as soon
    as it is complete, so that a crash after the caller has written it costs only what is in flight. Without a piece
    nothing is processed, and no model loaded for it.
    """
    pieces = list(stale)
    if pieces:
        yield from grouped(((piece, load(piece)) for piece in pieces), process)


def by_collection(pieces: Iterable[Piece]) -> dict[Collection, list[Piece]]:
    """Pieces by their collection, in order."""
    found: dict[Collection, list[Piece]] = {}
    for piece in pieces:
        found.setdefault(piece.collection, []).append(piece)
    return found


def completed(stale: Iterable[Piece], done: Iterable[tuple[Piece, Made]]) -> Iterator[tuple[Collection, list[Made]]]:
    """Each collection, once the last of its stale pieces is done, with what was made of them."""
    left = {collection: len(pieces) for collection, pieces in by_collection(stale).items()}
    made: dict[Collection, list[Made]] = {}
    for piece, what in done:
        made.setdefault(piece.collection, []).append(what)
        if len(made[piece.collection]) == left[piece.collection]:
            yield piece.collection, made.pop(piece.collection)


def memory(workbench: "Workbench") -> dict[str, float]:
    """The most memory of the device that a step has held so far, in MiB; on the CPU the process's."""
    return {"peak_memory_mb": round(workbench.peak_memory / 2**20, 1)}
