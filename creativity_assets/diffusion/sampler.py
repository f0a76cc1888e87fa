"""Which training steps of a diffusion model are visited, in diffusers' terms."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from creativity_assets.errors import ModelError


@dataclass(frozen=True)
class Sampler:
    """How a model is sampled: set here, whatever sampler its folder ships.

    spacing, offset: which training steps are visited (`timestep_spacing`, `steps_offset`); clean_is_one: whether the
    clean state holds no noise at all (`set_alpha_to_one`) or that of the first training step; clip: the bound of
    |x_0| in every transfer (`clip_sample`), or None, as it must be for a transfer that can be undone.
    """

    spacing: str = "leading"
    offset: int = 1
    clean_is_one: bool = False
    clip: float | None = None

    def timesteps(self, trained: int, steps: int) -> tuple[int, ...]:
        """`steps` of the `trained` training steps, rising.

        Raises ModelError for steps that do not divide `trained`, where diffusers' forward and inverse schedulers
        would not visit the same states, and for a spacing that goes beyond the last training step.
        """
        if steps < 1 or trained % steps:
            raise ModelError(f"steps {steps}: must divide the model's {trained} training steps, as 20 or 50 do")
        timesteps = SPACINGS[self.spacing](trained, steps, self.offset)
        if timesteps[-1] >= trained:
            raise ModelError(
                f"steps {steps}: the last timestep {timesteps[-1]} is not a training step; take fewer steps"
            )
        return timesteps


STUDY = Sampler()
"""The study's, for every model: SD 1.5's folder ships PNDM, SDXL's Euler."""


def _leading(trained: int, steps: int, offset: int) -> tuple[int, ...]:
    return tuple(i * (trained // steps) + offset for i in range(steps))


def _trailing(trained: int, steps: int, _offset: int) -> tuple[int, ...]:
    return tuple((i + 1) * (trained // steps) - 1 for i in range(steps))


def _linspace(trained: int, steps: int, _offset: int) -> tuple[int, ...]:
    """As diffusers' DPM-Solver has it, not its DDIM: the clean state is step 0 and the noisiest the last step."""
    return tuple(int(timestep) for timestep in np.linspace(0, trained - 1, steps + 1).round()[1:])


SPACINGS: dict[str, Callable[[int, int, int], tuple[int, ...]]] = {
    "leading": _leading,
    "trailing": _trailing,
    "linspace": _linspace,
}
