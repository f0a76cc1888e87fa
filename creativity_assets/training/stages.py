"""The three trainings as commands run them: paint, train, export, measure. Each is continued by calling it again.

autoencoder -> store/training/autoencoder/vae
suite       -> embedded/suite                    (apart from the others)
denoiser    -> embedded/tiny-sd                  (needs the other two: latents of one, judged by the other)
"""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from creativity_assets.atelier import PAINTERS, vocabulary
from creativity_assets.errors import TrainingError
from creativity_assets.training import autoencoder as autoencoders
from creativity_assets.training import checkpoint, data, export, perceptual, quality, semantic, text
from creativity_assets.training import denoiser as denoisers
from creativity_assets.training.autoencoder import AutoencoderSettings
from creativity_assets.training.denoiser import DenoiserSettings
from creativity_assets.training.loop import OnProgress, silent
from creativity_assets.training.perceptual import PerceptualSettings
from creativity_assets.training.semantic import SemanticSettings


@dataclass(frozen=True)
class SuiteSettings:
    """Both extractors of the embedded suite."""

    semantic: SemanticSettings = field(default_factory=SemanticSettings)
    perceptual: PerceptualSettings = field(default_factory=PerceptualSettings)


def autoencoder(
    root: Path, settings: AutoencoderSettings, on_progress: OnProgress = silent, judged: int = 20
) -> dict[str, Any]:
    """Train the autoencoder below the data root and return its facts; `judged` validation works per painter."""
    folder = root / "store" / "training" / "autoencoder"
    works = data.training_works(settings.works_per_painter, settings.size)
    file = folder / "training.safetensors"
    model = autoencoders.train(works.images, settings, file=file, on_progress=on_progress)
    export.autoencoder(folder / "vae", model)
    shipped = quality.load_autoencoder(folder / "vae")
    facts = {
        "training": training_facts(file, settings, len(works), model),
        "quality": quality.autoencoder_quality(shipped, data.validation_works(judged, settings.size)),
    }
    write_facts(folder / "quality.json", facts)
    return facts


def suite(root: Path, settings: SuiteSettings, on_progress: OnProgress = silent, judged: int = 20) -> dict[str, Any]:
    """Train both extractors, write embedded/suite, and return its facts.

    Where tiny-sd is there, its samples are measured again: the extractor that attributes them is another one now.
    """
    folder = root / "store" / "training" / "suite"
    target = root / "embedded" / "suite"
    works = data.suite_works(
        max(settings.semantic.works_per_painter, settings.perceptual.works_per_painter), settings.semantic.size
    )
    extractor = semantic.train(
        works.images, works.labels(), settings.semantic, file=folder / "semantic.safetensors", on_progress=on_progress
    )
    export.semantic(target / "semantic", extractor, semantic.PREPROCESSING)
    distance = perceptual.train(
        works.images, works.labels(), settings.perceptual, folder=folder, on_progress=on_progress
    )
    export.perceptual(target / "perceptual" / "lpips_alex.safetensors", distance)
    unseen = data.validation_works(judged, settings.semantic.size, first=20)  # 0..19: seen when strengths were chosen
    facts = {
        "training": {
            "semantic": training_facts(folder / "semantic.safetensors", settings.semantic, len(works), extractor),
            "perceptual": training_facts(folder / "trunk.safetensors", settings.perceptual, len(works), distance)
            | {"heads_steps": checkpoint.counters(folder / "heads.safetensors").step},
        },
        "quality": quality.suite_quality(load_semantic(target), load_perceptual(target), works, unseen),
    }
    write_facts(target / "quality.json", facts)
    if (root / "embedded" / "tiny-sd" / "quality.json").exists():
        _judge_samples(root, judged)
    return facts


