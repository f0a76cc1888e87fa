"""No inversion at all: what the autoencoder alone loses, AEROBLADE's score (Ricker et al. 2024)."""

from typing import Any

from torch import Tensor

from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec


def stay(subject: Any, schedule: Any, x: Tensor) -> Inverted:
    """x_0 is all there is."""
    return Inverted((x,))


def come_back(subject: Any, schedule: Any, x: Tensor, carried: Tensor | None = None) -> Tensor:
    """x_0 as it was: the score of this experiment is the floor."""
    return x


def _cost(steps: int) -> int:
    return 0


def _problem(steps: int, prompt: str) -> str | None:
    return "nothing reads a prompt; drop prompt and guidance" if prompt == "caption" else None


AUTOENCODER = MethodSpec(stay, come_back, _cost, exact=True, problem=_problem, kind=None, steps=0)
