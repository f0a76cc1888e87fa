"""The study's figures as data: consistent with themselves, and set beside ours row by row."""

import numpy as np
import pandas as pd
import pytest

from creativity_assets.statistics.paper import comparison_columns, paper_comparison, paper_reference
from creativity_assets.statistics.tables import GROUPINGS
from creativity_assets_tests.statistics.frames import (
    Comparison,
    Side,
    measured,
    metrics_frame,
    sample,
    samples_frame,
    stats_of,
)

REFERENCE = paper_reference()
WORKS = Comparison("works", Side("art"), Side("art-ai"), "work")


def tables() -> dict[str, pd.DataFrame]:
    """Two Monets of the 1870s and one undated stranger, each with a twin that scores 0.1 higher."""
    rows, scores = [], []
    for i, slug in enumerate(["claude-monet", "claude-monet", "someone"]):
        dated = {"era": "impressionism", "decade": 1870} if slug == "claude-monet" else {}
        facts = {"artist": slug, "artist_slug": slug, "family": "painting", **dated}
        rows.append(sample(f"h{i}", "art", **facts))
        rows.append(sample(f"a{i}", "art-ai", label="ai", pair_id=f"h{i}", **facts))
        scores += [measured(f"h{i}", 0.5 + 0.1 * i), measured(f"a{i}", 0.6 + 0.1 * i)]
    samples, metrics = samples_frame(rows), metrics_frame(scores)
    return {name: stats_of(name, samples, metrics, [WORKS]) for name in GROUPINGS}


def test_all_five_tables_are_there() -> None:
    assert REFERENCE.groupby("table_number").size().to_dict() == {3: 1, 4: 4, 5: 6, 6: 8, 7: 8}


def test_composite_is_the_mean_of_its_parts() -> None:
    by_metric = REFERENCE[REFERENCE["table_number"] == 4].set_index("metric")
    for side in ("mean_ai", "mean_human"):
        parts = by_metric.loc[["dino_distance", "lpips", "log_mse"], side].mean()
        assert parts == pytest.approx(by_metric.loc["composite", side], abs=5e-4)
    overall = REFERENCE[REFERENCE["table_number"] == 3].iloc[0]
    assert overall["mean_ai"] == by_metric.loc["composite", "mean_ai"]
    assert overall["mean_human"] == by_metric.loc["composite", "mean_human"]


def test_printed_differences_are_those_of_the_printed_means() -> None:
    np.testing.assert_allclose(REFERENCE["difference"], REFERENCE["mean_ai"] - REFERENCE["mean_human"], atol=1e-9)
    assert REFERENCE.loc[REFERENCE["table_number"] == 3, "difference"].item() == 0.056
    human_higher = REFERENCE[REFERENCE["difference"] < 0]["group"].tolist()
    assert human_higher == ["camille-pissarro", "gustave-dore", "2000"]


def test_ours_stands_beside_the_studys() -> None:
    compared = paper_comparison(tables(), REFERENCE)
    assert tuple(compared.columns) == comparison_columns()
    assert len(compared) == len(REFERENCE)
    assert set(compared["suite"]) == {"embedded"}
    monet = compared[compared["group"] == "claude-monet"].iloc[0]
    assert monet["ours_n_ai"] == 2
    assert monet["ours_difference"] == pytest.approx(0.1)
    assert monet["paper_difference"] == 0.045
    assert monet["delta"] == pytest.approx(0.055)
    assert monet["same_sign"]
    matched = compared.dropna(subset=["ours_difference"])
    assert matched["table_number"].tolist() == [3, 4, 4, 4, 4, 5, 6, 7]


def test_groups_we_lack_are_null_not_zero() -> None:
    compared = paper_comparison(tables(), REFERENCE).set_index("group")
    assert compared.loc["pablo-picasso", ["ours_n_ai", "ours_difference", "delta", "same_sign"]].isna().all()
    assert compared.loc["pablo-picasso", "paper_difference"] == 0.090


def test_without_measurements_the_comparison_is_empty() -> None:
    empty = {name: table.iloc[:0] for name, table in tables().items()}
    compared = paper_comparison(empty, REFERENCE)
    assert tuple(compared.columns) == comparison_columns()
    assert compared.empty
    full = paper_comparison(tables(), REFERENCE)
    assert compared.dtypes.to_dict() == full.dtypes.to_dict()
