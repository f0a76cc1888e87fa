"""Pixel distances between 8-bit images: whole numbers summed as such, then float64."""

import numpy as np

LOG_MSE_SCALE = 5.0  # the study's divisor, about log10(255 ** 2)


def mse(originals: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Mean squared error per image on the 0..255 scale; two uint8 (B, H, W, 3) to float64 (B,)."""
    difference = np.subtract(originals, reconstructions, dtype=np.int32)
    # Exact, and so the same number as the mean of float64 squares, whose sums are whole too: at a third of its cost.
    total = np.square(difference, out=difference).sum(axis=(1, 2, 3), dtype=np.int64)
    return np.asarray(total / originals[0].size, dtype=np.float64)


def log_mse(squared_error: np.ndarray) -> np.ndarray:
    """S_MSE of the study: log10(1 + MSE) / 5, in [0, 0.963] for 8-bit images."""
    return np.asarray(np.log10(1.0 + squared_error) / LOG_MSE_SCALE)


def psnr(squared_error: np.ndarray) -> np.ndarray:
    """Decibels, peak 255; +inf for identical images."""
    with np.errstate(divide="ignore"):
        return np.asarray(10.0 * np.log10(255.0**2 / squared_error))
