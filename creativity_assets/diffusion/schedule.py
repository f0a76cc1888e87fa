"""The noise schedule a DDIM trajectory walks on: T + 1 states and the T labels between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from creativity_assets.errors import ModelError

Config = Mapping[str, Any]  # a diffusers scheduler_config.json

# What the study's DDIM needs whatever sampler the model's folder ships (SD 1.5 ships PNDM, SDXL Euler).
STUDY_FIELDS: dict[str, Any] = {
    "timestep_spacing": "leading",
    "steps_offset": 1,
    "set_alpha_to_one": False,
    "clip_sample": False,
    "rescale_betas_zero_snr": False,
}
PREDICTION_TYPES = ("epsilon", "v_prediction")


@dataclass(frozen=True)
class Schedule:
    """States 0 (clean) to T (noise). `labels[i - 1]` is what the network is told between states i - 1 and i:
    the training step of the noisier of the two, in both directions, as in diffusers.

    alpha_bars: T + 1 signal powers in (0, 1], falling, float64; labels: T integers, rising.
    clip: the bound of |x_0| in every transfer, or None, as it must be for a transfer that can be undone.
    """

    alpha_bars: tuple[float, ...]
    labels: tuple[int, ...]
    clip: float | None = None

    @classmethod
    def from_config(cls, config: Config, steps: int) -> "Schedule":
        """The schedule of a diffusers scheduler config with `steps` = T states above the clean one.

        Raises ModelError where diffusers' forward and inverse schedulers would not walk the same states: T that
        does not divide the training steps.
        """
        trained = training_alpha_bars(config)
        labels = _labels(config, len(trained), steps)
        clip = float(config.get("clip_sample_range", 1.0)) if config.get("clip_sample", True) else None
        clean = 1.0 if config.get("set_alpha_to_one", True) else float(trained[0])
        return cls((clean, *(float(trained[label]) for label in labels)), labels, clip)

    @property
    def steps(self) -> int:
        """T, the number of steps in one direction."""
        return len(self.labels)

    def label(self, i: int) -> int:
        """The label t_i of the step between states i - 1 and i, 1 <= i <= T."""
        if not 1 <= i <= self.steps:
            raise IndexError(f"step {i} is outside 1..{self.steps}")
        return self.labels[i - 1]

    def own_label(self, i: int) -> int:
        """The training step of state i itself, 0 <= i <= T; the clean state is the first training step."""
        return self.label(i) if i else 0

    def transfer(self, x: Tensor, e: Tensor, i: int, j: int) -> Tensor:
        """D(x, e; i, j): x at state i carried to state j along the noise e (DDIM, Song et al. 2021, eq. 12).

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


def training_alpha_bars(config: Config) -> np.ndarray:
    """The cumulative signal power of every training step, float64, as diffusers' betas define it."""
    betas = _betas(config)
    if config.get("rescale_betas_zero_snr", False):
        raise ModelError("scheduler config: rescale_betas_zero_snr is not supported; the last state has no signal")
    return np.cumprod(1.0 - betas)


def prediction_type(config: Config) -> str:
    """What the network predicts: `epsilon` or `v_prediction`; ModelError for anything else."""
    kind = str(config.get("prediction_type", "epsilon"))
    if kind not in PREDICTION_TYPES:
        raise ModelError(f"scheduler config: no prediction_type {kind!r}; have {list(PREDICTION_TYPES)}")
    return kind


def _betas(config: Config) -> np.ndarray:
    if config.get("trained_betas") is not None:
        return np.asarray(config["trained_betas"], dtype=np.float64)
    start, end = float(config.get("beta_start", 0.0001)), float(config.get("beta_end", 0.02))
    count = int(config.get("num_train_timesteps", 1000))
    kind = str(config.get("beta_schedule", "linear"))
    if kind not in BETAS:
        raise ModelError(f"scheduler config: no beta_schedule {kind!r}; have {sorted(BETAS)}")
    return BETAS[kind](start, end, count)


def _labels(config: Config, trained: int, steps: int) -> tuple[int, ...]:
    if steps < 1 or trained % steps:
        raise ModelError(f"steps {steps}: must divide the model's {trained} training steps, as 20 or 50 do")
    spacing = str(config.get("timestep_spacing", "leading"))
    if spacing not in SPACINGS:
        raise ModelError(f"scheduler config: no timestep_spacing {spacing!r}; have {sorted(SPACINGS)}")
    labels = SPACINGS[spacing](trained, steps, int(config.get("steps_offset", 0)))
    if labels[-1] >= trained:
        raise ModelError(f"steps {steps}: the last label {labels[-1]} is not a training step; take fewer steps")
    return labels


def _linear(start: float, end: float, count: int) -> np.ndarray:
    return np.linspace(start, end, count, dtype=np.float64)


def _scaled_linear(start: float, end: float, count: int) -> np.ndarray:
    return np.asarray(np.linspace(start**0.5, end**0.5, count, dtype=np.float64) ** 2)


def _leading(trained: int, steps: int, offset: int) -> tuple[int, ...]:
    return tuple(i * (trained // steps) + offset for i in range(steps))


def _trailing(trained: int, steps: int, _offset: int) -> tuple[int, ...]:
    return tuple((i + 1) * (trained // steps) - 1 for i in range(steps))


def _linspace(trained: int, steps: int, _offset: int) -> tuple[int, ...]:
    """As diffusers' DPM-Solver has it, not its DDIM: the clean state is step 0 and the noisiest the last step."""
    return tuple(int(label) for label in np.linspace(0, trained - 1, steps + 1).round()[1:])


BETAS = {"linear": _linear, "scaled_linear": _scaled_linear}
SPACINGS = {"leading": _leading, "trailing": _trailing, "linspace": _linspace}
