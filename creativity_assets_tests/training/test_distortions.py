"""Distortions: nothing at strength 0, more with every strength, the same for the same seed."""

import pytest
import torch

from creativity_assets.training.distortions import DISTORTIONS, STRENGTHS, graded


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    """Six smooth random images with hard shapes in them, (6, 3, 64, 64)."""
    generator = torch.Generator().manual_seed(5)
    coarse = torch.rand((6, 3, 6, 6), generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, (64, 64), mode="bicubic").clamp(0, 1)
    smooth[:, :, 20:40, 10:30] = torch.rand((6, 3, 1, 1), generator=generator)
    return smooth


@pytest.mark.parametrize("kind", DISTORTIONS)
def test_strength_zero_is_the_identity(kind: str, images: torch.Tensor) -> None:
    unchanged = DISTORTIONS[kind](images, torch.zeros(len(images)), torch.Generator().manual_seed(0))
    torch.testing.assert_close(unchanged, images, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", DISTORTIONS)
def test_the_pixel_error_grows_with_the_strength(kind: str, images: torch.Tensor) -> None:
    errors = (graded(images, kind, seed=1) - images).square().mean(dim=(2, 3, 4))  # (strengths, images)
    assert len(errors) == len(STRENGTHS)
    assert (errors[0] > 0).all()
    assert (errors.mean(dim=1).diff() > 0).all()


@pytest.mark.parametrize("kind", DISTORTIONS)
def test_the_range_is_kept_and_the_seed_decides(kind: str, images: torch.Tensor) -> None:
    versions = graded(images, kind, seed=1)
    assert versions.shape == (5, *images.shape)
    assert versions.min() >= 0
    assert versions.max() <= 1
    assert torch.equal(versions, graded(images, kind, seed=1))
    if kind != "blur":
        assert not torch.equal(versions, graded(images, kind, seed=2))


def test_blur_is_a_gaussian(images: torch.Tensor) -> None:
    point = torch.zeros((1, 3, 33, 33))
    point[..., 16, 16] = 1
    blurred = DISTORTIONS["blur"](point, torch.tensor([0.8]), torch.Generator())[0, 0]
    offsets = torch.arange(33) - 16
    assert float(blurred.sum()) == pytest.approx(1, abs=1e-3)
    assert float((blurred.sum(0) * offsets**2).sum()) == pytest.approx(2.0**2, rel=0.02)  # sigma 2.5 * 0.8
