"""Classifier-free guidance as a wrapper around noise predictions; inversion methods never see it."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from creativity_assets.diffusion.conditioning import Conditioning
from creativity_assets.errors import ModelError

Denoiser = Callable[[Tensor, int], Tensor]
"""e(x, t): the noise in x (B, C, h, w) at training step t, in x's dtype; of a flow model its Velocity (flow.py)."""


@dataclass(frozen=True)
class Prompted:
    """A model under any prompt, for the methods that need more of it than one denoiser.

    under: a conditioning -> e(x, t) under it, differentiable in its tokens. prompts: those of the batch; null: the
    empty prompt, for the whole batch.
    """

    under: Callable[[Conditioning], Denoiser]
    prompts: Conditioning
    null: Conditioning


@dataclass(frozen=True)
class Stage:
    """A guidance weight and the label above which it holds; of a flow model the noise level, in 0..1."""

    above: float
    weight: float


@dataclass(frozen=True)
class Guidance:
    """Piecewise constant weights over the training steps: the same field in both directions is a distance.

    stages: from the noisiest down; the last one holds to 0. One stage is the constant weight; weights 1, w, 1 are
    the limited interval of Kynkaanniemi et al. 2024. Raises ModelError for stages out of order.
    """

    stages: tuple[Stage, ...] = (Stage(-1, 0.0),)

    def __post_init__(self) -> None:
        bounds = [stage.above for stage in self.stages]
        if not bounds or bounds != sorted(set(bounds), reverse=True) or bounds[-1] >= 0:
            raise ModelError(f"guidance stages end above {bounds}: must fall from the noisiest, and end below 0")

    @classmethod
    def constant(cls, weight: float) -> "Guidance":
        return cls((Stage(-1, weight),))

    def weight(self, t: float) -> float:
        """w at training step (or noise level) t >= 0."""
        return next(stage.weight for stage in self.stages if t > stage.above)

    @property
    def weights(self) -> tuple[float, ...]:
        return tuple(stage.weight for stage in self.stages)


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
