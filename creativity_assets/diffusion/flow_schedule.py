"""Flow-matching models: x = (1 - sigma) data + sigma noise, v = dx / dsigma = noise - data (Esser et al. 2024)."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from creativity_assets.diffusion.schedule import LikelihoodPath
from creativity_assets.diffusion.weights.scheduler_config import Config, class_of, count, number
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

LIKELIHOOD_INTERVALS = 40
"""On Gaussians of standard deviation 0.02 to 1.5 the error is below 0.015 nats per dimension."""

SHIFTS = 0.01, 100.0
"""Beyond these no level between 0 and 1 is left."""

TRAINING_STEPS = 1000
"""Into so many steps sigma is cut where a diffusion model's training steps are meant."""


@dataclass(frozen=True)
class FlowLevels:
    """Every noise level sigma in 0..1; the verbs are those of `TrainingLevels`.

    shift: k of sigma -> k sigma / (1 + (k - 1) sigma), which moves a schedule's levels towards noise.
    lowest: the lowest level above 0 of a schedule, before its shift.
    """

    shift: float = 1.0
    lowest: float = 0.001

    @classmethod
    def from_config(cls, config: Config, tokens: int | None = None) -> "FlowLevels":
        """As diffusers' FlowMatchEulerDiscreteScheduler reads its configuration.

        tokens: how many patches the network cuts an image into; asked for by configs with `use_dynamic_shifting`
        (Esser et al. 2024, section 5.3.2: larger images need more noise), ignored by the others.

        The lowest level above 0 is shifted twice where `shift` is static: so it is in diffusers, which takes the
        already shifted end of the training levels as the end of its line.

        Raises ModelError for fields that change the levels in other ways.
        """
        if refused := next((name for name in UNSUPPORTED if config.get(name)), None):
            raise ModelError(f"scheduler config: {refused} is not supported; remove it")
        shift = _shift(config, tokens)
        lowest = 1.0 / count(config, "num_train_timesteps", 1000, 2, 100_000)
        if not config.get("use_dynamic_shifting", False):
            lowest = float(_shifted(np.asarray(lowest), shift))
        return cls(shift, lowest)

    @classmethod
    def from_folder(cls, config: Config, tokens: int | None) -> "FlowLevels":
        """As `from_config`, of a folder's own file: ModelError, too, for a diffusion model's."""
        scheduler = class_of(config)
        if not scheduler.startswith("FlowMatch"):
            raise ModelError(f"the folder's {scheduler} is no scheduler for a flow model; restore it")
        return cls.from_config(config, tokens)

    @property
    def sampler(self) -> str:
        return "euler"

    @property
    def trial_timestep(self) -> float:
        return 0.5

    def schedule(self, steps: int, spacing: str = "leading") -> "FlowSchedule":
        """diffusers' levels for `steps` = N, in rising order, whatever the spacing. ModelError for N below 1."""
        if steps < 1:
            raise ModelError(f"steps {steps}: must be at least 1")
        falling = _shifted(np.linspace(1.0, self.lowest, steps), self.shift)
        return FlowSchedule((0.0, *(float(sigma) for sigma in falling[::-1])), self)

    def field(self, output: Tensor, x: Tensor, timestep: float) -> Tensor:
        """v(x, sigma), which is what the network predicts."""
        return output

    def timestep_of(self, training_step: int) -> float:
        return training_step / TRAINING_STEPS

    def noised(self, x: Tensor, noise: Tensor, timestep: float) -> Tensor:
        return (1 - timestep) * x + timestep * noise

    def target(self, x: Tensor, noise: Tensor) -> Tensor:
        return noise - x

    def likelihood_path(self) -> LikelihoodPath:
        """Noise levels 0 to 1, finer towards the clean end; dx/dsigma = v."""
        sigmas = [(k / LIKELIHOOD_INTERVALS) ** 2 for k in range(LIKELIHOOD_INTERVALS + 1)]
        ones = [1.0] * len(sigmas)
        return LikelihoodPath(sigmas, sigmas, ones, sigmas, ones)


@dataclass(frozen=True)
class FlowSchedule:
    """States 0 (clean) to N (noise); the verbs are those of `Schedule`.

    sigmas: N + 1 noise levels in 0..1, rising, float64; sigmas[0] = 0. levels: of the model.
    """

    sigmas: tuple[float, ...]
    levels: FlowLevels = field(default_factory=FlowLevels, compare=False, repr=False)

    @property
    def steps(self) -> int:
        return len(self.sigmas) - 1

    def timestep(self, i: int) -> float:
        """sigma_i."""
        if not 1 <= i <= self.steps:
            raise IndexError(f"step {i} is outside 1..{self.steps}")
        return self.sigmas[i]

    def transfer(self, x: Tensor, e: Tensor, i: int, j: int) -> Tensor:
        """Along the velocity e (Euler): x + (sigma_j - sigma_i) e."""
        return x + (self.sigmas[j] - self.sigmas[i]) * e


def _shifted(sigma: np.ndarray, factor: float) -> np.ndarray:
    return factor * sigma / (1.0 + (factor - 1.0) * sigma)


def _shift(config: Config, tokens: int | None) -> float:
    """The config's shift, or one that grows with the number of patches."""
    if not config.get("use_dynamic_shifting", False):
        return number(config, "shift", 1.0, *SHIFTS)
    if tokens is None:
        raise ModelError("scheduler config: use_dynamic_shifting needs the number of image tokens")
    kind = str(config.get("time_shift_type", "exponential"))[:40]
    if kind not in TIME_SHIFTS:
        raise ModelError(f"scheduler config: no time_shift_type {kind!r}; have {sorted(TIME_SHIFTS)}")
    shift = TIME_SHIFTS[kind](_mu(config, tokens))
    if not SHIFTS[0] <= shift <= SHIFTS[1]:
        raise ModelError(
            f"scheduler config: shift {shift:g} of {tokens} image tokens is not within {SHIFTS[0]:g} to {SHIFTS[1]:g}; "
            "restore the file, or change the resolution"
        )
    return shift


def _mu(config: Config, tokens: int) -> float:
    """The line through (base_image_seq_len, base_shift) and (max_image_seq_len, max_shift)."""
    low = count(config, "base_image_seq_len", 256, 1, 1_000_000)
    high = count(config, "max_image_seq_len", 4096, low + 1, 1_000_000)
    base, largest = number(config, "base_shift", 0.5, -10, 10), number(config, "max_shift", 1.15, -10, 10)
    return base + (tokens - low) * (largest - base) / (high - low)


def _exponential(mu: float) -> float:
    with np.errstate(over="ignore"):  # infinite, and refused as such
        return float(np.exp(mu))


def _linear(mu: float) -> float:
    return mu


TIME_SHIFTS: dict[str, Callable[[float], float]] = {"exponential": _exponential, "linear": _linear}
