"""The denoiser: a UNet on latents and a text encoder on captions, trained together on epsilon (Ho et al. 2020)."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from creativity_assets.training import text
from creativity_assets.training.loop import Budget, Loss, OnProgress, Optimisation, fit, silent
from creativity_assets.training.text import TextSettings

if TYPE_CHECKING:
    from transformers import CLIPTextModel, CLIPTokenizer

SCHEDULER: dict[str, Any] = {  # Stable Diffusion 1.5
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "steps_offset": 1,
    "set_alpha_to_one": False,
    "clip_sample": False,  # not PNDM's, but read by whoever makes a DDIM scheduler from this config
    "skip_prk_steps": True,
    "prediction_type": "epsilon",
    "timestep_spacing": "leading",
}


@dataclass(frozen=True)
class DenoiserSettings:
    """Architecture and training of UNet and text encoder."""

    channels: tuple[int, ...] = (64, 96, 96)  # per resolution; attention below the first only: there it is slow
    layers_per_block: int = 1
    heads: int = 4
    text: TextSettings = field(default_factory=TextSettings)
    works_per_painter: int = 320
    caption_dropout: float = 0.12  # part of the captions replaced by the empty prompt
    snr_limit: float = 5.0  # min-SNR weighting (Hang et al. 2023)
    budget: Budget = field(default_factory=lambda: Budget(minutes=65))
    optimisation: Optimisation = field(
        default_factory=lambda: Optimisation(batch=32, learning_rate=1e-3, average_decay=0.998)
    )


class Denoiser(nn.Module):
    """UNet and text encoder as one module, so that one optimiser and one average hold both."""

    def __init__(self, unet: Any, encoder: "CLIPTextModel") -> None:
        super().__init__()
        self.unet = unet
        self.encoder = encoder

    def forward(self, noisy: Tensor, timestep: Tensor, tokens: Tensor) -> Tensor:
        """The noise in `noisy` (B, 4, h, w) at timesteps (B,), under prompts (B, context)."""
        prompt = self.encoder(input_ids=tokens).last_hidden_state
        prediction: Tensor = self.unet(noisy, timestep, encoder_hidden_states=prompt).sample
        return prediction


def build(vocabulary: "CLIPTokenizer", settings: DenoiserSettings, latent_shape: tuple[int, int, int]) -> Denoiser:
    """A fresh denoiser, seeded; latent_shape is (channels, height, width)."""
    from diffusers import UNet2DConditionModel

    kind: Any = UNet2DConditionModel
    torch.manual_seed(settings.optimisation.seed)
    lower = len(settings.channels) - 1  # resolutions with attention
    unet = kind(
        sample_size=latent_shape[1],
        in_channels=latent_shape[0],
        out_channels=latent_shape[0],
        block_out_channels=settings.channels,
        layers_per_block=settings.layers_per_block,
        down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * lower,
        up_block_types=("CrossAttnUpBlock2D",) * lower + ("UpBlock2D",),
        cross_attention_dim=settings.text.width,
        attention_head_dim=settings.heads,  # diffusers' name for the number of heads
        norm_num_groups=16,
    )
    return Denoiser(unet, text.encoder(vocabulary, settings.text))


def train(
    latents: Tensor,
    deviations: Tensor,
    captions: list[str],
    vocabulary: "CLIPTokenizer",
    settings: DenoiserSettings,
    *,
    file: Path | None = None,
    on_progress: OnProgress = silent,
) -> Denoiser:
    """Train on scaled posterior means and standard deviations, each (N, 4, h, w), and the works' captions."""
    channels, height, width = latents.shape[1:]
    model = build(vocabulary, settings, (channels, height, width))
    loss = objective(
        latents,
        deviations,
        text.tokens(vocabulary, captions),
        text.tokens(vocabulary, [""]),
        caption_dropout=settings.caption_dropout,
        snr_limit=settings.snr_limit,
    )
    fit(
        "denoiser",
        model,
        loss,
        settings.budget,
        settings.optimisation,
        file=file,
        on_progress=on_progress,
        settings=fixed(settings),
    )
    return model


def objective(
    latents: Tensor, deviations: Tensor, prompts: Tensor, empty: Tensor, *, caption_dropout: float, snr_limit: float
) -> Loss:
    """The loss of a batch drawn from works: the squared error of the noise, weighted by the level's signal.

    prompts: (N, context) token numbers, empty: (1, context); the latents as for `train`.
    """
    alpha_bars = noise_levels()
    snr = alpha_bars / (1 - alpha_bars)
    weights = (snr.clamp(max=snr_limit) / snr).float()

    def loss(model: Denoiser, generator: torch.Generator, count: int) -> Tensor:
        chosen = torch.randint(len(latents), (count,), generator=generator)
        clean = latents[chosen] + deviations[chosen] * torch.randn(deviations[chosen].shape, generator=generator)
        noise = torch.randn(clean.shape, generator=generator)
        timestep = torch.randint(len(alpha_bars), (count,), generator=generator)
        signal = alpha_bars[timestep].float().view(-1, 1, 1, 1)
        noisy = signal.sqrt() * clean + (1 - signal).sqrt() * noise
        dropped = torch.rand((count, 1), generator=generator) < caption_dropout
        prediction = model(noisy, timestep, torch.where(dropped, empty, prompts[chosen])).float()
        error: Tensor = (prediction - noise).square().mean(dim=(1, 2, 3))
        return (error * weights[timestep]).mean()

    return loss


def noise_levels() -> Tensor:
    """alpha_bar at timesteps 0..999 of SCHEDULER, float64."""
    first, last, count = SCHEDULER["beta_start"], SCHEDULER["beta_end"], SCHEDULER["num_train_timesteps"]
    betas: Tensor = torch.linspace(first**0.5, last**0.5, count, dtype=torch.float64).square()
    return (1 - betas).cumprod(dim=0)


def fixed(settings: DenoiserSettings) -> str:
    """The settings that a continued training must share; more time may always be given."""
    facts = asdict(settings)
    facts.pop("budget")
    return repr(facts)
