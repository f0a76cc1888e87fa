"""The round trip as one writes it with diffusers, and metrics of each pair: what the project has to be faster than.

UNet or transformer and autoencoder are those of a pipeline; the schedulers are DDIMScheduler and DDIMInverseScheduler,
for a flow model FlowMatchEulerDiscreteScheduler and its levels upwards. The prompt is embedded for each batch, nothing
is kept of an original, and no floor is measured. Latents and autoencoder are float32, as ours, so that scores agree.
"""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from creativity_assets.images.encoding import to_png
from creativity_assets.images.preprocess import preprocess
from creativity_assets_tests.bench.subject import Subject

Predict = Callable[[Tensor, Any], Tensor]


@torch.inference_mode()
def measure(subject: Subject, files: Sequence[Path], batch: int) -> list[float]:
    """The composite score of each file."""
    scores: list[float] = []
    for start in range(0, len(files), batch):
        opened = [Image.open(file).convert("RGB") for file in files[start : start + batch]]
        originals = np.stack([preprocess(image, subject.backbone.resolution) for image in opened])
        returned = round_trip(subject, originals)
        for picture in returned:
            to_png(picture)
        scores += subject.suite.score(originals, returned)["composite"].tolist()
    return scores


def round_trip(subject: Subject, originals: np.ndarray) -> np.ndarray:
    """uint8 (B, R, R, 3) to the same."""
    vae, config = subject.pipeline.vae, subject.pipeline.vae.config
    shift = config.shift_factor or 0.0
    x = torch.from_numpy(originals).permute(0, 3, 1, 2).to(subject.device.name).float() / 127.5 - 1
    z = (vae.encode(x).latent_dist.mode() - shift) * config.scaling_factor
    predict = predicting(subject, len(originals))
    z = (flow_trip if subject.backbone.kind == "flow" else ddim_trip)(subject, predict, z)
    x = vae.decode(z / config.scaling_factor + shift).sample
    pixels: np.ndarray = ((x / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return pixels


def ddim_trip(subject: Subject, predict: Predict, z: Tensor) -> Tensor:
    from diffusers import DDIMInverseScheduler, DDIMScheduler

    sampler = DDIMScheduler.from_config(
        subject.pipeline.scheduler.config,
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        timestep_spacing="leading",
    )
    for scheduler in (DDIMInverseScheduler.from_config(sampler.config), sampler):
        scheduler.set_timesteps(subject.steps)
        for t in scheduler.timesteps:
            z = scheduler.step(predict(z, t), t, z).prev_sample
    return z


def flow_trip(subject: Subject, predict: Predict, z: Tensor) -> Tensor:
    scheduler = subject.pipeline.scheduler
    scheduler.set_timesteps(subject.steps, device=subject.device.name)
    rising = scheduler.sigmas.flip(0)
    for here, above in itertools.pairwise(rising):
        z = z + (above - here) * predict(z, here * scheduler.config.num_train_timesteps)
    for t in scheduler.timesteps:
        z = scheduler.step(predict(z, t), t, z).prev_sample
    return z


def predicting(subject: Subject, images: int) -> Predict:
    """The network under the empty prompt, embedded here, as the one that guidance would start from."""
    pipeline, device, dtype = subject.pipeline, subject.device.name, subject.dtype
    embedded = pipeline.encode_prompt(
        "",
        device=device,
        num_images_per_prompt=images,
        do_classifier_free_guidance=True,
        **({"prompt_2": "", "prompt_3": ""} if subject.backbone.kind == "flow" else {}),
    )
    tokens = embedded[1].to(dtype)
    if subject.backbone.kind == "flow":
        pooled = embedded[3].to(dtype)
        return lambda z, t: _output(
            pipeline.transformer(
                hidden_states=z.to(dtype),
                timestep=t.expand(len(z)),
                encoder_hidden_states=tokens,
                pooled_projections=pooled,
                return_dict=False,
            ),
            z,
        )
    more = {}
    if len(embedded) == 4:  # SDXL
        side = 2 * (subject.backbone.resolution,)
        width = pipeline.text_encoder_2.config.projection_dim
        ids = pipeline._get_add_time_ids(side, (0, 0), side, dtype=dtype, text_encoder_projection_dim=width)
        more = {"text_embeds": embedded[3].to(dtype), "time_ids": ids.to(device).repeat(images, 1)}
    return lambda z, t: _output(
        pipeline.unet(z.to(dtype), t, encoder_hidden_states=tokens, added_cond_kwargs=more, return_dict=False), z
    )


def _output(returned: Any, z: Tensor) -> Tensor:
    output: Tensor = returned[0]
    return output.to(z.dtype)
