"""Classifier-free guidance as a wrapper around denoisers; inversion methods never see it."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from creativity_assets.diffusion.conditioning import Conditioning
from creativity_assets.errors import ModelError

Denoiser = Callable[[Tensor, int], Tensor]
"""e(x, t): the noise in x (B, C, h, w) at training step t, in x's dtype. Of a flow model: its Velocity."""


@dataclass(frozen=True)
class Prompted:
    """A model under any prompt, for methods that need more than one denoiser.

    under: a conditioning -> e(x, t) under it, differentiable in its tokens. prompts: those of the batch. null: the
    empty prompt, for the whole batch.
    """

    under: Callable[[Conditioning], Denoiser]
    prompts: Conditioning
    null: Conditioning


@dataclass(frozen=True)
class Interval:
    """A guidance weight, and the timestep above which it holds."""

    above: float
    weight: float


@dataclass(frozen=True)
class Guidance:
    """Weights that are constant in intervals of timesteps. The same guidance in both directions makes a distance.

    intervals: from the noisiest down; the last one holds to 0. A single one is the constant weight; weights 1, w, 1
    are the limited interval of Kynkaanniemi et al. 2024. Raises ModelError for intervals out of order.
    """

    intervals: tuple[Interval, ...] = (Interval(-1, 0.0),)

    def __post_init__(self) -> None:
        bounds = [interval.above for interval in self.intervals]
        if not bounds or bounds != sorted(set(bounds), reverse=True) or bounds[-1] >= 0:
            raise ModelError(f"guidance intervals end above {bounds}: must fall from the noisiest, and end below 0")

    @classmethod
    def constant(cls, weight: float) -> "Guidance":
        return cls((Interval(-1, weight),))

    def weight(self, t: float) -> float:
        """w at timestep t >= 0."""
        return next(interval.weight for interval in self.intervals if t > interval.above)

    @property
    def weights(self) -> tuple[float, ...]:
        return tuple(interval.weight for interval in self.intervals)


def classifier_free(unconditional: Denoiser, conditional: Denoiser, guidance: Guidance) -> Denoiser:
    """e = e_null + w(t) (e_prompt - e_null) (Ho and Salimans 2022, with diffusers' w).

    w = 0 is the null prompt alone and w = 1 the prompt alone; both cost one evaluation instead of two.
    """

    def guided(x: Tensor, t: int) -> Tensor:
        w = guidance.weight(t)
        if w == 0.0:
            return unconditional(x, t)
        if w == 1.0:
            return conditional(x, t)
        e_null = unconditional(x, t)
        return e_null + w * (conditional(x, t) - e_null)

    return guided
