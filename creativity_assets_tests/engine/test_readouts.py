"""Readouts against closed forms, on exact models, before they are trusted on trained ones."""

import hashlib
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.likelihood import log_likelihood
from creativity_assets.engine.readouts import (
    NOISES,
    READOUTS,
    RoundTrip,
    noise_autocorrelation,
    noise_kl,
    noise_power,
    read_out,
    require_readouts,
)
from creativity_assets.errors import ModelError
from creativity_assets_tests.diffusion.oracles import (
    ALPHA_BARS,
    LEVELS,
    MU,
    SIGMA,
    flow_schedule_of,
    gaussian_noise,
    mixture_noise,
    schedule_of,
)


def works(count: int = 6) -> Tensor:
    """(count, 2, 8, 8) draws of the Gaussian that the exact models know."""
    generator = torch.Generator().manual_seed(3)
    return MU + SIGMA * torch.randn(count, 2, 8, 8, dtype=torch.float64, generator=generator)


def trip_of(settings: InversionSettings, e: Any, x: Tensor, schedule: Any = None, first: int = 0) -> RoundTrip:
    """Inverted and sampled; the works are called work-0, work-1 and so on, from `first`."""
    schedule = schedule or schedule_of(settings.steps, settings.method.spacing)
    names = tuple(f"work-{first + i}" for i in range(len(x)))
    inverted = settings.method.invert(e, schedule, x, **settings.options)
    sampled = settings.method.sample(e, schedule, inverted.noise, inverted.auxiliary, **settings.options)
    return RoundTrip(settings, e, e, schedule, inverted, sampled, names)


def gaussian_velocity(x: Tensor, sigma: float) -> Tensor:
    variance = (1 - sigma) ** 2 * SIGMA**2 + sigma**2
    centred = (x - (1 - sigma) * MU) / variance
    return sigma * centred - (MU + (1 - sigma) * SIGMA**2 * centred)


def test_white_noise_reads_as_white_noise() -> None:
    """Expectations of N(0, I), within five standard errors of 16,384 numbers."""
    x = torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    n = x.numel()
    assert float(noise_power(x)) == pytest.approx(1, abs=5 * math.sqrt(2 / n))
    assert float(noise_autocorrelation(x)) == pytest.approx(0, abs=5 / math.sqrt(n))
    assert 0 <= float(noise_kl(x)) < 25 / n


def test_divergence_is_that_of_two_gaussians() -> None:
    """Oracle: the integral of p log(p / q) over a grid, for the moments of the image."""
    x = 0.3 + 1.4 * torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    p = stats.norm(float(x.mean()), float(x.std(correction=0)))
    grid = np.linspace(-12, 12, 200_001)
    expected = np.trapezoid(p.pdf(grid) * (p.logpdf(grid) - stats.norm.logpdf(grid)), grid)
    assert float(noise_kl(x)) == pytest.approx(expected, rel=1e-6)


