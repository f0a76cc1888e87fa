"""What an inversion method hands from its inversion to its sampling, and what is known of a method beforehand."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from torch import Tensor

from creativity_assets.diffusion.schedule import Kind

Subject = Literal["denoiser", "prompted"]


class Inverted(NamedTuple):
    """An image's latent, inverted to noise.

    states: T + 1 latents x_0 to x_T, each (B, C, h, w). auxiliary: the state that sampling needs besides x_T, or None:
    the second latent of a coupled method, (B, C, h, w), or the embeddings that null-text inversion has optimised.
    """

    states: tuple[Tensor, ...]
    auxiliary: Tensor | None = None

    @property
    def noise(self) -> Tensor:
        """x_T, (B, C, h, w)."""
        return self.states[-1]


@dataclass(frozen=True)
class Option:
    """A number that a method takes, low <= value <= high; a whole one where the default is."""

    default: float
    low: float
    high: float = math.inf

    def allows(self, value: float) -> bool:
        whole = isinstance(self.default, int)
        return math.isfinite(value) and self.low <= value <= self.high and (not whole or value == int(value))

    def __str__(self) -> str:
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind} from {self.low:g}" + (f" to {self.high:g}" if math.isfinite(self.high) else "")


def _no_problem(steps: int, prompt: str, **options: float) -> str | None:
    return None


@dataclass(frozen=True)
class MethodSpec:
    """An inversion method: its two directions and what is known of it.

    invert: (subject, schedule, x_0, **options) -> Inverted. sample: (subject, schedule, x_T, auxiliary, **options)
    -> x_0; without `auxiliary` it samples from x_T alone, which for an exact method is the one-state round trip.
    evaluations: (T, **options) -> network evaluations per image for both directions, a guided one counted once.
    exact: the round trip returns its input up to rounding, so that the score equals the floor.
    options: by name, what else the method takes. problem: (T, prompt, **options) -> why this setting of the method
    means nothing, and the remedy; None for a setting that means something. subject: what a direction is called with,
    `denoiser` for e(x, t), `prompted` for the model under any prompt. kind: the models it is for, None for all.
    spacing: where the steps lie. steps: a usual T.
    """

    invert: Callable[..., Inverted]
    sample: Callable[..., Tensor]
    evaluations: Callable[..., int]
    exact: bool = False
    options: Mapping[str, Option] = field(default_factory=dict)
    problem: Callable[..., str | None] = _no_problem
    subject: Subject = "denoiser"
    kind: Kind | None = "diffusion"
    spacing: str = "leading"
    steps: int = 20

    @property
    def defaults(self) -> dict[str, float]:
        """The options' default values."""
        return {name: option.default for name, option in self.options.items()}
