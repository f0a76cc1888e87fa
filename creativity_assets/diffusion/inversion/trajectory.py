"""What every inversion method hands over between its two directions, and what is known of it beforehand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from torch import Tensor

Kind = Literal["diffusion", "flow"]
Subject = Literal["denoiser", "prompted"]


class Inverted(NamedTuple):
    """The way from an image's latent to noise.

    states: T + 1 latents x_0 to x_T, each (B, C, h, w). carried: what else the way back needs, or None: the second
    latent of a coupled method, (B, C, h, w), or the embeddings that null-text inversion has optimised.
    """

    states: tuple[Tensor, ...]
    carried: Tensor | None = None

    @property
    def noise(self) -> Tensor:
        """x_T, (B, C, h, w)."""
        return self.states[-1]


@dataclass(frozen=True)
class MethodSpec:
    """An inversion method: its two directions and what is known of it.

    invert: (subject, schedule, x_0, **options) -> Inverted. resample: (subject, schedule, x_T, carried, **options)
    -> x_0; without `carried` it goes back from x_T alone, which for an exact method is the one-state round trip.
    evaluations: (T, **options) -> network evaluations per image for both directions, a guided one counted once.
    exact: the round trip returns its input up to rounding, so that the score equals the floor.
    defaults: the options with their default values. subject: `denoiser` for e(x, t), `prompted` for the model
    under any prompt. kind: the models it is for, None for all. spacing: where the steps lie. steps: a usual T.
    """

    invert: Callable[..., Inverted]
    resample: Callable[..., Tensor]
    evaluations: Callable[..., int]
    exact: bool = False
    defaults: Mapping[str, float] = field(default_factory=dict)
    subject: Subject = "denoiser"
    kind: Kind | None = "diffusion"
    spacing: str = "leading"
    steps: int = 20
