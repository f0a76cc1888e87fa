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
