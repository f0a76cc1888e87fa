"""`creativity score --save-reconstruction` against a loop written with nothing but diffusers."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from creativity_assets.atelier import PAINTERS, paint
from creativity_assets.commands.score import score_files

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with the project's own catalogue and embedded weights."""
    shutil.copytree(DATA / "catalog", tmp_path / "data" / "catalog")
    (tmp_path / "data" / "embedded").symlink_to(DATA / "embedded")
    return tmp_path / "data"


def diffusers_round_trip(pixels: np.ndarray) -> np.ndarray:
    """The study's steps 1 to 4 by diffusers' own schedulers; uint8 (64, 64, 3) in and out."""
    from diffusers import DDIMInverseScheduler, DDIMScheduler, StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(
        DATA / "embedded" / "tiny-sd", dtype=torch.float32, safety_checker=None, local_files_only=True
    )
    sampler = DDIMScheduler.from_config(
        pipe.scheduler.config, clip_sample=False, set_alpha_to_one=False, steps_offset=1, timestep_spacing="leading"
    )
    inverter = DDIMInverseScheduler.from_config(sampler.config)
    words = pipe.tokenizer("", padding="max_length", max_length=pipe.tokenizer.model_max_length, return_tensors="pt")
    context = pipe.text_encoder(words.input_ids)[0]
    x = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.no_grad():
        z = pipe.vae.encode(x).latent_dist.mode() * pipe.vae.config.scaling_factor
        for scheduler in (inverter, sampler):
            scheduler.set_timesteps(20)
            for t in scheduler.timesteps:
                z = scheduler.step(pipe.unet(z, t, encoder_hidden_states=context).sample, t, z).prev_sample
        x = pipe.vae.decode(z / pipe.vae.config.scaling_factor).sample
    return ((x[0].permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()


@pytest.mark.filterwarnings("ignore:.*safety checker.*")
def test_saved_reconstructions_are_those_of_diffusers(root: Path, tmp_path: Path) -> None:
    works = [paint(painter, "show", 1) for painter in PAINTERS[::8]]
    files = [tmp_path / f"work{n}.png" for n in range(len(works))]
    for file, work in zip(files, works, strict=True):
        Image.fromarray(work.image).save(file)
    rows, problems = score_files(root, files, "tiny-sd.ddim20", tmp_path / "out")
    assert len(rows) == len(works)
    assert problems == []
    for file, work in zip(files, works, strict=True):
        saved = np.asarray(Image.open(tmp_path / "out" / file.name), float)
        gap = np.abs(saved - diffusers_round_trip(work.image))
        assert gap.mean() < 1, "one grey level on average"
        assert np.abs(saved - work.image).mean() > gap.mean(), "the round trip itself changes more than that"
