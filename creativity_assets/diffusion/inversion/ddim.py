"""DDIM in both directions, and two mistakes in it that the study may have made."""

from torch import Tensor

from creativity_assets.diffusion.diffusion_schedule import DiffusionLevels, DiffusionSchedule
from creativity_assets.diffusion.guidance import Denoiser
from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec
from creativity_assets.diffusion.sampler import Sampler

CLASS_DEFAULTS = Sampler(offset=0, clean_is_one=True, clip=1.0)
"""Of diffusers' DDIMInverseScheduler, where it is built without the sampler's configuration."""


def ddim_invert(e: Denoiser, schedule: DiffusionSchedule, x: Tensor) -> Inverted:
    """DDIM inversion (Song et al. 2021, section 4.3): x_i = D(x_{i-1}, e(x_{i-1}, t_i); i-1, i), x_0 to x_T."""
    states = [x]
    for i in range(1, schedule.steps + 1):
        x = schedule.transfer(x, e(x, schedule.timestep(i)), i - 1, i)
        states.append(x)
    return Inverted(tuple(states))


def ddim_sample(e: Denoiser, schedule: DiffusionSchedule, x: Tensor, auxiliary: Tensor | None = None) -> Tensor:
    """DDIM sampling, eta 0 (Song et al. 2021, eq. 12): x_{i-1} = D(x_i, e(x_i, t_i); i, i-1), x_T to x_0."""
    for i in range(schedule.steps, 0, -1):
        x = schedule.transfer(x, e(x, schedule.timestep(i)), i, i - 1)
    return x


def ddim_class_defaults_invert(e: Denoiser, schedule: DiffusionSchedule, x: Tensor) -> Inverted:
    """DDIM inversion on CLASS_DEFAULTS whatever the model's schedule: diffusers' own linear betas and a clipped x_0.

    The mistake: the inverse scheduler is not built from the sampler's configuration. It does not converge. It is
    offered because its errors are as large as the study's.
    """
    defaults = DiffusionSchedule.over(DiffusionLevels.from_config({}), schedule.steps, CLASS_DEFAULTS)
    return ddim_invert(e, defaults, x)


def ddim_source_timestep_invert(e: Denoiser, schedule: DiffusionSchedule, x: Tensor) -> Inverted:
    """DDIM inversion as the study prints it (equation 1): the network is told the timestep of the state it sees.

    That is t_{i-1} for the step from x_{i-1} to x_i, and the training step 0 for x_0. The printed sampling
    equation names the timestep of the noisier state, as usual.
    """
    states = [x]
    for i in range(1, schedule.steps + 1):
        x = schedule.transfer(x, e(x, schedule.state_timestep(i - 1)), i - 1, i)
        states.append(x)
    return Inverted(tuple(states))


def _cost(steps: int) -> int:
    return 2 * steps


DDIM = MethodSpec(ddim_invert, ddim_sample, _cost)
DDIM_CLASS_DEFAULTS = MethodSpec(ddim_class_defaults_invert, ddim_sample, _cost)
DDIM_SOURCE_TIMESTEP = MethodSpec(ddim_source_timestep_invert, ddim_sample, _cost)
