"""The whole workflow on a small study, and what its tables must hold."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image
from scipy import stats

from creativity_assets.atelier.damage import DAMAGES
from creativity_assets.catalog.datasets import GeneratedDataset
from creativity_assets.store.layout import Collection, Store
from creativity_assets.store.parts import Provenance, read_part, write_part
from creativity_assets.store.schemas import image_metrics
from creativity_assets.vocabulary import TABLES
from creativity_assets.workflow.steps.generated import seed_of
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.checks import CHECKS
from creativity_assets.workflow.tables.collected import Collected
from creativity_assets_tests.running import assert_same_tables, bring_up_to_date, table
from creativity_assets_tests.studies import CATALOG, EXPERIMENT, WORKS, write_catalog


def collected(root: Path) -> Collected:
    return Collected(Study(root).lineage)


def test_the_public_tables_have_their_columns_and_rows(measured_root: Path) -> None:
    samples, metrics = table(measured_root, "samples"), table(measured_root, "image_metrics")
    assert list(samples.columns) == list(TABLES["samples"].names)
    assert len(samples) == len(metrics) == 2 * len(WORKS)
    assert set(image_metrics().names) - set(metrics.columns) == {"code_version", "run_id", "scored_at"}
    assert len(table(measured_root, "reconstructions")) == 2 * len(WORKS)
    assert len(table(measured_root, "membership")) == 2 * len(WORKS)
    assert len(table(measured_root, "paper_reference")) > 20


def test_artists_years_and_eras_are_canonical_on_both_sides(measured_root: Path) -> None:
    samples = table(measured_root, "samples")
    assert set(samples["artist_slug"]) == {"lucja-unal", "vincent-van-gogh"}
    human = samples[samples["label"] == "human"].set_index("title")
    ai = samples[samples["label"] == "ai"].set_index("title")
    assert human["year"].dropna().astype(int).to_dict() == {"One": 1888, "Two": 1840, "Four": 1882, "Five": 1950}
    assert human["era"].dropna().to_dict() == {"One": "new", "Two": "old", "Four": "new", "Five": "new"}
    assert human["decade"].dropna().astype(int).to_dict() == {"One": 1880, "Two": 1840, "Four": 1880, "Five": 1950}
    for column in ("year", "era", "decade"):
        assert ai[column].dropna().to_dict() == human[column].dropna().to_dict()
    assert ai["pair_id"].to_dict() == human["sample_id"].to_dict()


def test_a_work_after_the_cut_off_is_unseen_and_of_the_rest_nothing_is_known(measured_root: Path) -> None:
    known = table(measured_root, "membership").merge(table(measured_root, "samples"), on="sample_id")
    late = known["year"].fillna(0) > 1900
    assert set(known[late]["membership"]) == {"unseen"}
    assert set(known[late]["evidence"]) == {"year_after_cutoff"}
    assert set(known[~late]["membership"]) == {"unknown"}


def test_statistics_recomputed_from_the_scores_agree(measured_root: Path) -> None:
    scores = table(measured_root, "image_metrics").merge(table(measured_root, "samples"), on=["sample_id", "dataset"])
    ai = scores[scores["label"] == "ai"]["composite"]
    human = scores[scores["label"] == "human"]["composite"]
    row = table(measured_root, "stats_overall").iloc[0]
    assert row["p_value"] == pytest.approx(stats.ttest_ind(ai, human, equal_var=False).pvalue, abs=1e-9)
    assert row["difference"] == pytest.approx(ai.mean() - human.mean(), abs=1e-9)
    u = stats.mannwhitneyu(ai, human).statistic / (len(ai) * len(human))
    assert row["auroc"] == pytest.approx(u, abs=1e-9)


SPOILED = {
    "every_record_accounted": lambda rows: rows.iloc[1:],
    "scores_in_range": lambda rows: rows.assign(lpips=np.nan),
    "composite_is_mean": lambda rows: rows.assign(composite=rows["composite"] + 0.01),
    "floor_below_score": lambda rows: rows.assign(floor_composite=rows["composite"] + 0.2),
    "suites_not_mixed": lambda rows: rows.assign(suite="paper"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_each_check_on_scores_can_fail(measured_root: Path, name: str) -> None:
    path = Store(measured_root).part("image_metrics", Collection("paintings", "lucja-unal"), EXPERIMENT)
    rows: pd.DataFrame = SPOILED[name](read_part(path).to_pandas())
    import pyarrow as pa

    write_part(path, pa.Table.from_pandas(rows, schema=image_metrics(), preserve_index=False), Provenance("spoiled"))
    assert CHECKS[name](collected(measured_root)) != []


def test_the_check_on_pairs_can_fail(measured_root: Path) -> None:
    path = Store(measured_root).part("raw_samples", Collection("copies", "lucja-unal"))
    write_part(path, read_part(path).slice(1), Provenance("spoiled"))
    problems = CHECKS["pairs_complete"](collected(measured_root))
    assert len(problems) == 1
    assert "has no ai twin" in problems[0]


def test_a_generated_image_depends_on_its_own_key_alone(measured_root: Path) -> None:
    entry = Study(measured_root).catalog.dataset("copies")
    assert isinstance(entry, GeneratedDataset)
    seeds = [seed_of(entry, f"paintings-{n}") for n in range(100)]
    assert len(set(seeds)) == 100
    assert seed_of(entry, "paintings-3") == seeds[3]
    assert seed_of(entry.model_copy(update={"seed": 1}), "paintings-3") != seeds[3]


def test_pictures_that_cannot_be_measured_are_rows_with_a_reason_and_harm_no_other(
    study_root: Path, measured_root: Path
) -> None:
    folder = study_root.parent / "pictures" / "paintings"
    bad = {"empty.png": b"", "text.jpg": b"no picture", "half.png": (folder / "a" / "one.png").read_bytes()[:60]}
    narrow = io.BytesIO()
    Image.new("RGB", (1, 5000)).save(narrow, "PNG")
    bad["narrow.png"] = narrow.getvalue()
    for name, content in bad.items():
        (folder / "b" / name).write_bytes(content)
    with (folder / "metadata.csv").open("a", encoding="utf-8") as rows:
        rows.writelines(f"b/{name},Vincent van Gogh,{name},1888,the sea\n" for name in bad)
        rows.write("b/gone.png,Vincent van Gogh,gone,1888,the sea\n")
    (folder / "b" / "stray.png").write_bytes((folder / "a" / "one.png").read_bytes())
    bring_up_to_date(study_root)
    rejected = table(study_root, "rejected_samples").set_index("source_key")["reason"].to_dict()
    assert rejected.keys() == {f"b/{name}" for name in (*bad, "gone.png", "stray.png")}
    assert rejected["b/empty.png"] == "empty_file"
    assert rejected["b/gone.png"] == "missing_file"
    assert rejected["b/stray.png"] == "no_metadata_row"
    assert_same_tables(study_root, measured_root, "samples", "image_metrics")


def test_a_data_set_of_damaged_files_gives_rejects_and_no_number(study_root: Path) -> None:
    damaged = {"kind": "atelier", "works": "damaged", "per_painter": 7}
    experiment = {**CATALOG["experiments"][EXPERIMENT], "datasets": ["broken"]}
    write_catalog(
        study_root,
        {**CATALOG, "datasets": {"broken": damaged}, "experiments": {EXPERIMENT: experiment}, "comparisons": {}},
    )
    bring_up_to_date(study_root)
    assert set(table(study_root, "rejected_samples")["reason"]) == set(DAMAGES)
    assert len(table(study_root, "rejected_samples")) == 7
    for name in ("samples", "membership", "image_metrics", "reconstructions", "stats_overall"):
        assert table(study_root, name).empty
    assert CHECKS["every_record_accounted"](collected(study_root)) == []


def test_an_experiment_that_has_not_begun_is_no_fault_and_one_that_stopped_half_way_is(measured_root: Path) -> None:
    check = CHECKS["every_record_accounted"]
    later = {"model": "tiny", "method": "ddim2", "suite": "embedded", "datasets": ["paintings", "copies"]}
    write_catalog(measured_root, {**CATALOG, "experiments": {**CATALOG["experiments"], "tiny.ddim2": later}})
    assert check(collected(measured_root)) == []
    Store(measured_root).part("image_metrics", Collection("paintings", "vincent-van-gogh"), EXPERIMENT).unlink()
    (problem,) = check(collected(measured_root))
    assert problem.startswith(
        f"paintings/vincent-van-gogh x {EXPERIMENT}: 2 of 2 samples not measured, first paintings-"
    )


def test_pairs_are_asked_of_the_members_and_not_of_the_whole_data_sets(measured_root: Path) -> None:
    """Two ai images after one work are a fault where both are members, and none where a filter takes one of them."""
    twin = {"human": {"dataset": "paintings"}, "ai": {"dataset": "copies"}, "pairing": "work"}
    of_one = {side: {**twin[side], "where": {"artist_slug": "lucja-unal"}} for side in ("human", "ai")}  # type: ignore[dict-item]
    write_catalog(measured_root, {**CATALOG, "comparisons": {"all": twin, "one": {**of_one, "pairing": "work"}}})
    path = Store(measured_root).part("raw_samples", Collection("copies", "vincent-van-gogh"))
    table_of = read_part(path)
    pairs = pa.array([table_of["pair_id"][0].as_py()] * len(table_of))
    doubled = table_of.set_column(table_of.schema.get_field_index("pair_id"), "pair_id", pairs)
    write_part(path, doubled, Provenance("spoiled"))
    problems = CHECKS["pairs_complete"](collected(measured_root))
    assert problems and all(line.startswith("all: ") for line in problems)


def test_what_an_experiment_measured_outlives_its_entry_and_the_report_shows_it_without_pictures(
    measured_root: Path,
) -> None:
    other = {"model": "tiny", "method": "ddim2", "suite": "embedded", "datasets": []}
    write_catalog(measured_root, {**CATALOG, "experiments": {"tiny.ddim2": other}})
    Store(measured_root).report.unlink()
    assert bring_up_to_date(measured_root).problems == ()
    assert set(table(measured_root, "image_metrics")["experiment"]) == {EXPERIMENT}
    assert EXPERIMENT in Store(measured_root).report.read_text(encoding="utf-8")
