"""The reference panel of an experiment: works whose reconstructions say what an unrelated picture scores.

Chosen from the accepted works of the experiment's first data set alone, so that it does not change with what happens
to be measured: works of as many artists as there are, in an order drawn from the data set's name. Experiments over
the same data set hold images against the same works, each against its own reconstructions of them.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, islice, zip_longest
from pathlib import Path

from creativity_assets.catalog.entries import ExperimentEntry
from creativity_assets.hashing import digest
from creativity_assets.store.files import State, state_of
from creativity_assets.store.layout import Shard
from creativity_assets.store.parts import read_part
from creativity_assets.workflow.contents import held
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.parts import RAW_SAMPLES, RECONSTRUCTIONS
from creativity_assets.workflow.pieces import pieces_of

SIZE = 8
"""Works that an image is held against."""

CANDIDATES = 2 * SIZE
"""Works of the panel: an image leaves out those of its own artist and its own twin."""


@dataclass(frozen=True)
class Member:
    """A work of the panel."""

    shard: Shard
    sample_id: str
    pair_id: str | None


@dataclass(frozen=True)
class Panel:
    """members: at most CANDIDATES. input_hash: of their reconstructions."""

    members: tuple[Member, ...]
    input_hash: str

    def against(self, sample_id: str, artist_slug: str, pair_id: str | None) -> tuple[int, ...]:
        """Positions of the SIZE works that an image is held against; fewer where the panel is too small."""
        related = {sample_id, pair_id} - {None}
        others = (
            position
            for position, member in enumerate(self.members)
            if member.shard.collection.artist != artist_slug and not related & {member.sample_id, member.pair_id}
        )
        return tuple(others)[:SIZE]


def panel_of(lineage: Lineage, experiment: ExperimentEntry) -> Panel | None:
    """The panel, or None before its works are indexed and reconstructed, or where there are not enough of them."""
    dataset = next(iter(experiment.datasets), None)
    collections = lineage.collections(dataset) if dataset else {}
    if dataset is None or not collections:
        return None
    members = _chosen(lineage, dataset)
    pieces = {p.shard: p for p in pieces_of(lineage, {m.shard.collection: None for m in members}, experiment)}
    parts = {member.shard: pieces[member.shard].part(RECONSTRUCTIONS) for member in members}
    if len(members) < SIZE or not all(part.is_fresh for part in parts.values()):
        return None
    facts = [(member.sample_id, parts[member.shard].input_hash) for member in members]
    return Panel(members, digest(size=SIZE, members=facts))


def _chosen(lineage: Lineage, dataset: str) -> tuple[Member, ...]:
    """At most CANDIDATES accepted works of an indexed data set."""
    index = lineage.store.index(dataset)
    rounds = _in_turn(index, dataset, state_of(index))

    @cache
    def accepted(shard: Shard) -> set[str]:
        pieces = pieces_of(lineage, [shard.collection])  # of a few collections, however many there are
        part = next(piece.part(RAW_SAMPLES) for piece in pieces if piece.shard == shard)
        return set(part.read(["sample_id"])["sample_id"].to_pylist()) if part.is_there else set()

    return tuple(islice((member for member in rounds if member.sample_id in accepted(member.shard)), CANDIDATES))


@lru_cache(maxsize=16)
def _in_turn(index: Path, dataset: str, _state: State | None) -> tuple[Member, ...]:
    """All works of an index: one of each artist after the other, each artist's in an order drawn from the name."""
    rows = read_part(index, ["sample_id", "artist_slug", "pair_id"]).to_pylist()
    found = held(index, dataset)
    shard_of = {number: shard for shard, numbers in found.rows.items() for number in numbers} if found else {}
    order = sorted(range(len(rows)), key=lambda number: digest(panel=dataset, sample=rows[number]["sample_id"]))
    by_artist: dict[str, list[Member]] = {}
    for number in order:
        row = rows[number]
        member = Member(shard_of[number], row["sample_id"], row["pair_id"])
        by_artist.setdefault(row["artist_slug"], []).append(member)
    rounds = chain.from_iterable(zip_longest(*by_artist.values()))
    return tuple(member for member in rounds if member is not None)
