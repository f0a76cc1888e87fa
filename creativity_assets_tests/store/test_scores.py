"""The view `scores`, and the examples that people copy: they say what the main table says."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import typer

from creativity_assets import cli
from creativity_assets.commands.demo import QUERIES as DEMO
from creativity_assets.report.build import QUERIES as PAGE
from creativity_assets.statistics.sides import comparison_members
from creativity_assets.statistics.tables import stats_tables
from creativity_assets.store.warehouse import fill
from creativity_assets.vocabulary import TABLES, compared_scores
from creativity_assets_tests.statistics.frames import connected
from creativity_assets_tests.statistics.test_tables import ARTISTS, WORKS, world

README = Path(__file__).parents[2] / "README.md"
COMPARISONS = (
    replace(WORKS, name="atelier"),
    ARTISTS,
    replace(WORKS, name="without copies", without_duplicates="near"),
)
DUPLICATES = pd.DataFrame(
    [("h9", "h3", "near", 3, 1.0, False), ("h5", "a5", "exact", 0, 0.0, True), ("a8", "h7", "exact", 0, 0.0, False)],
    columns=TABLES["duplicates"].names,
)
SUITES = {"m.ddim20": "embedded", "n.ddim20": "embedded", "m.edict50": "paper"}


@cache
def frames() -> dict[str, pd.DataFrame]:
    """Four data sets, three comparisons that overlap, two models, two methods, two suites, one score that is NaN."""
    samples, scores = world(5)
    samples["label"] = np.where(samples["sample_id"].str.contains("a"), "ai", "human")
    further = scores[scores["experiment"] == "m.ddim20"].assign(experiment="m.edict50")
    further["composite"] += 0.125
    metrics = pd.concat([scores, further], ignore_index=True)
    metrics["suite"] = metrics["experiment"].map(SUITES)
    for column in ("dataset", "artist_slug"):
        metrics[column] = metrics["sample_id"].map(samples.set_index("sample_id")[column])
    metrics["scored_at"] = pd.Timestamp("2026-01-02T03:04:05Z")
    metrics["mse"] = 10 ** (5 * metrics["log_mse"]) - 1
    metrics[["model", "method"]] = metrics["experiment"].str.split(".", expand=True).to_numpy()
    metrics.loc[metrics["sample_id"] == "h0", "composite"] = np.nan
    members = comparison_members(samples, COMPARISONS, DUPLICATES)
    named = ("stats_overall", "stats_by_era")
    with connected(samples=samples, image_metrics=metrics, comparison_members=members) as connection:
        made = stats_tables(connection, COMPARISONS, named)
    made |= {"samples": samples, "image_metrics": metrics, "comparison_members": members, "duplicates": DUPLICATES}
    made["membership"] = pd.DataFrame({"sample_id": samples["sample_id"], "model": "m", "membership": "train"})
    made["paper_comparison"] = pd.DataFrame()
    return {name: frame.reindex(columns=TABLES[name].names) for name, frame in made.items()}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        fill(opened, frames())
        yield opened


def examples() -> Iterator[str]:
    """Every query that README, `sql --help`, the demo and the report show."""
    for block in re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL):
        lines = (line for line in block.splitlines() if line.startswith("creativity sql "))
        yield from (next(word for word in shlex.split(line) if word.startswith("SELECT")) for line in lines)
    group = typer.main.get_command(cli.app)
    assert isinstance(group, typer.core.TyperGroup)
    yield from re.findall(r'"(SELECT[^"]*)"', " ".join((group.commands["sql"].help or "").split()))
    yield from DEMO
    yield from (sql for _, sql in PAGE)


def by_side() -> pd.DataFrame:
    """stats_overall with a row for each side, by comparison, experiment and side."""
    overall = frames()["stats_overall"]
    sides = [
        overall[["comparison", "experiment", f"n_{side}", f"mean_{side}", f"mean_floor_{side}"]]
        .set_axis(["comparison", "experiment", "n", "mean", "floor"], axis="columns")
        .assign(side=side)
        for side in ("ai", "human")
    ]
    return pd.concat(sides).set_index(["comparison", "experiment", "side"])


@pytest.mark.parametrize("sql", sorted({sql for sql in examples() if "avg(score)" in sql}))
def test_an_average_of_an_example_is_the_main_table_s(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """To every printed digit, and to 1e-12: DuckDB adds the scores in another order than NumPy."""
    main = by_side()
    shown = connection.sql(sql).df()
    shown = shown.assign(comparison="atelier") if "comparison" not in shown else shown
    shown = shown.set_index(["comparison", "experiment", "side"])
    assert len(shown) == len(main) if "comparison" in sql.split("FROM", maxsplit=1)[0] else len(SUITES) * 2
    for key, row in shown.iterrows():
        assert f"{row['mean']:.4g}" == f"{main.loc[key, 'mean']:.4g}"
        assert row["mean"] == pytest.approx(main.loc[key, "mean"], rel=1e-12)
        assert row.get("n", main.loc[key, "n"]) == main.loc[key, "n"]


def test_each_place_that_shows_examples_shows_such_an_average() -> None:
    shown = list(examples())
    assert sum("avg(score)" in sql for sql in shown) >= 5
    assert not [sql for sql in shown if "avg(" in sql and "experiment" not in sql]


@pytest.mark.parametrize("sql", sorted(set(examples())))
def test_every_example_runs(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    assert connection.sql(sql).columns


def test_one_row_is_a_sample_under_an_experiment(connection: duckdb.DuckDBPyConnection) -> None:
    shown = connection.sql("SELECT * FROM scores").to_arrow_table().to_pandas()
    assert tuple(shown.columns) == TABLES["scores"].names
    assert len(shown) == len(frames()["image_metrics"])
    assert not shown.duplicated(["sample_id", "experiment"]).any()
    wanted = frames()["image_metrics"].merge(
        frames()["samples"].drop(columns=["dataset", "artist_slug"]), on="sample_id"
    )
    order = ["sample_id", "experiment"]
    shown, wanted = (frame.sort_values(order, ignore_index=True) for frame in (shown, wanted))
    same = [name for name in wanted.columns if name in shown]
    assert {*TABLES["samples"].names, "suite", "lpips", "floor_lpips"} <= set(same)
    pd.testing.assert_frame_equal(shown[same], wanted[same], check_dtype=False)
    for score in compared_scores():
        np.testing.assert_array_equal(shown[f"above_floor_{score}"], shown[score] - shown[f"floor_{score}"])
    np.testing.assert_array_equal(shown["score"], shown["composite"])
    np.testing.assert_array_equal(shown["floor"], shown["floor_composite"])
    np.testing.assert_array_equal(shown["above_floor"], shown["above_floor_composite"])


def test_the_obvious_filters_are_never_ambiguous(connection: duckdb.DuckDBPyConnection) -> None:
    for name in TABLES["scores"].names:
        connection.sql(f'SELECT count(*) FROM scores WHERE "{name}" IS NOT NULL').fetchall()
    sql = "SELECT count(*) FROM scores WHERE experiment = 'm.ddim20' AND dataset = 'art' AND artist_slug = 'painter-1'"
    assert connection.sql(sql).fetchall() == [(10,)]


def test_the_sides_are_those_of_comparison_members(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql("SELECT DISTINCT sample_id, unnest(map_entries(sides), recursive := true) FROM scores").df()
    found = {tuple(row) for row in rows.itertuples(index=False)}
    members = frames()["comparison_members"]
    assert found == set(zip(members["sample_id"], members["comparison"], members["side"], strict=True))
    nowhere = "SELECT count(*), count(sides['atelier']) FROM scores WHERE cardinality(sides) = 0"
    assert connection.sql(nowhere).fetchall() == [(0, 0)]


def test_a_score_that_is_not_finite_is_null_as_the_statistics_take_it() -> None:
    broken = frames()["image_metrics"].assign(composite=np.inf)
    with duckdb.connect() as opened:
        fill(opened, frames() | {"image_metrics": broken})
        counted = opened.sql("SELECT count(score), count(composite), count(above_floor), count(lpips) FROM scores")
        assert counted.fetchall() == [(0, 0, 0, len(broken))]
