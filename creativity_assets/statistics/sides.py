"""Which samples stand on which side of a comparison, and which stand for the same work.

Chosen once, by `comparison_members`; statistics and report read that table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, Protocol

import pandas as pd

from creativity_assets.errors import CatalogError
from creativity_assets.vocabulary import TABLES

Pairing = Literal["work", "artist", "none"]


class SideLike(Protocol):
    """One side of a comparison: the samples of a dataset whose columns equal the values in `where`."""

    @property
    def dataset(self) -> str: ...
    @property
    def where(self) -> Mapping[str, str]: ...


class ComparisonLike(Protocol):
    """What the tables need of a catalogue entry: two sides and how their works belong together."""

    @property
    def name(self) -> str: ...
    @property
    def human(self) -> SideLike: ...
    @property
    def ai(self) -> SideLike: ...
    @property
    def pairing(self) -> Pairing: ...
    @property
    def without_duplicates(self) -> Literal["exact", "near"] | None: ...


def comparison_members(
    samples: pd.DataFrame, comparisons: Iterable[ComparisonLike], duplicates: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The table of that name: a row per comparison and sample on one of its sides, measured or not.

    pair: what a member shares with members of the other side: under pairing `work` the human work's sample_id, under
    `artist` the artist_slug; null where the other side has none of it. Rows are sorted by comparison and sample_id.
    Raises CatalogError when a comparison's filter is unknown or its sides overlap.
    """
    columns = TABLES["comparison_members"].names
    frames = [pd.DataFrame({column: pd.Series(dtype="str") for column in columns})]
    for comparison in comparisons:
        human, ai = sides(samples, comparison, duplicates)
        pair_of = _pair_of(comparison.pairing, human, ai)
        for side, members in (("human", human), ("ai", ai)):
            ids = members["sample_id"].astype("str")
            frames.append(
                pd.DataFrame(
                    {
                        "comparison": pd.Series(comparison.name, index=ids.index, dtype="str"),
                        "sample_id": ids,
                        "side": pd.Series(side, index=ids.index, dtype="str"),
                        "pair": ids.map(pair_of).astype("str"),
                    }
                )
            )
    return pd.concat(frames).sort_values(["comparison", "sample_id"], ignore_index=True)