def test_autocorrelation_is_numpys_of_neighbours() -> None:
    """Smoothed noise, against np.corrcoef of the image with itself one pixel on; borders make the difference."""
    rough = torch.randn(1, 1, 130, 130, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = rough[..., 1:, 1:] + rough[..., :-1, 1:] + rough[..., 1:, :-1] + rough[..., :-1, :-1]
    image = x[0, 0].numpy()
    right = np.corrcoef(image[:, 1:].ravel(), image[:, :-1].ravel())[0, 1]
    lower = np.corrcoef(image[1:].ravel(), image[:-1].ravel())[0, 1]
    assert float(noise_autocorrelation(x)) == pytest.approx((right + lower) / 2, abs=2 / 129)
    assert float(noise_autocorrelation(x)) > 0.4


def test_autocorrelation_is_centred_per_channel() -> None:
    """Channels of different means do not correlate by them: centring over the image alone would give nearly 1."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64, generator=generator)
    shifted = x + torch.tensor([-20.0, 0.0, 20.0], dtype=torch.float64)[:, None, None]
    torch.testing.assert_close(noise_autocorrelation(shifted), noise_autocorrelation(x), rtol=0, atol=1e-12)
    assert abs(float(noise_autocorrelation(shifted))) < 0.05


def test_the_denoising_error_is_read_at_training_step_200_over_four_noises() -> None:
    """LaRE2's step, and as many noises as the documentation says: what the network is asked, whatever it answers."""
    asked: list[Any] = []

    def e(x: Tensor, t: Any) -> Tensor:
        asked.append(t)
        return torch.zeros_like(x)

    alpha_bar, x = float(ALPHA_BARS[200]), works(2)
    trip = replace(trip_of(InversionSettings(), gaussian_noise, x), inversion_denoiser=e)
    ours = read_out(trip, ["denoising_error"])["denoising_error"]
    assert asked == [200] * 4
    drawn = [noise.square().flatten(1).mean(1) for noise in trip.noises(4, "denoising_error")]
    torch.testing.assert_close(ours, torch.stack(drawn).mean(0))

    def sees(x: Tensor, t: Any) -> Tensor:
        return x

    mixed = read_out(replace(trip, inversion_denoiser=sees), ["denoising_error"])["denoising_error"]
    wanted = [
        (alpha_bar**0.5 * x + (1 - alpha_bar) ** 0.5 * n - n).square().flatten(1).mean(1)
        for n in trip.noises(4, "denoising_error")
    ]
    torch.testing.assert_close(mixed, torch.stack(wanted).mean(0))
    asked.clear()
    flow = trip_of(InversionSettings("euler", 5), gaussian_velocity, x, flow_schedule_of(5))
    read_out(replace(flow, inversion_denoiser=e), ["denoising_error"])
    assert asked == [0.2] * 4


def test_the_likelihood_is_read_with_four_probes_of_the_image_s_own() -> None:
    def e(x: Tensor, t: int) -> Tensor:  # neighbours count, so that probes differ
        return mixture_noise(x + x.roll(1, -1) / 5, t)

    x = works(2)
    trip = trip_of(InversionSettings(), e, x)
    probes = [noise.sign() for noise in trip.noises(4, "log_likelihood")]
    value, error = log_likelihood(e, LEVELS.likelihood_path(), x, probes)
    assert float(error.min()) > 1e-4
    ours = read_out(trip, ["log_likelihood"])
    assert set(ours) == {"log_likelihood", "log_likelihood_se"}
    torch.testing.assert_close(ours["log_likelihood"], value)
    torch.testing.assert_close(ours["log_likelihood_se"], error)


def test_the_defect_of_a_flow_asks_at_the_noisier_level() -> None:
    """By hand: an Euler step back from x_i under v(x_i, sigma_i), against x_{i-1}."""
    x, schedule = works(2), flow_schedule_of(5)
    trip = trip_of(InversionSettings("euler", 5), gaussian_velocity, x, schedule)
    missed = [
        (b + (schedule.sigmas[i] - schedule.sigmas[i + 1]) * gaussian_velocity(b, schedule.sigmas[i + 1]) - a)
        .flatten(1)
        .square()
        .mean(1)
        .sqrt()
        for i, (a, b) in enumerate(zip(trip.inverted.states[:-1], trip.inverted.states[1:], strict=True))
    ]
    torch.testing.assert_close(read_out(trip, ["defect"])["step_defect"], torch.stack(missed).mean(0))


def test_an_implicit_inversion_has_no_defect_and_ddim_has_a_known_one() -> None:
    x = works()
    solved = InversionSettings("fixed_point", 20, options={"evaluations": 60})
    assert float(read_out(trip_of(solved, gaussian_noise, x), ["defect"])["step_defect"].max()) < 1e-8
    trip = trip_of(InversionSettings(), gaussian_noise, x)
    by_hand = [
        float(
            (trip.schedule.transfer(b, gaussian_noise(b, trip.schedule.timestep(i + 1)), i + 1, i) - a)[0]
            .square()
            .mean()
        )
        ** 0.5
        for i, (a, b) in enumerate(zip(trip.inverted.states[:-1], trip.inverted.states[1:], strict=True))
    ]
    assert float(read_out(trip, ["defect"])["step_defect"][0]) == pytest.approx(np.mean(by_hand), rel=1e-9)


def test_one_state_error_is_zero_only_where_one_state_is_enough() -> None:
    x = works()
    for name, coupled in (("ddim", False), ("edict", True), ("bdia", True), ("o_belm", True)):
        trip = trip_of(InversionSettings(name), mixture_noise, x)
        ours = read_out(trip, ["one_state"])["one_state_error"]
        spec = trip.settings.method
        whole = spec.sample(mixture_noise, trip.schedule, trip.inverted.noise, trip.inverted.auxiliary)
        missed = (whole - x).flatten(1).square().mean(1).sqrt()
        if coupled:
            assert float(missed.max()) < 1e-10
            assert float(ours.min()) > 1e-3
        else:
            torch.testing.assert_close(ours, missed)


def test_denoising_error_of_a_flow_is_the_posterior_variance() -> None:
    """Closed form: v is known up to Var(n - x0 | x) = S^2 / ((1 - s)^2 S^2 + s^2) a number, at s = 0.2."""
    s = 0.2
    expected = SIGMA**2 / ((1 - s) ** 2 * SIGMA**2 + s**2)
    trip = trip_of(InversionSettings("euler", 5), gaussian_velocity, works(40), flow_schedule_of(5))
    ours = read_out(trip, ["denoising_error"])["denoising_error"]
    assert float(ours.mean()) == pytest.approx(expected, abs=4 * expected * math.sqrt(2 / (40 * 128 * NOISES)))


def test_denoising_error_is_the_posterior_variance() -> None:
    """Closed form: the exact prediction misses by Var(e | x) = abar SIGMA^2 / (abar SIGMA^2 + 1 - abar) a number."""
    alpha_bar = float(ALPHA_BARS[200])
    expected = alpha_bar * SIGMA**2 / (alpha_bar * SIGMA**2 + 1 - alpha_bar)
    x = works(40)
    ours = read_out(trip_of(InversionSettings(), gaussian_noise, x), ["denoising_error"])["denoising_error"]
    standard_error = expected * math.sqrt(2 / (40 * 128 * NOISES))
    assert float(ours.mean()) == pytest.approx(expected, abs=4 * standard_error)


@pytest.mark.parametrize("readout", READOUTS)
def test_a_readout_does_not_depend_on_the_batch(readout: str) -> None:
    x, settings = works(3), InversionSettings("bdia")
    together = read_out(trip_of(settings, mixture_noise, x), [readout])
    assert together
    for i in range(3):
        alone = read_out(trip_of(settings, mixture_noise, x[i : i + 1], first=i), [readout])
        for name, values in together.items():
            torch.testing.assert_close(alone[name][0], values[i], rtol=1e-9, atol=1e-9)


def test_each_image_draws_noise_of_its_own() -> None:
    """One picture under two names: the same model, another draw; and for another purpose another one again."""
    trip = trip_of(InversionSettings(), mixture_noise, works(1).expand(2, -1, -1, -1))
    error = read_out(trip, ["denoising_error"])["denoising_error"]
    assert error[0] != error[1]
    assert float(error[0]) == pytest.approx(float(error[1]), rel=0.3)
    for_error, for_trace = (next(trip.noises(1, what)) for what in ("denoising_error", "log_likelihood"))
    assert not torch.equal(for_trace[0], for_trace[1])
    assert not torch.equal(for_trace, for_error)


def test_the_one_state_of_a_mismatch_is_sampled_as_the_images_were() -> None:
    x, settings = works(2), InversionSettings()
    trip = replace(trip_of(settings, gaussian_noise, x), sampling_denoiser=mixture_noise, sampled=torch.zeros_like(x))
    ours = read_out(trip, ["one_state"])["one_state_error"]
    torch.testing.assert_close(ours, x.flatten(1).square().mean(1).sqrt())
    coupled = replace(trip_of(InversionSettings("edict"), gaussian_noise, x), sampling_denoiser=mixture_noise)
    spec = coupled.settings.method
    missed = spec.sample(mixture_noise, coupled.schedule, coupled.inverted.noise) - x
    ours = read_out(coupled, ["one_state"])["one_state_error"]
    torch.testing.assert_close(ours, missed.flatten(1).square().mean(1).sqrt())


def test_an_unknown_readout_is_named() -> None:
    with pytest.raises(ModelError, match=r"no readout 'aura'; have \['defect'"):
        require_readouts(["noise", "aura"])


def test_the_noise_is_read_as_power_autocorrelation_and_divergence() -> None:
    """The public names, and under each its own number, by NumPy from x_T."""
    trip = trip_of(InversionSettings(), mixture_noise, works(2))
    ours = read_out(trip, ["noise"])
    assert set(ours) == {"noise_power", "noise_autocorrelation", "noise_kl"}
    for i, x in enumerate(trip.inverted.noise.numpy()):
        centred = x - x.mean(axis=(1, 2), keepdims=True)
        right, lower = (
            (centred[:, :, 1:] * centred[:, :, :-1]).mean(),
            (centred[:, 1:] * centred[:, :-1]).mean(),
        )
        mean, variance = x.mean(), x.var()
        assert float(ours["noise_power"][i]) == pytest.approx((x**2).mean())
        assert float(ours["noise_autocorrelation"][i]) == pytest.approx((right + lower) / 2 / (centred**2).mean())
        assert float(ours["noise_kl"][i]) == pytest.approx((variance + mean**2 - 1 - np.log(variance)) / 2)


def test_the_one_state_is_sampled_with_the_method_s_options() -> None:
    """EDICT at p = 0.6: at its default, 0.93, the mixing and so the error would be another."""
    x, settings = works(2), InversionSettings("edict", options={"p": 0.6})
    trip = trip_of(settings, mixture_noise, x)
    spec = settings.method
    missed, by_default = (
        (spec.sample(mixture_noise, trip.schedule, trip.inverted.noise, p=p) - x).flatten(1).square().mean(1).sqrt()
        for p in (0.6, 0.93)
    )
    torch.testing.assert_close(read_out(trip, ["one_state"])["one_state_error"], missed)
    assert float((missed / by_default - 1).abs().min()) > 0.01


def test_the_draws_of_an_image_are_pinned() -> None:
    """Stored readouts were drawn so: the seed is the first 7 bytes of the digest of purpose, number and sample."""
    trip = trip_of(InversionSettings(), mixture_noise, works(2))
    for k, noise in enumerate(trip.noises(2, "denoising_error")):
        for i in range(2):
            digest = hashlib.sha256(f"denoising_error {k} work-{i}".encode()).hexdigest()
            generator = torch.Generator().manual_seed(int(digest[:14], 16))
            torch.testing.assert_close(noise[i], torch.randn(2, 8, 8, generator=generator).to(noise))
