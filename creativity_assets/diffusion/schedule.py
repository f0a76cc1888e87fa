"""What both kinds of models answer alike: the noise levels they were trained on, and a schedule of steps among these.

Methods of one kind know its schedule (diffusion_schedule.py, flow_schedule.py). Readouts, the likelihood and the
backbone ask the verbs below, and never which kind it is.

A timestep is what the network is told of the noise in its input: a training step of a diffusion model, a whole number;
a noise level sigma of a flow model, in 0..1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor

Kind = Literal["diffusion", "flow"]


@dataclass(frozen=True)
class LikelihoodPath:
    """Where the probability flow dy/dc = field(a y, timestep) is evaluated: G points each, from clean to noise.

    c: the flow's own time; a: the factor from y to the state that the network sees. The log density changes by the
    integral of weight * tr(d field / d x) over at.
    """

    timesteps: Sequence[float]
    c: Sequence[float]
    a: Sequence[float]
    at: Sequence[float]
    weights: Sequence[float]


class TrainingLevels(Protocol):
    """The noise levels that a model was trained on.

    The field is what a schedule transfers along: the noise e(x, t) of a diffusion model, the velocity v(x, sigma) of
    a flow model.
    """

    @property
    def sampler(self) -> str:
        """The method of `inversion.INVERSIONS` that images are sampled with."""

    @property
    def trial_timestep(self) -> float:
        """A timestep that every network of this kind takes."""

    def schedule(self, steps: int, spacing: str = "leading") -> "Schedule":
        """`steps` steps from clean to noise, at least 1. spacing: where a diffusion model's lie; a flow model has one.

        Raises ModelError for steps that these levels do not have.
        """

    def field(self, output: Tensor, x: Tensor, timestep: float) -> Tensor:
        """The network's output for x as the field at x; all (B, C, h, w)."""

    def timestep_of(self, training_step: int) -> float:
        """The timestep of a training step; a flow model counts a thousand of them."""

    def noised(self, x: Tensor, noise: Tensor, timestep: float) -> Tensor:
        """Clean latents x with noise N(0, I), as the model saw them in training; all (B, C, h, w)."""

    def target(self, x: Tensor, noise: Tensor) -> Tensor:
        """What the field was trained to be at `noised(x, noise, t)`, whatever t."""

    def likelihood_path(self) -> LikelihoodPath:
        """A grid of its own for the likelihood, from the first level to noise."""


class Schedule(Protocol):
    """States 0 (clean) to T (noise), and the steps between them."""

    @property
    def levels(self) -> TrainingLevels:
        """What the model was trained on."""

    @property
    def steps(self) -> int:
        """T, the number of steps in one direction."""

    def timestep(self, i: int) -> float:
        """t_i, the timestep of the step between the states i - 1 and i, 1 <= i <= T: that of the noisier state.

        Raises IndexError for other i.
        """

    def transfer(self, x: Tensor, e: Tensor, i: int, j: int) -> Tensor:
        """x at state i moved to state j along the field e; all (B, C, h, w)."""
