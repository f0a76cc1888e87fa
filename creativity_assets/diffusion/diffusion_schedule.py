"""Diffusion models: x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) e at training step t (Ho et al. 2020)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, cast

import numpy as np
from torch import Tensor

from creativity_assets.diffusion.betas import alpha_bars_from_config
from creativity_assets.diffusion.sampler import STUDY, Sampler
from creativity_assets.diffusion.schedule import LikelihoodPath
from creativity_assets.diffusion.weights.scheduler_config import Config, class_of
from creativity_assets.errors import ModelError

Prediction = Literal["epsilon", "v_prediction"]

OTHERWISE_TRAINED = {"timestep_type": "continuous", "use_flow_sigmas": True}
"""Fields by which a configuration says that its network is told something else than a training step."""

LIKELIHOOD_INTERVALS = 40
"""On Gaussians of standard deviation 0.02 to 1.5 the error is below 0.006 nats per dimension."""

MIN_SIGNAL = 1e-3
"""Signal power below which a state counts as N(0, I), with an error below 0.001 nats per dimension: a model that was
trained down to none (zero terminal SNR) would spend its intervals where nothing happens."""


@dataclass(frozen=True, eq=False)
class DiffusionLevels:
    """The training steps of a diffusion model; the verbs are those of `TrainingLevels`.

    alpha_bars: the signal power of every training step, float64, falling, in 0..1; the last ones may hold none.
    prediction: what the network predicts.
    """

    alpha_bars: np.ndarray
    prediction: Prediction = "epsilon"

    @classmethod
    def from_config(cls, config: Config) -> "DiffusionLevels":
        """As diffusers' schedulers read their configuration, with diffusers' defaults for what is not stated.

        Raises ModelError for levels that are none, and for models that were trained otherwise.
        """
        for name, value in OTHERWISE_TRAINED.items():
            if config.get(name) == value:
                raise ModelError(f"scheduler config: {name} {value} is not supported; choose another model")
        return cls(alpha_bars_from_config(config), _prediction(config))

    @classmethod
    def from_folder(cls, config: Config, _tokens: int | None) -> "DiffusionLevels":
        """As `from_config`, of a folder's own file: ModelError, too, for a flow model's, and for one without betas."""
        scheduler = class_of(config)
        if scheduler.startswith("FlowMatch"):
            raise ModelError(f"the folder's {scheduler} is no scheduler for a diffusion model; restore it")
        if "beta_schedule" not in config:
            raise ModelError(f"the folder's {scheduler} states no beta_schedule; choose a model that has one")
        return cls.from_config(config)

    @property
    def steps(self) -> int:
        """The number of training steps."""
        return len(self.alpha_bars)

    @property
    def sampler(self) -> str:
        return "ddim"

    @property
    def trial_timestep(self) -> int:
        # A whole number: the network makes a double of any other, which not every device has.
        return 1

    def schedule(self, steps: int, spacing: str = "leading") -> "DiffusionSchedule":
        """The study's sampler with this spacing."""
        return DiffusionSchedule.over(self, steps, replace(STUDY, spacing=spacing))

    def field(self, output: Tensor, x: Tensor, timestep: float) -> Tensor:
        """e(x, t)."""
        return OUTPUT_TO_NOISE[self.prediction](output, x, float(self.alpha_bars[int(timestep)]))

    def timestep_of(self, training_step: int) -> int:
        return training_step

    def noised(self, x: Tensor, noise: Tensor, timestep: float) -> Tensor:
        a, s = signal_and_noise(float(self.alpha_bars[int(timestep)]))
        return a * x + s * noise

    def target(self, x: Tensor, noise: Tensor) -> Tensor:
        return noise

    def likelihood_path(self) -> LikelihoodPath:
        """Training steps spread evenly over log(s / a), from the first to the last above MIN_SIGNAL.

        With y = x / a and c = s / a the flow is dy/dc = e(x, t), and a tr(de/dx) dc = s tr(de/dx) dlog c.
        """
        alpha_bars = self.alpha_bars[self.alpha_bars > MIN_SIGNAL]
        times = np.log((1 - alpha_bars) / alpha_bars) / 2
        wanted = np.linspace(times[0], times[-1], LIKELIHOOD_INTERVALS + 1)
        timesteps = np.unique(np.abs(times[:, None] - wanted).argmin(axis=0))
        a, s = np.sqrt(alpha_bars[timesteps]), np.sqrt(1 - alpha_bars[timesteps])
        return LikelihoodPath([int(t) for t in timesteps], list(s / a), list(a), list(times[timesteps]), list(s))


