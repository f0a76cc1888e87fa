"""Implicit DDIM inversion: each x_i is solved from the step that the sampler will take from it."""

from torch import Tensor

from creativity_assets.diffusion.diffusion_schedule import DiffusionSchedule
from creativity_assets.diffusion.guidance import Denoiser
from creativity_assets.diffusion.inversion.ddim import ddim_sample
from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec, Option

K = 5


def fixed_point_invert(e: Denoiser, schedule: DiffusionSchedule, x: Tensor, *, evaluations: int = K) -> Inverted:
    """Fixed-point iteration: y <- D(x_{i-1}, e(y, t_i); i-1, i) from y = x_{i-1}, `evaluations` times a step.

    One evaluation is DDIM. In the limit x_i is what the sampler takes to x_{i-1} exactly; where e changes fast
    the iteration may not contract (AIDI, Pan et al. 2023, section 3.2).
    """
    states = [x]
    for i in range(1, schedule.steps + 1):
        y = x
        for _ in range(evaluations):
            y = schedule.transfer(x, e(y, schedule.timestep(i)), i - 1, i)
        x = y
        states.append(x)
    return Inverted(tuple(states))


def aidi_invert(e: Denoiser, schedule: DiffusionSchedule, x: Tensor, *, evaluations: int = K) -> Inverted:
    """AIDI (Pan et al. 2023, algorithm 1 with Anderson window 1): the fixed point, accelerated and steadied.

    With g(y) = D(x_{i-1}, e(y, t_i); i-1, i) and f(y) = g(y) - y: y <- g(y) - c (g(y) - g(y_before)),
    c = <f(y), f(y) - f(y_before)> / |f(y) - f(y_before)|^2, one c per image.
    """
    states = [x]
    for i in range(1, schedule.steps + 1):
        y, g_before, f_before = x, None, None
        for _ in range(evaluations):
            g = schedule.transfer(x, e(y, schedule.timestep(i)), i - 1, i)
            f = g - y
            y = g if g_before is None or f_before is None else g - _secant(f, f - f_before) * (g - g_before)
            g_before, f_before = g, f
        x = y
        states.append(x)
    return Inverted(tuple(states))


def fixed_point_sample(
    e: Denoiser, schedule: DiffusionSchedule, x: Tensor, auxiliary: Tensor | None = None, *, evaluations: int = K
) -> Tensor:
    """DDIM, whose steps the inversion has solved for: `evaluations` are the inversion's alone."""
    return ddim_sample(e, schedule, x)


def _secant(f: Tensor, change: Tensor) -> Tensor:
    """<f, change> / |change|^2 per image, shaped to multiply it; 0 where nothing changes any more."""
    inner = (f * change).flatten(1).sum(1)
    norm = change.flatten(1).square().sum(1)
    settled = norm <= (1e-30 if f.dtype.itemsize == 8 else 1e-14) * f[0].numel()
    c = (inner / norm.masked_fill(settled, 1.0)).masked_fill(settled, 0.0)
    return c.view(-1, *[1] * (f.ndim - 1))


def _cost(steps: int, evaluations: int = K) -> int:
    return evaluations * steps + steps


FIXED_POINT = MethodSpec(fixed_point_invert, fixed_point_sample, _cost, options={"evaluations": Option(K, 1)})
AIDI = MethodSpec(aidi_invert, fixed_point_sample, _cost, options={"evaluations": Option(K, 1)})
