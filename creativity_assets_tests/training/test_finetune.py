"""tiny-sd's two relatives at toy size: what moves, what is learnt from, what is shipped."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler
from safetensors.torch import load_file

from creativity_assets.atelier import PAINTERS, paint
from creativity_assets.catalog import load_catalog
from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.weights.model_files import Lora
from creativity_assets.errors import TrainingError
from creativity_assets.training import cards, data, finetune
from creativity_assets.training.data import APPRENTICES, EVERYBODY, NEWCOMERS
from creativity_assets.training.denoiser import SCHEDULER, DenoiserSettings
from creativity_assets.training.finetune import PUPILS, FinetuneSettings
from creativity_assets.training.loop import Budget, Optimisation, Progress
from creativity_assets.training.stages import SuiteSettings
from creativity_assets_tests.tiny_models import save_tiny_sd

DATA = Path(__file__).parents[2] / "data"
SETTINGS_SHIPPED = FinetuneSettings()
SETTINGS = FinetuneSettings(
    rank=4, works=16, budget=Budget(steps=12), optimisation=Optimisation(batch=8, learning_rate=1e-2, bfloat16=False)
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with a random tiny-sd."""
    root = tmp_path_factory.mktemp("root")
    save_tiny_sd(root / "embedded" / "tiny-sd", resolution=64)
    (root / "embedded" / "tiny-sd" / "quality.json").write_text("{}")
    return root


@pytest.fixture(scope="module")
def tuned(root: Path) -> tuple[dict[str, dict[str, Any]], list[Progress]]:
    """Both fine-tunings, and what they reported."""
    reports: list[Progress] = []
    return finetune.finetune(root, SETTINGS, reports.append, judged=1), reports


def pictures(works: data.Works) -> set[bytes]:
    return {image.tobytes() for image in works.images}


def test_each_learns_from_its_own_painters_and_nothing_on_show() -> None:
    assert set(NEWCOMERS) == set(EVERYBODY) - set(APPRENTICES)
    shown = pictures(data.held_out_works(3)) | pictures(data.training_works(3))
    shown |= {paint(PAINTERS[painter], "show", index).image.tobytes() for painter in NEWCOMERS for index in range(6)}
    for name, painters in (("tiny-sd-ft", NEWCOMERS), ("tiny-sd-placebo", APPRENTICES)):
        works = PUPILS[name].works(48)
        assert set(works.painters.tolist()) == set(painters)
        assert len(pictures(works)) == 48
        assert not shown & pictures(works)


