"""EDICT: two latents that take turns, so that each step can be undone exactly."""

from torch import Tensor

from creativity_assets.diffusion.diffusion_schedule import DiffusionSchedule, signal_and_noise
from creativity_assets.diffusion.guidance import Denoiser
from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec, Option

P = 0.93
MAX_MIXED_STEPS = 50


def edict_invert(e: Denoiser, schedule: DiffusionSchedule, x: Tensor, *, p: float = P) -> Inverted:
    """EDICT (Wallace et al. 2023, eq. 15): the pair (x, y) from (x_0, x_0) to (x_T, y_T), step by step undone."""
    y = x
    states = [x]
    for i in range(1, schedule.steps + 1):
        a, b, t = *_coefficients(schedule, i), schedule.timestep(i)
        y = (y - (1 - p) * x) / p
        x = (x - (1 - p) * y) / p
        first, second = _in_turn(schedule, i, x, y)
        second = (second - b * e(first, t)) / a
        first = (first - b * e(second, t)) / a
        x, y = _in_turn(schedule, i, first, second)
        states.append(x)
    return Inverted(tuple(states), y)


def edict_sample(
    e: Denoiser, schedule: DiffusionSchedule, x: Tensor, auxiliary: Tensor | None = None, *, p: float = P
) -> Tensor:
    """EDICT (Wallace et al. 2023, eq. 14). auxiliary: y_T; without it y_T = x_T, which is no longer exact.

    x' = a x + b e(y, t), y' = a y + b e(x', t); in every second step y goes first and x follows. Then
    x = p x' + (1 - p) y' and y = p y' + (1 - p) x of the new x, always in this order, as in the authors' code.
    """
    y = x if auxiliary is None else auxiliary
    for i in range(schedule.steps, 0, -1):
        a, b, t = *_coefficients(schedule, i), schedule.timestep(i)
        first, second = _in_turn(schedule, i, x, y)
        first = a * first + b * e(second, t)
        second = a * second + b * e(first, t)
        x, y = _in_turn(schedule, i, first, second)
        x = p * x + (1 - p) * y
        y = p * y + (1 - p) * x
    return x


def _coefficients(schedule: DiffusionSchedule, i: int) -> tuple[float, float]:
    """(a, b) of D(x, e; i, i-1) = a x + b e."""
    a_from, s_from = signal_and_noise(schedule.alpha_bars[i])
    a_to, s_to = signal_and_noise(schedule.alpha_bars[i - 1])
    return a_to / a_from, s_to - s_from * a_to / a_from


def _in_turn(schedule: DiffusionSchedule, i: int, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The pair in the order of step i, and back: counted from the noise, the sampler's first step leads with x."""
    return (y, x) if (schedule.steps - i) % 2 else (x, y)


def _cost(steps: int, p: float = P) -> int:
    return 4 * steps


def _problem(steps: int, prompt: str, p: float = P) -> str | None:
    """Undoing the mixing amplifies what the two latents differ by, at every step: x_T is no noise in the end."""
    if p < 1 and steps > MAX_MIXED_STEPS:
        return f"mixing with p {p:g} makes x_T grow without bound over {steps} steps; set options: {{p: 1}}"
    return None


EDICT = MethodSpec(edict_invert, edict_sample, _cost, exact=True, options={"p": Option(P, 0.5, 1.0)}, problem=_problem)
