"""Each method against something that was not made from it: diffusers, SciPy, or a closed form built here by hand.

For data N(MU, SIGMA^2) the exact noise is affine, e(x, t_i) = g_i (x - m_i), so that every step of every method is a
small matrix, and a method's round trip a product of matrices that NumPy multiplies and inverts.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMInverseScheduler,
    DDIMScheduler,
    DPMSolverMultistepInverseScheduler,
    DPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
)
from scipy.optimize import brentq
from torch import Tensor

from creativity_assets.diffusion.conditioning import Conditioning
from creativity_assets.diffusion.diffusion_schedule import DiffusionLevels, DiffusionSchedule
from creativity_assets.diffusion.flow_schedule import FlowLevels, FlowSchedule
from creativity_assets.diffusion.guidance import Denoiser, Guidance, Prompted, classifier_free
from creativity_assets.diffusion.inversion import INVERSIONS, ddim_invert, ddim_sample
from creativity_assets.diffusion.inversion.null_text import _at_least_float32
from creativity_assets.diffusion.sampler import Sampler
from creativity_assets_tests.diffusion.oracles import (
    ALPHA_BARS,
    LEVELS,
    MU,
    SD15,
    SIGMA,
    gaussian_noise,
    mixture_noise,
    mixture_samples,
    prompted_mixture,
    schedule_of,
)
from creativity_assets_tests.tiny_models import random_unet

Matrix = np.ndarray
POINTS = torch.linspace(-3, 3, 13, dtype=torch.float64)[:, None]  # images of one pixel


def states_of(steps: int) -> list[tuple[float, float]]:
    """(a_i, s_i) of states 0 to T, from diffusers' scheduler."""
    reference = DDIMScheduler.from_config(SD15)
    reference.set_timesteps(steps)
    bars = [ALPHA_BARS[0], *(ALPHA_BARS[int(t)] for t in reference.timesteps.flip(0))]
    return [(float(bar) ** 0.5, (1 - float(bar)) ** 0.5) for bar in bars]


def noise_row(state: tuple[float, float]) -> tuple[float, float]:
    """(g, -g m): e(x) = g x - g m for the exact Gaussian at the level (a, s) whose timestep the network is told."""
    a, s = state
    g = s / (a**2 * SIGMA**2 + s**2)
    return g, -g * a * MU


def ddim_coefficients(states: list[tuple[float, float]], i: int, j: int) -> tuple[float, float]:
    """x_j = p x_i + q e, by way of the clean image."""
    (a_i, s_i), (a_j, s_j) = states[i], states[j]
    return a_j / a_i, s_j - a_j * s_i / a_i


def affine(*rows: tuple[float, ...]) -> Matrix:
    """A map of the homogeneous vector (..., 1)."""
    size = len(rows[0])
    return np.array([*rows, (*[0.0] * (size - 1), 1.0)])


def ddim_matrix(steps: int, i: int, j: int, told: int) -> Matrix:
    """x -> D(x, e(x, timestep of state `told`); i, j)."""
    states = states_of(steps)
    p, q = ddim_coefficients(states, i, j)
    g, c = noise_row(states[told])
    return affine((p + q * g, q * c))


def product(matrices: list[Matrix]) -> Matrix:
    """The first one is applied first."""
    result = np.eye(len(matrices[0]))
    for matrix in matrices:
        result = matrix @ result
    return result


def applied(matrix: Matrix, *columns: Tensor) -> list[Tensor]:
    """The components of matrix (x, y, ..., 1)."""
    vector = np.stack([*(column[:, 0].numpy() for column in columns), np.ones(len(columns[0]))])
    return [torch.from_numpy(row)[:, None] for row in (matrix @ vector)[:-1]]


def same(ours: Tensor, theirs: Tensor, tolerance: float = 1e-10) -> None:
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("steps", [10, 20, 100])
def test_ddim_is_the_closed_form(steps: int) -> None:
    schedule = schedule_of(steps)
    up = product([ddim_matrix(steps, i - 1, i, told=i) for i in range(1, steps + 1)])
    down = product([ddim_matrix(steps, i, i - 1, told=i) for i in range(steps, 0, -1)])
    same(ddim_invert(gaussian_noise, schedule, POINTS).noise, *applied(up, POINTS))
    same(ddim_sample(gaussian_noise, schedule, POINTS), *applied(down, POINTS))


