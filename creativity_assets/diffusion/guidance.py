"""Classifier-free guidance as a wrapper around noise predictions; inversion methods never see it."""

from collections.abc import Callable

from torch import Tensor

Denoiser = Callable[[Tensor, int], Tensor]
"""e(x, t): the noise in x (B, C, h, w) at training step t, in x's dtype."""


def classifier_free(unconditional: Denoiser, conditional: Denoiser, guidance: float) -> Denoiser:
    """e = e_null + w (e_prompt - e_null) (Ho and Salimans 2022, with diffusers' w).

    w = 0 is the null prompt alone and w = 1 the prompt alone; both cost one evaluation instead of two.
    """
    if guidance == 0.0:
        return unconditional
    if guidance == 1.0:
        return conditional

    def guided(x: Tensor, t: int) -> Tensor:
        e_null = unconditional(x, t)
        return e_null + guidance * (conditional(x, t) - e_null)

    return guided
