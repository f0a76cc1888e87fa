"""log p(x_0) of a latent under a model, along the probability flow (Song et al. 2021b, eq. 39).

The flow is integrated on a grid of its own (`TrainingLevels.likelihood_path`). The inversion's states are too coarse
near the clean end: at T = 20 they miss a Gaussian of deviation 0.1 by 0.5 nats per dimension, the grid by 0.005.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from creativity_assets.diffusion.schedule import LikelihoodPath

PROBES = 4

Field = Callable[[Tensor, Any], Tensor]
"""(x, timestep) -> e(x, t) or v(x, sigma), all (B, C, h, w)."""


class Likelihood(NamedTuple):
    """Nats per dimension, each (B,). error: the standard error between the probes; NaN for a single one."""

    value: Tensor
    error: Tensor


def log_likelihood(field: Field, path: LikelihoodPath, x: Tensor, probes: Sequence[Tensor]) -> Likelihood:
    """log p(x_0) of latents (B, C, h, w); at the noisy end N(0, I) is assumed.

    Heun's rule integrates the flow, the trapezoidal rule its trace. Hutchinson's estimate of the trace takes `probes`,
    sign vectors shaped as x. It is unbiased; its variance per dimension is 2 |J|^2 / (P d^2) over the off-diagonal
    entries of the Jacobian J. The error is the deviation of the probes' own integrals over sqrt(P). These are densities
    of one autoencoder's latents, not comparable with another's.
    """
    y = x / path.a[0]
    last = len(path.timesteps) - 1
    each = torch.zeros((len(probes), len(x)), dtype=x.dtype, device=x.device)
    before: Tensor | None = None
    for k, timestep in enumerate(path.timesteps):
        e, traces = _with_trace(field, path.a[k] * y, timestep, probes)
        integrands = path.weights[k] * traces
        if before is not None:
            each = each + (path.at[k] - path.at[k - 1]) * (before + integrands) / 2
        before = integrands
        if k < last:
            step = path.c[k + 1] - path.c[k]
            ahead = field(path.a[k + 1] * (y + step * e), path.timesteps[k + 1])
            y = y + step * (e + ahead) / 2
    noise = path.a[-1] * y
    gaussian = -(noise.flatten(1).square().mean(1) + math.log(2 * math.pi)) / 2
    each = each / x[0].numel()
    value = gaussian + math.log(path.a[-1] / path.a[0]) + each.mean(0)
    deviation = each.std(0) if len(probes) > 1 else torch.full_like(value, math.nan)
    return Likelihood(value, deviation / math.sqrt(len(probes)))


def _with_trace(field: Field, x: Tensor, timestep: Any, probes: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """field(x), and p' (d field / d x) p of each probe, (P, B).

    Images do not see each other: one gradient serves the whole batch.
    """
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        value = field(leaf, timestep)
        gradients = (torch.autograd.grad(value, leaf, probe, retain_graph=True)[0] for probe in probes)
        estimates = [(gradient * probe).flatten(1).sum(1) for gradient, probe in zip(gradients, probes, strict=True)]
    return value.detach(), torch.stack(estimates).detach()
