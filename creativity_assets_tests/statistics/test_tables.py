"""The stats_* tables against direct recomputation, and their rules about who is counted."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from creativity_assets.errors import CatalogError, MetricError
from creativity_assets.statistics.tables import EFFECT_COLUMNS, GROUPINGS, columns
from creativity_assets.vocabulary import compared_scores
from creativity_assets_tests.statistics.frames import (
    Comparison,
    Side,
    measured,
    metrics_frame,
    sample,
    samples_frame,
    stats_of,
)

WORKS = Comparison("works", Side("art"), Side("art-ai"), "work")
ARTISTS = Comparison("artists", Side("mixed", {"label": "human"}), Side("mixed", {"label": "ai"}), "artist")

ERAS = ("early", "late", None)


def world(seed: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """40 works with a generated twin each, and a mixed data set of 3 + 2 artists; two experiments."""
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for i in range(40):
        era, slug = ERAS[i % 3], f"painter-{i % 4}"
        facts = {"artist": slug.title(), "artist_slug": slug, "style": f"style {i % 2}"}
        dated = {"era": era, "decade": None if era is None else 1800 + 10 * (i % 3)}
        rows.append(sample(f"h{i}", "art", family="painting", pair_id=f"h{i}", **facts, **dated))
        made = {"label": "ai", "family": "gan" if i % 5 == 0 else "diffusion", "pair_id": f"h{i}"}
        rows.append(sample(f"a{i}", "art-ai", **made, **facts, **dated))
    for i in range(15):
        slug = ("ann", "bob", "cy")[i % 3]
        rows.append(sample(f"mh{i}", "mixed", artist=slug, artist_slug=slug, era="early", family="painting"))
    for i in range(8):
        slug = ("ann", "dee")[i % 2]
        rows.append(sample(f"ma{i}", "mixed", label="ai", artist=slug, artist_slug=slug, family="diffusion"))
    scores = [
        measured(row["sample_id"], random.uniform(0.2, 0.8), experiment=experiment)
        for experiment in ("m.ddim20", "n.ddim20")
        for row in rows
    ]
    return samples_frame(rows), metrics_frame(scores)


SAMPLES, SCORES = world()


@pytest.mark.parametrize("table", GROUPINGS)
def test_every_figure_is_what_scipy_says(table: str) -> None:
    stats = stats_of(table, SAMPLES, SCORES, [WORKS, ARTISTS])
    group = GROUPINGS[table].column
    assert len(stats) > 0
    for row in stats.itertuples():
        of_experiment = SCORES[SCORES["experiment"] == row.experiment].merge(SAMPLES, on="sample_id")
        h = of_experiment[(of_experiment["dataset"] == row.human_dataset) & (of_experiment["label"] == "human")]
        a = of_experiment[(of_experiment["dataset"] == row.ai_dataset) & (of_experiment["label"] == "ai")]
        if group is not None:
            a = a[a[group] == getattr(row, group)]
            h = h if table == "stats_by_family" else h[h[group] == getattr(row, group)]
        a, h = a[row.metric], h[row.metric]
        test = scipy.stats.ttest_ind(a, h, equal_var=False)
        pooled = np.sqrt(((len(a) - 1) * a.var() + (len(h) - 1) * h.var()) / (len(a) + len(h) - 2))
        expected = {
            "n_ai": len(a),
            "n_human": len(h),
            "mean_ai": a.mean(),
            "mean_human": h.mean(),
            "sd_ai": a.std(),
            "sd_human": h.std(),
            "difference": a.mean() - h.mean(),
            "p_value": test.pvalue,
            "cohens_d": (a.mean() - h.mean()) / pooled,
            "auroc": scipy.stats.mannwhitneyu(a, h).statistic / (len(a) * len(h)),
        }
        assert {c: getattr(row, c) for c in EFFECT_COLUMNS} == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("table", GROUPINGS)
def test_columns_and_dtypes_do_not_depend_on_the_rows(table: str) -> None:
    empty = stats_of(table, samples_frame([]), metrics_frame([]), [WORKS, ARTISTS])
    full = stats_of(table, SAMPLES, SCORES, [WORKS, ARTISTS])
    assert tuple(empty.columns) == tuple(full.columns) == columns(table)
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    assert len(empty) == 0


@pytest.mark.parametrize("table", GROUPINGS)
def test_order_of_the_input_does_not_matter(table: str) -> None:
    forward = stats_of(table, SAMPLES, SCORES, [WORKS, ARTISTS])
    backward = stats_of(table, SAMPLES.iloc[::-1], SCORES.iloc[::-1], [ARTISTS, WORKS])
    pd.testing.assert_frame_equal(forward, backward, rtol=1e-12)


@pytest.mark.parametrize("table", [t for t, g in GROUPINGS.items() if g.column and not g.whole_human])
def test_nobody_vanishes(table: str) -> None:
    sides = stats_of("stats_by_metric", SAMPLES, SCORES, [WORKS, ARTISTS])
    sides = sides.set_index(["comparison", "experiment", "metric"])
    stats = stats_of(table, SAMPLES, SCORES, [WORKS, ARTISTS])
    for key, rows in stats.groupby(["comparison", "experiment", "metric"]):
        for side in ("ai", "human"):
            first = rows.iloc[0]
            counted = rows[f"n_{side}"].sum() + first[f"n_{side}_left_out"] + first[f"n_{side}_unmatched"]
            assert counted == sides.loc[key, f"n_{side}"], (key, side)


def test_tables_hold_the_metrics_of_the_study() -> None:
    overall = stats_of("stats_overall", SAMPLES, SCORES, [WORKS])
    assert overall["metric"].tolist() == ["composite", "composite"]
    assert overall["experiment"].tolist() == ["m.ddim20", "n.ddim20"]
    by_metric = stats_of("stats_by_metric", SAMPLES, SCORES, [WORKS])
    assert by_metric["metric"].tolist() == list(compared_scores()) * 2


def test_by_artist_needs_the_artist_on_both_sides() -> None:
    stats = stats_of("stats_by_artist", SAMPLES, SCORES, [ARTISTS])
    assert set(stats["artist_slug"]) == {"ann"}
    first = stats.iloc[0]
    assert (first["n_ai_unmatched"], first["n_human_unmatched"]) == (4, 10)  # dee; bob and cy


def test_rows_without_an_era_are_counted_as_left_out() -> None:
    stats = stats_of("stats_by_era", SAMPLES, SCORES, [WORKS])
    assert set(stats["era"]) == {"early", "late"}
    assert set(stats["n_ai_left_out"]) == set(stats["n_human_left_out"]) == {13}
    # The mixed data set has no years on its ai side, hence no era to compare in.
    assert stats_of("stats_by_era", SAMPLES, SCORES, [ARTISTS]).empty


def test_by_family_all_of_the_human_side_stands_against_each_family() -> None:
    unknown = [row | {"family": None} if row["label"] == "human" else row for row in SAMPLES.to_dict("records")]
    stats = stats_of("stats_by_family", pd.DataFrame(unknown), SCORES, [WORKS])
    assert set(stats["n_human_left_out"]) == {0}, "a human work without a family is left out of nothing"


def test_an_ai_row_belongs_to_the_group_of_its_pair() -> None:
    rows = [sample(f"h{i}", "art", era="early", decade=1480) for i in range(3)]
    # a0 to a2 carry no era, or a wrong one of their own making; a3 has no partner and keeps its own.
    rows += [sample("a0", "art-ai", label="ai", pair_id="h0")]
    rows += [sample(f"a{i}", "art-ai", label="ai", pair_id=f"h{i}", era="late", decade=2020) for i in (1, 2)]
    rows += [sample("a3", "art-ai", label="ai", pair_id="gone", era="early", decade=1480)]
    scores = metrics_frame([measured(row["sample_id"], 0.1 * i) for i, row in enumerate(rows)])
    stats = stats_of("stats_by_era", samples_frame(rows), scores, [WORKS])
    assert stats["era"].unique().tolist() == ["early"]
    assert stats["n_ai"].unique().tolist() == [4]
    decades = stats_of("stats_by_decade", samples_frame(rows), scores, [WORKS])
    assert decades["decade"].unique().tolist() == [1480]


def test_pairs_are_found_by_sample_and_by_shared_identifier() -> None:
    rows = [sample("h0", "art"), sample("h1", "art", pair_id="w1"), sample("h2", "art")]
    made = [("a0", "h0"), ("a1", "w1"), ("a2", "h2"), ("again", "h2"), ("lone", None)]
    rows += [sample(a, "art-ai", label="ai", pair_id=p) for a, p in made]
    ours = {"h0": 0.1, "h1": 0.2, "h2": 0.4, "a0": 0.3, "a1": 0.3, "a2": 0.5, "again": 0.9, "lone": 0.0}
    scores = metrics_frame([measured(s, c) for s, c in ours.items()])
    row = stats_of("stats_overall", samples_frame(rows), scores, [WORKS]).iloc[0]
    assert (row["n_ai"], row["n_human"], row["n_pairs"]) == (5, 3, 3)
    # Two ai images of h2 count as their mean, 0.7.
    assert row["p_value_paired"] == pytest.approx(scipy.stats.ttest_rel([0.3, 0.3, 0.7], [0.1, 0.2, 0.4]).pvalue)


def test_other_pairings_have_no_paired_test() -> None:
    row = stats_of("stats_overall", SAMPLES, SCORES, [ARTISTS]).iloc[0]
    assert row["n_pairs"] is pd.NA
    assert np.isnan(row["p_value_paired"])
    assert row["human_where"] == '{"label": "human"}'


def test_every_ai_family_stands_against_the_whole_human_side() -> None:
    stats = stats_of("stats_by_family", SAMPLES, SCORES, [WORKS])
    of_one = stats[(stats["experiment"] == "m.ddim20") & (stats["metric"] == "composite")]
    assert of_one["family"].tolist() == ["diffusion", "gan"]
    assert of_one["n_ai"].tolist() == [32, 8]
    assert of_one["n_human"].tolist() == [40, 40]


def test_what_the_autoencoder_does_alone_is_told_apart() -> None:
    # Here the floor is half the score, so half of any difference is the autoencoder's.
    row = stats_of("stats_overall", SAMPLES, SCORES, [WORKS]).iloc[0]
    assert row["mean_floor_ai"] == pytest.approx(row["mean_ai"] / 2)
    assert row["difference_above_floor"] == pytest.approx(row["difference"] / 2)
    assert row["p_value_above_floor"] == pytest.approx(row["p_value"])


def test_scores_that_are_not_finite_count_as_unmeasured() -> None:
    broken = SCORES.copy()
    broken.loc[broken["sample_id"].isin(["h0", "a1", "a2"]), "composite"] = [np.nan, np.inf, np.nan] * 2
    row = stats_of("stats_overall", SAMPLES, broken, [WORKS]).iloc[0]
    assert (row["n_ai"], row["n_human"]) == (38, 39)


def test_an_experiment_without_one_side_has_no_rows() -> None:
    only_human = SCORES[SCORES["sample_id"].str.startswith("h")]
    assert stats_of("stats_overall", SAMPLES, only_human, [WORKS]).empty


def test_groups_of_one_have_means_but_no_test() -> None:
    rows = [sample("h0", "art", era="early"), sample("a0", "art-ai", label="ai", era="early")]
    scores = metrics_frame([measured("h0", 0.25), measured("a0", 0.5)])
    row = stats_of("stats_by_era", samples_frame(rows), scores, [WORKS]).iloc[0]
    assert (row["difference"], row["auroc"]) == (0.25, 1.0)
    assert np.isnan([row["p_value"], row["cohens_d"], row["sd_ai"], row["sd_human"]]).all()


def test_mixed_suites_name_the_experiment() -> None:
    mixed = SCORES.copy()
    mixed.loc[(mixed["experiment"] == "n.ddim20") & (mixed["sample_id"] == "a3"), "suite"] = "paper"
    with pytest.raises(MetricError, match=r"^n\.ddim20: .*embedded, paper"):
        stats_of("stats_overall", SAMPLES, mixed, [WORKS])


def test_a_sample_measured_twice_is_an_error() -> None:
    with pytest.raises(MetricError, match=r"m\.ddim20: 1 samples are measured twice \(first: h0\)"):
        stats_of("stats_overall", SAMPLES, pd.concat([SCORES, SCORES.iloc[:1]]), [WORKS])


def test_wrong_comparisons_are_named() -> None:
    unknown = Comparison("odd", Side("art", {"colour": "red"}), Side("art-ai"))
    with pytest.raises(CatalogError, match="odd: its filter names the column 'colour'"):
        stats_of("stats_overall", SAMPLES, SCORES, [unknown])
    overlapping = Comparison("same", Side("mixed"), Side("mixed", {"label": "ai"}))
    with pytest.raises(CatalogError, match="same: 8 samples stand on both sides"):
        stats_of("stats_overall", SAMPLES, SCORES, [overlapping])
    with pytest.raises(CatalogError, match="no table 'stats_by_mood'"):
        stats_of("stats_by_mood", SAMPLES, SCORES, [WORKS])


def test_filters_on_numbers_are_compared_as_numbers() -> None:
    narrow = Comparison("narrow", Side("art", {"decade": "1800"}), Side("art-ai", {"era": "early"}), "work")
    row = stats_of("stats_overall", SAMPLES, SCORES, [narrow]).iloc[0]
    assert (row["n_human"], row["n_ai"]) == (14, 14)


def test_p_above_the_floor_is_that_of_the_scores_without_their_floors() -> None:
    random = np.random.default_rng(5)
    floored = SCORES.assign(floor_composite=SCORES["composite"] * random.uniform(0.1, 0.9, len(SCORES)))
    row = stats_of("stats_overall", SAMPLES, floored, [WORKS]).iloc[0]
    above = floored.set_index(["experiment", "sample_id"])
    above = (above["composite"] - above["floor_composite"]).loc[row["experiment"]]
    ai, human = (above[above.index.str.match(rf"{side}\d")] for side in "ah")
    expected = scipy.stats.ttest_ind(ai, human, equal_var=False).pvalue
    assert row["p_value_above_floor"] == pytest.approx(expected, rel=1e-9)
    assert row["p_value_above_floor"] != pytest.approx(row["p_value"], rel=0.01)


@pytest.mark.parametrize(
    ("names", "label"),
    [
        (["Ann", "ann"], "Ann"),
        (["ann", "Ann"], "Ann"),
        (["ann", "Ann", "ann"], "ann"),
        (["Cy", None, None, "Bob"], "Bob"),
    ],
)
def test_a_group_is_called_what_most_call_it_and_the_first_in_the_alphabet_among_equals(
    names: list[str | None], label: str
) -> None:
    rows = [sample(f"h{i}", "art", artist=name, artist_slug="ann") for i, name in enumerate(names)]
    rows += [sample("a0", "art-ai", label="ai", artist="Zed", artist_slug="ann")]
    scores = metrics_frame([measured(row["sample_id"], 0.1 * i) for i, row in enumerate(rows)])
    stats = stats_of("stats_by_artist", samples_frame(rows), scores, [WORKS])
    assert stats["artist"].unique().tolist() == [label]
