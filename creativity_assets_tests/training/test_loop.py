"""The loop: a resumed training repeats an undisturbed one, and always ends annealed."""

import math
from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from creativity_assets.errors import TrainingError
from creativity_assets.training import checkpoint
from creativity_assets.training.loop import Budget, Optimisation, Progress, fit, generator_at, rate

OPTIMISATION = Optimisation(batch=32, learning_rate=0.05, bfloat16=False)


def line() -> nn.Linear:
    """A model that has a line to learn."""
    torch.manual_seed(3)
    return nn.Linear(4, 1)


def squares(model: nn.Module, generator: torch.Generator, count: int) -> Tensor:
    """The loss of `model` against y = sum(x), on points drawn in each step."""
    points = torch.randn((count, 4), generator=generator)
    return (model(points).squeeze(1) - points.sum(dim=1)).square().mean()


def forbidden(model: nn.Module, generator: torch.Generator, count: int) -> Tensor:
    """A loss for trainings that must not take a step."""
    raise AssertionError("no step was to be taken")


def test_loss_falls() -> None:
    losses: list[float] = []
    model = line()
    first = float(squares(model, generator_at(0, 0), 256).detach())
    counters = fit(
        "line",
        model,
        squares,
        Budget(steps=150),
        OPTIMISATION,
        file=None,
        on_progress=lambda progress: losses.append(progress.loss),
    )
    assert counters.step == 150
    assert counters.loss == losses[-1] < 0.05 * first
    assert float(squares(model, generator_at(0, 0), 256).detach()) < 1e-2 * first


def test_an_interrupted_training_continues_bit_for_bit(tmp_path: Path) -> None:
    undisturbed = line()
    fit("line", undisturbed, squares, Budget(steps=40), OPTIMISATION, file=None)

    interrupted, file = line(), tmp_path / "line.safetensors"
    calls = count()

    def loss(model: nn.Module, generator: torch.Generator, size: int) -> Tensor:
        if next(calls) == 35:
            raise KeyboardInterrupt
        return squares(model, generator, size)

    with pytest.raises(KeyboardInterrupt):
        fit("line", interrupted, loss, Budget(steps=40), OPTIMISATION, file=file, checkpoint_every_s=0)
    assert 0 < checkpoint.counters(file).step < 40
    continued = line()
    counters = fit("line", continued, squares, Budget(steps=40), OPTIMISATION, file=file)
    assert counters.step == 40
    for name, tensor in undisturbed.state_dict().items():
        assert torch.equal(tensor, continued.state_dict()[name]), name


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_workers_share_a_step_and_the_weights(workers: int) -> None:
    """A loss without randomness moves the weights alike, however many compute it."""
    points = torch.eye(4)

    def loss(model: nn.Module, generator: torch.Generator, size: int) -> Tensor:
        assert size == 32 // workers
        return (model(points).squeeze(1) - 1).square().mean()

    alone, together = line(), line()
    fit(
        "line",
        alone,
        lambda model, _, __: (model(points).squeeze(1) - 1).square().mean(),
        Budget(steps=20),
        replace(OPTIMISATION, workers=1),
        file=None,
    )
    fit("line", together, loss, Budget(steps=20), replace(OPTIMISATION, workers=workers), file=None)
    torch.testing.assert_close(together.weight, alone.weight)


def test_a_finished_training_returns_at_once(tmp_path: Path) -> None:
    model, file = line(), tmp_path / "line.safetensors"
    first = fit("line", model, squares, Budget(steps=5), OPTIMISATION, file=file)
    again = line()
    assert fit("line", again, forbidden, Budget(steps=5), OPTIMISATION, file=file) == first
    assert torch.equal(model.weight, again.weight)


def test_other_settings_are_refused_in_one_line(tmp_path: Path) -> None:
    model, file = line(), tmp_path / "line.safetensors"
    fit("line", model, squares, Budget(steps=2), OPTIMISATION, file=file, settings="a")
    with pytest.raises(TrainingError, match=r"line\.safetensors: .* other settings; delete") as caught:
        fit("line", model, squares, Budget(steps=4), OPTIMISATION, file=file, settings="b")
    assert "\n" not in str(caught.value)


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    model, file = line(), tmp_path / "line.safetensors"
    fit("line", model, squares, Budget(steps=2), OPTIMISATION, file=file)
    wider = nn.Linear(5, 1)
    with pytest.raises(TrainingError, match="another architecture"):
        fit("line", wider, squares, Budget(steps=4), OPTIMISATION, file=file)


def test_nothing_but_the_checkpoint_is_left_behind(tmp_path: Path) -> None:
    model = line()
    fit("line", model, squares, Budget(steps=3), OPTIMISATION, file=tmp_path / "line.safetensors", checkpoint_every_s=0)
    assert [file.name for file in tmp_path.iterdir()] == ["line.safetensors"]


def test_rate_warms_up_and_is_annealed_to_the_end() -> None:
    factors = [rate(spent / 1000, warmup=0.1) for spent in range(1001)]
    assert factors[100] == max(factors) == 1
    assert all(later > earlier for earlier, later in pairwise(factors[:101]))
    assert all(later <= earlier for earlier, later in pairwise(factors[100:]))
    assert factors[-1] == pytest.approx(0.01)


@pytest.mark.parametrize(("step", "elapsed_s", "spent"), [(0, 0, 0), (5, 0, 0.5), (1, 60, 0.5), (20, 0, 1)])
def test_a_budget_ends_with_whatever_is_spent_first(step: int, elapsed_s: float, spent: float) -> None:
    assert Budget(minutes=2, steps=10).spent(step, elapsed_s) == spent


def test_progress_knows_the_time_left() -> None:
    assert Progress("x", 10, 30.0, 0.1, 0.25).eta_s == 90
    assert math.isinf(Progress("x", 0, 0.0, 0.1, 0.0).eta_s)


def test_each_step_has_its_own_randomness() -> None:
    numbers = {
        (seed, step, worker): torch.randn(2, generator=generator_at(seed, step, worker)).tolist()
        for seed in (0, 1)
        for step in (0, 1, 2)
        for worker in (0, 1)
    }
    assert len({tuple(pair) for pair in numbers.values()}) == 12
    assert torch.randn(2, generator=generator_at(1, 2, 1)).tolist() == numbers[1, 2, 1]
