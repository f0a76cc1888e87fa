"""Entries that must fail later are refused before any work, in one line, by `catalog check` and the plan alike."""

import json
from pathlib import Path
from typing import Any

import pytest

from creativity_assets.commands.catalog.check import check_catalog
from creativity_assets.commands.score import score_files
from creativity_assets.diffusion.inversion import INVERSIONS
from creativity_assets.engine.readouts import READOUTS
from creativity_assets.errors import CatalogError
from creativity_assets.orchestration.instance import open_instance
from creativity_assets.workflow.plan import Scope, plan
from creativity_assets.workflow.steps.dataset_index import dataset_index
from creativity_assets.workflow.steps.reconstructions import reconstructions
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.study import Study
from creativity_assets_tests.running import bring_up_to_date
from creativity_assets_tests.studies import CATALOG, EXPERIMENT, RESOLUTION, write_catalog

FAR = {
    "hub_id": "some/model",
    "revision": "0123456789abcdef0123456789abcdef01234567",
    "resolution": RESOLUTION,
    "optional": True,
}
"""A model that is not on this machine."""

PIPELINES = {"diffusion": "StableDiffusionXLPipeline", "flow": "StableDiffusion3Pipeline"}
DIFFUSION = [name for name, spec in INVERSIONS.items() if spec.kind == "diffusion"]
FLOW = [name for name, spec in INVERSIONS.items() if spec.kind == "flow"]
PROMPTED = [name for name, spec in INVERSIONS.items() if spec.subject == "prompted"]


def with_experiment(root: Path, inversion: str, steps: int, model: dict[str, Any] | None = None, **more: Any) -> str:
    """Add an experiment `of.this` under a method `this`, of the tiny model or of another; returns its name."""
    entry = {"model": "of", "method": "this", "suite": "embedded", "datasets": ["paintings"], **more}
    prompt = "caption" if inversion in PROMPTED else "none"
    write_catalog(
        root,
        {
            **CATALOG,
            "models": {**CATALOG["models"], "of": model or CATALOG["models"]["tiny"]},
            "methods": {**CATALOG["methods"], "this": {"inversion": inversion, "steps": steps, "prompt": prompt}},
            "experiments": {**CATALOG["experiments"], "of.this": entry},
        },
    )
    return "of.this"


def here(root: Path, pipeline: str, **scheduler: Any) -> dict[str, Any]:
    """A model whose entry does not state its pipeline, while its folder does."""
    folder = root / "models" / "here"
    (folder / "scheduler").mkdir(parents=True)
    (folder / "model_index.json").write_text(json.dumps({"_class_name": pipeline}))
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    return {"path": "models/here", "resolution": RESOLUTION}


def refusal(root: Path, scope: Scope | None = None) -> str:
    """What `catalog check` and the plan say, which is the same; nothing was made."""
    _, faults = check_catalog(root)
    todo = plan(Study(root).lineage, scope)
    assert [*todo.problems] == faults[:1] == faults
    assert not (root / "store" / "index").exists()
    return faults[0]


def holds(root: Path) -> bool:
    lines, faults = check_catalog(root)
    return not faults and lines[-1].endswith("all entries hold")


def test_a_method_that_ends_where_a_model_has_no_signal_is_refused(study_root: Path) -> None:
    """The training facts of a folder count before it is loaded."""
    facts = {"beta_schedule": "scaled_linear", "prediction_type": "v_prediction", "rescale_betas_zero_snr": True}
    model = here(study_root, "StableDiffusionPipeline", **facts)
    with_experiment(study_root, "dpmpp_2m", 20, model)
    assert refusal(study_root).startswith("of.this: steps 20: training step 999 of this model holds no signal")
    with_experiment(study_root, "ddim", 20, model)
    assert holds(study_root)


@pytest.mark.parametrize("inversion", INVERSIONS)
def test_a_method_must_be_for_its_model_s_kind(study_root: Path, inversion: str) -> None:
    """By what the entry of a model states that is not on this machine: before it is fetched."""
    spec = INVERSIONS[inversion]
    for kind, pipeline in PIPELINES.items():
        with_experiment(study_root, inversion, spec.steps, {**FAR, "pipeline": pipeline})
        if spec.kind in (None, kind):
            assert holds(study_root)
            continue
        assert refusal(study_root) == (
            f"of.this: of is a {kind} model, but {inversion} inverts {spec.kind} models; "
            f"take a method of autoencoder, {', '.join(DIFFUSION if kind == 'diffusion' else FLOW)}"
        )


def test_the_kind_is_read_from_the_folder_where_the_entry_does_not_state_it(study_root: Path) -> None:
    with_experiment(study_root, "euler", 28)
    assert "of is a diffusion model, but euler inverts flow models" in refusal(study_root)
    with_experiment(study_root, "ddim", 20, here(study_root, PIPELINES["flow"]))
    assert "of is a flow model, but ddim inverts diffusion models; take a method of auto" in refusal(study_root)
    with_experiment(study_root, "euler", 28, {"path": "models/here", "resolution": RESOLUTION})
    assert holds(study_root)


