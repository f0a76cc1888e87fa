"""Guidance: the formula, what each weight costs, and schedules of weights."""

import pytest
import torch
from torch import Tensor

from creativity_assets.diffusion.guidance import Denoiser, Guidance, Interval, classifier_free
from creativity_assets.diffusion.inversion import ddim_invert, ddim_sample
from creativity_assets_tests.diffusion.oracles import mixture_noise, mixture_samples, schedule_of


def unconditional(x: Tensor, t: int) -> Tensor:
    return x + t


def conditional(x: Tensor, t: int) -> Tensor:
    return 3 * x - t


def test_guidance_extrapolates_from_the_null_prompt() -> None:
    x = torch.tensor([1.0, -2.0])
    guided = classifier_free(unconditional, conditional, Guidance.constant(7.5))
    torch.testing.assert_close(guided(x, 2), (x + 2) + 7.5 * ((3 * x - 2) - (x + 2)))


@pytest.mark.parametrize(("weight", "expected"), [(0.0, [0]), (1.0, [1]), (7.5, [0, 1])])
def test_weights_zero_and_one_cost_one_evaluation(weight: float, expected: list[int]) -> None:
    seen: list[int] = []

    def evaluated(which: int) -> Tensor:
        seen.append(which)
        return torch.zeros(1)

    guided = classifier_free(lambda x, t: evaluated(0), lambda x, t: evaluated(1), Guidance.constant(weight))
    guided(torch.zeros(1), 1)
    assert seen == expected


def test_a_limited_interval_guides_inside_and_follows_the_prompt_outside() -> None:
    guidance = Guidance((Interval(600, 1.0), Interval(200, 7.5), Interval(-1, 1.0)))
    assert [guidance.weight(t) for t in (999, 601, 600, 201, 200, 1, 0)] == [1.0, 1.0, 7.5, 7.5, 1.0, 1.0, 1.0]
    x = torch.tensor([1.0, -2.0])
    guided = classifier_free(unconditional, conditional, guidance)
    torch.testing.assert_close(guided(x, 800), conditional(x, 800))
    torch.testing.assert_close(guided(x, 400), unconditional(x, 400) + 7.5 * (2 * x - 800))


def test_two_equal_prompts_make_every_schedule_of_weights_irrelevant() -> None:
    """Law: with the caption in both roles, guided DDIM is captioned DDIM (negative-prompt inversion)."""
    x, schedule = mixture_samples(40), schedule_of(20)
    staged = Guidance((Interval(500, 3.0), Interval(-1, 7.5)))
    guided = classifier_free(mixture_noise, mixture_noise, staged)
    noise = ddim_invert(guided, schedule, x).noise
    torch.testing.assert_close(noise, ddim_invert(mixture_noise, schedule, x).noise, rtol=0, atol=1e-12)
    torch.testing.assert_close(
        ddim_sample(guided, schedule, noise), ddim_sample(mixture_noise, schedule, noise), rtol=0, atol=1e-12
    )


def test_the_same_field_both_ways_converges_and_a_mismatch_does_not() -> None:
    """Guidance against a shifted prompt: equal weights are a distance, 1 in the inversion and 7.5 in the sampling are none."""
    x = mixture_samples(1000)

    def prompted(x: Tensor, t: int) -> Tensor:
        return mixture_noise(x, t) + 0.05

    def error(inversion: float, sampling: float, steps: int) -> float:
        schedule = schedule_of(steps)
        ways = [classifier_free(mixture_noise, prompted, Guidance.constant(w)) for w in (inversion, sampling)]
        returned = ddim_sample(ways[1], schedule, ddim_invert(ways[0], schedule, x).noise)
        return float((returned - x).square().mean().sqrt())

    assert error(7.5, 7.5, 200) < 0.25 * error(7.5, 7.5, 20)
    assert error(1.0, 7.5, 200) > 0.5 * error(1.0, 7.5, 20)


@pytest.mark.parametrize(("weight", "alone"), [(0.0, unconditional), (1.0, conditional)])
def test_weights_zero_and_one_are_one_prompt_alone(weight: float, alone: Denoiser) -> None:
    x = torch.tensor([1.0, -2.0])
    guided = classifier_free(unconditional, conditional, Guidance.constant(weight))
    torch.testing.assert_close(guided(x, 7), alone(x, 7), rtol=0, atol=0)
