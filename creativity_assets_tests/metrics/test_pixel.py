import numpy as np
import pytest

from creativity_assets.metrics.pixel import log_mse, mse, psnr


def test_mse_is_on_the_8_bit_scale() -> None:
    black, white = np.zeros((2, 4, 4, 3), np.uint8), np.full((2, 4, 4, 3), 255, np.uint8)
    np.testing.assert_array_equal(mse(black, white), [65025.0, 65025.0])
    np.testing.assert_array_equal(mse(white, black), [65025.0, 65025.0])  # unsigned differences must not wrap


def test_mse_is_numpys_mean_of_squares_per_image(originals: np.ndarray, noisy: np.ndarray) -> None:
    expected = [np.mean(np.square(a.astype(float) - b)) for a, b in zip(originals, noisy, strict=True)]
    np.testing.assert_allclose(mse(originals, noisy), expected, rtol=1e-14)
    assert mse(originals, noisy).dtype == np.float64


def test_log_mse_is_the_studys() -> None:
    """The study's mean of 0.648 decodes to a squared error of 1,740, which is 15.7 dB."""
    assert log_mse(np.array([0.0])) == 0.0
    assert log_mse(np.array([1740.0]))[0] == pytest.approx(0.648, abs=5e-4)
    assert log_mse(np.array([65025.0]))[0] == pytest.approx(0.9626, abs=1e-4)


def test_psnr_in_decibels() -> None:
    np.testing.assert_allclose(psnr(np.array([65025.0, 650.25, 1740.0])), [0.0, 20.0, 15.725], atol=1e-3)
    assert psnr(np.array([0.0]))[0] == np.inf
