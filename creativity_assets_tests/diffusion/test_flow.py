"""Flow schedules against diffusers' own scheduler, and by their laws."""

import numpy as np
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.stable_diffusion_3.pipeline_stable_diffusion_3 import calculate_shift

from creativity_assets.diffusion.flow_schedule import UNSUPPORTED, FlowLevels
from creativity_assets.errors import ModelError

SD3 = {"num_train_timesteps": 1000, "shift": 3.0}
SD35_FIELDS = {
    "use_dynamic_shifting": True,
    "base_shift": 0.5,
    "max_shift": 1.15,
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
}


@pytest.mark.parametrize("steps", [1, 2, 8, 15, 28])
@pytest.mark.parametrize("config", [{}, SD3, {**SD3, "shift": 0.5}, {"num_train_timesteps": 500, "shift": 2.0}])
def test_static_shift_is_diffusers(config: dict[str, float], steps: int) -> None:
    reference = FlowMatchEulerDiscreteScheduler(**config)
    reference.set_timesteps(steps)
    schedule = FlowLevels.from_config(config).schedule(steps)
    # diffusers rounds to float32
    np.testing.assert_allclose(schedule.sigmas[::-1], reference.sigmas.numpy(), rtol=1e-6)
    assert schedule.steps == steps


@pytest.mark.parametrize("tokens", [64, 256, 1024, 4096])
@pytest.mark.parametrize("kind", ["exponential", "linear"])
def test_shift_by_resolution_is_diffusers(kind: str, tokens: int) -> None:
    config = {**SD35_FIELDS, "time_shift_type": kind}
    reference = FlowMatchEulerDiscreteScheduler(**config)
    reference.set_timesteps(12, mu=calculate_shift(tokens))
    schedule = FlowLevels.from_config(config, tokens).schedule(12)
    np.testing.assert_allclose(schedule.sigmas[::-1], reference.sigmas.numpy(), rtol=2e-6)


@pytest.mark.parametrize("config", [SD3, SD35_FIELDS])
def test_sigmas_rise_from_data_to_noise(config: dict[str, float]) -> None:
    sigmas = FlowLevels.from_config(config, 1024).schedule(20).sigmas
    assert sigmas[0] == 0.0 and sigmas[-1] == 1.0
    assert all(np.diff(sigmas) > 0)


