"""tiny-sd's two relatives: one learns the unseen painters, the other goes on with its old ones as long (placebo).

Low-rank updates (Hu et al. 2021) of the UNet's attention and convolutions; everything else is tiny-sd's. Both take
as many steps, from the same seed, over as many works, none of them on show.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.weights.model_files import Lora, ModelSource
from creativity_assets.diffusion.weights.revision import weights_revision
from creativity_assets.training import autoencoder as autoencoders
from creativity_assets.training import data, export, stages, text
from creativity_assets.training.data import APPRENTICES, NEWCOMERS, Works
from creativity_assets.training.denoiser import Denoiser, objective
from creativity_assets.training.loop import Budget, OnProgress, Optimisation, fit, silent

TARGETS = (
    *("to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "proj_in", "proj_out"),
    *("conv1", "conv2"),
)
TIMESTEPS = (101, 301, 501, 701, 901)
"""Training steps at which the error is measured."""


@dataclass(frozen=True)
class FinetuneSettings:
    """Of both fine-tunings. The budget is in steps alone, so that a busy machine cannot make them unequal."""

    rank: int = 24
    works: int = 1_280
    caption_dropout: float = 0.5  # half the works under the empty prompt, which is what images are measured under
    snr_limit: float = 5.0
    budget: Budget = field(default_factory=lambda: Budget(steps=600))
    optimisation: Optimisation = field(
        default_factory=lambda: Optimisation(batch=32, learning_rate=1e-3, average_decay=0.995)
    )


@dataclass(frozen=True)
class Pupil:
    """A fine-tuning: which works it is shown, as (count) -> Works, and in words."""

    works: Callable[[int], Works]
    by: str


def finetune(
    root: Path, settings: FinetuneSettings, on_progress: OnProgress = silent, judged: int = 20
) -> dict[str, dict[str, Any]]:
    """Train or continue both relatives of embedded/tiny-sd, write them beside it, and return their facts.

    judged: validation works per painter. Raises TrainingError where tiny-sd is missing.
    """
    stages.read_facts(root / "embedded" / "tiny-sd" / "quality.json", "denoiser")
    return {name: _finetune_one(root, name, settings, on_progress, judged) for name in PUPILS}


def train(
    works: Works,
    base: Path,
    settings: FinetuneSettings,
    *,
    name: str,
    file: Path | None = None,
    on_progress: OnProgress = silent,
) -> Denoiser:
    """tiny-sd's denoiser with trained low-rank updates; only these move."""
    from peft import LoraConfig

    pipeline = stages.load_pipeline(base)
    model = Denoiser(pipeline.unet, pipeline.text_encoder).requires_grad_(False)
    torch.manual_seed(settings.optimisation.seed)
    model.unet.add_adapter(LoraConfig(r=settings.rank, lora_alpha=settings.rank, target_modules=list(TARGETS)))
    means, deviations = autoencoders.encode(pipeline.vae, works.images)
    factor = pipeline.vae.config.scaling_factor
    loss = objective(
        means * factor,
        deviations * factor,
        text.tokens(pipeline.tokenizer, works.captions),
        text.tokens(pipeline.tokenizer, [""]),
        caption_dropout=settings.caption_dropout,
        snr_limit=settings.snr_limit,
    )
    fit(
        name,
        model,
        loss,
        settings.budget,
        settings.optimisation,
        file=file,
        on_progress=on_progress,
        settings=_fixed(settings, base),
    )
    return model


def noise_errors(backbone: Backbone, works: Works, batch: int = 32) -> Tensor:
    """(N,) mean squared error of the noise under the empty prompt, mean over TIMESTEPS; seed i makes work i's noise."""
    e, errors = backbone.denoiser(), []
    with torch.inference_mode():
        for start in range(0, len(works), batch):
            x = backbone.encode(works.images[start : start + batch])
            noise = backbone.noise(range(start, start + len(x)))
            wrong = [e(backbone.levels.noised(x, noise, t), t) - noise for t in TIMESTEPS]
            errors.append(torch.stack(wrong).square().mean(dim=(0, 2, 3, 4)))
    return torch.cat(errors)


def _finetune_one(
    root: Path, name: str, settings: FinetuneSettings, on_progress: OnProgress, judged: int
) -> dict[str, Any]:
    base, target = root / "embedded" / "tiny-sd", root / "embedded" / name
    file = root / "store" / "training" / name / "training.safetensors"
    works = PUPILS[name].works(settings.works)
    model = train(works, base, settings, name=name, file=file, on_progress=on_progress)
    export.lora(target, model.unet)
    updates = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    facts = {
        "training": stages.training_facts(file, settings, len(works), model)
        | {
            "name": name,
            "by": PUPILS[name].by,
            "parameters": updates,
            "base": weights_revision(ModelSource("tiny-sd", base)),
            "timesteps": list(TIMESTEPS),
        },
        "quality": _quality(base, target, data.validation_works(judged)),
    }
    stages.write_facts(target / "quality.json", facts)
    return facts


def _quality(base: Path, target: Path, works: Works) -> dict[str, Any]:
    """Errors of the noise before and after, as shipped, apart for the painters of tiny-sd's training and the others."""
    backbones = {"base": Backbone.load(base), "tuned": Backbone.load(base, name=target.name, lora=Lora(target))}
    sides = {"the unseen painters": works.by(NEWCOMERS), "the training painters": works.by(APPRENTICES)}
    return {
        "noise_error": {
            state: {side: round(float(noise_errors(backbone, shown).mean()), 5) for side, shown in sides.items()}
            for state, backbone in backbones.items()
        },
        "works": len(works),
    }


def _fixed(settings: FinetuneSettings, base: Path) -> str:
    """What a continued training must share; more steps may always be given."""
    facts = asdict(settings)
    facts.pop("budget")
    return repr({**facts, "base": weights_revision(ModelSource("tiny-sd", base))})


PUPILS = {
    "tiny-sd-ft": Pupil(data.new_works, "the painters tiny-sd has never seen"),
    "tiny-sd-placebo": Pupil(data.old_works, "the painters tiny-sd was trained on"),
}
