"""What a diffusion model was trained with: facts, read from its scheduler's configuration and never set.

How it is sampled is another matter, and set by this project whatever the folder says: `schedule.Sampler`.
"""

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from creativity_assets.diffusion.weights.scheduler_config import Config, count, flag, number
from creativity_assets.errors import ModelError

Prediction = Literal["epsilon", "v_prediction"]
PREDICTIONS: tuple[Prediction, ...] = ("epsilon", "v_prediction")
MOST_STEPS = 100_000

OTHERWISE_TRAINED = {"timestep_type": "continuous", "use_flow_sigmas": True}
"""Fields by which a configuration says that its network is told something else than a training step."""


@dataclass(frozen=True, eq=False)
class TrainingLevels:
    """alpha_bars: the signal power of every training step, float64, falling, in 0..1; the last ones may hold none.

    prediction: what the network predicts.
    """

    alpha_bars: np.ndarray
    prediction: Prediction = "epsilon"

    @classmethod
    def from_config(cls, config: Config) -> "TrainingLevels":
        """As diffusers' schedulers read their configuration, with diffusers' defaults for what is not stated.

        `rescale_betas_zero_snr` is such a fact: the last training step then holds no signal at all (Lin et al. 2024,
        algorithm 1). Raises ModelError for levels that are none, and for models that were trained otherwise.
        """
        for field, value in OTHERWISE_TRAINED.items():
            if config.get(field) == value:
                raise ModelError(f"scheduler config: {field} {value} is not supported; choose another model")
        alpha_bars = np.cumprod(1.0 - _betas(config))
        if flag(config, "rescale_betas_zero_snr"):
            alpha_bars = _without_signal_at_the_end(alpha_bars)
        alpha_bars.setflags(write=False)
        return cls(alpha_bars, _prediction(config))

    @property
    def steps(self) -> int:
        return len(self.alpha_bars)


def _prediction(config: Config) -> Prediction:
    kind = config.get("prediction_type", "epsilon")
    if kind not in PREDICTIONS:
        raise ModelError(f"scheduler config: no prediction_type {str(kind)[:40]!r}; have {list(PREDICTIONS)}")
    return cast(Prediction, kind)


def _without_signal_at_the_end(alpha_bars: np.ndarray) -> np.ndarray:
    """a = sqrt(alpha_bar) shifted to end at 0 and stretched to begin where it did (Lin et al. 2024, algorithm 1)."""
    a = np.sqrt(alpha_bars)
    rescaled: np.ndarray = ((a - a[-1]) * (a[0] / (a[0] - a[-1]))) ** 2
    return rescaled


def _betas(config: Config) -> np.ndarray:
    """In 0..1, one a training step."""
    stated = config.get("trained_betas")
    if stated is not None:
        return _stated_betas(stated)
    start, end = number(config, "beta_start", 0.0001, 0, 1), number(config, "beta_end", 0.02, 0, 1)
    steps = count(config, "num_train_timesteps", 1000, 2, MOST_STEPS)
    kind = str(config.get("beta_schedule", "linear"))[:40]
    if kind not in BETAS:
        raise ModelError(f"scheduler config: no beta_schedule {kind!r}; have {sorted(BETAS)}")
    return BETAS[kind](start, end, steps)


def _stated_betas(stated: object) -> np.ndarray:
    try:
        betas = np.asarray(stated, dtype=np.float64)
    except (TypeError, ValueError):
        betas = np.empty(0)
    if betas.ndim != 1 or not 2 <= len(betas) <= MOST_STEPS or not ((betas >= 0) & (betas <= 1)).all():
        raise ModelError("scheduler config: trained_betas are no list of numbers from 0 to 1; restore the file")
    return betas


def _linear(start: float, end: float, steps: int) -> np.ndarray:
    return np.linspace(start, end, steps, dtype=np.float64)


def _scaled_linear(start: float, end: float, steps: int) -> np.ndarray:
    return np.asarray(np.linspace(start**0.5, end**0.5, steps, dtype=np.float64) ** 2)


BETAS = {"linear": _linear, "scaled_linear": _scaled_linear}
