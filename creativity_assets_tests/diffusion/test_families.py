"""Every family, loaded from a folder in its real layout, against diffusers' own pipeline and scheduler loops."""

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers import DDIMInverseScheduler, DDIMScheduler
from torch import Tensor

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.families import family_of
from creativity_assets.diffusion.inversion import INVERSIONS
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.diffusion.weights.layouts import LAYOUTS
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.measure import Latent, Reconstruction, encode, reconstruct
from creativity_assets.engine.readouts import READOUTS
from creativity_assets.errors import ModelError
from creativity_assets_tests.diffusion.test_backbone import assert_same_images, images, relative
from creativity_assets_tests.tiny_families import SAVERS, save_tiny_sd3, save_tiny_sdxl

PROMPTS = ["a portrait of the sea", "red and blue"]
DIFFUSION = ("sd1", "sd2", "sdxl")


@pytest.fixture(scope="module", params=SAVERS)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    name = request.param
    return name, SAVERS[name](tmp_path_factory.mktemp(name))


@pytest.fixture(scope="module")
def folder(family: tuple[str, Path]) -> Path:
    return family[1]


@pytest.fixture(scope="module")
def ours(folder: Path) -> Backbone:
    return Backbone.load(folder)


@pytest.fixture(scope="module")
def theirs(family: tuple[str, Path]) -> Any:
    """diffusers' pipeline over the same folder, with the study's DDIM where the family has noise to predict."""
    name, folder = family
    without_t5 = {"text_encoder_3": None, "tokenizer_3": None} if name == "sd3" else {}
    pipeline = diffusers.DiffusionPipeline.from_pretrained(folder, **without_t5)
    pipeline.set_progress_bar_config(disable=True)
    if name in DIFFUSION:
        pipeline.scheduler = study_ddim(pipeline)
    return pipeline


def study_ddim(pipeline: Any) -> Any:
    return DDIMScheduler.from_config(
        pipeline.scheduler.config,
        timestep_spacing="leading",
        steps_offset=1,
        set_alpha_to_one=False,
        clip_sample=False,
    )


def test_layouts_and_families_are_the_same_ones() -> None:
    for name, layout in LAYOUTS.items():
        assert layout.network == family_of(name).network_name
        assert hasattr(diffusers, name)


def test_samples_are_those_of_the_pipeline(ours: Backbone, theirs: Any) -> None:
    noise = ours.noise([11, 12])
    settings = {"num_inference_steps": 10, "guidance_scale": 5.0, "latents": noise, "output_type": "np"}
    images = theirs(PROMPTS, height=32, width=32, **settings).images
    made = ours.sample(PROMPTS, [11, 12], steps=10, guidance=5.0)
    assert_same_images(made, (images * 255).round())
    assert made.std() > 5, "grey images would not test anything"


def test_prompts_and_guidance_matter(ours: Backbone) -> None:
    x, t = ours.noise([1, 2]), 1.0 if ours.kind == "flow" else 501
    null = ours.denoiser()(x, t)
    assert relative(ours.denoiser(PROMPTS, 1.0)(x, t), null) > 1e-3
    assert relative(ours.denoiser(PROMPTS[::-1], 1.0)(x, t), ours.denoiser(PROMPTS, 1.0)(x, t)) > 1e-3
    assert torch.equal(ours.denoiser(["", ""], 7.5)(x, t), null)


@torch.inference_mode()
def reference_round_trip(pipeline: Any, originals: np.ndarray, steps: int) -> tuple[Tensor, Tensor]:
    """(z0, z0') by the pipeline's own parts and diffusers' schedulers; none of our code."""
    pixels = pipeline.image_processor.preprocess(originals.astype(np.float32) / 255)
    vae = pipeline.vae
    z0 = (vae.encode(pixels).latent_dist.mode() - (vae.config.shift_factor or 0)) * vae.config.scaling_factor
    evaluate = REFERENCES[type(pipeline).__name__](pipeline, len(originals))
    if hasattr(pipeline, "transformer"):
        pipeline.scheduler.set_timesteps(steps)
        sigmas = pipeline.scheduler.sigmas
        z = z0
        for i in range(steps, 0, -1):  # Euler's method from data to noise
            z = z + (sigmas[i - 1] - sigmas[i]) * evaluate(z, 1000 * sigmas[i])
        for t in pipeline.scheduler.timesteps:
            z = pipeline.scheduler.step(evaluate(z, t), t, z).prev_sample
        return z0, z
    z = z0
    if pipeline.scheduler.config.prediction_type == "v_prediction":
        evaluate = noise_at_the_timestep(evaluate, pipeline.scheduler.alphas_cumprod)
    for kind in (DDIMInverseScheduler, DDIMScheduler):
        scheduler = kind.from_config(pipeline.scheduler.config, prediction_type="epsilon")
        scheduler.set_timesteps(steps)
        for t in scheduler.timesteps:
            z = scheduler.step(evaluate(z, t), t, z).prev_sample
    return z0, z


