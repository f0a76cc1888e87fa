"""log p(x_0) of a latent under a model, along the probability flow (Song et al. 2021b, eq. 39).

The flow is integrated on a grid of its own, not on the inversion's states: these are too coarse near the clean end
(at T = 20 a Gaussian of standard deviation 0.1 is missed by 0.5 nats per dimension, and by 0.005 here).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

GRID = 40
"""Intervals. On Gaussians of standard deviation 0.02 to 1.5 the error is below 0.006 (diffusion) or 0.015 (flow)."""

PROBES = 4

NO_SIGNAL = 1e-3
"""Signal power below which a state counts as N(0, I), with an error below 0.001 nats per dimension: a model that was
trained down to none (zero terminal SNR) would spend its intervals where nothing happens."""

Field = Callable[[Tensor, Any], Tensor]


@dataclass(frozen=True)
class Path:
    """Where the flow dy/dc = field(a y, label) goes, from clean to noise, G points each.

    c: the flow's own time; a: the state that the network sees is a y; labels: what it is told. The log density
    changes by the integral of weight * tr(d field / d x) over at.
    """

    labels: Sequence[Any]
    c: Sequence[float]
    a: Sequence[float]
    at: Sequence[float]
    weights: Sequence[float]

    @classmethod
    def of_diffusion(cls, alpha_bars: np.ndarray) -> "Path":
        """Training steps spread evenly over log(s / a), from the first to the last above NO_SIGNAL.

        alpha_bars: (training steps,).

        With y = x / a and c = s / a the flow is dy/dc = e(x, t), and a tr(de/dx) dc = s tr(de/dx) dlog c.
        """
        alpha_bars = alpha_bars[alpha_bars > NO_SIGNAL]
        times = np.log((1 - alpha_bars) / alpha_bars) / 2
        wanted = np.linspace(times[0], times[-1], GRID + 1)
        labels = np.unique(np.abs(times[:, None] - wanted).argmin(axis=0))
        a, s = np.sqrt(alpha_bars[labels]), np.sqrt(1 - alpha_bars[labels])
        return cls([int(t) for t in labels], list(s / a), list(a), list(times[labels]), list(s))

    @classmethod
    def of_flow(cls) -> "Path":
        """Noise levels 0 to 1, finer towards the clean end; dx/dsigma = v."""
        sigmas = [(k / GRID) ** 2 for k in range(GRID + 1)]
        ones = [1.0] * len(sigmas)
        return cls(sigmas, sigmas, ones, sigmas, ones)


def log_likelihood(field: Field, path: Path, x: Tensor, probes: Sequence[Tensor]) -> Tensor:
    """Nats per dimension, (B,), of latents (B, C, h, w); at the noisy end N(0, I) is assumed.

    Heun's rule for the flow, the trapezoidal rule for the trace, and Hutchinson's estimate of it with `probes`,
    sign vectors shaped as x: unbiased, with a variance per dimension of 2 |J|^2 / (P d^2) over the off-diagonal
    entries of the Jacobian J. Densities are those of this autoencoder's latents, not comparable with another's.
    """
    y, integral = x / path.a[0], torch.zeros(len(x), dtype=x.dtype, device=x.device)
    last = len(path.labels) - 1
    before = torch.zeros_like(integral)
    for k, label in enumerate(path.labels):
        e, trace = _with_trace(field, path.a[k] * y, label, probes)
        integrand = path.weights[k] * trace
        if k:
            integral = integral + (path.at[k] - path.at[k - 1]) * (before + integrand) / 2
        before = integrand
        if k < last:
            step = path.c[k + 1] - path.c[k]
            ahead = field(path.a[k + 1] * (y + step * e), path.labels[k + 1])
            y = y + step * (e + ahead) / 2
    noise = path.a[-1] * y
    gaussian = -(noise.flatten(1).square().mean(1) + math.log(2 * math.pi)) / 2
    return gaussian + math.log(path.a[-1] / path.a[0]) + integral / x[0].numel()


def _with_trace(field: Field, x: Tensor, label: Any, probes: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """field(x), and the mean of p' (d field / d x) p over the probes, (B,).

    Images do not see each other, so that one gradient serves the whole batch.
    """
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        value = field(leaf, label)
        gradients = (torch.autograd.grad(value, leaf, probe, retain_graph=True)[0] for probe in probes)
        estimates = [(gradient * probe).flatten(1).sum(1) for gradient, probe in zip(gradients, probes, strict=True)]
    return value.detach(), torch.stack(estimates).mean(0).detach()
