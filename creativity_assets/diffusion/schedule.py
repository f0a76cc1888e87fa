"""The noise schedule a DDIM trajectory walks on: T + 1 states and the T labels between them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from creativity_assets.diffusion.training_levels import TrainingLevels
from creativity_assets.errors import ModelError


@dataclass(frozen=True)
class Sampler:
    """How a model is walked through, in diffusers' terms; set here, whatever sampler its folder ships.

    spacing, offset: which training steps are visited (`timestep_spacing`, `steps_offset`); clean_is_one: whether the
    clean state holds no noise at all (`set_alpha_to_one`) or that of the first training step; clip: the bound of
    |x_0| in every transfer (`clip_sample`), or None, as it must be for a transfer that can be undone.
    """

    spacing: str = "leading"
    offset: int = 1
    clean_is_one: bool = False
    clip: float | None = None


STUDY = Sampler()
"""The study's, for every model: SD 1.5's folder ships PNDM, SDXL's Euler."""


@dataclass(frozen=True)
class Schedule:
    """States 0 (clean) to T (noise). `labels[i - 1]` is what the network is told between states i - 1 and i:
    the training step of the noisier of the two, in both directions, as in diffusers.

    alpha_bars: T + 1 signal powers in (0, 1], falling, float64; labels: T integers, rising.
    clip: the bound of |x_0| in every transfer, or None.
    """

    alpha_bars: tuple[float, ...]
    labels: tuple[int, ...]
    clip: float | None = None

    @classmethod
    def over(cls, training: TrainingLevels, steps: int, sampler: Sampler = STUDY) -> "Schedule":
        """`steps` = T states above the clean one, among a model's training levels.

        Raises ModelError where diffusers' forward and inverse schedulers would not walk the same states: T that does
        not divide the training steps; and for a state without signal, from which nothing leads back.
        """
        labels = _labels(training.steps, steps, sampler)
        states = training.alpha_bars[list(labels)]
        if not states[-1] > 0:
            remedy = "fewer steps" if sampler.spacing == "leading" else "a method of leading spacing, as ddim"
            raise ModelError(
                f"steps {steps}: training step {labels[-1]} of this model holds no signal (rescale_betas_zero_snr), "
                f"and nothing leads back from it; take {remedy}"
            )
        clean = 1.0 if sampler.clean_is_one else float(training.alpha_bars[0])
        return cls((clean, *(float(alpha_bar) for alpha_bar in states)), labels, sampler.clip)

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


def _labels(trained: int, steps: int, sampler: Sampler) -> tuple[int, ...]:
    if steps < 1 or trained % steps:
        raise ModelError(f"steps {steps}: must divide the model's {trained} training steps, as 20 or 50 do")
    labels = SPACINGS[sampler.spacing](trained, steps, sampler.offset)
    if labels[-1] >= trained:
        raise ModelError(f"steps {steps}: the last label {labels[-1]} is not a training step; take fewer steps")
    return labels


def _leading(trained: int, steps: int, offset: int) -> tuple[int, ...]:
    return tuple(i * (trained // steps) + offset for i in range(steps))


def _trailing(trained: int, steps: int, _offset: int) -> tuple[int, ...]:
    return tuple((i + 1) * (trained // steps) - 1 for i in range(steps))


def _linspace(trained: int, steps: int, _offset: int) -> tuple[int, ...]:
    """As diffusers' DPM-Solver has it, not its DDIM: the clean state is step 0 and the noisiest the last step."""
    return tuple(int(label) for label in np.linspace(0, trained - 1, steps + 1).round()[1:])


SPACINGS: dict[str, Callable[[int, int, int], tuple[int, ...]]] = {
    "leading": _leading,
    "trailing": _trailing,
    "linspace": _linspace,
}
