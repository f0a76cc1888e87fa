"""Laws that hold of every inversion method, asked of the registry, and a golden number for each."""

import inspect
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from creativity_assets.diffusion.conditioning import Conditioning
from creativity_assets.diffusion.guidance import Denoiser, Guidance, Interval, Prompted
from creativity_assets.diffusion.inversion import INVERSIONS, NO_DISTANCES, Inverted, MethodSpec, no_distance
from creativity_assets.diffusion.inversion.fixed_point import _secant
from creativity_assets.diffusion.inversion.trajectory import Option, _no_problem
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.errors import ModelError
from creativity_assets_tests.diffusion.oracles import (
    flow_schedule_of,
    mixture_noise,
    mixture_samples,
    mixture_velocity,
    prompted_mixture,
    schedule_of,
)

ORDERS = {
    "ddim": 1,
    "ddim_source_label": 1,
    "fixed_point": 5,
    "aidi": 5,
    "renoise": 2,
    "null_text": 1,
    "dpmpp_2m": 2,
    "euler": 1,
    "rf_solver": 3,
    "fireflow": 3,
}
"""Of the round trip. Fixed point with K evaluations: K. A symmetric pair of second-order solvers gains one."""

NOT_CONVERGING = {"ddim_class_defaults": 0.3, "cfg_pp": 0.05}
"""Round-trip errors at any T that these do not fall below: the first by mistake, the second because each of its
steps adds s w (e_prompt - e_null) however short it is."""

GOLDEN = {
    "autoencoder": 0.0,
    "ddim": 0.05690697302483237,
    "ddim_class_defaults": 0.5000604834787532,
    "ddim_source_label": 0.0905925856310832,
    "fixed_point": 0.01639321310180491,
    "aidi": 4.682445370741389e-05,
    "renoise": 0.02297727088948676,
    "null_text": 0.042301885280361724,
    "cfg_pp": 0.08491693015349566,
    "edict": 0.04144123797717849,
    "bdia": 0.11661524261222607,
    "o_belm": 0.20115271562382553,
    "dpmpp_2m": 0.06317777366769373,
    "euler": 0.10130447192268502,
    "rf_solver": 0.0022432997945399,
    "fireflow": 0.003379391738280884,
}
"""RMSE at T = 20 over the mixture, pinned on the first version; of exact methods the one-state round trip."""


def world(spec: MethodSpec, steps: int) -> tuple[Any, Any]:
    """The exact model and the schedule that a method walks on."""
    if spec.kind == "flow":
        return mixture_velocity, flow_schedule_of(steps)
    return SUBJECTS[spec.subject], schedule_of(steps, spec.spacing)


def round_trip(spec: MethodSpec, steps: int, x: Tensor, **options: float) -> tuple[Inverted, Tensor]:
    subject, schedule = world(spec, steps)
    inverted = spec.invert(subject, schedule, x, **options)
    return inverted, spec.sample(subject, schedule, inverted.noise, inverted.auxiliary, **options)


def error(returned: Tensor, x: Tensor) -> float:
    return float((returned - x).square().mean().sqrt())


