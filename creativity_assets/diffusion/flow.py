"""Noise levels of a flow-matching model: x = (1 - sigma) data + sigma noise, v = dx / dsigma = noise - data."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from creativity_assets.diffusion.weights.scheduler_config import Config, count, number
from creativity_assets.errors import ModelError

Velocity = Callable[[Tensor, float], Tensor]
"""v(x, sigma): noise minus data for x (B, C, h, w) at noise level sigma in 0..1, in x's dtype."""

# Fields that change the levels in ways the study never meant; a config that sets one is refused.
UNSUPPORTED = (
    "shift_terminal",
    "use_karras_sigmas",
    "use_exponential_sigmas",
    "use_beta_sigmas",
    "invert_sigmas",
    "stochastic_sampling",
)


@dataclass(frozen=True)
class FlowSchedule:
    """States 0 (clean) to N (noise). sigmas: N + 1 noise levels in 0..1, rising, float64; sigmas[0] = 0."""

    sigmas: tuple[float, ...]

    @classmethod
    def from_config(cls, config: Config, steps: int, *, tokens: int | None = None) -> "FlowSchedule":
        """The levels of diffusers' FlowMatchEulerDiscreteScheduler with `steps` = N, in rising order.

        tokens: how many patches the network cuts an image into; asked for by configs with `use_dynamic_shifting`
        (Esser et al. 2024, section 5.3.2: larger images need more noise), ignored by the others.

        The lowest level above 0 is shifted twice where `shift` is static: so it is in diffusers, which takes the
        already shifted end of the training levels as the end of its line.

        Raises ModelError for fields that change the levels in other ways, and for steps below 1.
        """
        if steps < 1:
            raise ModelError(f"steps {steps}: must be at least 1")
        if refused := next((name for name in UNSUPPORTED if config.get(name)), None):
            raise ModelError(f"scheduler config: {refused} is not supported; remove it")
        shift = _shift(config, tokens)
        lowest = 1.0 / count(config, "num_train_timesteps", 1000, 2, 100_000)
        if not config.get("use_dynamic_shifting", False):
            lowest = float(shift(np.asarray(lowest)))
        falling = shift(np.linspace(1.0, lowest, steps))
        return cls((0.0, *(float(sigma) for sigma in falling[::-1])))

    @property
    def steps(self) -> int:
        """N, the number of steps in one direction."""
        return len(self.sigmas) - 1

    def transfer(self, x: Tensor, v: Tensor, i: int, j: int) -> Tensor:
        """x at state i carried to state j along the velocity v (Euler): x + (sigma_j - sigma_i) v."""
        return x + (self.sigmas[j] - self.sigmas[i]) * v


def _shift(config: Config, tokens: int | None) -> Callable[[np.ndarray], np.ndarray]:
    """sigma -> k sigma / (1 + (k - 1) sigma), with the config's k or one that grows with the number of patches."""
    if not config.get("use_dynamic_shifting", False):
        factor = number(config, "shift", 1.0, 0.01, 100)
    else:
        if tokens is None:
            raise ModelError("scheduler config: use_dynamic_shifting needs the number of image tokens")
        kind = str(config.get("time_shift_type", "exponential"))[:40]
        if kind not in TIME_SHIFTS:
            raise ModelError(f"scheduler config: no time_shift_type {kind!r}; have {sorted(TIME_SHIFTS)}")
        factor = TIME_SHIFTS[kind](_mu(config, tokens))
    return lambda sigma: factor * sigma / (1.0 + (factor - 1.0) * sigma)


def _mu(config: Config, tokens: int) -> float:
    """The line through (base_image_seq_len, base_shift) and (max_image_seq_len, max_shift)."""
    low = count(config, "base_image_seq_len", 256, 1, 1_000_000)
    high = count(config, "max_image_seq_len", 4096, low + 1, 1_000_000)
    base, largest = number(config, "base_shift", 0.5, -10, 10), number(config, "max_shift", 1.15, -10, 10)
    return base + (tokens - low) * (largest - base) / (high - low)


def _linear(mu: float) -> float:
    return mu


TIME_SHIFTS: dict[str, Callable[[float], float]] = {"exponential": lambda mu: float(np.exp(mu)), "linear": _linear}
