"""Models in the plan: a new one is one entry, one nobody wants or that is absent costs nothing."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creativity_assets.orchestration.partitions import cell_key
from creativity_assets.orchestration.sensors import _facts
from creativity_assets.workflow.plan import Scope, plan
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.collected import Collected
from creativity_assets_tests.diffusion.weights.test_overrides import save_lora
from creativity_assets_tests.hub_cache import COMMIT, HubCache
from creativity_assets_tests.running import bring_up_to_date, partitions, table
from creativity_assets_tests.studies import CATALOG, EXPERIMENT, RESOLUTION, write_catalog

HUB_MODEL = {
    "hub_id": "some/model",
    "revision": COMMIT,
    "pipeline": "StableDiffusionPipeline",
    "resolution": RESOLUTION,
}


def with_model(root: Path, name: str, model: dict[str, Any], *, wanted: bool = True) -> None:
    """Add one model entry and, if wanted, one experiment over the paintings."""
    experiment = {"model": name, "method": "ddim4", "suite": "embedded", "datasets": ["paintings"]}
    write_catalog(
        root,
        {
            **CATALOG,
            "models": {**CATALOG["models"], name: model},
            "experiments": {**CATALOG["experiments"], **({f"{name}.ddim4": experiment} if wanted else {})},
        },
    )


def test_a_model_is_one_entry_and_its_experiment_one_more(measured_root: Path) -> None:
    before, cells = partitions(measured_root), plan(Study(measured_root).lineage).wanted
    # the weights folder is shared with other tests: the LoRA lies elsewhere
    lora = save_lora(measured_root / "models" / "lora", measured_root / "embedded" / "tiny")
    tuned = {"path": "embedded/tiny", "resolution": RESOLUTION, "overrides": {"lora": {"path": str(lora)}}}
    with_model(measured_root, "tiny-lora", tuned)
    wanted = plan(Study(measured_root).lineage).wanted
    assert {name: len(wanted[name]) for name in wanted.keys() - cells.keys()} == {"tiny-lora.ddim4": 2}
    assert wanted[EXPERIMENT] == cells[EXPERIMENT]
    assert sum(plan(Study(measured_root).lineage).images.values()) == 5
    bring_up_to_date(measured_root)
    new = {cell_key(cell, "tiny-lora.ddim4") for cell in wanted["tiny-lora.ddim4"]}
    assert partitions(measured_root) == {**before, "cell": before["cell"] | new}
    metrics = table(measured_root, "image_metrics")
    measured = metrics[metrics["experiment"] == "tiny-lora.ddim4"]
    assert len(measured) == 5
    revision = metrics[metrics["experiment"] == EXPERIMENT]["model_revision"].unique().item()
    assert measured["model_revision"].unique().item().startswith(f"{revision}+lora=sha256:")
    assert not plan(Study(measured_root).lineage)


@pytest.mark.parametrize(
    ("change", "stale"),
    [
        ({"licence": "MIT"}, 0),
        ({"parameters": 1}, 0),
        ({"training_cutoff": "2001-05"}, 0),
        ({"dtype": "bfloat16"}, 2),  # and the copies, which are sampled from it again before they are known
        ({"prediction_type": "v_prediction"}, 2),
    ],
)
def test_what_an_entry_says_of_the_numbers_makes_them_stale(
    measured_root: Path, change: dict[str, Any], stale: int
) -> None:
    with_model(measured_root, "tiny", {**CATALOG["models"]["tiny"], **change}, wanted=False)
    assert sum(len(cells) for cells in plan(Study(measured_root).lineage).metrics.values()) == stale


def test_works_dated_after_the_cut_off_are_unseen_and_those_of_its_year_are_not(measured_root: Path) -> None:
    with_model(measured_root, "tiny", {**CATALOG["models"]["tiny"], "training_cutoff": "1888-06"}, wanted=False)
    collected = Collected(Study(measured_root).lineage)
    joined = collected.table("membership").merge(collected.samples[["sample_id", "dataset", "year"]], on="sample_id")
    paintings = joined[joined["dataset"] == "paintings"]
    found = {
        None if pd.isna(year) else int(year): (m, e)
        for year, m, e in paintings[["year", "membership", "evidence"]].itertuples(index=False)
    }
    unknown, unseen = ("unknown", "none"), ("unseen", "year_after_cutoff")
    assert found == {1888: unknown, 1840: unknown, None: unknown, 1882: unknown, 1950: unseen}


def test_a_year_that_is_none_of_the_works_own_is_no_evidence(measured_root: Path) -> None:
    """`c. 1840` and `1880-85` may be from before a cut-off that their middle is after."""
    with_model(measured_root, "tiny", {**CATALOG["models"]["tiny"], "training_cutoff": 1800}, wanted=False)
    collected = Collected(Study(measured_root).lineage)
    joined = collected.table("membership").merge(
        collected.samples[["sample_id", "year", "year_source"]], on="sample_id"
    )
    assert dict(zip(joined["year_source"], joined["membership"], strict=True)) == {
        "stated": "unseen",
        "circa": "unknown",
        "range": "unknown",
        "none": "unknown",
    }


def test_a_model_nobody_wants_is_not_looked_at(measured_root: Path) -> None:
    with_model(measured_root, "absent", HUB_MODEL, wanted=False)
    study = Study(measured_root)
    todo = plan(study.lineage)
    assert not todo and not todo.skipped
    assert [model.name for model in study.catalog.models_wanted()] == ["tiny"]
    assert set(Collected(study.lineage).table("membership")["model"]) == {"tiny"}
    assert {fact for fact in _facts(study) if fact.startswith("model ")} == {"model tiny"}


def test_a_model_that_only_generates_is_wanted(measured_root: Path) -> None:
    made = {"kind": "generated", "originals": "paintings", "model": "painter", "guidance": 2.0, "steps": 2}
    write_catalog(
        measured_root,
        {
            **CATALOG,
            "datasets": {**CATALOG["datasets"], "copies": made},
            "models": {**CATALOG["models"], "painter": CATALOG["models"]["tiny"]},
        },
    )
    assert [model.name for model in Study(measured_root).catalog.models_wanted()] == ["tiny", "painter"]


def test_an_absent_optional_model_is_one_line_and_an_error_only_when_asked_for(measured_root: Path) -> None:
    with_model(measured_root, "absent", {**HUB_MODEL, "optional": True})
    todo = plan(Study(measured_root).lineage)
    assert not todo
    assert len(todo.skipped) == 1
    brief = "skipped: absent: some/model is not on this machine; `creativity doctor` says what fetches it"
    assert todo.skipped[0] == brief
    asked = plan(Study(measured_root).lineage, Scope(experiments=("absent.ddim4",)))
    assert not asked.skipped
    assert f"fetch it with: hf download some/model --revision {COMMIT}" in "".join(asked.problems)


def test_a_data_set_that_is_asked_for_does_not_need_every_model_that_wants_it(measured_root: Path) -> None:
    with_model(measured_root, "absent", {**HUB_MODEL, "optional": True})
    wanting = Study(measured_root).catalog.experiment("absent.ddim4").datasets
    todo = plan(Study(measured_root).lineage, Scope(datasets=wanting))
    assert todo.datasets
    assert len(todo.skipped) == 1


def test_an_experiment_that_is_asked_for_needs_one_of_its_data_sets(measured_root: Path) -> None:
    gone = {"kind": "folder", "path": "nowhere", "optional": True}
    experiment = CATALOG["experiments"]["tiny.ddim4"]
    entry = {**experiment, "datasets": [*experiment["datasets"], "gone"]}
    catalog = {**CATALOG, "datasets": {**CATALOG["datasets"], "gone": gone}}
    write_catalog(measured_root, {**catalog, "experiments": {"tiny.ddim4": entry}})
    scope = Scope(experiments=("tiny.ddim4",))
    assert [line.split(":")[1] for line in plan(Study(measured_root).lineage, scope).skipped] == [" gone"]
    write_catalog(measured_root, {**catalog, "experiments": {"tiny.ddim4": {**experiment, "datasets": ["gone"]}}})
    problems = plan(Study(measured_root).lineage, scope).problems
    assert [re.search("gone: .*nowhere", line) is not None for line in problems] == [True]


def test_an_absent_model_that_must_be_there_is_an_error_offline(measured_root: Path) -> None:
    with_model(measured_root, "absent", HUB_MODEL)
    todo = plan(Study(measured_root).lineage)
    assert [line.startswith("absent: some/model is not on this machine") for line in todo.problems] == [True]
    assert todo.wanted.keys() == {EXPERIMENT}, "and the others go on"


def test_a_hub_model_that_was_fetched_is_measured(measured_root: Path, hub: HubCache) -> None:
    hub.put("some/model", measured_root / "embedded" / "tiny")
    with_model(measured_root, "fetched", {**HUB_MODEL, "optional": True})
    bring_up_to_date(measured_root, Scope(experiments=("fetched.ddim4",)))
    metrics = table(measured_root, "image_metrics")
    columns = ["sample_id", "composite"]
    here, there = (
        metrics[(metrics["experiment"] == name) & (metrics["dataset"] == "paintings")]
        for name in (EXPERIMENT, "fetched.ddim4")
    )
    assert there["model_revision"].unique().item() == f"commit:{COMMIT}"
    assert here[columns].reset_index(drop=True).equals(there[columns].reset_index(drop=True))
