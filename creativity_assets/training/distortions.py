"""Graded distortions: the same image damaged more and more, which a distance must put in order.

All take images (B, 3, H, W) in 0..1 and strengths (B,), usually in 0..1, where 0 is the identity, and return the same
shape in 0..1. What is random (grain, field, direction) is drawn before the strength is applied, so that the same
generator seed gives the same damage at every strength.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

STRENGTHS = (0.2, 0.4, 0.6, 0.8, 1.0)


def blur(images: Tensor, strengths: Tensor, generator: torch.Generator) -> Tensor:
    """Gaussian blur, standard deviation up to 2.5 pixels, mirrored at the edges."""
    height, width = images.shape[-2:]
    margin = 8
    padded = functional.pad(images, (margin, margin, margin, margin), mode="reflect")
    rows = torch.fft.fftfreq(padded.shape[-2]).view(1, 1, -1, 1)
    columns = torch.fft.rfftfreq(padded.shape[-1]).view(1, 1, 1, -1)
    sigma = 2.5 * _per_image(strengths)
    response = torch.exp(-2 * math.pi**2 * sigma**2 * (rows**2 + columns**2))
    blurred = torch.fft.irfft2(torch.fft.rfft2(padded) * response, s=padded.shape[-2:])
    inside: Tensor = blurred[..., margin : margin + height, margin : margin + width]
    return inside.clamp(0, 1)


def noise(images: Tensor, strengths: Tensor, generator: torch.Generator) -> Tensor:
    """Gaussian noise, standard deviation up to 0.25."""
    grain = torch.randn(images.shape, generator=generator)
    return (images + 0.25 * _per_image(strengths) * grain).clamp(0, 1)


def warp(images: Tensor, strengths: Tensor, generator: torch.Generator) -> Tensor:
    """A smooth random displacement, up to 1.5 pixels root mean square, mirrored at the edges."""
    batch, _, height, width = images.shape
    coarse = torch.randn((batch, 2, 5, 5), generator=generator)
    field = functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=True)
    field = field / field.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    pixels = 1.5 * _per_image(strengths) * field
    grid = torch.stack([columns + pixels[:, 0] * 2 / (width - 1), rows + pixels[:, 1] * 2 / (height - 1)], dim=-1)
    moved = functional.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=True)
    return moved.clamp(0, 1)  # interpolation overshoots by a rounding error


def colour_shift(images: Tensor, strengths: Tensor, generator: torch.Generator) -> Tensor:
    """A constant added to the three channels, up to 0.35 long, in a random direction away from grey."""
    direction = torch.randn((len(images), 3, 1, 1), generator=generator)
    direction = direction - 0.7 * direction.mean(dim=1, keepdim=True)  # brightness changes little, hue much
    direction = direction / direction.square().sum(dim=1, keepdim=True).sqrt()
    return (images + 0.35 * _per_image(strengths) * direction).clamp(0, 1)


def graded(images: Tensor, kind: str, seed: int, scale: float = 1.0) -> Tensor:
    """`images` at all STRENGTHS times `scale` of one kind, (5, B, 3, H, W), which share the random part."""
    distort = DISTORTIONS[kind]
    versions = []
    for strength in STRENGTHS:
        generator = torch.Generator().manual_seed(seed)
        versions.append(distort(images, torch.full((len(images),), scale * strength), generator))
    return torch.stack(versions)


def _per_image(strengths: Tensor) -> Tensor:
    return strengths.view(-1, 1, 1, 1)


DISTORTIONS: dict[str, Callable[[Tensor, Tensor, torch.Generator], Tensor]] = {
    "blur": blur,
    "noise": noise,
    "warp": warp,
    "colour_shift": colour_shift,
}
