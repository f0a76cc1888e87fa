"""The study's score."""

import numpy as np


def composite(*scores: np.ndarray) -> np.ndarray:
    """The mean of a suite's parts, each (B,), float64 (B,); the study's: S = (S_cos + S_LPIPS + S_MSE) / 3."""
    return np.asarray(sum(scores) / len(scores), dtype=np.float64)
