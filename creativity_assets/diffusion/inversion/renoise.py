"""ReNoise: a step's noise is predicted again from where the step led, and the last predictions are averaged."""

from torch import Tensor

from creativity_assets.diffusion.diffusion_schedule import DiffusionSchedule
from creativity_assets.diffusion.guidance import Denoiser
from creativity_assets.diffusion.inversion.ddim import ddim_sample
from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec, Option


def renoise_invert(
    e: Denoiser, schedule: DiffusionSchedule, x: Tensor, *, renoisings: int = 1, averaged: int = 2
) -> Inverted:
    """ReNoise (Garibi et al. 2024, algorithm 1, without its edit losses).

    y_0 = x_{i-1}, y_{k+1} = D(x_{i-1}, e(y_k, t_i); i-1, i) for k = 0 to K; then x_i = D(x_{i-1}, m; i-1, i) with m
    the mean of the last `averaged` predictions e(y_1) to e(y_K), or of as many as there are: e(y_0), the naive
    one, is not among them. With K = 1, the paper's choice for Stable Diffusion 1.5, this is the fixed point
    with two evaluations.
    """
    states = [x]
    for i in range(1, schedule.steps + 1):
        predictions = [e(x, schedule.timestep(i))]
        for _ in range(renoisings):
            y = schedule.transfer(x, predictions[-1], i - 1, i)
            predictions.append(e(y, schedule.timestep(i)))
        renoised = predictions[1:][-averaged:] or predictions
        x = schedule.transfer(x, sum(renoised[1:], renoised[0]) / len(renoised), i - 1, i)
        states.append(x)
    return Inverted(tuple(states))


def renoise_sample(
    e: Denoiser,
    schedule: DiffusionSchedule,
    x: Tensor,
    auxiliary: Tensor | None = None,
    *,
    renoisings: int = 1,
    averaged: int = 2,
) -> Tensor:
    """DDIM; both options are the inversion's alone."""
    return ddim_sample(e, schedule, x)


def _cost(steps: int, renoisings: int = 1, averaged: int = 2) -> int:
    return (1 + renoisings) * steps + steps


RENOISE = MethodSpec(
    renoise_invert, renoise_sample, _cost, options={"renoisings": Option(1, 1), "averaged": Option(2, 1)}
)
