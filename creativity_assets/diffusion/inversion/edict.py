"""EDICT: two latents that take turns, so that each step can be undone exactly."""

from torch import Tensor

from creativity_assets.diffusion.guidance import Denoiser
from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec, Option
from creativity_assets.diffusion.schedule import Schedule, signal_and_noise

P = 0.93
MOST_MIXED_STEPS = 50


def edict_invert(e: Denoiser, schedule: Schedule, x: Tensor, *, p: float = P) -> Inverted:
    """EDICT (Wallace et al. 2023, eq. 15): the pair (x, y) from (x_0, x_0) to (x_T, y_T), step by step undone."""
    y = x
    states = [x]
    for i in range(1, schedule.steps + 1):
        a, b, t = *_coefficients(schedule, i), schedule.label(i)
        if _swapped(schedule, i):
            x, y = y, x
        y_mixed = (y - (1 - p) * x) / p
        x_mixed = (x - (1 - p) * y_mixed) / p
        y = (y_mixed - b * e(x_mixed, t)) / a
        x = (x_mixed - b * e(y, t)) / a
        if _swapped(schedule, i):
            x, y = y, x
        states.append(x)
    return Inverted(tuple(states), y)


def edict_sample(e: Denoiser, schedule: Schedule, x: Tensor, carried: Tensor | None = None, *, p: float = P) -> Tensor:
    """EDICT (Wallace et al. 2023, eq. 14). carried: y_T; without it y_T = x_T, which is no longer exact.

    x' = a x + b e(y, t), y' = a y + b e(x', t); then x = p x' + (1 - p) y' and y = p y' + (1 - p) x of the new x.
    The roles of x and y change from step to step.
    """
    y = x if carried is None else carried
    for i in range(schedule.steps, 0, -1):
        a, b, t = *_coefficients(schedule, i), schedule.label(i)
        if _swapped(schedule, i):
            x, y = y, x
        x_mixed = a * x + b * e(y, t)
        y_mixed = a * y + b * e(x_mixed, t)
        x = p * x_mixed + (1 - p) * y_mixed
        y = p * y_mixed + (1 - p) * x
        if _swapped(schedule, i):
            x, y = y, x
    return x


def _coefficients(schedule: Schedule, i: int) -> tuple[float, float]:
    """(a, b) of D(x, e; i, i-1) = a x + b e."""
    a_from, s_from = signal_and_noise(schedule.alpha_bars[i])
    a_to, s_to = signal_and_noise(schedule.alpha_bars[i - 1])
    return a_to / a_from, s_to - s_from * a_to / a_from


def _swapped(schedule: Schedule, i: int) -> bool:
    """Counted from the noise, as the sampler goes: its first step leads with x."""
    return (schedule.steps - i) % 2 == 1


def _cost(steps: int, p: float = P) -> int:
    return 4 * steps


def _problem(steps: int, prompt: str, p: float = P) -> str | None:
    """Undoing the mixing amplifies what the two latents differ by, at every step: x_T is no noise in the end."""
    if p < 1 and steps > MOST_MIXED_STEPS:
        return f"mixing with p {p:g} makes x_T grow without bound over {steps} steps; set options: {{p: 1}}"
    return None


EDICT = MethodSpec(edict_invert, edict_sample, _cost, exact=True, options={"p": Option(P, 0.5, 1.0)}, problem=_problem)