def noise_at_the_timestep(velocity: Any, alpha_bars: Tensor) -> Any:
    """e = a v + s x at the timestep that the network was told. (diffusers' inverse scheduler reads v at the state it
    comes from, its own sampler at the timestep: two different noises for one output.)
    """
    return lambda z, t: alpha_bars[t].sqrt() * velocity(z, t) + (1 - alpha_bars[t]).sqrt() * z


def sd_reference(pipeline: Any, count: int) -> Any:
    prompt, _ = pipeline.encode_prompt("", "cpu", count, False)
    return lambda z, t: pipeline.unet(z, t, encoder_hidden_states=prompt).sample


def sdxl_reference(pipeline: Any, count: int) -> Any:
    # With guidance and no negative prompt, diffusers hands out what the model was trained with for "no prompt".
    _, null, _, pooled = pipeline.encode_prompt("x", device="cpu", num_images_per_prompt=count)
    ids = torch.tensor([[32, 32, 0, 0, 32, 32]]).repeat(count, 1)
    extra = {"text_embeds": pooled, "time_ids": ids}
    return lambda z, t: pipeline.unet(z, t, encoder_hidden_states=null, added_cond_kwargs=extra).sample


def sd3_reference(pipeline: Any, count: int) -> Any:
    hidden, _, pooled, _ = pipeline.encode_prompt(
        "", "", "", device="cpu", num_images_per_prompt=count, do_classifier_free_guidance=False
    )
    return lambda z, t: (
        pipeline.transformer(
            hidden_states=z,
            timestep=t.expand(count),
            encoder_hidden_states=hidden,
            pooled_projections=pooled,
        ).sample
    )


REFERENCES = {
    "StableDiffusionPipeline": sd_reference,
    "StableDiffusionXLPipeline": sdxl_reference,
    "StableDiffusion3Pipeline": sd3_reference,
}


def our_round_trip(backbone: Backbone, originals: np.ndarray, steps: int) -> tuple[Tensor, Tensor]:
    z0, schedule, denoiser = backbone.encode(originals), backbone.schedule(steps), backbone.denoiser()
    method = INVERSIONS["euler" if backbone.kind == "flow" else "ddim"]
    return z0, method.sample(denoiser, schedule, method.invert(denoiser, schedule, z0).noise)


def test_round_trip_is_that_of_an_independent_loop(ours: Backbone, theirs: Any) -> None:
    originals = images()
    z0, returned = reference_round_trip(theirs, originals, 10)
    encoded, trip = our_round_trip(ours, originals, 10)
    assert relative(encoded, z0) < 1e-5
    # diffusers keeps its levels in float32; twenty steps of a random network enlarge that
    assert relative(trip, returned) < 5e-5
    assert relative(trip, z0) > 0.01, "a round trip without error would not test the denoiser"


def test_floor_is_the_autoencoder_alone(ours: Backbone, theirs: Any) -> None:
    originals = images()
    with torch.inference_mode():
        pixels = theirs.image_processor.preprocess(originals.astype(np.float32) / 255)
        decoded = theirs.vae.decode(theirs.vae.encode(pixels).latent_dist.mode()).sample
    expected = (theirs.image_processor.postprocess(decoded, output_type="np") * 255).round()
    assert_same_images(ours.decode(ours.encode(originals)), expected)


def test_a_conditioning_is_differentiable(ours: Backbone) -> None:
    x, t = ours.encode(images(2)), 0.5 if ours.kind == "flow" else 501
    null = ours.embed([""])
    leaf = null.tokens.clone().requires_grad_()
    ours.prediction(null.with_tokens(leaf))(x, t).square().sum().backward()
    assert float(leaf.grad.norm()) > 0
    assert not ours.prediction(null)(x, t).requires_grad


def test_half_precision_networks_keep_a_float32_state(folder: Path, ours: Backbone) -> None:
    half = Backbone.load(folder, dtype="bfloat16")
    assert half.network.dtype == torch.bfloat16 and half._networks.vae.dtype == torch.float32
    t = 0.5 if half.kind == "flow" else 501
    e = half.denoiser()(half.noise([1]), t)
    assert e.dtype == torch.float32
    assert relative(e, ours.denoiser()(ours.noise([1]), t)) < 0.05  # bfloat16 has 8 bits


