"""DPM-Solver++ of second order, multistep, and the same solver with time reversed."""

import math

from torch import Tensor

from creativity_assets.diffusion.diffusion_schedule import DiffusionSchedule, signal_and_noise
from creativity_assets.diffusion.guidance import Denoiser
from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec


def dpmpp_2m_invert(e: Denoiser, schedule: DiffusionSchedule, x: Tensor) -> Inverted:
    """DPM-Solver++(2M) (Lu et al. 2022b, algorithm 2) from x_0 to x_T, each state at its own timestep."""
    states, clean_before = [x], None
    for i in range(1, schedule.steps + 1):
        clean = _clean(schedule, x, e(x, schedule.state_timestep(i - 1)), i - 1)
        x = _step(schedule, x, clean, clean_before, (i - 2, i - 1, i))
        clean_before = clean
        states.append(x)
    return Inverted(tuple(states))


def dpmpp_2m_sample(e: Denoiser, schedule: DiffusionSchedule, x: Tensor, auxiliary: Tensor | None = None) -> Tensor:
    """DPM-Solver++(2M) (Lu et al. 2022b, algorithm 2), its first step of first order: x_T to x_0."""
    clean_before = None
    for i in range(schedule.steps, 0, -1):
        clean = _clean(schedule, x, e(x, schedule.timestep(i)), i)
        x = _step(schedule, x, clean, clean_before, (i + 1, i, i - 1))
        clean_before = clean
    return x


def _clean(schedule: DiffusionSchedule, x: Tensor, noise: Tensor, i: int) -> Tensor:
    """x_0 as the network sees it from state i."""
    a, s = signal_and_noise(schedule.alpha_bars[i])
    return (x - s * noise) / a


def _step(
    schedule: DiffusionSchedule, x: Tensor, clean: Tensor, clean_before: Tensor | None, path: tuple[int, int, int]
) -> Tensor:
    """(s_j / s_i) x - a_j (exp(-h) - 1) D along the states (before, i, j), h the change of log(a / s)."""
    before, i, j = path
    (_, s_i), (a_j, s_j) = (signal_and_noise(schedule.alpha_bars[k]) for k in (i, j))
    h = _log_snr(schedule, j) - _log_snr(schedule, i)
    D = clean
    if clean_before is not None:
        r = (_log_snr(schedule, i) - _log_snr(schedule, before)) / h
        D = clean + (clean - clean_before) / (2 * r)
    return s_j / s_i * x - a_j * math.expm1(-h) * D


def _log_snr(schedule: DiffusionSchedule, i: int) -> float:
    """lambda = log(a / s); finite because state 0 keeps a little noise."""
    a, s = signal_and_noise(schedule.alpha_bars[i])
    return math.log(a / s)


def _cost(steps: int) -> int:
    return 2 * steps


DPMPP_2M = MethodSpec(dpmpp_2m_invert, dpmpp_2m_sample, _cost, spacing="linspace")
