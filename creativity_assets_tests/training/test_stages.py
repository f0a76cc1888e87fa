"""The three trainings at toy size, from the painter to folders that the ordinary libraries load."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from creativity_assets.errors import TrainingError
from creativity_assets.training import data, stages
from creativity_assets.training.autoencoder import AutoencoderSettings
from creativity_assets.training.cards import write_cards
from creativity_assets.training.denoiser import DenoiserSettings
from creativity_assets.training.loop import Budget, Optimisation, Progress
from creativity_assets.training.perceptual import PerceptualSettings
from creativity_assets.training.semantic import SemanticSettings
from creativity_assets.training.stages import SuiteSettings
from creativity_assets.training.text import TextSettings

EIGHT = Optimisation(batch=8)
AUTOENCODER = AutoencoderSettings(channels=(8, 8, 16), works_per_painter=1, budget=Budget(steps=25), optimisation=EIGHT)
SUITE = SuiteSettings(
    semantic=SemanticSettings(
        width=32, layers=1, heads=2, works_per_painter=2, budget=Budget(steps=12), optimisation=EIGHT
    ),
    perceptual=PerceptualSettings(
        works_per_painter=2, graded_works=4, trunk_budget=Budget(steps=25), trunk=EIGHT, heads_budget=Budget(steps=20)
    ),
)
DENOISER = DenoiserSettings(
    channels=(16, 16, 32),
    heads=2,
    text=TextSettings(width=16, layers=1, heads=2),
    works_per_painter=1,
    budget=Budget(steps=25),
    optimisation=EIGHT,
)


@pytest.fixture(scope="module", autouse=True)
def few_works():
    """A handful of works instead of the thousands that a real training paints."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "SHOWN", 4)
        yield


@pytest.fixture(scope="module")
def trained(few_works, tmp_path_factory: pytest.TempPathFactory):
    """A data root with all three stages trained, and what they reported."""
    root = tmp_path_factory.mktemp("root")
    reports: list[Progress] = []
    stages.autoencoder(root, AUTOENCODER, reports.append, judged=1)
    stages.suite(root, SUITE, reports.append, judged=1)
    stages.denoiser(root, DENOISER, reports.append, judged=1)
    return root, reports


def test_losses_fall(trained) -> None:
    _, reports = trained
    for stage in ("autoencoder", "semantic", "perceptual trunk", "perceptual heads", "denoiser"):
        losses = [progress.loss for progress in reports if progress.stage == stage]
        assert losses[-1] < losses[0], stage
        assert [progress.spent for progress in reports if progress.stage == stage][-1] == 1


def test_the_folder_is_a_stable_diffusion_in_float32(trained) -> None:
    from diffusers import StableDiffusionPipeline

    root, _ = trained
    pipeline = StableDiffusionPipeline.from_pretrained(root / "embedded" / "tiny-sd", safety_checker=None)
    pipeline.set_progress_bar_config(disable=True)
    assert {pipeline.unet.dtype, pipeline.vae.dtype, pipeline.text_encoder.dtype} == {torch.float32}
    assert not list((root / "embedded").rglob("*.bin"))
    image = pipeline("a portrait", num_inference_steps=2, output_type="np").images
    assert image.shape == (1, 64, 64, 3)
    assert np.isfinite(image).all()


def test_the_scheduler_is_stable_diffusion_s(trained) -> None:
    root, _ = trained
    config = json.loads((root / "embedded" / "tiny-sd" / "scheduler" / "scheduler_config.json").read_text())
    wanted = {
        "_class_name": "PNDMScheduler",
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "clip_sample": False,
        "beta_schedule": "scaled_linear",
        "num_train_timesteps": 1000,
        "steps_offset": 1,
        "set_alpha_to_one": False,
        "skip_prk_steps": True,
        "prediction_type": "epsilon",
    }
    assert {name: config[name] for name in wanted} == wanted


def test_latents_have_unit_deviation(trained) -> None:
    from diffusers import AutoencoderKL

    from creativity_assets.training import autoencoder

    root, _ = trained
    shipped = AutoencoderKL.from_pretrained(root / "embedded" / "tiny-sd", subfolder="vae")
    means, _ = autoencoder.encode(shipped, data.training_works(1).images)
    assert float(means.std()) * shipped.config.scaling_factor == pytest.approx(1, abs=0.02)


def test_the_suite_loads_and_is_zero_only_for_the_same_image(trained) -> None:
    from creativity_assets.training.quality import dino_distance, lpips_distance

    root, _ = trained
    suite = root / "embedded" / "suite"
    images = torch.rand((3, 3, 64, 64), generator=torch.Generator().manual_seed(0))
    for distance in (dino_distance(stages.load_semantic(suite)), lpips_distance(stages.load_perceptual(suite))):
        with torch.no_grad():
            assert distance(images, images).abs().max() < 1e-6
            assert distance(images, images.flip(0))[0] > 1e-6
            torch.testing.assert_close(distance(images, images.flip(0)), distance(images.flip(0), images))


def test_heads_are_not_negative(trained) -> None:
    root, _ = trained
    model = stages.load_perceptual(root / "embedded" / "suite")
    assert all((head.model[1].weight >= 0).all() for head in model.lins)


def test_a_second_call_trains_nothing(trained) -> None:
    root, _ = trained
    reports: list[Progress] = []
    stages.autoencoder(root, AUTOENCODER, reports.append, judged=1)
    assert [progress.step for progress in reports] == [25]


def test_cards_say_what_was_measured_and_what_was_missed(trained) -> None:
    root, _ = trained
    cards = {card.parent.name: card.read_text() for card in write_cards(root)}
    facts = json.loads((root / "embedded" / "tiny-sd" / "quality.json").read_text())
    assert f"{facts['quality']['autoencoder']['psnr_db']} dB" in cards["tiny-sd"]
    assert "NOT met" in cards["tiny-sd"]  # 25 steps cannot be enough
    assert "Share of cases" in cards["suite"]


def test_the_order_of_the_stages_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="run `creativity train autoencoder` first"):
        stages.denoiser(tmp_path, DENOISER)
    with pytest.raises(TrainingError, match="run `creativity train"):
        write_cards(tmp_path)
