"""The likelihood by probability flow, against densities that are known in closed form."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from creativity_assets.diffusion.diffusion_schedule import DiffusionLevels
from creativity_assets.diffusion.flow_schedule import FlowLevels
from creativity_assets.engine.likelihood import PROBES, log_likelihood
from creativity_assets_tests.diffusion.oracles import ALPHA_BARS, LEVELS

D = 16
A0, S0 = math.sqrt(ALPHA_BARS[0]), math.sqrt(1 - ALPHA_BARS[0])
"""A latent counts as the first training step's state, which already holds a little noise."""


def signs(count: int, shape: tuple[int, ...], seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, dtype=torch.float64, generator=generator).sign() for _ in range(count)]


def diffusion_field(covariance: np.ndarray) -> Callable[[Tensor, Any], Tensor]:
    """The exact e(x, t) of N(0, covariance) over the D numbers of an image: s (a^2 C + s^2)^-1 x."""

    def e(x: Tensor, t: int) -> Tensor:
        a, s = math.sqrt(ALPHA_BARS[t]), math.sqrt(1 - ALPHA_BARS[t])
        solved = s * np.linalg.inv(a**2 * covariance + s**2 * np.eye(len(covariance)))
        return (x.flatten(1) @ torch.from_numpy(solved)).view_as(x)

    return e


def flow_field(covariance: np.ndarray) -> Callable[[Tensor, Any], Tensor]:
    """The exact v(x, sigma) = E[n - x0 | x] of the same, with x = (1 - sigma) x0 + sigma n."""

    def v(x: Tensor, sigma: float) -> Tensor:
        eye = np.eye(len(covariance))
        slope = (sigma * eye - (1 - sigma) * covariance) @ np.linalg.inv((1 - sigma) ** 2 * covariance + sigma**2 * eye)
        return (x.flatten(1) @ torch.from_numpy(slope)).view_as(x)

    return v


def drawn(covariance: np.ndarray, count: int = 6) -> Tensor:
    noise = np.random.default_rng(5).standard_normal((count, len(covariance)))
    return torch.from_numpy(noise @ np.linalg.cholesky(covariance).T).view(count, 1, 4, 4)


def density(covariance: np.ndarray, x: Tensor) -> np.ndarray:
    """log N(x; 0, covariance) in nats per dimension."""
    flat = x.flatten(1).numpy()
    return np.atleast_1d(stats.multivariate_normal(np.zeros(len(covariance)), covariance).logpdf(flat)) / len(
        covariance
    )


def correlated() -> np.ndarray:
    """Neighbours of a 4 x 4 image correlate, so that the Jacobian is not diagonal."""
    rows, columns = np.divmod(np.arange(D), 4)
    distance = np.hypot(rows[:, None] - rows, columns[:, None] - columns)
    return 0.8 * np.exp(-distance / 1.5)


@pytest.mark.parametrize("deviation", [0.02, 0.05, 0.1, 0.3, 1.0, 1.5])
@pytest.mark.parametrize("flow", [False, True])
def test_it_is_the_density_of_white_gaussians(flow: bool, deviation: float) -> None:
    """The Jacobian is diagonal: sign vectors give its trace exactly, and what is left is the grid's error.

    Tolerances are GRID's stated errors; the diffusion's base density adds what N(0, I) leaves of the last step.
    """
    covariance = deviation**2 * np.eye(D)
    if flow:
        x = drawn(covariance)
        ours = log_likelihood(flow_field(covariance), FlowLevels().likelihood_path(), x, signs(1, tuple(x.shape))).value
        expected, tolerance = density(covariance, x), 0.015
    else:
        covariance_0 = A0**2 * covariance + S0**2 * np.eye(D)
        x = drawn(covariance_0)
        path = LEVELS.likelihood_path()
        ours = log_likelihood(diffusion_field(covariance), path, x, signs(1, tuple(x.shape))).value
        expected, tolerance = density(covariance_0, x), 0.006
    np.testing.assert_allclose(ours.numpy(), expected, atol=tolerance)
    assert np.ptp(expected) > 5 * tolerance, "the works must differ by more than the tolerance"
    assert not ours.requires_grad


@pytest.mark.parametrize("flow", [False, True])
def test_it_is_the_density_of_a_correlated_gaussian(flow: bool) -> None:
    """Against SciPy's density. 400 probes: vectors of ones, or too few, would show."""
    covariance = correlated()
    if flow:
        x, field, path = drawn(covariance), flow_field(covariance), FlowLevels().likelihood_path()
        expected = density(covariance, x)
    else:
        covariance_0 = A0**2 * covariance + S0**2 * np.eye(D)
        x, field, path = drawn(covariance_0), diffusion_field(covariance), LEVELS.likelihood_path()
        expected = density(covariance_0, x)
    ours = log_likelihood(field, path, x, signs(400, tuple(x.shape))).value
    np.testing.assert_allclose(ours.numpy(), expected, atol=0.03)
    blind = log_likelihood(field, path, x, [torch.ones_like(x)]).value
    assert np.abs(blind.numpy() - expected).min() > 0.1


