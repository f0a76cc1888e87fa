"""Inversion methods: one function per method and direction over (denoiser, schedule, latent).

Letters as in the papers: x_i the state i of the schedule, e the predicted noise, D the transfer between two
states (`Schedule.transfer`). Latents are float32 (B, C, h, w); float64 in, float64 out.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from creativity_assets.diffusion.guidance import Denoiser
from creativity_assets.diffusion.schedule import Schedule
from creativity_assets.errors import ModelError


def ddim_invert(e: Denoiser, schedule: Schedule, x: Tensor) -> Tensor:
    """DDIM inversion (Song et al. 2021, section 4.3): x_i = D(x_{i-1}, e(x_{i-1}, t_i); i-1, i), x_0 to x_T."""
    for i in range(1, schedule.steps + 1):
        x = schedule.transfer(x, e(x, schedule.label(i)), i - 1, i)
    return x


def ddim_sample(e: Denoiser, schedule: Schedule, x: Tensor) -> Tensor:
    """DDIM sampling, eta 0 (Song et al. 2021, eq. 12): x_{i-1} = D(x_i, e(x_i, t_i); i, i-1), x_T to x_0."""
    for i in range(schedule.steps, 0, -1):
        x = schedule.transfer(x, e(x, schedule.label(i)), i, i - 1)
    return x


@dataclass(frozen=True)
class MethodSpec:
    """An inversion method: its two directions and what is known of it.

    exact: the round trip returns its input up to rounding, so that the score equals the floor.
    evaluations: network evaluations per image for both directions, as a function of T.
    """

    invert: Callable[[Denoiser, Schedule, Tensor], Tensor]
    resample: Callable[[Denoiser, Schedule, Tensor], Tensor]
    exact: bool
    evaluations: Callable[[int], int]


@dataclass(frozen=True)
class InversionSettings:
    """A method of the catalogue: the inversion's name, T, and the guidance weight of both directions.

    guidance 0 is the study's: the empty prompt alone. Raises ModelError for an unknown name.
    """

    inversion: str = "ddim"
    steps: int = 20
    guidance: float = 0.0

    def __post_init__(self) -> None:
        if self.inversion not in INVERSIONS:
            raise ModelError(f"no inversion {self.inversion!r}; have {sorted(INVERSIONS)}")
        if self.steps < 1:
            raise ModelError(f"steps {self.steps}: must be at least 1")

    @property
    def method(self) -> MethodSpec:
        return INVERSIONS[self.inversion]


def round_trip(settings: InversionSettings, e: Denoiser, schedule: Schedule, x: Tensor) -> Tensor:
    """x_0 to x_T and back by the method of the settings."""
    method = settings.method
    return method.resample(e, schedule, method.invert(e, schedule, x))


INVERSIONS = {
    "ddim": MethodSpec(ddim_invert, ddim_sample, exact=False, evaluations=lambda steps: 2 * steps),
}
