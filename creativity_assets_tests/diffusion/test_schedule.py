import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler

from creativity_assets.diffusion.schedule import STUDY_FIELDS, Schedule, prediction_type, training_alpha_bars
from creativity_assets.errors import ModelError
from creativity_assets_tests.tiny_models import SD15_SCHEDULER

SD15 = {**SD15_SCHEDULER, **STUDY_FIELDS}


def test_labels_are_those_of_the_study() -> None:
    schedule = Schedule.from_config(SD15, 20)
    assert schedule.labels == tuple(range(1, 1000, 50))
    assert (schedule.label(1), schedule.label(20)) == (1, 951)
    assert schedule.steps == 20
    assert len(schedule.alpha_bars) == 21


@pytest.mark.parametrize("steps", [1, 10, 20, 50, 500])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"set_alpha_to_one": True},
        {"timestep_spacing": "trailing"},
        {"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02, "steps_offset": 0},
        {"trained_betas": np.linspace(0.0001, 0.02, 1000).tolist()},
    ],
)
def test_states_and_labels_are_diffusers(fields: dict[str, object], steps: int) -> None:
    config = {**SD15, **fields}
    reference = DDIMScheduler.from_config(config)
    reference.set_timesteps(steps)
    labels = reference.timesteps.flip(0).tolist()
    states = [float(reference.final_alpha_cumprod), *(float(reference.alphas_cumprod[t]) for t in labels)]
    schedule = Schedule.from_config(config, steps)
    assert list(schedule.labels) == labels
    # diffusers accumulates a thousand factors in float32; ours are float64.
    np.testing.assert_allclose(schedule.alpha_bars, states, rtol=1e-5)


def test_a_config_without_fields_has_diffusers_defaults() -> None:
    reference = DDIMScheduler()
    np.testing.assert_allclose(training_alpha_bars({}), reference.alphas_cumprod.numpy(), rtol=1e-4)
    assert prediction_type({}) == reference.config.prediction_type
    assert Schedule.from_config({}, 20).clip == reference.config.clip_sample_range


def test_transfer_carries_a_noised_image_exactly() -> None:
    """Law: along its own noise e, a_i x + s_i e goes to a_j x + s_j e, for every pair of states."""
    schedule = Schedule.from_config(SD15, 10)
    generator = torch.Generator().manual_seed(0)
    x, e = torch.randn(2, 3, 8, dtype=torch.float64, generator=generator)
    states = [np.sqrt(alpha_bar) * x + np.sqrt(1 - alpha_bar) * e for alpha_bar in schedule.alpha_bars]
    for i, source in enumerate(states):
        for j, target in enumerate(states):
            torch.testing.assert_close(schedule.transfer(source, e, i, j), target, rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    ("fields", "steps", "message"),
    [
        ({}, 30, "steps 30: must divide"),
        ({}, 0, "steps 0: must divide"),
        ({"steps_offset": 1}, 1000, "last label 1000"),
        ({"timestep_spacing": "quadratic"}, 20, "no timestep_spacing 'quadratic'"),
        ({"beta_schedule": "squaredcos_cap_v2"}, 20, "no beta_schedule 'squaredcos_cap_v2'"),
        ({"rescale_betas_zero_snr": True}, 20, "rescale_betas_zero_snr"),
    ],
)
def test_what_cannot_be_inverted_is_refused(fields: dict[str, object], steps: int, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Schedule.from_config({**SD15, **fields}, steps)


def test_unknown_prediction_and_step_are_refused() -> None:
    with pytest.raises(ModelError, match="no prediction_type 'flow'"):
        prediction_type({"prediction_type": "flow"})
    schedule = Schedule.from_config(SD15, 20)
    for step in (0, 21):
        with pytest.raises(IndexError):
            schedule.label(step)
