"""Which samples stand on which side of a comparison, and which stand for the same work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import pandas as pd

from creativity_assets.errors import CatalogError

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


def select(samples: pd.DataFrame, dataset: str, where: Mapping[str, str], comparison: str) -> pd.DataFrame:
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


def sides(
    samples: pd.DataFrame, comparison: ComparisonLike, duplicates: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(human samples, ai samples) of a comparison, without copies where it asks for that.

    duplicates: the table of that name; needed by comparisons `without_duplicates` alone.
    Raises CatalogError when one sample is on both sides.
    """
    human = select(samples, comparison.human.dataset, comparison.human.where, comparison.name)
    ai = select(samples, comparison.ai.dataset, comparison.ai.where, comparison.name)
    shared = set(human["sample_id"]) & set(ai["sample_id"])
    if shared:
        raise CatalogError(
            f"{comparison.name}: {len(shared)} samples stand on both sides (first: {min(shared)}); "
            "give the sides different filters"
        )
    copies = copies_in(human, ai, duplicates, comparison.without_duplicates)
    return tuple(side[~side["sample_id"].isin(copies)] for side in (human, ai))  # type: ignore[return-value]


def copies_in(human: pd.DataFrame, ai: pd.DataFrame, duplicates: pd.DataFrame | None, kind: str | None) -> set[str]:
    """The sample_ids that a comparison leaves out as copies: `kind` exact, or near for both kinds; None for none.

    Of copies on one side the one with the smallest sample_id stays. Copies on both sides all go, since neither label
    can be trusted; but an ai image that is like the very work it was made after stays with it: that is what is
    compared.
    """
    if kind is None or duplicates is None:
        return set()
    side = dict.fromkeys(human["sample_id"], "human") | dict.fromkeys(ai["sample_id"], "ai")
    kinds = ("exact", "near") if kind == "near" else ("exact",)
    gone: set[str] = set()
    for row in duplicates[duplicates["kind"].isin(kinds)].sort_values(["duplicate_of", "sample_id"]).itertuples():
        first, other = str(row.duplicate_of), str(row.sample_id)
        if row.same_work or first not in side or other not in side:
            continue
        if side[first] != side[other]:
            gone |= {first, other}
        elif first not in gone:
            gone.add(other)
    return gone


def partners(ai: pd.DataFrame, human: pd.DataFrame) -> dict[str, str]:
    """ai sample_id -> human sample_id of the same work.

    An ai row's pair_id names its human sample, or an identifier that the human row carries as pair_id too.
    """
    by_pair = human.dropna(subset=["pair_id"])
    works = dict(zip(by_pair["pair_id"], by_pair["sample_id"], strict=True))
    works |= dict(zip(human["sample_id"], human["sample_id"], strict=True))
    paired = ai[ai["pair_id"].isin(list(works))]
    return {a: works[p] for a, p in zip(paired["sample_id"], paired["pair_id"], strict=True)}


def _equals(column: pd.Series, value: str) -> pd.Series:
    """Equality with a catalogue value, which is text even where the column holds numbers."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        number = pd.to_numeric(pd.Series([value]), errors="coerce").iloc[0]
        equal: pd.Series = column == number
    else:
        equal = column.astype("str") == str(value)
    return equal.fillna(False).astype(bool)