def test_ddim_converges_to_the_probability_flow() -> None:
    """The flow of a Gaussian keeps an image's number of standard deviations: known without any steps."""
    errors = []
    for steps in (20, 100, 500):
        schedule = schedule_of(steps)
        (a_0, v_0), (a_T, v_T) = (
            (alpha_bar**0.5, alpha_bar * SIGMA**2 + 1 - alpha_bar)
            for alpha_bar in (schedule.alpha_bars[0], schedule.alpha_bars[-1])
        )
        exact = a_T * MU + (v_T / v_0) ** 0.5 * (POINTS - a_0 * MU)
        errors.append(float((ddim_invert(gaussian_noise, schedule, POINTS).noise - exact).abs().max()))
    assert errors[0] / errors[1] > 3.5, "first order: five times the steps, about a fifth of the error"
    assert errors[1] / errors[2] > 3.5
    assert errors[2] < 0.02


def walk(scheduler: Any, e: Callable[[Tensor, Tensor], Tensor], x: Tensor, steps: int) -> list[Tensor]:
    """The states of one of diffusers' schedulers."""
    scheduler.set_timesteps(steps)
    states = [x]
    for t in scheduler.timesteps:
        states.append(scheduler.step(e(states[-1], t), t, states[-1]).prev_sample)
    return states


def latents() -> Tensor:
    return torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))


def relative(ours: Tensor, theirs: Tensor) -> float:
    return float((ours - theirs).norm() / theirs.norm())


def test_ddim_walks_diffusers_schedulers_step_for_step() -> None:
    """Oracle: DDIMInverseScheduler and DDIMScheduler around a random UNet; float32, so 1e-5."""
    unet, x = random_unet(), latents()
    sampler = DDIMScheduler.from_config(SD15)
    with torch.inference_mode():
        up = walk(DDIMInverseScheduler.from_config(sampler.config), unet, x, 20)
        down = walk(sampler, unet, up[-1], 20)
        ours = ddim_invert(unet, schedule_of(20), x)
        returned = ddim_sample(unet, schedule_of(20), ours.noise)
    assert max(relative(a, b) for a, b in zip(ours.states, up, strict=True)) < 1e-5
    assert relative(returned, down[-1]) < 1e-5
    assert (returned - x).abs().max() > 0.01, "a round trip without error would not test the way back"


def test_class_defaults_are_those_of_diffusers() -> None:
    """Oracle: DDIMInverseScheduler as one gets it without a configuration, clipping included."""
    unet, x = random_unet(), 2 * latents()
    with torch.inference_mode():
        up = walk(DDIMInverseScheduler(), unet, x, 20)
        ours = INVERSIONS["ddim_class_defaults"].invert(unet, schedule_of(20), x)
    assert max(relative(a, b) for a, b in zip(ours.states, up, strict=True)) < 1e-4  # float32 products of betas
    unclipped = DDIMInverseScheduler(clip_sample=False)
    with torch.inference_mode():
        assert relative(walk(unclipped, unet, x, 20)[-1], up[-1]) > 0.05, "clipping must matter here"


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ({}, 671.6816),
        ({"beta_start": 0.01}, 539.9622),
        ({"beta_start": 0.01, "clean_is_one": False}, 542.6722),
    ],
)
def test_inversion_sums_are_those_that_diffusers_publishes(fields: dict[str, Any], published: float) -> None:
    """From the tests of diffusers' DDIMInverseScheduler: 10 steps, a ramp as sample, x t / (t + 1) as noise."""
    count = 4 * 3 * 8 * 8
    ramp = (torch.arange(count).reshape(3, 8, 8, 4) / count).permute(3, 0, 1, 2)
    sampler = Sampler(offset=0, clean_is_one=bool(fields.get("clean_is_one", True)), clip=1.0)
    schedule = DiffusionSchedule.over(DiffusionLevels.from_config(fields), 10, sampler)
    noise = ddim_invert(lambda x, t: x * t / (t + 1), schedule, ramp).noise
    assert float(noise.abs().sum()) == pytest.approx(published, abs=1e-2)  # the bound of those tests