def test_a_schedule_of_another_kind_is_refused(folder: Path, ours: Backbone, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    file = copy / "scheduler" / "scheduler_config.json"
    other = "DDIMScheduler" if ours.kind == "flow" else "FlowMatchEulerDiscreteScheduler"
    file.write_text(json.dumps({**json.loads(file.read_text()), "_class_name": other}))
    with pytest.raises(ModelError, match=f"my-entry: the folder's {other} is no scheduler for a {ours.kind} model"):
        Backbone.load(copy, name="my-entry")


def test_levels_and_latents_of_other_kinds_are_refused(sd_folder: Path, tmp_path: Path) -> None:
    """As Playground 2.5 has both: numbers would come out, of another model."""
    copy = shutil.copytree(sd_folder, tmp_path / "edm")
    sampler = {"_class_name": "EDMDPMSolverMultistepScheduler", "sigma_data": 0.5, "prediction_type": "epsilon"}
    (copy / "scheduler" / "scheduler_config.json").write_text(json.dumps(sampler))
    with pytest.raises(
        ModelError, match="my-entry: the folder's EDMDPMSolverMultistepScheduler states no beta_schedule"
    ):
        Backbone.load(copy, name="my-entry")
    copy = shutil.copytree(sd_folder, tmp_path / "mean")
    file = copy / "vae" / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "latents_mean": [0.1] * 4, "latents_std": [2.0] * 4}))
    with pytest.raises(ModelError, match=r"my-entry: the autoencoder standardises latents \(latents_mean\)"):
        Backbone.load(copy, name="my-entry")


def test_every_component_is_needed(folder: Path, tmp_path: Path) -> None:
    layout = LAYOUTS[json.loads((folder / "model_index.json").read_text())["_class_name"]]
    for name in layout.chosen(()):
        copy = shutil.copytree(folder, tmp_path / name)
        shutil.rmtree(copy / name)
        with pytest.raises(ModelError, match=f"my-entry: folder {copy / name} is missing; restore the folder"):
            Backbone.load(copy, name="my-entry")


@pytest.mark.parametrize("zeros", [True, False])
def test_sdxl_has_no_prompt_as_it_was_trained(tmp_path: Path, zeros: bool) -> None:
    backbone = Backbone.load(save_tiny_sdxl(tmp_path, zeros_for_empty=zeros))
    none, some = backbone.embed(["", "red"]), backbone.embed(["red"])
    assert bool((none.tokens[0] == 0).all()) is zeros and bool((none.pooled[0] == 0).all()) is zeros
    assert relative(none.tokens[1:], some.tokens) < 1e-6
    assert none.tokens.shape == (2, 16, 48) and none.pooled.shape == (2, 24)


def test_sd3_takes_t5_only_where_it_is_asked_for(tmp_path: Path) -> None:
    folder = save_tiny_sd3(tmp_path)
    small, whole = Backbone.load(folder), Backbone.load(folder, extra=("text_encoder_3", "tokenizer_3"))
    pipeline = diffusers.StableDiffusion3Pipeline.from_pretrained(folder)
    with torch.inference_mode():
        hidden, _, pooled, _ = pipeline.encode_prompt(
            PROMPTS, PROMPTS, PROMPTS, device="cpu", do_classifier_free_guidance=False
        )
    ours = whole.embed(PROMPTS)
    assert relative(ours.tokens, hidden) < 1e-6 and relative(ours.pooled, pooled) < 1e-6
    assert (small.embed(PROMPTS).tokens[:, 16:] == 0).all() and (ours.tokens[:, 16:] != 0).any()
    assert not hasattr(small._networks, "text_encoder_3")
    assert whole.weights_revision() != small.weights_revision()
    with pytest.raises(ModelError, match="my-entry: no optional component 'text_encoder_9'; have text_encoder_3"):
        Backbone.load(folder, name="my-entry", extra=("text_encoder_9",))


def test_sd3_refuses_a_resolution_it_has_no_places_for(tmp_path: Path) -> None:
    folder = save_tiny_sd3(tmp_path)
    with pytest.raises(ModelError, match="my-entry: resolution 36 is no multiple of 8; change the entry"):
        Backbone.load(folder, name="my-entry", resolution=36)
    with pytest.raises(ModelError, match="my-entry: resolution 128 has more than 8 patches a side"):
        Backbone.load(folder, name="my-entry", resolution=128)


def test_sd3_shift_follows_the_resolution_where_the_config_asks(tmp_path: Path) -> None:
    folder = save_tiny_sd3(tmp_path)
    file = folder / "scheduler" / "scheduler_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "use_dynamic_shifting": True}))
    pipeline = diffusers.StableDiffusion3Pipeline.from_pretrained(folder, text_encoder_3=None, tokenizer_3=None)
    pipeline.set_progress_bar_config(disable=True)
    backbone = Backbone.load(folder)
    noise = backbone.noise([3])
    made = pipeline(
        "red", height=32, width=32, num_inference_steps=6, guidance_scale=4.0, latents=noise, output_type="np"
    )
    assert_same_images(backbone.sample(["red"], [3], steps=6, guidance=4.0), (made.images * 255).round())
    np.testing.assert_allclose(backbone.schedule(6).sigmas[::-1], pipeline.scheduler.sigmas.numpy(), rtol=1e-6)