def test_new_works_are_new_to_the_suite_and_old_works_are_tiny_sd_s() -> None:
    assert not pictures(data.new_works(2 * len(NEWCOMERS))) & pictures(data.suite_works(2))
    deepest = max(SuiteSettings().semantic.works_per_painter, SuiteSettings().perceptual.works_per_painter)
    assert deepest < data.FURTHER
    old = pictures(data.training_works(data.SHOWN // 2 + 2))
    assert pictures(data.old_works(2 * len(APPRENTICES))) <= old
    assert SETTINGS_SHIPPED.works // len(APPRENTICES) <= DenoiserSettings().works_per_painter - data.SHOWN // 2


def test_both_take_as_many_steps_over_as_many_works(tuned: tuple[dict[str, dict[str, Any]], list[Progress]]) -> None:
    facts, reports = tuned
    trainings = [facts[name]["training"] for name in ("tiny-sd-ft", "tiny-sd-placebo")]
    for fact in ("steps", "works", "parameters", "settings", "base"):
        assert trainings[0][fact] == trainings[1][fact], fact
    assert trainings[0]["steps"] == 12
    for name in PUPILS:
        losses = [progress.loss for progress in reports if progress.stage == name]
        assert losses[-1] < losses[0]


def test_only_the_updates_move(root: Path, tuned: object) -> None:
    works = data.new_works(8)
    base = root / "embedded" / "tiny-sd"
    model = finetune.train(works, base, SETTINGS, name="x")
    before = load_file(base / "unet" / "diffusion_pytorch_model.safetensors")
    found = {
        name.replace(".base_layer", ""): tensor
        for name, tensor in model.unet.state_dict().items()
        if "lora_" not in name
    }
    assert found.keys() == before.keys()
    assert all(torch.equal(found[name], before[name]) for name in before)
    moved = [tensor for name, tensor in model.unet.state_dict().items() if "lora_B" in name]
    assert all(tensor.abs().max() > 0 for tensor in moved), "B starts at zero"


def test_what_is_shipped_is_what_was_trained(root: Path, tuned: object) -> None:
    """Through the same code as any LoRA of the catalogue; float16 on disk is the only difference."""
    base = root / "embedded" / "tiny-sd"
    works = data.new_works(SETTINGS.works)
    model = finetune.train(works, base, SETTINGS, name="tiny-sd-ft")
    plain, loaded = Backbone.load(base), Backbone.load(base, lora=Lora(root / "embedded" / "tiny-sd-ft"))
    x, null = loaded.noise([1, 2]), loaded.embed([""]).expanded(2).tokens
    with torch.inference_mode():
        expected = model.unet(x, 501, encoder_hidden_states=null).sample
    update = (expected - plain.denoiser()(x, 501)).norm()
    assert (loaded.denoiser()(x, 501) - expected).norm() < 0.01 * update  # half precision keeps 11 bits


def test_a_second_call_trains_nothing_and_more_steps_go_on(root: Path, tuned: object) -> None:
    reports: list[Progress] = []
    finetune.finetune(root, SETTINGS, reports.append, judged=1)
    assert [(progress.stage, progress.step) for progress in reports] == [("tiny-sd-ft", 12), ("tiny-sd-placebo", 12)]
    other = FinetuneSettings(rank=8, works=16, budget=SETTINGS.budget, optimisation=SETTINGS.optimisation)
    with pytest.raises(TrainingError, match="holds a training with other settings"):
        finetune.finetune(root, other, judged=1)


def test_the_error_is_that_of_an_independent_loop(root: Path) -> None:
    """diffusers' own noising, one timestep and image at a time."""
    backbone, works = Backbone.load(root / "embedded" / "tiny-sd"), data.validation_works(1).by(range(2))
    scheduler = DDPMScheduler.from_config({k: v for k, v in SCHEDULER.items() if k != "skip_prk_steps"})
    null = backbone.embed([""]).tokens
    for i, error in enumerate(finetune.noise_errors(backbone, works)):
        x, noise = backbone.encode(works.images[i : i + 1]), backbone.noise([i])
        squares = []
        for t in finetune.TIMESTEPS:
            noisy = scheduler.add_noise(x, noise, torch.tensor([t]))
            with torch.inference_mode():
                predicted = backbone.network(noisy, t, encoder_hidden_states=null).sample
            squares.append(float((predicted - noise).square().mean()))
        assert float(error) == pytest.approx(np.mean(squares), rel=1e-4)


def test_the_cards_say_what_was_measured(root: Path, tuned: tuple[dict[str, dict[str, Any]], list[Progress]]) -> None:
    for name in cards.FINE_TUNINGS:
        facts = json.loads((root / "embedded" / name / "quality.json").read_text())
        card = cards.CARDS[name](facts)
        assert f"# {name}" in card
        for errors in facts["quality"]["noise_error"].values():
            assert all(str(error) in card for error in errors.values())
    assert tuned[0].keys() == set(cards.FINE_TUNINGS)


def test_tiny_sd_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="run `creativity train denoiser` first"):
        finetune.finetune(tmp_path, SETTINGS)


def test_the_shipped_size_is_small() -> None:
    """At most 3 MB each in git, at the settings a plain `creativity train finetune` takes."""
    settings = FinetuneSettings(works=len(NEWCOMERS), budget=Budget(steps=1), optimisation=Optimisation(batch=2))
    model = finetune.train(data.new_works(len(NEWCOMERS)), DATA / "embedded" / "tiny-sd", settings, name="x")
    updates = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    assert 2 * updates < 3e6


@pytest.mark.parametrize("name", PUPILS)
def test_the_catalogue_has_them_as_overrides_of_tiny_sd(name: str) -> None:
    models = load_catalog(DATA).models
    assert models[name].path == models["tiny-sd"].path and models[name].resolution == models["tiny-sd"].resolution
    assert models[name].overrides.lora is not None and models[name].overrides.lora.path == f"embedded/{name}"