def test_source_timestep_is_the_closed_form() -> None:
    up = product([ddim_matrix(20, i - 1, i, told=i - 1) for i in range(1, 21)])
    same(INVERSIONS["ddim_source_label"].invert(gaussian_noise, schedule_of(20), POINTS).noise, *applied(up, POINTS))


def fixed_point_matrix(steps: int, i: int, evaluations: int) -> Matrix:
    """y <- p x + q e(y, t_i) from y = x, on the pair (x, y)."""
    states = states_of(steps)
    p, q = ddim_coefficients(states, i - 1, i)
    g, c = noise_row(states[i])
    start = affine((1, 0, 0), (1, 0, 0))
    once = affine((1, 0, 0), (p, q * g, q * c))
    total = product([start, *[once] * evaluations])
    return affine((total[1, 0] + total[1, 1], total[1, 2]))


@pytest.mark.parametrize("evaluations", [1, 2, 5])
def test_fixed_point_is_the_closed_form(evaluations: int) -> None:
    up = product([fixed_point_matrix(20, i, evaluations) for i in range(1, 21)])
    ours = INVERSIONS["fixed_point"].invert(gaussian_noise, schedule_of(20), POINTS, evaluations=evaluations)
    same(ours.noise, *applied(up, POINTS))


@pytest.mark.parametrize(("method", "evaluations"), [("fixed_point", 60), ("aidi", 12)])
def test_implicit_methods_find_scipys_root(method: str, evaluations: int) -> None:
    """The state from which the sampler's own step leads back, by Brent's method, on the nonlinear mixture."""
    schedule = schedule_of(50)

    def root(x: float, i: int) -> float:
        def missed(y: float) -> float:
            state = torch.tensor([[y]], dtype=torch.float64)
            return float(schedule.transfer(state, mixture_noise(state, schedule.timestep(i)), i, i - 1)) - x

        return float(brentq(missed, x - 2, x + 2, xtol=1e-13))

    start = [-1.3, 0.1, 1.4]
    expected = list(start)
    for i in range(1, 11):
        expected = [root(x, i) for x in expected]
    x = torch.tensor(start, dtype=torch.float64)[:, None]
    ours = INVERSIONS[method].invert(mixture_noise, schedule, x, evaluations=evaluations).states[10]
    same(ours, torch.tensor(expected, dtype=torch.float64)[:, None], 1e-9)


def test_three_evaluations_of_aidi_solve_an_affine_step() -> None:
    """Closed form: for one pixel Anderson's method is the secant rule, which is exact on a line."""
    up = product([np.linalg.inv(ddim_matrix(20, i, i - 1, told=i)) for i in range(1, 21)])
    ours = INVERSIONS["aidi"].invert(gaussian_noise, schedule_of(20), POINTS, evaluations=3)
    same(ours.noise, *applied(up, POINTS))


def test_renoise_averages_what_it_predicted_again() -> None:
    """The recurrence written out for the Gaussian; with one renoising the fixed point of two evaluations."""
    schedule, x = schedule_of(20), POINTS
    expected = x
    for i in range(1, 21):
        p, q = ddim_coefficients(states_of(20), i - 1, i)
        g, c = noise_row(states_of(20)[i])
        e_0 = g * expected + c
        e_1 = g * (p * expected + q * e_0) + c
        e_2 = g * (p * expected + q * e_1) + c
        e_3 = g * (p * expected + q * e_2) + c
        expected = p * expected + q * (e_2 + e_3) / 2
    renoise, fixed_point = INVERSIONS["renoise"], INVERSIONS["fixed_point"]
    same(renoise.invert(gaussian_noise, schedule, x, renoisings=3).noise, expected)
    x = mixture_samples(40)
    same(
        renoise.invert(mixture_noise, schedule, x).noise,
        fixed_point.invert(mixture_noise, schedule, x, evaluations=2).noise,
    )