@pytest.fixture(params=INVERSIONS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def counted(subject: Any) -> tuple[Any, list[float]]:
    """The subject, and the timesteps of its evaluations; the batch is evaluated at once."""
    timesteps: list[float] = []

    def counting(e: Denoiser) -> Denoiser:
        def evaluated(x: Tensor, t: int) -> Tensor:
            timesteps.append(t)
            return e(x, t)

        return evaluated

    if isinstance(subject, Prompted):

        def under(conditioning: Conditioning) -> Denoiser:
            return counting(subject.under(conditioning))

        return Prompted(under, subject.prompts, subject.null), timesteps
    return counting(subject), timesteps


def test_stated_cost_is_the_counted_cost(name: str) -> None:
    spec = INVERSIONS[name]
    subject, schedule = world(spec, 20)
    subject, timesteps = counted(subject)
    whole = {option: value + 1 for option, value in spec.defaults.items() if isinstance(value, int)}
    options = {**spec.defaults, **whole, **({"early_stop": 0.0} if "early_stop" in spec.defaults else {})}
    inverted = spec.invert(subject, schedule, mixture_samples(8), **options)
    spec.sample(subject, schedule, inverted.noise, inverted.auxiliary, **options)
    assert len(timesteps) == spec.evaluations(20, **options)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_precision_shape_and_states_are_kept(name: str, dtype: torch.dtype) -> None:
    x = torch.randn(2, 4, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).to(dtype)
    spec = INVERSIONS[name]
    subject, schedule = world(spec, 10)
    inverted = spec.invert(in_dtype(subject, dtype), schedule, x)
    returned = spec.sample(in_dtype(subject, dtype), schedule, inverted.noise, inverted.auxiliary)
    assert returned.dtype == inverted.noise.dtype == dtype
    assert returned.shape == x.shape
    assert len(inverted.states) == (1 if name == "autoencoder" else 11)
    assert torch.equal(inverted.states[0], x)


def in_dtype(subject: Any, dtype: torch.dtype) -> Any:
    """The exact model computes in float64, and answers in the state's dtype as a backbone does."""
    if isinstance(subject, Prompted):
        return Prompted(lambda c: lambda x, t: subject.under(c)(x, t).to(dtype), subject.prompts, subject.null)
    return lambda x, t: subject(x, t).to(dtype)


def test_an_image_does_not_depend_on_its_batch(name: str) -> None:
    spec, x = INVERSIONS[name], mixture_samples(12)
    _, together = round_trip(spec, 10, x)
    alone = torch.cat([round_trip(spec, 10, image[None])[1] for image in x])
    torch.testing.assert_close(alone, together, rtol=1e-9, atol=1e-9)


def test_round_trip_error_falls_as_the_order_says(name: str) -> None:
    """Law: nothing but rounding for an exact method, else a slope in log T; tolerance: T is not infinite."""
    spec, x = INVERSIONS[name], mixture_samples(1000)
    if spec.exact:
        errors = [error(round_trip(spec, T, x)[1], x) for T in (10, 20, 50)]
        assert max(errors) < 1e-10
        return
    steps = np.array([20, 50, 100, 200])
    errors = [error(round_trip(spec, int(T), x)[1], x) for T in steps]
    if name in NOT_CONVERGING:
        assert min(errors) > NOT_CONVERGING[name]
        return
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert -1.3 * ORDERS[name] < slope < -0.75 * ORDERS[name]


def test_golden_errors(name: str) -> None:
    """float64, so the tolerance only leaves room for another summation order."""
    spec, x = INVERSIONS[name], mixture_samples(1000)
    subject, schedule = world(spec, 20)
    inverted = spec.invert(subject, schedule, x)
    returned = spec.sample(subject, schedule, inverted.noise, None if spec.exact else inverted.auxiliary)
    assert error(returned, x) == pytest.approx(GOLDEN[name], rel=1e-5)


@pytest.mark.parametrize("name", [name for name, spec in INVERSIONS.items() if spec.exact and spec.steps])
def test_exact_methods_are_not_exact_from_one_state(name: str) -> None:
    """What makes the one-state round trip a readout of the model, and not another zero."""
    spec, x = INVERSIONS[name], mixture_samples(1000)
    subject, schedule = world(spec, 20)
    assert error(spec.sample(subject, schedule, spec.invert(subject, schedule, x).noise), x) > 0.01


def test_edict_is_exact_for_many_steps_without_mixing() -> None:
    x = mixture_samples(100)
    assert error(round_trip(INVERSIONS["edict"], 200, x, p=1.0)[1], x) < 1e-10


@pytest.mark.parametrize(("dtype", "rounding"), [(torch.float32, 1e-7), (torch.float64, 1e-15)])
def test_a_change_of_rounding_size_is_no_slope_to_aidi(dtype: torch.dtype, rounding: float) -> None:
    """c = <f, change> / |change|^2 for each image whose change is larger than rounding (RMS), and 0 for the others."""
    change = torch.tensor([0.8, 1.25, 1e5], dtype=dtype)[:, None].expand(3, 6).reshape(3, 1, 2, 3) * rounding
    slopes = _secant(torch.ones_like(change), change).flatten()
    expected = torch.tensor([0.0, 1 / (1.25 * rounding), 1 / (1e5 * rounding)], dtype=dtype)
    torch.testing.assert_close(slopes, expected, rtol=1e-5, atol=0)


def test_settings_name_what_there_is() -> None:
    with pytest.raises(ModelError, match=r"no inversion 'edikt'; have \['aidi', 'autoencoder'"):
        InversionSettings("edikt")
    with pytest.raises(ModelError, match="steps 0"):
        InversionSettings(steps=0)
    with pytest.raises(ModelError, match=r"edict: no option 'q'; have \['p'\]"):
        InversionSettings("edict", options={"q": 1.0})
    with pytest.raises(ModelError, match=r"ddim: no option 'p'; have none"):
        InversionSettings("ddim", options={"p": 1.0})
    assert InversionSettings().method is INVERSIONS["ddim"]
    assert InversionSettings("fixed_point", options={"evaluations": 11}).evaluations == 240


SPELLINGS = {
    "edit-friendly-ddpm": "edit_friendly_ddpm",
    "Edit-Friendly-DDPM-Inversion": "edit_friendly_ddpm",
    "PnP": "pnp",
    "pnp_inversion": "pnp",
    "direct-inversion": "direct",
    "direct_inversion": "direct",
    "rf-inversion": "rf_inversion",
    "RF_Inversion": "rf_inversion",
}


@pytest.mark.parametrize(("spelled", "method"), [*((name, name) for name in NO_DISTANCES), *SPELLINGS.items()])
def test_what_is_no_distance_is_refused_with_the_reason(spelled: str, method: str) -> None:
    with pytest.raises(ModelError) as refused:
        InversionSettings(spelled)
    assert str(refused.value) == f"{spelled} is no distance: {NO_DISTANCES[method]}"


def test_no_method_on_offer_is_taken_for_one_that_is_no_distance() -> None:
    assert [name for name in INVERSIONS if no_distance(name)] == []


def test_guidance_that_changes_nothing_is_refused() -> None:
    seven = Guidance.constant(7.5)
    with pytest.raises(ModelError, match="set prompt: caption"):
        InversionSettings(guidance=seven)
    with pytest.raises(ModelError, match="set prompt: caption"):
        InversionSettings(resample_guidance=seven)
    with pytest.raises(ModelError, match="never reads the caption"):
        InversionSettings(prompt="caption")
    with pytest.raises(ModelError, match="guides by its own options"):
        InversionSettings("null_text", guidance=seven, prompt="caption")


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"inversion": "cfg_pp"}, "cfg_pp: both prompts are empty, .* set prompt: caption"),
        ({"inversion": "cfg_pp", "prompt": "caption", "options": {"weight": 0}}, "option weight 0: must be a number from 0.01 to 1"),
        ({"inversion": "null_text", "options": {"w": 1}}, "option w 1: must be a number from 1.1"),
        ({"inversion": "fixed_point", "options": {"evaluations": 0}}, "option evaluations 0: must be a whole number from 1"),
        ({"inversion": "aidi", "options": {"evaluations": 2.5}}, "option evaluations 2.5: must be a whole number"),
        ({"inversion": "renoise", "options": {"averaged": 0}}, "option averaged 0: must be a whole number from 1"),
        ({"inversion": "edict", "options": {"p": 0}}, "option p 0: must be a number from 0.5 to 1"),
        ({"inversion": "edict", "options": {"p": math.nan}}, "option p nan: must be"),
        ({"inversion": "edict", "steps": 100}, r"p 0.93 makes x_T grow without bound over 100 steps; set options: \{p: 1\}"),
        ({"inversion": "bdia", "options": {"gamma": 0}}, "option gamma 0: must be"),
        (
            {"inversion": "autoencoder", "steps": 0, "prompt": "caption", "guidance": Guidance.constant(3)},
            "autoencoder: nothing reads a prompt; drop prompt and guidance",
        ),
    ],
)  # fmt: skip
def test_a_setting_that_means_nothing_is_refused(settings: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ModelError, match=remedy):
        InversionSettings(**settings)