@dataclass(frozen=True)
class DiffusionSchedule:
    """States 0 (clean) to T (noise) of DDIM; the verbs are those of `Schedule`.

    alpha_bars: T + 1 signal powers in (0, 1], falling, float64. timesteps: T training steps, rising;
    `timesteps[i - 1]` is that of the noisier of the states i - 1 and i, in both directions, as in diffusers.
    levels: of the model. clip: the bound of |x_0| in every transfer, or None.
    """

    alpha_bars: tuple[float, ...]
    timesteps: tuple[int, ...]
    levels: DiffusionLevels = field(compare=False, repr=False)
    clip: float | None = None

    @classmethod
    def over(cls, levels: DiffusionLevels, steps: int, sampler: Sampler = STUDY) -> "DiffusionSchedule":
        """`steps` = T states above the clean one, among a model's training steps.

        Raises ModelError for T that the sampler refuses, and for a state without signal: nothing leads back from it.
        """
        timesteps = sampler.timesteps(levels.steps, steps)
        states = levels.alpha_bars[list(timesteps)]
        if not states[-1] > 0:
            remedy = "fewer steps" if sampler.spacing == "leading" else "a method of leading spacing, as ddim"
            raise ModelError(
                f"steps {steps}: training step {timesteps[-1]} of this model holds no signal (rescale_betas_zero_snr), "
                f"and nothing leads back from it; take {remedy}"
            )
        clean = 1.0 if sampler.clean_is_one else float(levels.alpha_bars[0])
        return cls((clean, *(float(alpha_bar) for alpha_bar in states)), timesteps, levels, sampler.clip)

    @property
    def steps(self) -> int:
        return len(self.timesteps)

    def timestep(self, i: int) -> int:
        if not 1 <= i <= self.steps:
            raise IndexError(f"step {i} is outside 1..{self.steps}")
        return self.timesteps[i - 1]

    def state_timestep(self, i: int) -> int:
        """The training step of state i itself, 0 <= i <= T; of the clean state the first training step."""
        return self.timestep(i) if i else 0

    def transfer(self, x: Tensor, e: Tensor, i: int, j: int) -> Tensor:
        """D(x, e; i, j): x at state i moved to state j along the noise e (DDIM, Song et al. 2021, eq. 12).

        D = (a_j / a_i) x + (s_j - s_i a_j / a_i) e with a = sqrt(alpha_bar), s = sqrt(1 - alpha_bar).
        """
        a_i, s_i = signal_and_noise(self.alpha_bars[i])
        a_j, s_j = signal_and_noise(self.alpha_bars[j])
        if self.clip is not None:
            return a_j * ((x - s_i * e) / a_i).clamp(-self.clip, self.clip) + s_j * e
        return (a_j / a_i) * x + (s_j - s_i * a_j / a_i) * e


def signal_and_noise(alpha_bar: float) -> tuple[float, float]:
    """(a, s) = (sqrt(alpha_bar), sqrt(1 - alpha_bar))."""
    return float(np.sqrt(alpha_bar)), float(np.sqrt(1.0 - alpha_bar))


def _prediction(config: Config) -> Prediction:
    kind = config.get("prediction_type", "epsilon")
    if kind not in list(OUTPUT_TO_NOISE):
        raise ModelError(f"scheduler config: no prediction_type {str(kind)[:40]!r}; have {list(OUTPUT_TO_NOISE)}")
    return cast(Prediction, kind)


def _noise(output: Tensor, _x: Tensor, _alpha_bar: float) -> Tensor:
    return output


def _noise_from_velocity(output: Tensor, x: Tensor, alpha_bar: float) -> Tensor:
    """e = a v + s x at the timestep that the network was told (Salimans and Ho 2022)."""
    a, s = signal_and_noise(alpha_bar)
    return a * output + s * x


OUTPUT_TO_NOISE: dict[Prediction, Callable[[Tensor, Tensor, float], Tensor]] = {
    "epsilon": _noise,
    "v_prediction": _noise_from_velocity,
}
"""(network output, x, alpha_bar at its timestep) -> e."""