def edict_sampling_matrix(steps: int, p: float) -> Matrix:
    """EDICT's sampler on (x, y), from the authors' published loop: `latent_pair[i]` moves by the noise of the other one,
    i = 0 first in even steps and 1 in odd ones; then latent 0 is mixed, and latent 1 with the mixed latent 0.
    """
    states, matrices = states_of(steps), []
    mix = affine((p, 1 - p, 0), (0, 1, 0)), affine((1, 0, 0), (1 - p, p, 0))
    for number, i in enumerate(range(steps, 0, -1)):
        a, b = ddim_coefficients(states, i, i - 1)
        g, c = noise_row(states[i])
        moves = affine((a, b * g, b * c), (0, 1, 0)), affine((1, 0, 0), (b * g, a, b * c))
        matrices += [*(moves if number % 2 == 0 else moves[::-1]), *mix]
    return product(matrices)


@pytest.mark.parametrize("steps", [20, 25])
@pytest.mark.parametrize("p", [0.8, 0.93, 1.0])
def test_edict_is_the_closed_form_and_its_inverse(p: float, steps: int) -> None:
    """An odd number of steps too: the alternation is counted from the noise, whichever way one goes."""
    matrix, spec, schedule = edict_sampling_matrix(steps, p), INVERSIONS["edict"], schedule_of(steps)
    other = POINTS.flip(0)
    same(spec.sample(gaussian_noise, schedule, POINTS, other, p=p), applied(matrix, POINTS, other)[0])
    inverted = spec.invert(gaussian_noise, schedule, POINTS, p=p)
    x_T, y_T = applied(np.linalg.inv(matrix), POINTS, POINTS)
    same(inverted.noise, x_T, 1e-6 if p < 0.9 else 1e-8)  # the condition of the factors
    assert inverted.auxiliary is not None
    same(inverted.auxiliary, y_T, 1e-6 if p < 0.9 else 1e-8)


def two_step_matrix(steps: int, coefficients: Callable[[int], tuple[float, float, float]]) -> Matrix:
    """x_{i-1} = f x_{i+1} + n x_i + q e(x_i, t_i) from (x_T, x_{T-1}) to (x_1, x_0)."""
    states, matrices = states_of(steps), []
    for i in range(steps - 1, 0, -1):
        far, near, q = coefficients(i)
        g, c = noise_row(states[i])
        matrices.append(affine((0, 1, 0), (far, near + q * g, q * c)))
    return product(matrices)


def bdia_coefficients(i: int) -> tuple[float, float, float]:
    """gamma = 1: x_{i+1} - (p_up x_i + q_up e) + (p_down x_i + q_down e)."""
    p_up, q_up = ddim_coefficients(states_of(20), i, i + 1)
    p_down, q_down = ddim_coefficients(states_of(20), i, i - 1)
    return 1.0, p_down - p_up, q_down - q_up


def o_belm_coefficients(i: int) -> tuple[float, float, float]:
    """Solved from its conditions: exact for 1, sigma and sigma^2 in x / a over sigma = s / a, with e its slope."""
    states = states_of(20)
    sigma = np.array([s / a for a, s in states])
    at = sigma[[i + 1, i]] - sigma[i]
    to = sigma[i - 1] - sigma[i]
    conditions = np.array([[1, 1, 0], [at[0], at[1], 1], [at[0] ** 2, at[1] ** 2, 0]])
    far, near, q = np.linalg.solve(conditions, np.array([1, to, to**2]))
    a_to, a, a_from = states[i - 1][0], states[i][0], states[i + 1][0]
    return far * a_to / a_from, near * a_to / a, q * a_to


