"""CFG++ in both directions: guidance inside the manifold, as an approximate pair."""

from torch import Tensor

from creativity_assets.diffusion.diffusion_schedule import DiffusionSchedule, signal_and_noise
from creativity_assets.diffusion.guidance import Prompted
from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec, Option

WEIGHT = 0.6


def cfg_pp_invert(model: Prompted, schedule: DiffusionSchedule, x: Tensor, *, weight: float = WEIGHT) -> Inverted:
    """CFG++ inversion (Chung et al. 2024): the clean estimate by the null prompt, the noise by the guided one."""
    states = [x]
    for i in range(1, schedule.steps + 1):
        null, guided = _noises(model, x, schedule.timestep(i), weight)
        x = _exchange(schedule, x, (null, guided), i - 1, i)
        states.append(x)
    return Inverted(tuple(states))


def cfg_pp_sample(
    model: Prompted, schedule: DiffusionSchedule, x: Tensor, auxiliary: Tensor | None = None, *, weight: float = WEIGHT
) -> Tensor:
    """CFG++ sampling (Chung et al. 2024): the clean estimate by the guided noise, noised again by the null prompt.

    Each step undoes the inversion's in exact arithmetic if the noises were the same; they belong to different
    states, so the pair is approximate like DDIM's.
    """
    for i in range(schedule.steps, 0, -1):
        null, guided = _noises(model, x, schedule.timestep(i), weight)
        x = _exchange(schedule, x, (guided, null), i, i - 1)
    return x


def _noises(model: Prompted, x: Tensor, t: int, weight: float) -> tuple[Tensor, Tensor]:
    null = model.under(model.null)(x, t)
    return null, null + weight * (model.under(model.prompts)(x, t) - null)


def _exchange(schedule: DiffusionSchedule, x: Tensor, noises: tuple[Tensor, Tensor], i: int, j: int) -> Tensor:
    """a_j (x - s_i taken) / a_i + s_j given, for the noises (taken, given)."""
    taken, given = noises
    a_i, s_i = signal_and_noise(schedule.alpha_bars[i])
    a_j, s_j = signal_and_noise(schedule.alpha_bars[j])
    return a_j / a_i * (x - s_i * taken) + s_j * given


def _cost(steps: int, weight: float = WEIGHT) -> int:
    return 4 * steps


def _problem(steps: int, prompt: str, weight: float = WEIGHT) -> str | None:
    if prompt == "none":
        return "both prompts are empty, which is DDIM at twice its cost; set prompt: caption"
    return None


CFG_PP = MethodSpec(
    cfg_pp_invert,
    cfg_pp_sample,
    _cost,
    options={"weight": Option(WEIGHT, 0.01, 1.0)},
    problem=_problem,
    subject="prompted",
)