def test_probes_scatter_as_stated() -> None:
    """Variance per dimension 2 |J|^2 / (P d^2): the spread over 300 sets of PROBES probes, for one timestep's trace."""
    from creativity_assets.engine.likelihood import _with_trace

    covariance, t = correlated(), 300
    x = drawn(covariance, 1)
    a, s = math.sqrt(ALPHA_BARS[t]), math.sqrt(1 - ALPHA_BARS[t])
    jacobian = s * np.linalg.inv(a**2 * covariance + s**2 * np.eye(D))
    off = jacobian - np.diag(np.diag(jacobian))
    field = diffusion_field(covariance)
    traces = [float(_with_trace(field, x, t, signs(PROBES, tuple(x.shape), seed))[1].mean()) for seed in range(300)]
    assert np.mean(traces) == pytest.approx(np.trace(jacobian), abs=4 * np.std(traces) / 300**0.5)
    assert np.var(traces) == pytest.approx(2 * np.square(off).sum() / PROBES, rel=0.35)


def test_the_error_is_the_scatter_between_sets_of_probes() -> None:
    """sqrt(E[error^2]) over 200 sets of PROBES probes is the deviation of their values, to a fifth."""
    covariance = correlated()
    x, field, path = drawn(covariance, 1), flow_field(covariance), FlowLevels().likelihood_path()
    together = x.expand(200, -1, -1, -1)
    value, error = log_likelihood(field, path, together, signs(PROBES, tuple(together.shape)))
    assert float(value.std()) == pytest.approx(float(error.square().mean().sqrt()), rel=0.2)
    assert float(error.min()) > 0


def test_one_probe_has_no_error_of_its_own() -> None:
    covariance = 0.09 * np.eye(D)
    x = drawn(covariance)
    found = log_likelihood(flow_field(covariance), FlowLevels().likelihood_path(), x, signs(1, tuple(x.shape)))
    assert torch.isnan(found.error).all()
    white = log_likelihood(flow_field(covariance), FlowLevels().likelihood_path(), x, signs(PROBES, tuple(x.shape)))
    assert float(white.error.max()) < 1e-12, "a diagonal Jacobian is read exactly by signs"


def test_timesteps_are_training_steps_spread_evenly_over_the_log_of_noise_to_signal() -> None:
    path = LEVELS.likelihood_path()
    assert path.timesteps[0] == 0
    assert path.timesteps[-1] == len(ALPHA_BARS) - 1
    assert list(path.timesteps) == sorted(set(path.timesteps))
    assert np.diff(path.at).max() < 0.4  # between the first two training steps
    assert np.exp(path.at) == pytest.approx(np.array(path.c))


@pytest.mark.parametrize("first", [0.7, 0.4])
def test_a_first_level_that_holds_much_noise_is_where_the_density_is_read(first: float) -> None:
    """SD's first level is nearly clean, so that it would hide what a[0] scales; here a[0] is sqrt(0.7), sqrt(0.4)."""
    logs = np.linspace(math.log((1 - first) / first) / 2, 3.2, 2000)  # of s / a
    bars = 1 / (1 + np.exp(2 * logs))
    levels, deviation = DiffusionLevels(bars), 0.5

    def e(x: Tensor, t: int) -> Tensor:
        return math.sqrt(1 - bars[t]) / (bars[t] * deviation**2 + 1 - bars[t]) * x

    covariance = (bars[0] * deviation**2 + 1 - bars[0]) * np.eye(D)
    x = drawn(covariance)
    ours = log_likelihood(e, levels.likelihood_path(), x, signs(1, tuple(x.shape))).value
    np.testing.assert_allclose(ours.numpy(), density(covariance, x), atol=0.003)


def test_the_error_of_two_probes_is_half_of_what_they_differ_by() -> None:
    """By hand: the deviation of two numbers is their difference over sqrt(2), and once more over sqrt(2) its error."""
    covariance = correlated()
    x, field, path = drawn(covariance), flow_field(covariance), FlowLevels().likelihood_path()
    probes = signs(2, tuple(x.shape))
    one, other = (log_likelihood(field, path, x, [probe]).value for probe in probes)
    value, error = log_likelihood(field, path, x, probes)
    torch.testing.assert_close(value, (one + other) / 2)
    torch.testing.assert_close(error, (one - other).abs() / 2)
    assert float(error.min()) > 1e-4


def test_the_path_has_41_points_spread_evenly_over_the_log_of_noise_to_signal() -> None:
    """Over a model of so many training steps that one lies near every point: none is skipped and none is added."""
    logs = np.linspace(-3.0, 3.4, 20_001)
    path = DiffusionLevels(1 / (1 + np.exp(2 * logs))).likelihood_path()
    np.testing.assert_allclose(path.at, np.linspace(-3.0, 3.4, 41), atol=2e-4)
    np.testing.assert_allclose(path.timesteps, np.arange(41) * 500, atol=1)
    np.testing.assert_allclose(np.square(path.a) + np.square(path.weights), 1)