@pytest.mark.parametrize(("name", "coefficients"), [("bdia", bdia_coefficients), ("o_belm", o_belm_coefficients)])
def test_two_step_methods_are_the_closed_form_and_its_inverse(
    name: str, coefficients: Callable[[int], tuple[float, float, float]]
) -> None:
    matrix, spec, schedule = two_step_matrix(20, coefficients), INVERSIONS[name], schedule_of(20)
    other = POINTS.flip(0) / 2
    same(spec.sample(gaussian_noise, schedule, POINTS, other), applied(matrix, POINTS, other)[1], 1e-8)
    inverted = spec.invert(gaussian_noise, schedule, POINTS)
    (x_1,) = applied(ddim_matrix(20, 0, 1, told=1), POINTS)
    x_T, x_before = applied(np.linalg.inv(matrix), x_1, POINTS)
    same(inverted.noise, x_T, 1e-8)
    assert inverted.auxiliary is not None
    same(inverted.auxiliary, x_before, 1e-8)


def dpm_scheduler(kind: Any) -> Any:
    return kind.from_config(
        {**SD15, "timestep_spacing": "linspace"},
        algorithm_type="dpmsolver++",
        solver_order=2,
        solver_type="midpoint",
        lower_order_final=False,
        final_sigmas_type="sigma_min",
    )


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers' own
def test_dpm_solver_walks_diffusers_schedulers_step_for_step() -> None:
    """Oracles: DPMSolverMultistepScheduler and its inverse at linspace, where both have the same states."""
    unet, x, spec = random_unet(), latents(), INVERSIONS["dpmpp_2m"]
    schedule = schedule_of(20, "linspace")
    with torch.inference_mode():
        up = walk(dpm_scheduler(DPMSolverMultistepInverseScheduler), unet, x, 20)
        ours = spec.invert(unet, schedule, x)
        down = walk(dpm_scheduler(DPMSolverMultistepScheduler), unet, up[-1], 20)
        returned = spec.sample(unet, schedule, ours.noise)
    assert max(relative(a, b) for a, b in zip(ours.states, up, strict=True)) < 1e-4  # float32 logarithms of sigmas
    assert relative(returned, down[-1]) < 1e-4


def flow_velocity(x: Tensor, sigma: float) -> Tensor:
    """The exact v for data N(MU, SIGMA^2): affine in x, with E[noise] and E[data] by linear regression."""
    variance = (1 - sigma) ** 2 * SIGMA**2 + sigma**2
    centred = (x - (1 - sigma) * MU) / variance
    return sigma * centred - (MU + (1 - sigma) * SIGMA**2 * centred)


@pytest.mark.parametrize(("name", "bound"), [("euler", 0.1), ("rf_solver", 0.001), ("fireflow", 0.001)])
def test_flow_solvers_converge_to_the_flow_of_a_gaussian(name: str, bound: float) -> None:
    """Closed form: x keeps its number of standard deviations, and at sigma = 1 those are of N(0, 1)."""
    exact = (POINTS - MU) / SIGMA
    noise = INVERSIONS[name].invert(flow_velocity, FlowLevels().schedule(100), POINTS).noise
    assert float((noise - exact).abs().max()) < bound  # first order: a Lipschitz constant or two times 1/100


def test_euler_walks_diffusers_scheduler_step_for_step() -> None:
    unet, x = random_unet(), latents()
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    with torch.inference_mode():
        down = walk(scheduler, unet, x, 10)
        schedule = FlowLevels.from_config(scheduler.config).schedule(10)
        ours = INVERSIONS["euler"].sample(lambda x, sigma: unet(x, torch.tensor(1000 * sigma)), schedule, x)
    assert relative(ours, down[-1]) < 1e-5


def test_midpoint_rules_written_out() -> None:
    """v(x, sigma) = 3 x + 5 sigma over two uneven steps, by hand."""

    def v(x: Tensor, sigma: float) -> Tensor:
        return 3 * x + 5 * sigma

    levels, x = FlowSchedule((0.0, 0.1, 0.3)), torch.ones(1, 1, dtype=torch.float64)
    # midpoint: x + h/2 v = 1.15, v = 3.45 + .25 = 3.7, x = 1.37; then 1.37 + .1 4.61 = 1.831, v = 6.493
    same(INVERSIONS["rf_solver"].invert(v, levels, x).noise, torch.full((1, 1), 1.37 + 0.2 * 6.493, dtype=x.dtype))
    # FireFlow: the same first step; then 1.37 + .1 3.7 = 1.74, v = 5.22 + 1 = 6.22
    same(INVERSIONS["fireflow"].invert(v, levels, x).noise, torch.full((1, 1), 1.37 + 0.2 * 6.22, dtype=x.dtype))


