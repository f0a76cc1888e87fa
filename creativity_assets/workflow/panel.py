"""The reference panel of an experiment: works whose reconstructions say what an unrelated picture scores.

Chosen from the accepted works of the experiment's first data set alone, so that it does not change with what happens
to be measured: works of as many artists as there are, in an order drawn from the data set's name. Experiments over
the same data set hold images against the same works, each against its own reconstructions of them.
"""

from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, zip_longest

from creativity_assets.catalog.entries import ExperimentEntry
from creativity_assets.hashing import digest
from creativity_assets.store.layout import Collection
from creativity_assets.store.parts import is_fresh, read_part
from creativity_assets.workflow.lineage import Lineage

SIZE = 8
"""Works that an image is held against."""

CANDIDATES = 2 * SIZE
"""Works of the panel: an image leaves out those of its own artist and its own twin."""


@dataclass(frozen=True)
class Member:
    """A work of the panel."""

    collection: Collection
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
            if member.collection.artist != artist_slug and not related & {member.sample_id, member.pair_id}
        )
        return tuple(others)[:SIZE]


def panel_of(lineage: Lineage, experiment: ExperimentEntry) -> Panel | None:
    """The panel, or None before its works are indexed and reconstructed, or where there are not enough of them."""
    dataset = next(iter(experiment.datasets), None)
    held = lineage.collections(dataset) if dataset else {}
    if dataset is None or not held:
        return None
    members = _chosen(lineage, dataset)
    hashes = {m.collection: lineage.reconstructions(held[m.collection], experiment) for m in members}
    store = lineage.store
    if len(members) < SIZE or not all(
        is_fresh(store.reconstructions(collection, experiment.name), made) for collection, made in hashes.items()
    ):
        return None
    facts = [(member.sample_id, hashes[member.collection]) for member in members]
    return Panel(members, digest(size=SIZE, members=facts))


def _chosen(lineage: Lineage, dataset: str) -> tuple[Member, ...]:
    """At most CANDIDATES accepted works of an indexed data set."""
    rows = read_part(lineage.store.index(dataset), ["sample_id", "artist_slug", "pair_id"]).to_pylist()

    @cache
    def accepted(collection: Collection) -> set[str]:
        path = lineage.store.samples(collection)
        return set(read_part(path, ["sample_id"])["sample_id"].to_pylist()) if path.is_file() else set()

    by_artist: dict[str, list[Member]] = {}
    for row in sorted(rows, key=lambda row: digest(panel=dataset, sample=row["sample_id"])):
        member = Member(Collection(dataset, row["artist_slug"]), row["sample_id"], row["pair_id"])
        by_artist.setdefault(row["artist_slug"], []).append(member)
    rounds = chain.from_iterable(zip_longest(*by_artist.values()))
    usable = (member for member in rounds if member is not None and member.sample_id in accepted(member.collection))
    return tuple(islice(usable, CANDIDATES))
