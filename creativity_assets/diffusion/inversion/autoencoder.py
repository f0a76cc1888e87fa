"""No inversion at all: what the autoencoder alone loses, AEROBLADE's score (Ricker et al. 2024)."""

from typing import Any

from torch import Tensor

from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec


def identity_invert(subject: Any, schedule: Any, x: Tensor) -> Inverted:
    """x_0 is the only state."""
    return Inverted((x,))


def identity_sample(subject: Any, schedule: Any, x: Tensor, auxiliary: Tensor | None = None) -> Tensor:
    """x_0 unchanged: the score of this experiment is the floor."""
    return x


def _cost(steps: int) -> int:
    return 0


def _problem(steps: int, prompt: str) -> str | None:
    return "nothing reads a prompt; drop prompt and guidance" if prompt == "caption" else None


AUTOENCODER = MethodSpec(identity_invert, identity_sample, _cost, exact=True, problem=_problem, kind=None, steps=0)
