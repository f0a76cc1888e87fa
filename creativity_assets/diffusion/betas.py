"""The signal power of each training step of a diffusion model: a fact, read from its scheduler's configuration.

How the model is sampled is another matter: this project sets it, whatever the folder says (`sampler.Sampler`).
"""

import numpy as np

from creativity_assets.diffusion.weights.scheduler_config import Config, count, flag, number
from creativity_assets.errors import ModelError

MAX_STEPS = 100_000


def alpha_bars_from_config(config: Config) -> np.ndarray:
    """(training steps,) float64, falling, in 0..1: as diffusers' schedulers read it, with their defaults.

    With `rescale_betas_zero_snr` the last step holds no signal at all (Lin et al. 2024, algorithm 1). Raises
    ModelError for betas that are none.
    """
    alpha_bars = np.cumprod(1.0 - _betas(config))
    if flag(config, "rescale_betas_zero_snr"):
        alpha_bars = _without_signal_at_the_end(alpha_bars)
    alpha_bars.setflags(write=False)
    return alpha_bars


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
    steps = count(config, "num_train_timesteps", 1000, 2, MAX_STEPS)
    kind = str(config.get("beta_schedule", "linear"))[:40]
    if kind not in BETAS:
        raise ModelError(f"scheduler config: no beta_schedule {kind!r}; have {sorted(BETAS)}")
    return BETAS[kind](start, end, steps)


def _stated_betas(stated: object) -> np.ndarray:
    try:
        betas = np.asarray(stated, dtype=np.float64)
    except (TypeError, ValueError):
        betas = np.empty(0)
    if betas.ndim != 1 or not 2 <= len(betas) <= MAX_STEPS or not ((betas >= 0) & (betas <= 1)).all():
        raise ModelError("scheduler config: trained_betas are no list of numbers from 0 to 1; restore the file")
    return betas


def _linear(start: float, end: float, steps: int) -> np.ndarray:
    return np.linspace(start, end, steps, dtype=np.float64)


def _scaled_linear(start: float, end: float, steps: int) -> np.ndarray:
    return np.asarray(np.linspace(start**0.5, end**0.5, steps, dtype=np.float64) ** 2)


BETAS = {"linear": _linear, "scaled_linear": _scaled_linear}
