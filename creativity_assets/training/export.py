"""Folders that diffusers, transformers and lpips load by their ordinary means."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from creativity_assets.training.autoencoder import Autoencoder
from creativity_assets.training.denoiser import SCHEDULER, Denoiser

if TYPE_CHECKING:
    from transformers import CLIPTokenizer, Dinov2Model

KEPT = ("README.md", "quality.json")  # written by other functions into the same folders


def pipeline(autoencoder: Autoencoder, denoiser: Denoiser, vocabulary: "CLIPTokenizer") -> Any:
    """The parts as one Stable Diffusion pipeline without a safety checker."""
    from diffusers import PNDMScheduler, StableDiffusionPipeline

    kind: Any = StableDiffusionPipeline
    scheduler: Any = PNDMScheduler
    built = kind(
        vae=autoencoder,
        text_encoder=denoiser.encoder,
        tokenizer=vocabulary,
        unet=denoiser.unet,
        scheduler=scheduler.from_config(SCHEDULER),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    built.set_progress_bar_config(disable=True)
    return built


def tiny_sd(folder: Path, autoencoder: Autoencoder, denoiser: Denoiser, vocabulary: "CLIPTokenizer") -> None:
    """Write a diffusers folder with float16 weights."""
    aside = _aside(folder)
    pipeline(autoencoder, denoiser, vocabulary).save_pretrained(aside, safe_serialization=True)
    _halve_files(aside)
    _forget_origins(aside)
    _swap(aside, folder)


def lora(folder: Path, unet: Any) -> None:
    """Write the adapter of a UNet as diffusers' LoRA file, float16; alpha equals the rank, and is not written."""
    from diffusers import StableDiffusionPipeline
    from peft.utils import get_peft_model_state_dict

    kind: Any = StableDiffusionPipeline
    aside = _aside(folder)
    kind.save_lora_weights(aside, unet_lora_layers=get_peft_model_state_dict(unet), safe_serialization=True)
    _halve_files(aside)
    _swap(aside, folder)


def autoencoder(folder: Path, model: Autoencoder) -> None:
    """Write the autoencoder alone, as it will stand in the pipeline's folder."""
    aside = _aside(folder)
    model.save_pretrained(aside, safe_serialization=True)
    _halve_files(aside)
    _forget_origins(aside)
    _swap(aside, folder)


def semantic(folder: Path, model: "Dinov2Model", preprocessing: Mapping[str, Any]) -> None:
    """Write a transformers folder: config, float16 weights, preprocessor_config.json."""
    aside = _aside(folder)
    model.save_pretrained(aside, safe_serialization=True)
    _halve_files(aside)
    (aside / "preprocessor_config.json").write_text(json.dumps(preprocessing, indent=2) + "\n")
    _swap(aside, folder)


def perceptual(file: Path, model: nn.Module) -> None:
    """Write the state dict of lpips.LPIPS(net="alex") as float16; heads named twice there are stored twice."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(file.name + ".tmp")
    save_file(halved(model.state_dict()), aside)
    aside.replace(file)


def halved(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """float16 copies that share no memory."""
    return {name: tensor.detach().to(torch.float16, copy=True).contiguous() for name, tensor in state.items()}


def _halve_files(folder: Path) -> None:
    """Store the weights in half the space. The configs still say float32, and so that is what is loaded."""
    for file in folder.rglob("*.safetensors"):
        save_file(halved(load_file(file)), file, metadata={"format": "pt"})


def _forget_origins(folder: Path) -> None:
    """Drop the path that diffusers notes of where a part was loaded from: it means nothing on another machine."""
    for file in folder.rglob("config.json"):
        config = json.loads(file.read_text())
        if config.pop("_name_or_path", None) is not None:
            file.write_text(json.dumps(config, indent=2) + "\n")


def _aside(folder: Path) -> Path:
    aside = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    return aside


def _swap(aside: Path, folder: Path) -> None:
    """Put the new folder in the old one's place; cards and measurements stay."""
    for name in KEPT:
        if (folder / name).exists():
            shutil.copy2(folder / name, aside / name)
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.replace(old)
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside.replace(folder)
    shutil.rmtree(old, ignore_errors=True)
