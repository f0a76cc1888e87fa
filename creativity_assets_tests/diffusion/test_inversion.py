"""Laws over every method, a closed form, diffusers step for step, and golden numbers."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from diffusers import DDIMInverseScheduler, DDIMScheduler
from torch import Tensor

from creativity_assets.diffusion.guidance import Denoiser
from creativity_assets.diffusion.inversion import (
    INVERSIONS,
    InversionSettings,
    MethodSpec,
    ddim_invert,
    ddim_sample,
    round_trip,
)
from creativity_assets.diffusion.schedule import STUDY_FIELDS, Schedule, training_alpha_bars
from creativity_assets.errors import ModelError
from creativity_assets_tests.tiny_models import SD15_SCHEDULER, random_unet

SD15 = {**SD15_SCHEDULER, **STUDY_FIELDS}
ALPHA_BARS = training_alpha_bars(SD15)
MU, SIGMA = 0.7, 0.6


def schedule_of(steps: int) -> Schedule:
    return Schedule.from_config(SD15, steps)


def gaussian_noise(x: Tensor, t: int) -> Tensor:
    """The exact e(x, t) for data N(MU, SIGMA^2)."""
    alpha_bar = ALPHA_BARS[t]
    variance = alpha_bar * SIGMA**2 + 1 - alpha_bar
    return np.sqrt(1 - alpha_bar) * (x - np.sqrt(alpha_bar) * MU) / variance


def mixture_noise(x: Tensor, t: int) -> Tensor:
    """The exact e(x, t) for the one-dimensional mixture (N(-1, .25^2) + N(1.2, .4^2)) / 2: a nonlinear case."""
    means, deviations = torch.tensor([-1.0, 1.2]), torch.tensor([0.25, 0.4])
    a, s = np.sqrt(ALPHA_BARS[t]), np.sqrt(1 - ALPHA_BARS[t])
    variances = (a * deviations) ** 2 + s**2
    distance = x[..., None] - a * means
    weights = torch.softmax(-(distance**2) / (2 * variances) - variances.log() / 2, dim=-1)
    return s * (weights * distance / variances).sum(-1)


def mixture_samples() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(4000, generator=generator, dtype=torch.float64)
    return torch.cat([-1.0 + 0.25 * noise[:2000], 1.2 + 0.4 * noise[2000:]])


def counted(e: Denoiser) -> tuple[Denoiser, list[int]]:
    labels: list[int] = []

    def counting(x: Tensor, t: int) -> Tensor:
        labels.append(t)
        return e(x, t)

    return counting, labels


@pytest.fixture(params=INVERSIONS.values(), ids=INVERSIONS.keys())
def method(request: pytest.FixtureRequest) -> MethodSpec:
    spec: MethodSpec = request.param
    return spec


def test_stated_cost_is_the_counted_cost(method: MethodSpec) -> None:
    e, labels = counted(gaussian_noise)
    schedule = schedule_of(20)
    method.resample(e, schedule, method.invert(e, schedule, torch.zeros(2, 3)))
    assert len(labels) == method.evaluations(20)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_precision_and_shape_are_kept(method: MethodSpec, dtype: torch.dtype) -> None:
    x = torch.randn(2, 4, 3, 3, dtype=dtype, generator=torch.Generator().manual_seed(0))
    returned = method.resample(gaussian_noise, schedule_of(10), method.invert(gaussian_noise, schedule_of(10), x))
    assert returned.dtype == dtype
    assert returned.shape == x.shape


def test_round_trip_error_falls_with_the_number_of_steps(method: MethodSpec) -> None:
    """Law: slope -1 in log T for a method of first order; nothing but rounding for an exact one."""
    x = mixture_samples()
    steps = np.array([20, 50, 100, 200])
    errors = []
    for T in steps:
        schedule = schedule_of(int(T))
        returned = method.resample(mixture_noise, schedule, method.invert(mixture_noise, schedule, x))
        errors.append(float((returned - x).square().mean().sqrt()))
    if method.exact:
        assert max(errors) < 1e-10
    else:
        slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
        assert -1.25 < slope < -0.75


def affine_steps(steps: int) -> list[tuple[float, float]]:
    """(a_i, s_i) of states 0 to T as diffusers' scheduler states them, for the closed form."""
    reference = DDIMScheduler.from_config(SD15)
    reference.set_timesteps(steps)
    states = [reference.final_alpha_cumprod, *reference.alphas_cumprod[reference.timesteps.flip(0)]]
    return [(float(state) ** 0.5, (1 - float(state)) ** 0.5) for state in states]


