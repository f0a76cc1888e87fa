"""Each check finds what it is there for, NaN included, and goes on finding it until it is cured."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from creativity_assets.errors import DamagedPart
from creativity_assets.store.layout import Collection, Store
from creativity_assets.store.parts import Provenance, read_part, read_provenance, write_part
from creativity_assets.store.schemas import READOUTS, image_metrics, samples
from creativity_assets.vocabulary import SCORES as DECLARED
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.checks import CHECKS, failed_checks, run_check
from creativity_assets.workflow.tables.collected import Collected
from creativity_assets_tests.running import bring_up_to_date
from creativity_assets_tests.studies import EXPERIMENT

ONE = Collection("paintings", "lucja-unal")
Change = Callable[[pd.DataFrame], pd.DataFrame]
STALE = Provenance("spoiled")


def collected(root: Path) -> Collected:
    return Collected(Study(root).lineage)


def change(path: Path, spoil: Change, schema: pa.Schema | None = None, provenance: Provenance | None = None) -> None:
    """Write other rows into a part, under its own provenance: as a fault of ours would, not of the disk."""
    stamp = provenance or read_provenance(path)
    assert stamp is not None
    frame = spoil(read_part(path).to_pandas())
    write_part(path, pa.Table.from_pandas(frame, schema=schema, preserve_index=False), stamp)


def first(column: str, value: object) -> Change:
    """The first row with another value in a column."""

    def spoil(rows: pd.DataFrame) -> pd.DataFrame:
        values = rows[column].astype(object).tolist()
        return rows.assign(**{column: [value, *values[1:]]})

    return spoil


SCORES: dict[str, tuple[str, Change]] = {
    "a composite that is NaN": ("composite_is_mean", first("composite", np.nan)),
    "a floor's composite that is NaN": ("composite_is_mean", first("floor_composite", np.nan)),
    "a part of it that is NaN": ("composite_is_mean", first("lpips", np.nan)),
    "a composite that is another number": ("composite_is_mean", first("composite", 0.123)),
    "a floor that is NaN": ("floor_below_score", first("floor_composite", np.nan)),
    "a score that is NaN": ("floor_below_score", first("composite", np.nan)),
    "an infinite score": ("scores_in_range", first("composite", np.inf)),
    "no suite": ("suites_not_mixed", first("suite", None)),
    "another revision of the model": ("suites_not_mixed", first("model_revision", "other")),
    **{f"{name} NaN": ("scores_in_range", first(name, np.nan)) for name in DECLARED},
    **{f"{name} negative": ("scores_in_range", first(name, -1e-3)) for name in DECLARED},
}


@pytest.mark.parametrize("case", SCORES)
def test_spoiled_scores_are_found(measured_root: Path, case: str) -> None:
    name, spoil = SCORES[case]
    change(Store(measured_root).part("image_metrics", ONE, EXPERIMENT), spoil, image_metrics())
    assert CHECKS[name](collected(measured_root)) != []


@pytest.mark.parametrize("name", [name for name, score in DECLARED.items() if score.high is not None])
def test_a_score_may_reach_its_bound_and_not_pass_it(measured_root: Path, name: str) -> None:
    path, high = Store(measured_root).part("image_metrics", ONE, EXPERIMENT), DECLARED[name].high
    change(path, first(name, high), image_metrics())
    assert CHECKS["scores_in_range"](collected(measured_root)) == []
    change(path, first(name, high + 1e-6), image_metrics())
    (problem,) = CHECKS["scores_in_range"](collected(measured_root))
    assert f"{name} outside [0.0, {high}]" in problem


def test_log_mse_is_at_most_that_of_black_against_white() -> None:
    assert DECLARED["log_mse"].range == (0.0, pytest.approx(np.log10(1 + 255**2) / 5, abs=1e-15))


SAMPLE_FAULTS: dict[str, tuple[Change, str]] = {
    "no width": (first("width", None), "width outside"),
    "no height": (first("height", 0), "height outside"),
    "quality 101": (first("jpeg_quality", 101), "jpeg_quality outside"),
    "quality 0": (first("jpeg_quality", 0), "jpeg_quality outside"),
    "NaN entropy": (first("entropy", np.nan), "entropy outside"),
    "entropy of more than a byte": (first("entropy", 8.001), "entropy outside"),
    "more edges than pixels": (first("edge_density", 1.001), "edge_density outside"),
    "negative padding": (first("padding_fraction", -0.001), "padding_fraction outside"),
    "infinite padding": (first("padding_fraction", np.inf), "padding_fraction outside"),
    "novelty beyond the dial": (first("novelty", 1.5), "novelty outside"),
    "infinite novelty": (first("novelty", np.inf), "novelty outside"),
    "a year to come": (first("year", 2999), "year outside"),
    "no year of our era": (first("year", 0), "year outside"),
    "a year from nowhere": (first("year_source", "none"), "year and year_source disagree"),
    "a source of no year": (first("year", None), "year and year_source disagree"),
    "another label": (first("label", "cat"), "label is none of"),
    "no family": (first("family", None), "family is none of"),
}


@pytest.mark.parametrize("case", SAMPLE_FAULTS)
def test_spoiled_samples_are_found(measured_root: Path, case: str) -> None:
    spoil, message = SAMPLE_FAULTS[case]
    path = Store(measured_root).part("raw_samples", ONE)
    years = read_part(path)["year_source"].to_pylist()
    change(
        path, lambda rows: spoil(rows.iloc[[years.index("stated"), *range(len(years))]].drop_duplicates()), samples()
    )
    problems = CHECKS["samples_sound"](collected(measured_root))
    assert len(problems) == 1, problems
    assert message in problems[0]


def test_a_sample_twice_is_found(measured_root: Path) -> None:
    path = Store(measured_root).part("raw_samples", ONE)
    change(path, lambda rows: pd.concat([rows, rows.iloc[:1]]), samples(), STALE)
    assert [line for line in CHECKS["samples_sound"](collected(measured_root)) if "a sample twice" in line]
    assert [line for line in CHECKS["every_record_accounted"](collected(measured_root)) if "1 more than its" in line]


def other(rows: pd.DataFrame) -> pd.DataFrame:
    """As many rows as before, one of them of a sample that is none."""
    return rows.assign(sample_id=["paintings-0123456789abcdef", *rows["sample_id"][1:]])


def doubled(rows: pd.DataFrame) -> pd.DataFrame:
    """As many rows as before, the first in the place of the second."""
    return rows.iloc[[0, 0, *range(2, len(rows))]]


@pytest.mark.parametrize("spoil", [other, doubled, lambda rows: rows.iloc[1:]])
@pytest.mark.parametrize("kind", ["raw_samples", "image_metrics", "reconstructions", "readouts"])
def test_rows_of_something_else_are_found_though_their_number_is_right(
    measured_root: Path, kind: str, spoil: Change
) -> None:
    store = Store(measured_root)
    path = store.part(kind, ONE) if kind == "raw_samples" else store.part(kind, ONE, EXPERIMENT)
    if kind == "readouts":
        ids = read_part(store.part("raw_samples", ONE))["sample_id"].to_pylist()
        rows = [{"sample_id": s, "experiment": EXPERIMENT, "readout": "noise_kl", "value": 0.1} for s in ids]
        write_part(path, pa.Table.from_pylist(rows, READOUTS), STALE)
        assert CHECKS["every_record_accounted"](collected(measured_root)) == []
    schema = read_part(path).schema.remove_metadata()
    stamp = read_provenance(path)
    change(path, spoil, schema, STALE)
    assert CHECKS["every_record_accounted"](collected(measured_root)) != []
    if kind != "readouts":
        # What claims to be made from what is there is set aside as it is read, and made again.
        change(path, lambda rows: rows, schema, stamp)
        with pytest.raises(DamagedPart, match=r"rows are not .*; set aside"):
            CHECKS["every_record_accounted"](collected(measured_root))
        assert not path.exists()


STATS: dict[str, tuple[str, Change]] = {
    "an ai work too many": ("members_counted", lambda rows: rows.assign(n_ai=rows["n_ai"] + 1)),
    "a human work too few": ("members_counted", lambda rows: rows.assign(n_human=rows["n_human"] - 1)),
    "no row": ("members_counted", lambda rows: rows.iloc[:0]),
    "p above 1": ("statistics_in_range", first("p_value", 1.01)),
    "p below 0": ("statistics_in_range", first("p_value_above_floor", -0.01)),
    "no p": ("statistics_in_range", first("p_value", np.nan)),
    "auroc above 1": ("statistics_in_range", first("auroc", 1.5)),
    "no auroc": ("statistics_in_range", first("auroc", np.nan)),
    "no mean": ("statistics_in_range", first("mean_ai", np.nan)),
    "infinite d": ("statistics_in_range", first("cohens_d", np.inf)),
    "no d": ("statistics_in_range", first("cohens_d", np.nan)),
    "no sd": ("statistics_in_range", first("sd_ai", np.nan)),
    "negative sd": ("statistics_in_range", first("sd_human", -0.1)),
    "nobody": ("statistics_in_range", first("n_ai", 0)),
    "human minus ai": ("differences_are_of_means", lambda rows: rows.assign(difference=-rows["difference"])),
    "no difference": ("differences_are_of_means", first("difference", np.nan)),
    "an interval elsewhere": ("differences_are_of_means", lambda r: r.assign(difference_low=r["difference_high"] + 1)),
    "half an interval": ("differences_are_of_means", first("difference_low", np.nan)),
}


@pytest.mark.parametrize("table", ["stats_overall", "stats_by_metric"])
@pytest.mark.parametrize("case", STATS)
def test_spoiled_statistics_are_found(measured_root: Path, table: str, case: str) -> None:
    name, spoil = STATS[case]
    path = Store(measured_root).table(table)
    change(path, spoil, read_part(path).schema)
    problems = CHECKS[name](collected(measured_root))
    assert problems
    assert all(line.startswith(f"{table}, works x {EXPERIMENT}, ") for line in problems)


@pytest.mark.parametrize("table", ["stats_by_era", "stats_by_artist", "stats_by_family"])
def test_a_member_of_a_group_that_nobody_counts_is_found(measured_root: Path, table: str) -> None:
    path = Store(measured_root).table(table)
    change(path, lambda rows: rows.assign(n_ai=[rows["n_ai"].iloc[0] + 1, *rows["n_ai"][1:]]), read_part(path).schema)
    assert len(CHECKS["members_counted"](collected(measured_root))) == 1


def test_every_check_holds_of_what_was_measured(measured_root: Path) -> None:
    everything = collected(measured_root)
    # Random weights know no floor: their round trip may by chance undo what their autoencoder did.
    names = [name for name in CHECKS if name != "floor_below_score"]
    assert {name: CHECKS[name](everything) for name in names} == {name: [] for name in names}


def test_a_failed_check_fails_until_it_is_cured(measured_root: Path) -> None:
    path = Store(measured_root).part("image_metrics", ONE, EXPERIMENT)
    change(path, first("composite", np.nan), image_metrics())
    for _ in range(2):
        outcome = bring_up_to_date(measured_root)
        assert outcome.made == (), "every hash is as it was"
        (line,) = [line for line in outcome.failed_checks if line.startswith("composite_is_mean: ")]
        assert line.endswith(": composite is not the mean")
    path.unlink()
    assert [line for line in bring_up_to_date(measured_root).failed_checks if "composite_is_mean" in line] == []


def test_what_was_looked_at_is_not_looked_at_again_until_it_changes(
    measured_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def failing(_: Collected) -> list[str]:
        looked.append("look")
        return ["a: first", "b: second"]

    failed_checks(Study(measured_root))
    monkeypatch.setitem(CHECKS, "samples_sound", failing)
    run_check("samples_sound", collected(measured_root))
    for _ in range(2):
        assert "samples_sound: a: first (1 more)" in failed_checks(Study(measured_root))
    assert looked == ["look"]
    path = Store(measured_root).part("raw_samples", ONE)
    change(path, lambda rows: rows, samples())
    failed_checks(Study(measured_root))
    assert looked == ["look", "look"]
    Store(measured_root).record("checks").write_text("garbage")
    failed_checks(Study(measured_root))
    assert looked == ["look"] * 3