def test_edict_without_mixing_takes_any_number_of_steps() -> None:
    assert InversionSettings("edict", 100, options={"p": 1}).evaluations == 400


def test_a_mismatch_is_known_as_no_distance() -> None:
    one, seven = Guidance.constant(1.0), Guidance.constant(7.5)
    assert InversionSettings(guidance=one, prompt="caption").is_distance
    assert InversionSettings(guidance=one, resample_guidance=one, prompt="caption").is_distance
    assert not InversionSettings(guidance=one, resample_guidance=seven, prompt="caption").is_distance


def test_guidance_intervals_must_fall() -> None:
    with pytest.raises(ModelError, match="must fall"):
        Guidance((Interval(-1, 1.0), Interval(500, 7.5)))
    with pytest.raises(ModelError, match="end below 0"):
        Guidance((Interval(500, 7.5),))


def test_the_defaults_of_a_method_are_stated_alike_wherever_it_is_called(name: str) -> None:
    """In its options, both directions, its cost and its problems: an entry without options means one thing."""
    spec = INVERSIONS[name]
    for function in (spec.invert, spec.sample, spec.evaluations, spec.problem):
        stated = {n: p.default for n, p in inspect.signature(function).parameters.items() if n in spec.defaults}
        assert stated == spec.defaults or (function is _no_problem and not stated), function


