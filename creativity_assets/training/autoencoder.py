"""The autoencoder: 64 x 64 pixels to 4 x 16 x 16 latents and back."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from creativity_assets.training.loop import Budget, OnProgress, Optimisation, fit, silent

Autoencoder = Any  # diffusers.AutoencoderKL; its mixins are invisible to a type checker


@dataclass(frozen=True)
class AutoencoderSettings:
    """Architecture and training of the autoencoder."""

    channels: tuple[int, ...] = (32, 64, 96)  # per resolution; one halving between two of them
    latent_channels: int = 4
    size: int = 64  # pixels
    works_per_painter: int = 400
    edges: float = 0.5  # weight of the difference of neighbouring pixels
    divergence: float = 2e-4  # weight of the KL divergence from N(0, 1), per latent number
    budget: Budget = field(default_factory=lambda: Budget(minutes=28))
    optimisation: Optimisation = field(
        default_factory=lambda: Optimisation(batch=8, learning_rate=1e-3, average_decay=0.998)
    )


def build(settings: AutoencoderSettings) -> Autoencoder:
    """A fresh AutoencoderKL, seeded."""
    from diffusers import AutoencoderKL

    torch.manual_seed(settings.optimisation.seed)
    levels = len(settings.channels)
    kind: Any = AutoencoderKL
    return kind(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=settings.channels,
        layers_per_block=1,
        latent_channels=settings.latent_channels,
        norm_num_groups=8,
        sample_size=settings.size,
        mid_block_add_attention=False,  # at 16 x 16 it costs a third of the time and gains nothing
    )


def train(
    images: NDArray[np.uint8],
    settings: AutoencoderSettings,
    *,
    file: Path | None = None,
    on_progress: OnProgress = silent,
) -> Autoencoder:
    """Train on `images` (N, H, W, 3) and set the scaling factor to 1 / standard deviation of their latents."""
    model = build(settings)
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()  # (N, 3, H, W) uint8

    def loss(model: Autoencoder, generator: torch.Generator, count: int) -> Tensor:
        chosen = torch.randint(len(pixels), (count,), generator=generator)
        target = to_signal(pixels[chosen])
        if torch.rand((), generator=generator) < 0.5:
            target = target.flip(-1)
        mean, log_variance = model.quant_conv(model.encoder(target)).float().chunk(2, dim=1)
        log_variance = log_variance.clamp(-30, 20)
        latents = mean + torch.randn(mean.shape, generator=generator) * torch.exp(0.5 * log_variance)
        output = model.decoder(model.post_quant_conv(latents)).float()
        divergence: Tensor = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        return distance(output, target, settings.edges) + settings.divergence * divergence

    fit(
        "autoencoder",
        model,
        loss,
        settings.budget,
        settings.optimisation,
        file=file,
        on_progress=on_progress,
        settings=fixed(settings),
    )
    model.register_to_config(scaling_factor=scaling_factor(model, images))
    return model


def distance(output: Tensor, target: Tensor, edges: float) -> Tensor:
    """Squared and absolute error, and the absolute error of the differences between neighbouring pixels.

    The square is what PSNR sees, the other two keep brush strokes from being washed out.
    """
    error = output - target
    along_rows = error.diff(dim=-1).abs().mean()
    along_columns = error.diff(dim=-2).abs().mean()
    loss: Tensor = 4 * error.square().mean() + 0.5 * error.abs().mean() + edges * 0.5 * (along_rows + along_columns)
    return loss


def to_signal(pixels: Tensor) -> Tensor:
    """8-bit values to -1..1."""
    return pixels.float() / 127.5 - 1


def to_pixels(signal: Tensor) -> NDArray[np.uint8]:
    """(N, 3, H, W) in -1..1 to (N, H, W, 3) 8-bit values."""
    levels = ((signal.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().numpy()


@torch.no_grad()
def encode(model: Autoencoder, images: NDArray[np.uint8], batch: int = 64) -> tuple[Tensor, Tensor]:
    """Unscaled posterior means and standard deviations, each (N, 4, H/4, W/4) float32."""
    means, deviations = [], []
    for start in range(0, len(images), batch):
        signal = to_signal(torch.from_numpy(images[start : start + batch]).permute(0, 3, 1, 2))
        posterior = model.encode(signal).latent_dist
        means.append(posterior.mean)
        deviations.append(posterior.std)
    return torch.cat(means), torch.cat(deviations)


@torch.no_grad()
def reconstruct(model: Autoencoder, images: NDArray[np.uint8], batch: int = 64) -> NDArray[np.uint8]:
    """decode(encode(x)) at the posterior's mode, (N, H, W, 3)."""
    means, _ = encode(model, images, batch)
    return np.concatenate(
        [to_pixels(model.decode(means[start : start + batch]).sample) for start in range(0, len(means), batch)]
    )


def scaling_factor(model: Autoencoder, images: NDArray[np.uint8], sample: int = 1024) -> float:
    """1 / standard deviation of the latents of at most `sample` images spread over `images`."""
    spread = images[:: max(1, len(images) // sample)]
    means, _ = encode(model, spread)
    return round(1 / float(means.std()), 5)


def fixed(settings: AutoencoderSettings) -> str:
    """The settings that a continued training must share; more time may always be given."""
    facts = asdict(settings)
    facts.pop("budget")
    return repr(facts)
