import torch
from torch import Tensor

from creativity_assets.diffusion.guidance import classifier_free


def unconditional(x: Tensor, t: int) -> Tensor:
    return x + t


def conditional(x: Tensor, t: int) -> Tensor:
    return 3 * x + t


def test_guidance_extrapolates_from_the_null_prompt() -> None:
    x = torch.tensor([1.0, -2.0])
    guided = classifier_free(unconditional, conditional, 7.5)
    torch.testing.assert_close(guided(x, 4), x + 4 + 7.5 * 2 * x)


def test_weights_zero_and_one_cost_one_evaluation() -> None:
    assert classifier_free(unconditional, conditional, 0.0) is unconditional
    assert classifier_free(unconditional, conditional, 1.0) is conditional
