"""The backbone against an independent loop over diffusers' own pipeline."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDIMInverseScheduler, DDIMScheduler, StableDiffusionPipeline
from torch import Tensor

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.diffusion_schedule import DiffusionLevels
from creativity_assets.diffusion.inversion import ddim_invert, ddim_sample
from creativity_assets.diffusion.weights.model_files import ModelSource
from creativity_assets.errors import ModelError

PROMPTS = ["a portrait of the sea", "red and blue"]


def images(count: int = 3, size: int = 32) -> np.ndarray:
    """Smooth random images: a few waves of colour."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:size, 0:size] / size
    waves = [
        np.stack([np.sin(6 * (rng.normal() * x + rng.normal() * y) + rng.normal()) for _ in range(3)], -1)
        for _ in range(count)
    ]
    return (np.stack(waves) * 127.5 + 127.5).round().astype(np.uint8)


@pytest.fixture(scope="module")
def pipeline(sd_folder: Path) -> Any:
    loaded = StableDiffusionPipeline.from_pretrained(sd_folder)
    loaded.set_progress_bar_config(disable=True)
    loaded.scheduler = DDIMScheduler.from_config(
        loaded.scheduler.config,
        timestep_spacing="leading",
        steps_offset=1,
        set_alpha_to_one=False,
        clip_sample=False,
    )
    return loaded


@torch.inference_mode()
def reference_round_trip(pipeline: Any, originals: np.ndarray, steps: int) -> tuple[Tensor, Tensor, np.ndarray]:
    """(z0, z0', x0') by the pipeline's own parts and diffusers' schedulers; none of our code."""
    pixels = pipeline.image_processor.preprocess(originals.astype(np.float32) / 255)
    z0 = pipeline.vae.encode(pixels).latent_dist.mode() * pipeline.vae.config.scaling_factor
    prompt, _ = pipeline.encode_prompt("", "cpu", len(originals), False)
    z = z0
    for scheduler in (DDIMInverseScheduler.from_config(pipeline.scheduler.config), pipeline.scheduler):
        scheduler.set_timesteps(steps)
        for t in scheduler.timesteps:
            z = scheduler.step(pipeline.unet(z, t, encoder_hidden_states=prompt).sample, t, z).prev_sample
    decoded = pipeline.vae.decode(z / pipeline.vae.config.scaling_factor).sample
    levels = pipeline.image_processor.postprocess(decoded, output_type="np") * 255
    return z0, z, levels.round().astype(np.uint8)


def round_trip(backbone: Backbone, steps: int, latents: Tensor) -> Tensor:
    e, schedule = backbone.denoiser(), backbone.schedule(steps)
    return ddim_sample(e, schedule, ddim_invert(e, schedule, latents).noise)


def relative(ours: Tensor, theirs: Tensor) -> float:
    return float((ours - theirs).norm() / theirs.norm())


