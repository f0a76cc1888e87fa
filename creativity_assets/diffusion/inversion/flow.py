"""Inversion of flow-matching models: solvers of dx/dsigma = v(x, sigma), in both directions.

Here `v` takes the place of the denoiser: v(x, sigma) = noise - data at noise level sigma, and a schedule is N + 1
rising levels from 0 (data).
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from torch import Tensor

from creativity_assets.diffusion.flow_schedule import FlowSchedule, Velocity
from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec

Solver = Callable[[Velocity, Tensor, Sequence[float]], Iterator[Tensor]]


def euler(v: Velocity, x: Tensor, sigmas: Sequence[float]) -> Iterator[Tensor]:
    """x <- x + h v(x, sigma) along the levels, either way; yields the state at each."""
    yield x
    for sigma, to in pairwise(sigmas):
        x = x + (to - sigma) * v(x, sigma)
        yield x


def midpoint(v: Velocity, x: Tensor, sigmas: Sequence[float]) -> Iterator[Tensor]:
    """RF-Solver of second order (Wang et al. 2024b): x <- x + h v(x + h/2 v(x, sigma), sigma + h/2)."""
    yield x
    for sigma, to in pairwise(sigmas):
        h = to - sigma
        x = x + h * v(x + h / 2 * v(x, sigma), sigma + h / 2)
        yield x


def fireflow(v: Velocity, x: Tensor, sigmas: Sequence[float]) -> Iterator[Tensor]:
    """FireFlow (Deng et al. 2024): the midpoint rule with the last midpoint's velocity in place of v(x, sigma)."""
    yield x
    v_mid = v(x, sigmas[0])
    for sigma, to in pairwise(sigmas):
        h = to - sigma
        v_mid = v(x + h / 2 * v_mid, sigma + h / 2)
        x = x + h * v_mid
        yield x


def _spec(solver: Solver, evaluations: Callable[[int], int], steps: int) -> MethodSpec:
    """A solver as a method: the same in both directions."""

    def invert(v: Velocity, schedule: FlowSchedule, x: Tensor) -> Inverted:
        return Inverted(tuple(solver(v, x, schedule.sigmas)))

    def sample(v: Velocity, schedule: FlowSchedule, x: Tensor, auxiliary: Tensor | None = None) -> Tensor:
        *_, x = solver(v, x, schedule.sigmas[::-1])
        return x

    return MethodSpec(invert, sample, evaluations, kind="flow", steps=steps)


EULER = _spec(euler, lambda steps: 2 * steps, steps=28)
RF_SOLVER = _spec(midpoint, lambda steps: 4 * steps, steps=15)
FIREFLOW = _spec(fireflow, lambda steps: 2 * steps + 2, steps=10)
