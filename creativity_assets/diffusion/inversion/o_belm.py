"""O-BELM: the two-step method of least local error among those that can be run in both directions."""

from torch import Tensor

from creativity_assets.diffusion.diffusion_schedule import DiffusionSchedule, signal_and_noise
from creativity_assets.diffusion.guidance import Denoiser
from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec


def o_belm_invert(e: Denoiser, schedule: DiffusionSchedule, x: Tensor) -> Inverted:
    """O-BELM (Wang et al. 2024, eq. 18) solved for x_{i+1}; x_1 by DDIM. Auxiliary state: x_{T-1}."""
    before, x = x, schedule.transfer(x, e(x, schedule.timestep(1)), 0, 1)
    states = [before, x]
    for i in range(1, schedule.steps):
        far, near, noise = _coefficients(schedule, i)
        before, x = x, (before - near * x - noise * e(x, schedule.timestep(i))) / far
        states.append(x)
    return Inverted(tuple(states), before)


def o_belm_sample(e: Denoiser, schedule: DiffusionSchedule, x: Tensor, auxiliary: Tensor | None = None) -> Tensor:
    """O-BELM (Wang et al. 2024, eq. 18). auxiliary: x_{T-1}; without it x_{T-1} is one DDIM step from x_T.

    x_{i-1} = (h_i / h_{i+1})^2 (a_{i-1} / a_{i+1}) x_{i+1} + (1 - (h_i / h_{i+1})^2) (a_{i-1} / a_i) x_i
    - h_i (h_i + h_{i+1}) / h_{i+1} a_{i-1} e(x_i, t_i), with h_i = s_i / a_i - s_{i-1} / a_{i-1}.
    """
    T = schedule.steps
    before, x = x, schedule.transfer(x, e(x, schedule.timestep(T)), T, T - 1) if auxiliary is None else auxiliary
    for i in range(T - 1, 0, -1):
        far, near, noise = _coefficients(schedule, i)
        before, x = x, far * before + near * x + noise * e(x, schedule.timestep(i))
    return x


def _coefficients(schedule: DiffusionSchedule, i: int) -> tuple[float, float, float]:
    """Of x_{i+1}, x_i and e(x_i, t_i) in x_{i-1}, for 1 <= i < T."""
    (a_to, s_to), (a, s), (a_from, s_from) = (signal_and_noise(bar) for bar in schedule.alpha_bars[i - 1 : i + 2])
    h, h_from = s / a - s_to / a_to, s_from / a_from - s / a
    ratio = (h / h_from) ** 2
    return ratio * a_to / a_from, (1 - ratio) * a_to / a, -h * (h + h_from) / h_from * a_to


def _cost(steps: int) -> int:
    return 2 * steps - 1


O_BELM = MethodSpec(o_belm_invert, o_belm_sample, _cost, exact=True)
