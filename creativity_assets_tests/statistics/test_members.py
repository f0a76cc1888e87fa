"""comparison_members: who stands on which side, and with whom."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from creativity_assets.errors import CatalogError
from creativity_assets.statistics.sides import comparison_members, members_of
from creativity_assets.vocabulary import TABLES
from creativity_assets_tests.statistics.frames import Comparison, Side, sample, samples_frame, stats_of
from creativity_assets_tests.statistics.test_tables import ARTISTS, SAMPLES, SCORES, WORKS

SMALL = samples_frame(
    [
        sample("h1", "art", artist_slug="ann"),
        sample("h2", "art", artist_slug="bob", pair_id="w2"),
        sample("h3", "art", artist_slug="cy"),
        sample("a1", "art-ai", label="ai", pair_id="h1", artist_slug="ann"),
        sample("a2", "art-ai", label="ai", pair_id="w2", artist_slug="bob"),
        sample("a3", "art-ai", label="ai", pair_id="gone", artist_slug="dee"),
        sample("a4", "art-ai", label="ai", pair_id="h1"),
        sample("x1", "other"),
    ]
)


def rows(comparison: Comparison, duplicates: pd.DataFrame | None = None) -> dict[str, tuple[str, str | None]]:
    table = comparison_members(SMALL, [comparison], duplicates)
    assert tuple(table.columns) == TABLES["comparison_members"].names
    assert table["sample_id"].tolist() == sorted(table["sample_id"])
    return {r.sample_id: (r.side, None if pd.isna(r.pair) else r.pair) for r in table.itertuples()}


def test_pairs_by_work_are_the_human_work_s_sample_id() -> None:
    assert rows(WORKS) == {
        "h1": ("human", "h1"),
        "h2": ("human", "h2"),
        "h3": ("human", None),
        "a1": ("ai", "h1"),
        "a2": ("ai", "h2"),
        "a3": ("ai", None),
        "a4": ("ai", "h1"),
    }


def test_pairs_by_artist_are_the_slugs_of_both_sides() -> None:
    found = rows(replace(WORKS, pairing="artist"))
    assert {name: pair for name, (_, pair) in found.items() if pair} == {
        "h1": "ann",
        "h2": "bob",
        "a1": "ann",
        "a2": "bob",
    }
    assert len(found) == 7


def test_without_pairing_there_are_none() -> None:
    assert {pair for _, pair in rows(replace(WORKS, pairing="none")).values()} == {None}


def test_copies_that_a_comparison_leaves_out_are_no_members() -> None:
    copies = pd.DataFrame([("h3", "h2", "near", False)], columns=["sample_id", "duplicate_of", "kind", "same_work"])
    assert set(rows(replace(WORKS, without_duplicates="near"), copies)) == {"h1", "h2", "a1", "a2", "a3", "a4"}
    assert set(rows(replace(WORKS, without_duplicates="exact"), copies)) == {"h1", "h2", "h3", "a1", "a2", "a3", "a4"}


def test_a_data_set_that_is_not_here_gives_no_members() -> None:
    empty = comparison_members(SMALL, [Comparison("later", Side("wikiart"), Side("wikiart-sd"), "work")])
    assert empty.empty
    assert tuple(empty.columns) == TABLES["comparison_members"].names


def test_comparisons_that_cannot_be_are_named() -> None:
    with pytest.raises(CatalogError, match="odd: its filter names the column 'colour'"):
        rows(Comparison("odd", Side("art", {"colour": "red"}), Side("art-ai")))
    with pytest.raises(CatalogError, match="same: 3 samples stand on both sides"):
        rows(Comparison("same", Side("art"), Side("art")))


def test_the_statistics_count_exactly_the_members() -> None:
    members = comparison_members(SAMPLES, [WORKS, ARTISTS])
    overall = stats_of("stats_overall", SAMPLES, SCORES, [WORKS, ARTISTS])
    for row in overall.itertuples():
        human, ai = members_of(SCORES[SCORES["experiment"] == row.experiment], members, row.comparison)
        assert (len(human), len(ai)) == (row.n_human, row.n_ai)
        assert np.mean(human["composite"]) == pytest.approx(row.mean_human, rel=1e-12)
        works = members[(members["comparison"] == row.comparison) & (members["side"] == "ai")]["pair"].nunique()
        assert row.n_pairs is pd.NA if row.comparison == "artists" else works == row.n_pairs