def test_the_cost_at_the_defaults_is_the_counted_cost(name: str) -> None:
    """Called with nothing but state and schedule; null-text may stop early, and says that it counts at most."""
    spec = INVERSIONS[name]
    subject, schedule = world(spec, 20)
    subject, timesteps = counted(subject)
    inverted = spec.invert(subject, schedule, mixture_samples(8))
    spec.sample(subject, schedule, inverted.noise, inverted.auxiliary)
    stated = spec.evaluations(20)
    assert len(timesteps) == stated or (name == "null_text" and 0.5 * stated < len(timesteps) < stated)


@pytest.mark.parametrize(
    ("option", "said", "taken", "refused"),
    [
        (Option(0.6, 0.01, 1.0), "a number from 0.01 to 1", (0.01, 0.5, 1.0), (0.0099, 1.0001, math.inf, math.nan)),
        (Option(7.5, 1.1), "a number from 1.1", (1.1, 1e9), (1.0999, math.inf, -math.inf)),
        (Option(5, 1), "a whole number from 1", (1, 2.0, 10**6), (0, 1.5, math.inf)),
        (Option(2, 1, 4), "a whole number from 1 to 4", (1, 4), (0, 5)),
    ],
)
def test_an_option_takes_its_bounds_and_says_them(
    option: Option, said: str, taken: tuple[float, ...], refused: tuple[float, ...]
) -> None:
    assert str(option) == said
    assert all(option.allows(value) for value in taken)
    assert not any(option.allows(value) for value in refused)


def test_edict_mixes_over_50_steps_and_no_more() -> None:
    assert InversionSettings("edict", 50).evaluations == 200
    with pytest.raises(ModelError, match="p 0.93 makes x_T grow without bound over 51 steps"):
        InversionSettings("edict", 51)


def test_one_step_is_a_number_of_steps() -> None:
    assert InversionSettings(steps=1).evaluations == 2
    with pytest.raises(ModelError, match="^ddim: steps 0; take 20, or as many as needed$"):
        InversionSettings(steps=0)
    with pytest.raises(ModelError, match="^autoencoder: steps 1; take 0: it inverts nothing$"):
        InversionSettings("autoencoder", 1)


SUBJECTS = {"denoiser": mixture_noise, "prompted": prompted_mixture()}
