"""What a model was trained with is read, how it is walked through is set: each against diffusers."""

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler

from creativity_assets.diffusion.betas import alpha_bars_from_config
from creativity_assets.diffusion.diffusion_schedule import DiffusionLevels, DiffusionSchedule
from creativity_assets.diffusion.inversion import INVERSIONS
from creativity_assets.diffusion.sampler import Sampler
from creativity_assets.engine.likelihood import log_likelihood
from creativity_assets.errors import ModelError
from creativity_assets_tests.diffusion.oracles import LEVELS, SD15, schedule_of
from creativity_assets_tests.tiny_models import SD15_SCHEDULER

ZERO_SNR = {**SD15_SCHEDULER, "rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}


def test_timesteps_are_those_of_the_study() -> None:
    schedule = schedule_of(20)
    assert schedule.timesteps == tuple(range(1, 1000, 50))
    assert (schedule.timestep(1), schedule.timestep(20)) == (1, 951)
    assert schedule.steps == 20
    assert len(schedule.alpha_bars) == 21
    assert schedule.clip is None


@pytest.mark.parametrize("steps", [1, 10, 20, 50, 500])
@pytest.mark.parametrize(
    ("training", "sampler", "theirs"),
    [
        ({}, Sampler(), {}),
        ({}, Sampler(clean_is_one=True), {"set_alpha_to_one": True}),
        ({}, Sampler("trailing"), {"timestep_spacing": "trailing"}),
        (
            {"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02},
            Sampler(offset=0),
            {"steps_offset": 0},
        ),
        ({"trained_betas": np.linspace(0.0001, 0.02, 1000).tolist()}, Sampler(), {}),
        ({"rescale_betas_zero_snr": True}, Sampler(offset=0), {"steps_offset": 0}),
    ],
)
def test_states_and_timesteps_are_diffusers(
    training: dict[str, Any], sampler: Sampler, theirs: dict[str, Any], steps: int
) -> None:
    reference = DDIMScheduler.from_config({**SD15, **training, **theirs})
    reference.set_timesteps(steps)
    timesteps = reference.timesteps.flip(0).tolist()
    states = [float(reference.final_alpha_cumprod), *(float(reference.alphas_cumprod[t]) for t in timesteps)]
    schedule = DiffusionSchedule.over(DiffusionLevels.from_config({**SD15_SCHEDULER, **training}), steps, sampler)
    assert list(schedule.timesteps) == timesteps
    # diffusers accumulates a thousand factors in float32; ours are float64.
    np.testing.assert_allclose(schedule.alpha_bars, states, rtol=2e-5, atol=1e-10)


def test_a_config_without_fields_has_diffusers_defaults() -> None:
    reference, ours = DDIMScheduler(), DiffusionLevels.from_config({})
    np.testing.assert_allclose(ours.alpha_bars, reference.alphas_cumprod.numpy(), rtol=1e-4)
    assert ours.prediction == reference.config.prediction_type


def test_what_the_folder_says_of_sampling_is_not_read() -> None:
    said = {
        "timestep_spacing": "trailing",
        "steps_offset": 7,
        "set_alpha_to_one": True,
        "clip_sample": True,
        "clip_sample_range": 3.0,
    }
    assert DiffusionSchedule.over(DiffusionLevels.from_config({**SD15_SCHEDULER, **said}), 20) == schedule_of(20)


def test_transfer_carries_a_noised_image_exactly() -> None:
    """Law: along its own noise e, a_i x + s_i e goes to a_j x + s_j e, for every pair of states."""
    schedule = schedule_of(10)
    generator = torch.Generator().manual_seed(0)
    x, e = torch.randn(2, 3, 8, dtype=torch.float64, generator=generator)
    states = [np.sqrt(alpha_bar) * x + np.sqrt(1 - alpha_bar) * e for alpha_bar in schedule.alpha_bars]
    for i, source in enumerate(states):
        for j, target in enumerate(states):
            torch.testing.assert_close(schedule.transfer(source, e, i, j), target, rtol=0, atol=1e-11)


def test_zero_snr_levels_are_those_of_diffusers_and_end_without_signal() -> None:
    """The state that T = 20 ends in holds a tenth of the signal it would hold without the flag."""
    ours = DiffusionLevels.from_config(ZERO_SNR)
    theirs = DDIMScheduler.from_config(ZERO_SNR).alphas_cumprod.numpy()
    np.testing.assert_allclose(ours.alpha_bars, theirs, rtol=1e-4, atol=1e-9)
    assert ours.alpha_bars[-1] == 0
    assert ours.alpha_bars[0] == pytest.approx(LEVELS.alpha_bars[0], rel=1e-12)
    last, without = DiffusionSchedule.over(ours, 20).alpha_bars[-1], schedule_of(20).alpha_bars[-1]
    assert without == pytest.approx(0.008155, abs=1e-6)
    assert last == pytest.approx(float(theirs[951]), rel=1e-4)
    assert last < without / 10


DIFFUSION = [name for name, spec in INVERSIONS.items() if spec.kind == "diffusion" and spec.subject == "denoiser"]


@pytest.mark.parametrize("name", DIFFUSION)
def test_every_method_walks_a_zero_snr_model_or_says_that_it_cannot(name: str) -> None:
    """The exact v prediction of N(0, I), under which the noise is s x: all is finite, or refused before it starts."""
    levels, spec = DiffusionLevels.from_config(ZERO_SNR), INVERSIONS[name]
    if spec.spacing != "leading":
        with pytest.raises(ModelError, match=r"step 999 of this model holds no signal .* a method of leading spacing"):
            levels.schedule(20, spec.spacing)
        return
    x = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    schedule = levels.schedule(20)

    def e(x: torch.Tensor, t: int) -> torch.Tensor:
        return float(np.sqrt(1 - levels.alpha_bars[t])) * x

    inverted = spec.invert(e, schedule, x)
    returned = spec.sample(e, schedule, inverted.noise, inverted.auxiliary)
    assert all(torch.isfinite(state).all() for state in (*inverted.states, returned))
    assert float((returned - x).square().mean().sqrt()) < 0.2 or name == "ddim_class_defaults"


def test_a_state_without_signal_is_refused_at_any_spacing() -> None:
    levels = DiffusionLevels.from_config(ZERO_SNR)
    with pytest.raises(ModelError, match=r"steps 500: training step 999 .* holds no signal .*; take fewer steps"):
        levels.schedule(500)
    betas = [*np.linspace(0.0001, 0.02, 999), 1.0]
    with pytest.raises(ModelError, match="holds no signal"):
        DiffusionSchedule.over(DiffusionLevels.from_config({"trained_betas": betas}), 20, Sampler("trailing"))


def test_the_likelihood_of_a_zero_snr_model_is_that_of_its_gaussian() -> None:
    """Closed form: data N(0, S^2), so that the state of the first training step is N(0, a^2 S^2 + s^2)."""
    levels = DiffusionLevels.from_config(ZERO_SNR)
    bars = levels.alpha_bars
    path = levels.likelihood_path()
    last = int(path.timesteps[-1])
    assert bars[last] > 1e-3 > bars[last + 1]
    for deviation in (0.1, 0.5, 1.5):

        def e(x: torch.Tensor, t: int, deviation: float = deviation) -> torch.Tensor:
            return float(np.sqrt(1 - bars[t]) / (bars[t] * deviation**2 + 1 - bars[t])) * x

        variance = bars[0] * deviation**2 + 1 - bars[0]
        generator = torch.Generator().manual_seed(0)
        x = variance**0.5 * torch.randn(3, 1, 4, 4, dtype=torch.float64, generator=generator)
        ours = log_likelihood(e, path, x, [torch.ones_like(x)]).value
        expected = -(x.flatten(1).square().mean(1) / variance + np.log(2 * np.pi * variance)) / 2
        np.testing.assert_allclose(ours, expected, atol=0.007)


@pytest.mark.parametrize(
    ("fields", "steps", "message"),
    [
        ({}, 30, "steps 30: must divide"),
        ({}, 0, "steps 0: must divide"),
        ({}, 1000, "last timestep 1000"),
        ({"beta_schedule": "squaredcos_cap_v2"}, 20, "no beta_schedule 'squaredcos_cap_v2'"),
        ({"beta_start": "small"}, 20, "beta_start 'small' is no number"),
        ({"beta_start": float("nan")}, 20, "beta_start 'nan' is no number"),
        ({"beta_end": 12.0}, 20, "beta_end 12 is not within 0 to 1"),
        ({"beta_end": True}, 20, "beta_end 'True' is no number"),
        ({"num_train_timesteps": 1e12}, 20, "num_train_timesteps 1e[+]12 is not within 2 to 100000"),
        ({"num_train_timesteps": 99.5}, 20, "num_train_timesteps 99.5 is no whole number"),
        ({"trained_betas": {"a": 1}}, 20, "trained_betas are no list"),
        ({"trained_betas": [[0.1, 0.2]]}, 20, "trained_betas are no list"),
        ({"trained_betas": [0.1, float("nan")]}, 20, "trained_betas are no list"),
        ({"trained_betas": [0.1, "x"]}, 20, "trained_betas are no list"),
        ({"rescale_betas_zero_snr": "yes"}, 20, "rescale_betas_zero_snr 'yes' is neither true nor false"),
        ({"prediction_type": "flow"}, 20, "no prediction_type 'flow'"),
        ({"prediction_type": ["epsilon"]}, 20, "no prediction_type"),
        ({"timestep_type": "continuous"}, 20, "timestep_type continuous is not supported"),
        ({"use_flow_sigmas": True}, 20, "use_flow_sigmas True is not supported"),
    ],
)
def test_what_cannot_be_inverted_is_refused(fields: dict[str, object], steps: int, message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        DiffusionSchedule.over(DiffusionLevels.from_config({**SD15_SCHEDULER, **fields}), steps)
    assert "\n" not in str(caught.value)


def test_a_step_outside_is_refused() -> None:
    for step in (0, 21):
        with pytest.raises(IndexError):
            schedule_of(20).timestep(step)


@pytest.mark.parametrize(
    ("betas", "alpha_bars"),
    [([0.0, 1.0], [1.0, 0.0]), ([0.25, 0.5, 0.0], [0.75, 0.375, 0.375]), ([0.0] * 100_000, [1.0] * 100_000)],
)
def test_stated_betas_are_taken_up_to_their_bounds(betas: list[float], alpha_bars: list[float]) -> None:
    """Two to 100,000 numbers from 0 to 1; the signal power by hand, as the products of 1 - beta."""
    np.testing.assert_allclose(alpha_bars_from_config({"trained_betas": betas}), alpha_bars, rtol=1e-15)


@pytest.mark.parametrize("betas", [[], [0.1], [0.1, 1.5], [-0.1, 0.1], [0.0] * 100_001, 0.1])
def test_betas_beyond_their_bounds_are_refused(betas: object) -> None:
    with pytest.raises(
        ModelError, match="^scheduler config: trained_betas are no list of numbers from 0 to 1; restore"
    ):
        alpha_bars_from_config({"trained_betas": betas})


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [("beta_start", 0, 1), ("beta_end", 0, 1), ("num_train_timesteps", 2, 100_000)],
)
@pytest.mark.parametrize("kind", ["linear", "scaled_linear"])
def test_a_number_of_the_file_is_taken_up_to_its_bounds(kind: str, field: str, low: float, high: float) -> None:
    for bound in (low, high):
        bars = alpha_bars_from_config({"beta_schedule": kind, field: bound})
        assert len(bars) == (bound if field == "num_train_timesteps" else 1000)
    for beyond in (low - 1, high + 1):
        with pytest.raises(ModelError, match=f"scheduler config: {field} {beyond:g} is not within"):
            alpha_bars_from_config({"beta_schedule": kind, field: beyond})


def test_a_schedule_knows_its_own_levels() -> None:
    assert schedule_of(20).levels is LEVELS


def test_a_file_that_states_no_class_and_no_betas_is_refused() -> None:
    with pytest.raises(ModelError, match="the folder's scheduler without a _class_name states no beta_schedule"):
        DiffusionLevels.from_folder({}, None)


def test_signal_powers_cannot_be_written_to() -> None:
    """A model's levels are shared by all of its schedules."""
    with pytest.raises(ValueError, match="read-only"):
        alpha_bars_from_config(SD15_SCHEDULER)[0] = 1.0