def test_a_step_is_diffusers() -> None:
    x, v = torch.randn(2, 3, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    reference = FlowMatchEulerDiscreteScheduler(**SD3)
    reference.set_timesteps(6)
    schedule = FlowLevels.from_config(SD3).schedule(6)
    for i, t in enumerate(reference.timesteps):
        theirs = reference.step(v, t, x).prev_sample
        torch.testing.assert_close(schedule.transfer(x, v, 6 - i, 5 - i), theirs, rtol=1e-5, atol=1e-6)


def test_transfer_carries_a_noised_image_exactly() -> None:
    """Law: along noise - data, (1 - s) data + s noise goes from any state to any other."""
    data, noise = torch.randn(2, 3, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    schedule = FlowLevels.from_config(SD3).schedule(5)
    states = [(1 - sigma) * data + sigma * noise for sigma in schedule.sigmas]
    for i, source in enumerate(states):
        for j, target in enumerate(states):
            torch.testing.assert_close(schedule.transfer(source, noise - data, i, j), target, rtol=0, atol=1e-14)


@pytest.mark.parametrize("field", UNSUPPORTED)
def test_what_changes_the_levels_otherwise_is_refused(field: str) -> None:
    with pytest.raises(ModelError, match=f"scheduler config: {field} is not supported"):
        FlowLevels.from_config({**SD3, field: 0.1 if field == "shift_terminal" else True})


def test_what_is_missing_or_unknown_is_named() -> None:
    with pytest.raises(ModelError, match="needs the number of image tokens"):
        FlowLevels.from_config(SD35_FIELDS).schedule(20)
    with pytest.raises(ModelError, match="no time_shift_type 'cubic'; have"):
        FlowLevels.from_config({**SD35_FIELDS, "time_shift_type": "cubic"}, 256).schedule(20)
    with pytest.raises(ModelError, match="steps 0: must be at least 1"):
        FlowLevels.from_config(SD3).schedule(0)


@pytest.mark.parametrize(
    "stated",
    [
        {},
        {"base_image_seq_len": 100},
        {"max_image_seq_len": 1000},
        {"base_shift": 0.7},
        {"max_shift": 2.0},
        {"base_image_seq_len": 64, "max_image_seq_len": 1024, "base_shift": 0.2, "max_shift": 0.9},
    ],
)
@pytest.mark.parametrize("kind", ["exponential", "linear"])
def test_each_field_of_the_shift_by_resolution_counts(kind: str, stated: dict[str, float]) -> None:
    """diffusers' line takes the fields, and has its own defaults for those that the file does not state."""
    fields = {"use_dynamic_shifting": True, "time_shift_type": kind, **stated}
    reference = FlowMatchEulerDiscreteScheduler(**fields)
    line = ("base_image_seq_len", "max_image_seq_len", "base_shift", "max_shift")
    mu = calculate_shift(777, *(reference.config[name] for name in line))
    reference.set_timesteps(12, mu=mu)
    schedule = FlowLevels.from_config(fields, 777).schedule(12)
    np.testing.assert_allclose(schedule.sigmas[::-1], reference.sigmas.numpy(), rtol=2e-6)
    assert FlowLevels.from_config(fields, 777).shift == pytest.approx(np.exp(mu) if kind == "exponential" else mu)


@pytest.mark.parametrize(
    ("field", "low", "high", "tokens"),
    [
        ("num_train_timesteps", 2, 100_000, None),
        ("shift", 0.01, 100, None),
        # With these numbers of tokens the line does not depend on the field.
        ("base_image_seq_len", 1, 4095, 4096),
        ("max_image_seq_len", 257, 1_000_000, 256),
        ("base_shift", -10, 10, 4096),
        ("max_shift", -10, 10, 256),
    ],
)
def test_a_number_of_the_file_is_taken_up_to_its_bounds(
    field: str, low: float, high: float, tokens: int | None
) -> None:
    """And beyond them it is named, or what it leaves no room for."""
    config = {} if tokens is None else {"use_dynamic_shifting": True}
    for bound in (low, high):
        assert FlowLevels.from_config({**config, field: bound}, tokens).lowest > 0
    for beyond in (low - 1, high + 1):
        with pytest.raises(ModelError, match=f"scheduler config: (max_image_seq_len|{field}) .* is not within"):
            FlowLevels.from_config({**config, field: beyond}, tokens)


@pytest.mark.parametrize(("kind", "base", "shift"), [("linear", -0.5, "-0.5"), ("exponential", 9.0, "8103.08")])
def test_a_line_that_leaves_no_levels_is_refused(kind: str, base: float, shift: str) -> None:
    """Each number is within its bounds and what they lead to is not: no factor below 0, none that is all noise."""
    config = {**SD35_FIELDS, "time_shift_type": kind, "base_shift": base}
    with pytest.raises(ModelError, match=f"shift {shift} of 256 image tokens is not within 0.01 to 100; restore"):
        FlowLevels.from_config(config, 256)
    steep = {**SD35_FIELDS, "max_image_seq_len": 257}
    with pytest.raises(ModelError, match="shift inf of 4096 image tokens"):
        FlowLevels.from_config(steep, 4096)


def test_a_schedule_knows_its_own_levels() -> None:
    levels = FlowLevels.from_config(SD3)
    assert levels.schedule(5).levels is levels


def test_the_likelihood_s_levels_are_spaced_by_squares() -> None:
    """41 levels, (k / 40)^2 by hand, and dx/dsigma = v there: nothing is rescaled or weighted."""
    path = FlowLevels.from_config(SD3).likelihood_path()
    np.testing.assert_allclose(path.timesteps, np.linspace(0, 1, 41) ** 2, rtol=1e-12)
    assert path.timesteps == path.c == path.at
    assert path.a == path.weights == [1.0] * 41


def test_a_file_that_states_no_class_is_no_flow_model_s() -> None:
    with pytest.raises(ModelError, match="the folder's scheduler without a _class_name is no scheduler for a flow"):
        FlowLevels.from_folder({"shift": 3.0}, None)


def test_a_level_outside_is_refused() -> None:
    for step in (0, 6):
        with pytest.raises(IndexError, match=f"step {step} is outside 1..5"):
            FlowLevels().schedule(5).timestep(step)
