"""What is measured: a model, ours and as a pipeline of diffusers with equal weights, a suite, and pictures in files."""

import copy
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import nn

from creativity_assets.atelier import works
from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.devices import Device
from creativity_assets.metrics.suites import Suite
from creativity_assets_tests.full_size import FULL_SIZE, full_size_parts

LARGER = 1.25
"""A picture's side over the model's resolution: reading it includes making it smaller, as in any collection."""


@dataclass(frozen=True)
class Subject:
    """pipeline: of diffusers, on the device. files: JPEG files of square pictures."""

    device: Device
    backbone: Backbone
    pipeline: Any
    suite: Suite
    files: Sequence[Path]
    steps: int

    @property
    def settings(self) -> InversionSettings:
        """The plain round trip of this kind of model."""
        return InversionSettings("euler" if self.backbone.kind == "flow" else "ddim", self.steps)

    @property
    def dtype(self) -> torch.dtype:
        found: torch.dtype = self.backbone.network.dtype
        return found


def from_folder(folder: Path, device: Device, dtype: torch.dtype) -> tuple[Backbone, Any]:
    """A model of a folder in diffusers' layout."""
    from diffusers import DiffusionPipeline

    backbone = Backbone.load(folder, name=folder.name, device=device.name, dtype=str(dtype).removeprefix("torch."))
    # Stable Diffusion 3 is measured without T5 unless an entry asks for it.
    without: dict[str, Any] = {"text_encoder_3": None, "tokenizer_3": None} if backbone.kind == "flow" else {}
    pipeline = DiffusionPipeline.from_pretrained(
        folder, dtype=dtype, local_files_only=True, use_safetensors=True, **without
    )
    pipeline.vae.float()  # as ours: scores are compared
    return backbone, pipeline.to(device.name)


def of_full_size(name: str, device: Device, dtype: torch.dtype) -> tuple[Backbone, Any]:
    """A published architecture (`FULL_SIZE`) with random weights."""
    import diffusers

    model = FULL_SIZE[name]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        parts = full_size_parts(name, device.name, dtype)
    theirs = copy.deepcopy(parts)
    for part in parts.values():
        if isinstance(part, nn.Module):
            part.to(memory_format=torch.channels_last)  # as the loader of folders does
    backbone = Backbone(
        parts, model.scheduler, name=name, revision="random", pipeline=model.pipeline, index=model.index
    )
    flow = backbone.kind == "flow"
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler if flow else diffusers.DDIMScheduler
    architecture: Any = getattr(diffusers, model.pipeline)
    given = {**theirs, **model.index, "scheduler": scheduler.from_config(model.scheduler)}
    wanted = inspect.signature(architecture).parameters
    required = {name: None for name, parameter in wanted.items() if parameter.default is inspect.Parameter.empty}
    options = {"requires_safety_checker": False} if "requires_safety_checker" in wanted else {}
    return backbone, architecture(**{**required, **given, **options})


def paint_files(folder: Path, count: int, resolution: int) -> list[Path]:
    """`count` works of the atelier as JPEG files."""
    side = round(resolution * LARGER)
    files = []
    for number, work in zip(range(count), works("show", -(-count // 24), 64), strict=False):
        file = folder / f"{number:05}.jpg"
        Image.fromarray(work.image).resize((side, side), Image.Resampling.BICUBIC).save(file, quality=92)
        files.append(file)
    return files