@pytest.mark.parametrize("method", [name for name, spec in INVERSIONS.items() if spec.steps])
def test_the_engine_measures_every_family_by_its_methods(family: tuple[str, Path], ours: Backbone, method: str) -> None:
    """A method for the other kind of model is refused by name. The plain methods take every readout along."""
    originals = [(str(i), image) for i, image in enumerate(images(2))]
    latents = [Latent(e.sample_id, e.latent, "red") for e in encode(ours, originals, batch=BatchSize(2))]
    settings = InversionSettings(method, 2, prompt="caption" if method == "cfg_pp" else "none")
    groups = tuple(READOUTS) if method in {"ddim", "euler"} else ("noise",)

    def measured() -> list[Reconstruction]:
        return list(reconstruct(ours, settings, latents, batch=BatchSize(2), readouts=groups))

    if settings.method.kind != ours.kind:
        with pytest.raises(ModelError, match=f"a {ours.kind} model, but {method} inverts"):
            measured()
        return
    for done in measured():
        assert done.image.shape == (32, 32, 3)
        assert done.readouts and all(np.isfinite(value) for value in done.readouts.values())


def test_prompts_come_in_the_network_s_dtype_whatever_the_encoders_have(theirs: Any) -> None:
    """float32 encoders before a bfloat16 network: what they say is rounded once, and for the network."""
    parts = {name: part for name, part in theirs.components.items() if part is not None}
    pipeline = type(theirs).__name__
    name = family_of(pipeline).network_name
    index = {"force_zeros_for_empty_prompt": True}
    with torch.inference_mode():
        whole = family_of(pipeline)(parts, index, 32).embed(PROMPTS)
        half = family_of(pipeline)({**parts, name: deepcopy(parts[name]).bfloat16()}, index, 32).embed(PROMPTS)
    assert torch.equal(half.tokens, whole.tokens.bfloat16())
    assert (half.pooled is None) is (whole.pooled is None) is (pipeline == "StableDiffusionPipeline")
    if half.pooled is not None and whole.pooled is not None:
        assert torch.equal(half.pooled, whole.pooled.bfloat16())


def test_sdxl_without_the_flag_has_no_prompt_as_diffusers_has(tmp_path: Path) -> None:
    """model_index.json of some other writer: the pipeline's own default decides."""
    folder = save_tiny_sdxl(tmp_path)
    file = folder / "model_index.json"
    index = json.loads(file.read_text())
    del index["force_zeros_for_empty_prompt"]
    file.write_text(json.dumps(index))
    pipeline = diffusers.StableDiffusionXLPipeline.from_pretrained(folder)
    with torch.inference_mode():
        _, null, _, pooled = pipeline.encode_prompt("x", device="cpu")
    ours = Backbone.load(folder).embed([""])
    assert torch.equal(ours.tokens, null) and torch.equal(ours.pooled, pooled)


@pytest.mark.parametrize("save", [save_tiny_sd3, save_tiny_sdxl])
def test_prompts_are_as_long_as_the_pipeline_makes_them(tmp_path: Path, save: Callable[[Path], Path]) -> None:
    """Stable Diffusion 3 cuts for both of its CLIP encoders where the first tokenizer says; SDXL asks each.

    A prompt of many words, and a second tokenizer that would take more than its encoder has places for.
    """
    folder = save(tmp_path)
    second = save is save_tiny_sd3
    if second:
        file = folder / "tokenizer_2" / "tokenizer_config.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "model_max_length": 40}))
    without_t5 = {"text_encoder_3": None, "tokenizer_3": None} if second else {}
    pipeline = diffusers.DiffusionPipeline.from_pretrained(folder, **without_t5)
    long = ["red and blue in the sea " * 8]
    with torch.inference_mode():
        hidden, _, pooled, _ = pipeline.encode_prompt(
            long, long, device="cpu", do_classifier_free_guidance=False, **({"prompt_3": long} if second else {})
        )
    ours = Backbone.load(folder).embed(long)
    assert relative(ours.tokens, hidden) < 1e-6 and relative(ours.pooled, pooled) < 1e-6


def test_sd3_takes_as_many_patches_as_it_has_places_for(tmp_path: Path) -> None:
    """Eight a side, of eight pixels each."""
    backbone = Backbone.load(save_tiny_sd3(tmp_path), resolution=64)
    assert backbone.latent_shape == (16, 16, 16)
    with pytest.raises(ModelError, match="my-entry: resolution 72 has more than 8 patches a side; change the entry"):
        Backbone.load(tmp_path, name="my-entry", resolution=72)
