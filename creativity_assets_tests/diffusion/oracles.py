"""Models whose every number is known: exact noise predictions of a Gaussian and of a mixture, in float64."""

import numpy as np
import torch
from torch import Tensor

from creativity_assets.diffusion.conditioning import Conditioning
from creativity_assets.diffusion.diffusion_schedule import DiffusionLevels, DiffusionSchedule
from creativity_assets.diffusion.flow_schedule import FlowLevels, FlowSchedule
from creativity_assets.diffusion.guidance import Denoiser, Prompted
from creativity_assets_tests.tiny_models import SD15_SCHEDULER

STUDY_FIELDS = {"timestep_spacing": "leading", "steps_offset": 1, "set_alpha_to_one": False, "clip_sample": False}
SD15 = {**SD15_SCHEDULER, **STUDY_FIELDS}
"""The study's sampler as diffusers' schedulers are told it."""
LEVELS = DiffusionLevels.from_config(SD15_SCHEDULER)
ALPHA_BARS = LEVELS.alpha_bars
MU, SIGMA = 0.7, 0.6


def schedule_of(steps: int, spacing: str = "leading") -> DiffusionSchedule:
    return LEVELS.schedule(steps, spacing)


def flow_schedule_of(steps: int) -> FlowSchedule:
    return FlowLevels().schedule(steps)


def gaussian_noise(x: Tensor, t: int) -> Tensor:
    """The exact e(x, t) for data N(MU, SIGMA^2)."""
    alpha_bar = ALPHA_BARS[t]
    variance = alpha_bar * SIGMA**2 + 1 - alpha_bar
    return np.sqrt(1 - alpha_bar) * (x - np.sqrt(alpha_bar) * MU) / variance


def mixture_noise(x: Tensor, t: int) -> Tensor:
    """The exact e(x, t) for the one-dimensional mixture (N(-1, .25^2) + N(1.2, .4^2)) / 2: a nonlinear case."""
    a, s = np.sqrt(ALPHA_BARS[t]), np.sqrt(1 - ALPHA_BARS[t])
    return s * _score(x, a, s)


def mixture_velocity(x: Tensor, sigma: float) -> Tensor:
    """The exact v(x, sigma) = E[noise - data | x] for the same mixture under x = (1 - sigma) data + sigma noise.

    E[noise | x] = sigma q and E[data | x] = (x - sigma^2 q) / (1 - sigma), q the score with its sign turned.
    """
    q = _score(x, 1 - sigma, sigma)
    return sigma * q - (x - sigma**2 * q) / (1 - sigma) if sigma < 1 else x - 0.1


def _score(x: Tensor, a: float, s: float) -> Tensor:
    """- d log p / dx of a data + s noise."""
    means = torch.tensor([-1.0, 1.2], dtype=torch.float64)
    deviations = torch.tensor([0.25, 0.4], dtype=torch.float64)
    variances = (a * deviations) ** 2 + s**2
    distance = x[..., None] - a * means
    weights = torch.softmax(-(distance**2) / (2 * variances) - variances.log() / 2, dim=-1)
    return (weights * distance / variances).sum(-1)


def mixture_samples(count: int = 4000) -> Tensor:
    """(count / 2, 2): one-dimensional samples, two to an image, so that an image has an inner product."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(count, generator=generator, dtype=torch.float64)
    half = count // 2
    return torch.cat([-1.0 + 0.25 * noise[:half], 1.2 + 0.4 * noise[half:]]).view(-1, 2)


def prompted_mixture() -> Prompted:
    """A model that a prompt shifts: e(x, t) + s tanh(sum of the tokens) / 10. The null prompt's sum is 0."""

    def under(conditioning: Conditioning) -> Denoiser:
        def predict(x: Tensor, t: int) -> Tensor:
            shift = torch.tanh(conditioning.tokens.sum((1, 2))).view(-1, *[1] * (x.ndim - 1))
            return mixture_noise(x, t) + 0.1 * np.sqrt(1 - ALPHA_BARS[t]) * shift

        return predict

    prompts = torch.full((1, 2, 2), 0.1, dtype=torch.float64)
    return Prompted(under, Conditioning(prompts), Conditioning(torch.zeros_like(prompts)))