def test_null_text_is_the_papers_loop_over_one_image() -> None:
    """Algorithm 1 of the paper for each image alone, with a break where ours masks a batch."""
    model, schedule, x = prompted_mixture(), schedule_of(10), mixture_samples(6)
    prompted, spec = model.under(model.prompts), INVERSIONS["null_text"]
    expected = []
    for image in x:
        pivots = ddim_invert(prompted, schedule, image[None]).states
        null, state = model.null.tokens.clone(), pivots[-1]
        for k in range(10):
            i = 10 - k
            t = schedule.timestep(i)
            null = null.detach().clone().requires_grad_()
            optimiser = torch.optim.Adam([null], lr=1e-2 * (1 - k / 100))
            target, e_prompt = pivots[i - 1], prompted(state, t)
            for _ in range(10):
                e_null = model.under(model.null.with_tokens(null))(state, t)
                landed = schedule.transfer(state, e_null + 7.5 * (e_prompt - e_null), i, i - 1)
                loss = torch.nn.functional.mse_loss(landed, target)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                if loss.item() < 1e-5 + k * 2e-5:
                    break
            with torch.no_grad():
                e_null = model.under(model.null.with_tokens(null))(state, t)
                state = schedule.transfer(state, e_null + 7.5 * (e_prompt - e_null), i, i - 1)
        expected.append(state)
    sizes: set[int] = set()
    counted = replace(model, under=lambda c: lambda x, t: (sizes.add(len(x)), model.under(c)(x, t))[1])
    inverted = spec.invert(counted, schedule, x)
    assert len(x) in sizes and min(sizes) < len(x), "images that are done are not computed on with the others"
    returned = spec.sample(model, schedule, inverted.noise, inverted.auxiliary)
    same(returned, torch.cat(expected), 1e-8)
    untaught = spec.sample(model, schedule, inverted.noise)
    assert (returned - x).square().mean() < 0.8 * (untaught - x).square().mean(), "optimising must help"


def test_cfg_pp_is_the_papers_step_and_without_guidance_ddim() -> None:
    model, schedule, x = prompted_mixture(), schedule_of(20), mixture_samples(40)
    spec = INVERSIONS["cfg_pp"]
    null, prompted = model.under(model.null), model.under(model.prompts)
    same(spec.invert(model, schedule, x, weight=0.0).noise, ddim_invert(null, schedule, x).noise)
    same(spec.sample(model, schedule, x, weight=0.0), ddim_sample(null, schedule, x))
    state = x
    for i in range(20, 0, -1):
        (a_i, s_i), (a_j, s_j) = states_of(20)[i], states_of(20)[i - 1]
        e_null, e_prompt = null(state, schedule.timestep(i)), prompted(state, schedule.timestep(i))
        clean = (state - s_i * (0.4 * e_null + 0.6 * e_prompt)) / a_i
        state = a_j * clean + s_j * e_null
    same(spec.sample(model, schedule, x), state)


def test_null_text_without_inner_steps_is_guided_ddim() -> None:
    model, schedule, x = prompted_mixture(), schedule_of(20), mixture_samples(40)
    spec = INVERSIONS["null_text"]
    inverted = spec.invert(model, schedule, x, inner_steps=0)
    guided = classifier_free(model.under(model.null), model.under(model.prompts), Guidance.constant(7.5))
    same(
        spec.sample(model, schedule, inverted.noise, inverted.auxiliary), ddim_sample(guided, schedule, inverted.noise)
    )