@pytest.mark.parametrize("inversion", ["euler", "ddim"])
def test_nothing_is_said_of_a_model_of_which_nothing_is_known(study_root: Path, inversion: str) -> None:
    with_experiment(study_root, inversion, 20, FAR)
    assert holds(study_root)
    assert [line.split(":")[:2] for line in plan(Study(study_root).lineage).skipped] == [["skipped", " of"]]


def test_a_pipeline_that_no_family_calls_is_named(study_root: Path) -> None:
    with_experiment(study_root, "ddim", 20, {**FAR, "pipeline": "StableDifusionPipeline"})
    assert refusal(study_root).startswith("of: no pipeline 'StableDifusionPipeline'; have StableDiffusionPipeline, ")


def test_a_training_list_that_is_no_data_set_is_a_warning(study_root: Path) -> None:
    tiny = {**CATALOG["models"]["tiny"], "training_lists": ["paintings", "paintigs"]}
    write_catalog(study_root, {**CATALOG, "models": {"tiny": tiny}})
    lines, faults = check_catalog(study_root)
    assert faults == []
    assert [line.partition(", which")[0] for line in lines if "training_lists" in line] == [
        "warning: tiny: training_lists names 'paintigs'"
    ]


@pytest.mark.parametrize("inversion", DIFFUSION)
def test_steps_must_be_those_of_a_schedule(study_root: Path, inversion: str) -> None:
    with_experiment(study_root, inversion, 30)
    assert refusal(study_root) == "of.this: steps 30: must divide the model's 1000 training steps, as 20 or 50 do"


def test_steps_are_held_to_the_model_s_own_training_steps(study_root: Path) -> None:
    few = here(study_root, PIPELINES["diffusion"], num_train_timesteps=900)
    with_experiment(study_root, "ddim", 30, few)
    assert holds(study_root)
    with_experiment(study_root, "ddim", 40, few)
    assert "steps 40: must divide the model's 900 training steps" in refusal(study_root)
    with_experiment(study_root, "ddim", 1000)
    assert "steps 1000: the last timestep 1000 is not a training step; take fewer" in refusal(study_root)
    with_experiment(study_root, "rf_solver", 7, {**FAR, "pipeline": PIPELINES["flow"]})
    assert holds(study_root), "a flow model has a level for any number of steps"


def test_a_method_that_no_experiment_uses_is_checked_alone(study_root: Path) -> None:
    methods = {**CATALOG["methods"], "spare": {"inversion": "ddim", "steps": 30}}
    write_catalog(study_root, {**CATALOG, "methods": methods})
    faults = check_catalog(study_root)[1]
    assert [line.partition(", as")[0] for line in faults] == [
        "spare: steps 30: must divide the model's 1000 training steps"
    ]
    assert plan(Study(study_root).lineage)


def test_a_generated_data_set_needs_steps_of_its_model(study_root: Path) -> None:
    copies = {**CATALOG["datasets"]["copies"], "steps": 30}
    write_catalog(study_root, {**CATALOG, "datasets": {**CATALOG["datasets"], "copies": copies}})
    assert refusal(study_root).startswith("copies: steps 30: must divide")
    with pytest.raises(CatalogError, match="copies: steps 30"):
        dataset_index(Step(Study(study_root), "run"), "copies")


def test_unknown_readouts_are_refused_before_anything_is_inverted(study_root: Path) -> None:
    name = with_experiment(study_root, "ddim", 4, readouts=["noise", "aura"])
    message = f"{name}: no readout 'aura'; have {', '.join(READOUTS)}"
    assert refusal(study_root) == message
    with pytest.raises(CatalogError) as by_step:
        next(reconstructions(Step(Study(study_root), "run"), None, name, []))  # type: ignore[arg-type]
    with pytest.raises(CatalogError) as by_score:
        score_files(study_root, [], name)
    assert str(by_step.value) == str(by_score.value) == message


def test_materialize_refuses_a_wrong_experiment_before_it_runs_anything_for_it(study_root: Path) -> None:
    name = with_experiment(study_root, "fireflow", 10)
    outcome = bring_up_to_date(study_root, Scope(experiments=(name,)))
    assert outcome.made == ("tables",), "of nothing, which is true"
    assert "of is a diffusion model, but fireflow inverts flow models" in "".join(outcome.problems)
    with open_instance(study_root) as instance:
        assert not instance.get_dynamic_partitions("cell")


def test_what_is_not_asked_for_is_no_fault(study_root: Path) -> None:
    name = with_experiment(study_root, "edikt", 4)
    assert not plan(Study(study_root).lineage, Scope(experiments=(EXPERIMENT,))).problems
    assert not plan(Study(study_root).lineage, Scope(datasets=("copies",))).problems
    for scope in (Scope(experiments=(name,)), Scope(datasets=("paintings",))):
        assert "this: no inversion 'edikt'" in "".join(plan(Study(study_root).lineage, scope).problems)
