"""BDIA: each state follows from the two before it; the inversion solves the same equation for the third."""

from torch import Tensor

from creativity_assets.diffusion.diffusion_schedule import DiffusionSchedule
from creativity_assets.diffusion.guidance import Denoiser
from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec, Option

GAMMA = 1.0


def bdia_invert(e: Denoiser, schedule: DiffusionSchedule, x: Tensor, *, gamma: float = GAMMA) -> Inverted:
    """BDIA (Zhang et al. 2023, eq. 15 solved for x_{i+1}); x_1 by DDIM. Auxiliary state: x_{T-1}.

    x_{i+1} = (x_{i-1} - D(x_i, e; i, i-1)) / g + D(x_i, e; i, i+1) with e = e(x_i, t_i). A gamma below 1 divides the
    error by gamma at every step and diverges.
    """
    before, x = x, schedule.transfer(x, e(x, schedule.timestep(1)), 0, 1)
    states = [before, x]
    for i in range(1, schedule.steps):
        noise = e(x, schedule.timestep(i))
        back, on = schedule.transfer(x, noise, i, i - 1), schedule.transfer(x, noise, i, i + 1)
        before, x = x, (before - back) / gamma + on
        states.append(x)
    return Inverted(tuple(states), before)


def bdia_sample(
    e: Denoiser, schedule: DiffusionSchedule, x: Tensor, auxiliary: Tensor | None = None, *, gamma: float = GAMMA
) -> Tensor:
    """BDIA (Zhang et al. 2023, eq. 15). auxiliary: x_{T-1}; without it x_{T-1} is one DDIM step from x_T.

    x_{i-1} = g (x_{i+1} - D(x_i, e; i, i+1)) + D(x_i, e; i, i-1) with e = e(x_i, t_i).
    """
    T = schedule.steps
    before, x = x, schedule.transfer(x, e(x, schedule.timestep(T)), T, T - 1) if auxiliary is None else auxiliary
    for i in range(T - 1, 0, -1):
        noise = e(x, schedule.timestep(i))
        back, on = schedule.transfer(x, noise, i, i - 1), schedule.transfer(x, noise, i, i + 1)
        before, x = x, gamma * (before - on) + back
    return x


def _cost(steps: int, gamma: float = GAMMA) -> int:
    return 2 * steps - 1


BDIA = MethodSpec(bdia_invert, bdia_sample, _cost, exact=True, options={"gamma": Option(GAMMA, 0.5, 1.0)})