def assert_same_images(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Hardly a level differs, and none by more than one; truncating instead of rounding would move half of them."""
    difference = np.abs(ours.astype(float) - theirs.astype(float))
    assert difference.max() <= 1
    assert difference.mean() < 0.01


def test_round_trip_is_that_of_an_independent_loop(backbone: Backbone, pipeline: Any) -> None:
    originals = images()
    z0, returned, decoded = reference_round_trip(pipeline, originals, 20)
    latents = backbone.encode(originals)
    assert relative(latents, z0) < 1e-5
    ours = round_trip(backbone, 20, latents)
    # diffusers accumulates alphas in float32; forty steps of a random network enlarge that
    assert relative(ours, returned) < 5e-5
    assert_same_images(backbone.decode(ours), decoded)
    assert relative(ours, z0) > 0.01, "a round trip without error would not test the denoiser"


def test_samples_are_those_of_the_pipeline(backbone: Backbone, pipeline: Any) -> None:
    noise = backbone.noise([11, 12])
    theirs = pipeline(PROMPTS, num_inference_steps=20, guidance_scale=7.5, latents=noise, output_type="np").images
    ours = backbone.sample(PROMPTS, [11, 12], steps=20, guidance=7.5)
    assert_same_images(ours, (theirs * 255).round())


@pytest.mark.parametrize("without_signal", [False, True])
def test_velocity_prediction_is_diffusers(sd_folder: Path, pipeline: Any, tmp_path: Path, without_signal: bool) -> None:
    """With zero terminal SNR too (Lin et al. 2024), which models of velocity are trained with."""
    facts = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": without_signal}
    folder = shutil.copytree(sd_folder, tmp_path / "v")
    config = folder / "scheduler" / "scheduler_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), **facts}))
    velocity = Backbone.load(folder)
    assert isinstance(velocity.levels, DiffusionLevels)
    assert bool(velocity.levels.alpha_bars[-1] == 0) is without_signal
    noise = velocity.noise([1, 2])
    sampler = DDIMScheduler.from_config(pipeline.scheduler.config, **facts)
    kept, pipeline.scheduler = pipeline.scheduler, sampler
    theirs = pipeline(PROMPTS, num_inference_steps=10, guidance_scale=3.0, latents=noise, output_type="np").images
    pipeline.scheduler = kept
    ours = velocity.sample(PROMPTS, [1, 2], steps=10, guidance=3.0)
    assert_same_images(ours, (theirs * 255).round())


def test_batch_and_order_do_not_matter(backbone: Backbone) -> None:
    originals = images(5)
    together = backbone.encode(originals)
    trip = round_trip(backbone, 10, together)
    for i in (4, 0, 2):
        alone = backbone.encode(originals[i : i + 1])
        assert relative(alone[0], together[i]) < 1e-5
        assert relative(round_trip(backbone, 10, alone)[0], trip[i]) < 1e-5


def test_a_sample_depends_on_its_own_seed_and_caption_alone(backbone: Backbone) -> None:
    both = backbone.sample(PROMPTS, [5, 6], steps=10)
    swapped = backbone.sample(PROMPTS[::-1], [6, 5], steps=10)
    alone = backbone.sample(PROMPTS[1:], [6], steps=10)
    assert np.abs(both[::-1].astype(int) - swapped).max() <= 1
    assert np.abs(both[1].astype(int) - alone[0]).max() <= 1
    assert np.abs(both[0].astype(int) - backbone.sample(PROMPTS[:1], [7], steps=10)[0]).max() > 1
    assert np.abs(both[0].astype(int) - backbone.sample(PROMPTS[1:], [5], steps=10)[0]).max() > 1


@contextmanager
def counted_evaluations(backbone: Backbone) -> Iterator[list[int]]:
    """The batch sizes the UNet is called with."""
    sizes: list[int] = []
    hook = backbone._networks.unet.register_forward_pre_hook(lambda _module, inputs: sizes.append(len(inputs[0])))
    try:
        yield sizes
    finally:
        hook.remove()


@pytest.mark.parametrize(
    ("prompts", "guidance", "evaluations"),
    [
        (None, 7.5, 1),
        (["", ""], 7.5, 1),
        (PROMPTS, 0.0, 1),
        (PROMPTS, 1.0, 1),
        (PROMPTS, 7.5, 2),
        (["", "red"], 7.5, 2),
    ],
)
def test_no_prompt_or_no_guidance_is_one_evaluation(
    backbone: Backbone, prompts: list[str] | None, guidance: float, evaluations: int
) -> None:
    x = backbone.noise([1, 2])
    with counted_evaluations(backbone) as sizes:
        e = backbone.denoiser(prompts, guidance)(x, 501)
    assert sizes == [2] * evaluations
    null = backbone.denoiser()(x, 501)
    is_null = prompts is None or not any(prompts) or guidance == 0.0
    assert torch.equal(e, null) is is_null


def test_floor_is_the_autoencoder_alone(backbone: Backbone, pipeline: Any) -> None:
    originals = images()
    with torch.inference_mode():
        pixels = pipeline.image_processor.preprocess(originals.astype(np.float32) / 255)
        decoded = pipeline.vae.decode(pipeline.vae.encode(pixels).latent_dist.mode()).sample
    theirs = (pipeline.image_processor.postprocess(decoded, output_type="np") * 255).round()
    assert_same_images(backbone.decode(backbone.encode(originals)), theirs)


def test_networks_are_frozen_and_state_is_float32(backbone: Backbone) -> None:
    for network in (backbone._networks.vae, backbone._networks.unet, backbone._networks.text_encoder):
        assert not network.training
        assert not any(parameter.requires_grad for parameter in network.parameters())
    assert backbone.encode(images(1)).dtype == torch.float32
    assert backbone.denoiser()(backbone.noise([1]), 1).dtype == torch.float32


def test_half_precision_network_keeps_a_float32_state(sd_folder: Path, backbone: Backbone) -> None:
    half = Backbone.load(sd_folder, dtype="bfloat16")
    assert half._networks.unet.dtype == torch.bfloat16
    assert half._networks.vae.dtype == torch.float32
    e = half.denoiser()(half.noise([1]), 501)
    assert e.dtype == torch.float32
    assert relative(e, backbone.denoiser()(backbone.noise([1]), 501)) < 0.05


@pytest.mark.parametrize(
    "wrong", [np.zeros((1, 16, 16, 3), np.uint8), np.zeros((1, 32, 32, 3)), np.zeros((32, 32, 3), np.uint8)]
)
def test_images_that_are_not_preprocessed_are_refused(backbone: Backbone, wrong: np.ndarray) -> None:
    with pytest.raises(ModelError, match=r"tiny: images are .*preprocess them first"):
        backbone.encode(wrong)


def test_resolution_may_be_stated(sd_folder: Path) -> None:
    larger = Backbone.load(sd_folder, resolution=48)
    assert larger.encode(images(1, 48)).shape == (1, *larger.latent_shape) == (1, 4, 12, 12)
    with pytest.raises(ModelError, match="tiny: resolution 50 is no multiple of 4"):
        Backbone.load(sd_folder, name="tiny", resolution=50)
    with pytest.raises(ModelError, match="tiny: no dtype 'int8'"):
        Backbone.load(sd_folder, name="tiny", dtype="int8")


def test_a_model_without_a_name_is_called_by_its_folder(sd_folder: Path) -> None:
    with pytest.raises(ModelError, match=f"^{re.escape(str(sd_folder))}: resolution 50 is no multiple of 4"):
        Backbone.load(sd_folder, resolution=50)


def test_the_device_s_dtype_is_used_where_the_entry_states_none(sd_folder: Path) -> None:
    for stated, expected in ((None, torch.bfloat16), ("float32", torch.float32)):
        source = ModelSource("tiny", sd_folder, dtype=stated)
        assert Backbone.from_source(source, default_dtype=torch.bfloat16).network.dtype == expected


def test_tokenizer_in_clips_older_files_is_the_same(sd_folder: Path, backbone: Backbone, tmp_path: Path) -> None:
    """SD 1.5's folder carries vocab.json and merges.txt instead of tokenizer.json."""
    folder = shutil.copytree(sd_folder, tmp_path / "older")
    words = json.loads((folder / "tokenizer" / "tokenizer.json").read_text())["model"]
    (folder / "tokenizer" / "tokenizer.json").unlink()
    (folder / "tokenizer" / "vocab.json").write_text(json.dumps(words["vocab"]))
    merges = "\n".join(" ".join(pair) for pair in words["merges"])
    (folder / "tokenizer" / "merges.txt").write_text(f"#version: 0.2\n{merges}\n")
    assert torch.equal(Backbone.load(folder).embed(PROMPTS).tokens, backbone.embed(PROMPTS).tokens)


def test_prediction_is_differentiable_in_its_conditioning(backbone: Backbone) -> None:
    """What null-text optimisation needs: the gradient of autograd is that of finite differences."""
    x = backbone.encode(images(2))
    null = backbone.embed([""])
    leaf = null.tokens.clone().requires_grad_()
    backbone.prediction(null.with_tokens(leaf))(x, 501).square().sum().backward()
    direction = leaf.grad / leaf.grad.norm()
    h = 1e-2

    def loss(step: float) -> float:
        e = backbone.prediction(null.with_tokens(null.tokens + step * direction))(x, 501)
        return float(e.double().square().sum())

    assert not backbone.prediction(null)(x, 501).requires_grad
    # central differences of a float32 network: truncation and rounding are each about 1e-3 here
    assert (loss(h) - loss(-h)) / (2 * h) == pytest.approx(float(leaf.grad.norm()), rel=1e-2)


def test_one_conditioning_serves_the_whole_batch(backbone: Backbone) -> None:
    x = backbone.noise([1, 2, 3])
    once, each = backbone.embed(["red"]), backbone.embed(["red"] * 3)
    assert once.tokens.shape[0] == 1 and each.tokens.shape[0] == 3
    assert relative(backbone.prediction(once)(x, 501), backbone.prediction(each)(x, 501)) < 1e-6
    assert torch.equal(backbone.denoiser(["red"] * 3, 1.0)(x, 501), backbone.prediction(each)(x, 501))


def test_on_a_cpu_the_autoencoder_takes_a_batch_in_pieces(backbone: Backbone, monkeypatch: pytest.MonkeyPatch) -> None:
    originals = images(5)
    latents = backbone.encode(originals)
    floors = backbone.decode(latents)
    monkeypatch.setattr("creativity_assets.diffusion.backbone.AUTOENCODER_PIXELS", 2 * backbone.resolution**2)
    sizes: list[int] = []
    networks = backbone.autoencoder.encoder, backbone.autoencoder.decoder
    hooks = [n.register_forward_pre_hook(lambda _module, inputs: sizes.append(len(inputs[0]))) for n in networks]
    try:
        assert relative(backbone.encode(originals), latents) < 1e-5
        assert_same_images(backbone.decode(latents), floors)
    finally:
        for hook in hooks:
            hook.remove()
    assert sizes == [2, 2, 1] * 2