def members_of(samples: pd.DataFrame, members: pd.DataFrame, comparison: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(human, ai): the rows of `samples` on each side of a comparison, by the table `comparison_members`.

    samples: any table with a sample_id; both sides keep its order.
    """
    here = members[members["comparison"] == comparison].set_index("sample_id")["side"]
    side = here.reindex(samples["sample_id"]).to_numpy()
    return samples[side == "human"], samples[side == "ai"]


def _pair_of(pairing: Pairing, human: pd.DataFrame, ai: pd.DataFrame) -> dict[str, str]:
    """sample_id -> pair, of the members that have one."""
    if pairing == "work":
        works = partners(ai, human)
        return works | {work: work for work in works.values()}
    if pairing == "artist":
        slugs = [side.dropna(subset=["artist_slug"]).set_index("sample_id")["artist_slug"] for side in (human, ai)]
        shared = set(slugs[0]) & set(slugs[1])
        return {sample: slug for side in slugs for sample, slug in zip(side.index, side, strict=True) if slug in shared}
    return {}


def _select(samples: pd.DataFrame, dataset: str, where: Mapping[str, str], comparison: str) -> pd.DataFrame:
    """The samples of one side. `comparison` is named in the error when a filter's column is unknown."""
    chosen = samples["dataset"] == dataset
    for column, value in where.items():
        if column not in samples.columns:
            raise CatalogError(
                f"{comparison}: its filter names the column '{column}', which samples do not have; "
                f"have {sorted(samples.columns)}"
            )
        chosen &= _equals(samples[column], value)
    return samples[chosen]


def all_of_sides(samples: pd.DataFrame, comparison: ComparisonLike) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(human samples, ai samples) of a comparison, copies included. Raises CatalogError when one is on both sides."""
    human = _select(samples, comparison.human.dataset, comparison.human.where, comparison.name)
    ai = _select(samples, comparison.ai.dataset, comparison.ai.where, comparison.name)
    shared = set(human["sample_id"]) & set(ai["sample_id"])
    if shared:
        raise CatalogError(
            f"{comparison.name}: {len(shared)} samples stand on both sides (first: {min(shared)}); "
            "give the sides different filters"
        )
    return human, ai


def sides(
    samples: pd.DataFrame, comparison: ComparisonLike, duplicates: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(human samples, ai samples) of a comparison, without copies where it asks for that.

    duplicates: the table of that name; needed by comparisons `without_duplicates` alone.
    Raises CatalogError when one sample is on both sides.
    """
    human, ai = all_of_sides(samples, comparison)
    copies = copies_in(human, ai, duplicates, comparison.without_duplicates)
    return tuple(side[~side["sample_id"].isin(copies)] for side in (human, ai))  # type: ignore[return-value]


def copies_in(human: pd.DataFrame, ai: pd.DataFrame, duplicates: pd.DataFrame | None, kind: str | None) -> set[str]:
    """The sample_ids that a comparison leaves out as copies: `kind` exact, or near for both kinds; None for none.

    Of copies on one side the one with the smallest sample_id stays. Copies on both sides all go, since neither label
    can be trusted; but an ai image that is like the very work it was made after stays with it: that is what is
    compared. The table pairs equal files with the first of all data sets; who is left out here depends on no other.
    """
    if kind is None or duplicates is None:
        return set()
    of_kind = {name: [*_pairs(duplicates[duplicates["kind"] == name])] for name in ("exact", "near")}
    bytes_of = _firsts(of_kind["exact"])  # sample -> the first with its bytes, wherever that one lies
    near = of_kind["near"] if kind == "near" else []
    links = {(bytes_of.get(a, a), bytes_of.get(b, b)) for one in near for a, b in (one, one[::-1])}
    works, made = (_by_bytes(side["sample_id"], bytes_of) for side in (human, ai))
    copies_of_works, copies_of_made = (_copies(pictures, links) for pictures in (works, made))
    gone = {
        s for copies in (copies_of_works, copies_of_made) for alike in copies.values() for s in alike - {min(alike)}
    }

    originals: dict[str, set[str]] = {}
    for one, other in _pairs(duplicates[duplicates["same_work"].astype(bool)]):
        originals.setdefault(one, set()).add(other)
        originals.setdefault(other, set()).add(one)
    for work, image in links | {(own, own) for own in works}:
        if work in works and image in made:
            alike = copies_of_works[work]
            if not all(alike & originals.get(sample, set()) for sample in made[image]):
                gone |= alike | copies_of_made[image]
    return gone


def _pairs(duplicates: pd.DataFrame) -> Iterator[tuple[str, str]]:
    return zip(duplicates["sample_id"], duplicates["duplicate_of"], strict=True)


def _by_bytes(sample_ids: Iterable[str], bytes_of: Mapping[str, str]) -> dict[str, set[str]]:
    """The samples of one side by what stands for their bytes."""
    found: dict[str, set[str]] = {}
    for sample in sample_ids:
        found.setdefault(bytes_of.get(sample, sample), set()).add(sample)
    return found


def _copies(pictures: Mapping[str, set[str]], links: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """By picture of one side, the samples that show it: those of all pictures that it is linked to on this side."""
    firsts = _firsts((a, b) for a, b in links if a in pictures and b in pictures)
    found: dict[str, set[str]] = {}
    for picture, samples in pictures.items():
        found.setdefault(firsts.get(picture, picture), set()).update(samples)
    return {picture: found[firsts.get(picture, picture)] for picture in pictures}


def _firsts(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each name of a pair -> the smallest name of its connected component."""
    parent: dict[str, str] = {}

    def first(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for one, other in pairs:
        small, large = sorted((first(one), first(other)))
        parent[large] = small
    return {name: first(name) for name in [*parent]}


def partners(ai: pd.DataFrame, human: pd.DataFrame) -> dict[str, str]:
    """ai sample_id -> human sample_id of the same work.

    An ai row's pair_id names its human sample, or an identifier that the human row carries as pair_id too.
    """
    by_pair = human.dropna(subset=["pair_id"])
    works = dict(zip(by_pair["pair_id"], by_pair["sample_id"], strict=True))
    works |= dict(zip(human["sample_id"], human["sample_id"], strict=True))
    return {a: works[p] for a, p in zip(ai["sample_id"], ai["pair_id"], strict=True) if p in works}


def _equals(column: pd.Series, value: str) -> pd.Series:
    """Equality with a catalogue value, which is text even where the column holds numbers."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        number = pd.to_numeric(pd.Series([value]), errors="coerce").iloc[0]
        equal: pd.Series = column == number
    else:
        equal = column.astype("str") == str(value)
    return equal.fillna(False).astype(bool)
