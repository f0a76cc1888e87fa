"""Measurements: closed forms, and what a perfect and a blind distance get."""

import numpy as np
import pytest
import torch

from creativity_assets.training import quality
from creativity_assets.training.distortions import DISTORTIONS


def test_psnr_of_a_known_error() -> None:
    images = np.full((2, 8, 8, 3), 100, np.uint8)
    others = images.copy()
    others[1] += 10
    assert quality.psnr(images, others).tolist() == [np.inf, pytest.approx(20 * np.log10(25.5))]


def test_psnr_sees_differences_in_both_directions() -> None:
    """8-bit subtraction would wrap around."""
    dark, light = np.zeros((1, 4, 4, 3), np.uint8), np.full((1, 4, 4, 3), 255, np.uint8)
    assert quality.psnr(dark, light) == quality.psnr(light, dark) == [0]


def works(count: int) -> np.ndarray:
    """Smooth images, none touching black or white."""
    coarse = torch.rand((count, 3, 5, 5), generator=torch.Generator().manual_seed(2)) * 0.6 + 0.2
    smooth = torch.nn.functional.interpolate(coarse, (64, 64), mode="bilinear")
    return (smooth * 255).permute(0, 2, 3, 1).numpy().astype(np.uint8)


def test_the_pixel_error_orders_noise_and_colour() -> None:
    shares = quality.ordering(lambda first, second: (first - second).square().mean(dim=(1, 2, 3)), works(12))
    assert set(shares) == set(DISTORTIONS)
    assert shares["noise"] == shares["colour_shift"] == 1


def test_a_blind_distance_orders_nothing() -> None:
    shares = quality.ordering(lambda first, second: torch.zeros(len(first)), works(12))
    assert set(shares.values()) == {0}


@pytest.mark.parametrize(
    ("measured", "complaints"),
    [
        ({"autoencoder": {"psnr_db": 25.0}}, 0),
        ({"autoencoder": {"psnr_db": 24.9}}, 1),
        ({"denoiser": {"attribution_held_out": 0.8, "attribution_sampled": 0.41, "attribution_chance": 0.0625}}, 0),
        ({"denoiser": {"attribution_held_out": 0.8, "attribution_sampled": 0.39, "attribution_chance": 0.0625}}, 1),
        ({"denoiser": {"attribution_held_out": 0.5, "attribution_sampled": 0.3, "attribution_chance": 0.0625}}, 1),
        ({"suite": {"ordered_share": {"dino": 0.949, "lpips": 0.95}}}, 1),
    ],
)
def test_requirements_that_are_missed_are_named(measured: dict, complaints: int) -> None:
    assert len(quality.missed(measured)) == complaints
