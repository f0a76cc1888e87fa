"""The study's score."""

import numpy as np


def composite(dino_distance: np.ndarray, lpips: np.ndarray, log_mse: np.ndarray) -> np.ndarray:
    """S = (S_cos + S_LPIPS + S_MSE) / 3, float64 (B,)."""
    return np.asarray((dino_distance + lpips + log_mse) / 3.0)