def affine_map(steps: int, *, invert: bool) -> tuple[float, float]:
    """The closed form for N(MU, SIGMA^2): every step maps x to a_to x0(x) + s_to e(x), affine in x.

    With the label of the noisier state: v = a^2 SIGMA^2 + s^2, e = (s / v) (x - a MU), and
    x0 = (x - s_from e) / a_from. Returned: slope and intercept of the whole path.
    """
    states = affine_steps(steps)
    pairs = [(i - 1, i, i) for i in range(1, steps + 1)]
    if not invert:
        pairs = [(i, i - 1, i) for i in range(steps, 0, -1)]
    slope, intercept = 1.0, 0.0
    for source, target, noisier in pairs:
        (a_from, s_from), (a_to, s_to) = states[source], states[target]
        a, s = states[noisier]
        gain = s / (a**2 * SIGMA**2 + s**2)
        m = a_to / a_from * (1 - s_from * gain) + s_to * gain
        c = gain * a * MU * (a_to / a_from * s_from - s_to)
        slope, intercept = m * slope, m * intercept + c
    return slope, intercept


@pytest.mark.parametrize("steps", [10, 20, 100])
@pytest.mark.parametrize(("function", "invert"), [(ddim_invert, True), (ddim_sample, False)])
def test_ddim_is_the_closed_form_of_a_gaussian(function: Callable[..., Tensor], invert: bool, steps: int) -> None:
    x = torch.linspace(-3, 3, 13, dtype=torch.float64)
    slope, intercept = affine_map(steps, invert=invert)
    torch.testing.assert_close(
        function(gaussian_noise, schedule_of(steps), x), slope * x + intercept, rtol=1e-5, atol=1e-5
    )


def test_ddim_converges_to_the_probability_flow() -> None:
    """The flow of a Gaussian keeps an image's number of standard deviations: known without any steps."""
    x = torch.linspace(-3, 3, 13, dtype=torch.float64)
    errors = []
    for steps in (20, 100, 500):
        schedule = schedule_of(steps)
        (a_0, v_0), (a_T, v_T) = (
            (alpha_bar**0.5, alpha_bar * SIGMA**2 + 1 - alpha_bar)
            for alpha_bar in (schedule.alpha_bars[0], schedule.alpha_bars[-1])
        )
        exact = a_T * MU + (v_T / v_0) ** 0.5 * (x - a_0 * MU)
        errors.append(float((ddim_invert(gaussian_noise, schedule, x) - exact).abs().max()))
    assert errors[0] / errors[1] > 3.5, "first order: five times the steps, about a fifth of the error"
    assert errors[1] / errors[2] > 3.5
    assert errors[2] < 0.02


def test_ddim_walks_diffusers_schedulers_step_for_step() -> None:
    """Oracle: DDIMInverseScheduler and DDIMScheduler around a random UNet, every state to 1e-5."""
    unet = random_unet()
    sampler = DDIMScheduler.from_config(SD15)
    inverse = DDIMInverseScheduler.from_config(sampler.config)
    x0 = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    seen: list[Tensor] = []

    def e(x: Tensor, t: int) -> Tensor:
        seen.append(x)
        return unet(x, t)

    with torch.inference_mode():
        schedule = schedule_of(20)
        x_T = ddim_invert(e, schedule, x0)
        returned = ddim_sample(e, schedule, x_T)
        expected, x = [], x0
        for scheduler in (inverse, sampler):
            scheduler.set_timesteps(20)
            for t in scheduler.timesteps:
                expected.append(x)
                x = scheduler.step(unet(x, t), t, x).prev_sample
    assert len(seen) == len(expected) == 40
    for ours, theirs in zip([*seen, returned], [*expected, x], strict=True):
        assert float((ours - theirs).norm() / theirs.norm()) < 1e-5
    assert (returned - x0).abs().max() > 0.01, "a round trip without error would not test the way back"


def test_golden_round_trip_of_the_mixture() -> None:
    """Pinned on the first version; float64, so the tolerance only leaves room for another summation order."""
    x = mixture_samples()
    golden = {10: 0.08631883917510971, 20: 0.057284871459770285, 50: 0.03049223349451981}
    for steps, expected in golden.items():
        returned = round_trip(InversionSettings(steps=steps), mixture_noise, schedule_of(steps), x)
        assert float((returned - x).square().mean().sqrt()) == pytest.approx(expected, rel=1e-6)


def test_settings_name_what_there_is() -> None:
    with pytest.raises(ModelError, match=r"no inversion 'edikt'; have \['ddim'"):
        InversionSettings("edikt")
    with pytest.raises(ModelError, match="steps 0"):
        InversionSettings(steps=0)
    assert InversionSettings().method is INVERSIONS["ddim"]