def test_a_clipping_schedule_is_no_other() -> None:
    clipped = DiffusionSchedule.over(LEVELS, 20, Sampler(clip=1.0))
    x = 3 * mixture_samples(40)
    assert not torch.allclose(
        ddim_invert(mixture_noise, clipped, x).noise, ddim_invert(mixture_noise, schedule_of(20), x).noise
    )


def test_bdia_weighs_by_gamma_what_it_adds_to_its_own_step() -> None:
    """gamma = 0.8 as a product of matrices, both ways: g (x_{i+1} - (p_up x_i + q_up e)) + p_down x_i + q_down e."""
    gamma = 0.8

    def coefficients(i: int) -> tuple[float, float, float]:
        p_up, q_up = ddim_coefficients(states_of(20), i, i + 1)
        p_down, q_down = ddim_coefficients(states_of(20), i, i - 1)
        return gamma, p_down - gamma * p_up, q_down - gamma * q_up

    matrix, spec, schedule = two_step_matrix(20, coefficients), INVERSIONS["bdia"], schedule_of(20)
    other = POINTS.flip(0) / 2
    same(spec.sample(gaussian_noise, schedule, POINTS, other, gamma=gamma), applied(matrix, POINTS, other)[1], 1e-8)
    inverted = spec.invert(gaussian_noise, schedule, POINTS, gamma=gamma)
    (x_1,) = applied(ddim_matrix(20, 0, 1, told=1), POINTS)
    x_T, x_before = applied(np.linalg.inv(matrix), x_1, POINTS)
    same(inverted.noise, x_T, 1e-6)  # the error of each step is divided by gamma
    assert inverted.auxiliary is not None
    same(inverted.auxiliary, x_before, 1e-6)
    x = mixture_samples(40)
    walked = spec.invert(mixture_noise, schedule, x, gamma=gamma)
    same(spec.sample(mixture_noise, schedule, walked.noise, walked.auxiliary, gamma=gamma), x, 1e-8)


def test_null_text_moves_half_precision_embeddings_in_float32_and_leaves_the_model_s_alone() -> None:
    """bfloat16 has no 0.01 next to 4: the embeddings that come out lie between its numbers."""
    model, x, fours = prompted_mixture(), mixture_samples(4).float(), torch.tensor([[[4.0, -4.0], [4.0, -4.0]]])
    for dtype in (torch.bfloat16, torch.float32):
        null = Conditioning(fours.to(dtype))
        half = Prompted(lambda c: lambda x, t: model.under(c)(x, t).to(x.dtype), model.prompts, null)
        learnt = INVERSIONS["null_text"].invert(half, schedule_of(10), x).auxiliary
        assert learnt is not None and learnt.dtype == torch.float32
        assert not torch.equal(learnt, learnt.to(torch.bfloat16).float())
        assert null.tokens.dtype == dtype and torch.equal(null.tokens.float(), fours)


def test_tokens_that_null_text_learns_are_a_copy() -> None:
    for dtype in (torch.bfloat16, torch.float32, torch.float64):
        tokens = torch.full((1, 2, 2), 4.0, dtype=dtype)
        learnt = _at_least_float32(tokens)
        assert learnt.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
        learnt += 1
        assert torch.equal(tokens, torch.full((1, 2, 2), 4.0, dtype=dtype))


@pytest.mark.parametrize(("early_stop", "inner"), [(0.0, 10), (1e-12, 1)])
def test_null_text_stops_below_the_bound_and_not_at_it(early_stop: float, inner: int) -> None:
    """Where the prompt changes nothing the loss is exactly 0: below any bound but 0, which is never to stop."""
    evaluated: list[int] = []

    def under(conditioning: Conditioning) -> Denoiser:
        def e(x: Tensor, t: int) -> Tensor:
            evaluated.append(t)
            return 0 * conditioning.tokens.sum() * x

        return e

    tokens = Conditioning(torch.ones(1, 2, 2, dtype=torch.float64))
    INVERSIONS["null_text"].invert(Prompted(under, tokens, tokens), schedule_of(10), 0 * POINTS, early_stop=early_stop)
    assert len(evaluated) == 10 + (1 + inner + 1) * 10  # the pivots; then prompt, inner steps and what they led to