def denoiser(
    root: Path, settings: DenoiserSettings, on_progress: OnProgress = silent, judged: int = 20
) -> dict[str, Any]:
    """Train UNet and text encoder on the autoencoder's latents, write embedded/tiny-sd, and return its facts.

    Raises TrainingError when the autoencoder or the suite is missing.
    """
    folder = root / "store" / "training" / "denoiser"
    target = root / "embedded" / "tiny-sd"
    encoder_facts = read_facts(root / "store" / "training" / "autoencoder" / "quality.json", "autoencoder")
    read_facts(root / "embedded" / "suite" / "quality.json", "suite")
    vae = quality.load_autoencoder(root / "store" / "training" / "autoencoder" / "vae")
    works = data.training_works(settings.works_per_painter, vae.config.sample_size)
    means, deviations = autoencoders.encode(vae, works.images)
    factor = vae.config.scaling_factor
    words = text.tokenizer(vocabulary(), settings.text.context)
    file = folder / "training.safetensors"
    model = denoisers.train(
        means * factor, deviations * factor, works.captions, words, settings, file=file, on_progress=on_progress
    )
    export.tiny_sd(target, vae, model, words)
    facts = {
        "training": {
            "autoencoder": encoder_facts["training"],
            "denoiser": training_facts(file, settings, len(works), model),
        },
        "quality": {"autoencoder": encoder_facts["quality"]},
    }
    write_facts(target / "quality.json", facts)  # stands even if the measuring is interrupted
    return _judge_samples(root, judged)


def _judge_samples(root: Path, judged: int) -> dict[str, Any]:
    """Measure tiny-sd's samples with the suite, `judged` works per painter, and return tiny-sd's facts."""
    target = root / "embedded" / "tiny-sd"
    facts = read_facts(target / "quality.json", "denoiser")
    pipeline = load_pipeline(target)
    facts["quality"]["denoiser"] = quality.denoiser_quality(
        pipeline,
        load_semantic(root / "embedded" / "suite"),
        data.suite_works(3 * judged),
        data.held_out_works(judged, pipeline.vae.config.sample_size),
    )
    write_facts(target / "quality.json", facts)
    return facts


def load_semantic(suite_folder: Path) -> Any:
    """The shipped semantic extractor in float32."""
    from transformers import Dinov2Model

    kind: Any = Dinov2Model
    return kind.from_pretrained(suite_folder / "semantic", dtype=torch.float32, local_files_only=True).eval()


def load_perceptual(suite_folder: Path) -> Any:
    """The shipped LPIPS in float32."""
    from safetensors.torch import load_file

    model = perceptual.build(seed=0)
    model.load_state_dict(load_file(suite_folder / "perceptual" / "lpips_alex.safetensors"))
    return model.eval().requires_grad_(False)


def load_pipeline(folder: Path) -> Any:
    """The shipped Stable Diffusion pipeline in float32."""
    from diffusers import StableDiffusionPipeline

    kind: Any = StableDiffusionPipeline
    return kind.from_pretrained(
        folder, dtype=torch.float32, safety_checker=None, requires_safety_checker=False, local_files_only=True
    )


def training_facts(file: Path, settings: Any, works: int, model: nn.Module) -> dict[str, Any]:
    """How a part was trained, for its card."""
    counters = checkpoint.counters(file)
    return {
        "steps": counters.step,
        "minutes": round(counters.elapsed_s / 60, 1),
        "last_loss": round(counters.loss, 4),
        "works": works,
        "painters": len(PAINTERS),
        "apprentices": len(data.APPRENTICES),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "machine": f"{os.cpu_count()} CPU cores ({platform.machine()}), no GPU used",
        "settings": asdict(settings),
    }


def write_facts(file: Path, facts: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    aside.write_text(json.dumps(facts, indent=2, default=str) + "\n")
    aside.replace(file)


def read_facts(file: Path, stage: str) -> dict[str, Any]:
    if not file.exists():
        raise TrainingError(f"{file}: not there; run `creativity train {stage}` first")
    facts: dict[str, Any] = json.loads(file.read_text())
    return facts
