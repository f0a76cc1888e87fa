"""A training loop bounded by wall time: AdamW, warm-up and cosine, an average of the weights, resumable.

The learning rate follows the part of the budget that is spent, so that a training on a busy machine takes fewer
steps but is always annealed to its end. Everything random in a step comes from that step's own generator, so that
a resumed training repeats an undisturbed one.

The batch is shared among workers: threads that each run the whole network, single-threaded, on their part of it and
meet once per step. On a machine with other work this is several times faster than threads inside each operation,
which wait for the slowest of them hundreds of times per step.
"""

import copy
import math
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from creativity_assets.engine.devices import bfloat16_is_native
from creativity_assets.training import checkpoint
from creativity_assets.training.checkpoint import Counters


@dataclass(frozen=True)
class Budget:
    """A training ends after `minutes` of its own running time or after `steps`, whichever comes first."""

    minutes: float = math.inf
    steps: int = sys.maxsize

    def spent(self, step: int, elapsed_s: float) -> float:
        """The part of the budget that is spent, 0..1."""
        return min(1.0, max(step / self.steps, elapsed_s / (60 * self.minutes)))


@dataclass(frozen=True)
class Optimisation:
    """How weights are moved."""

    batch: int = 64
    workers: int = 2  # threads; each takes batch / workers
    learning_rate: float = 1e-3  # at the top of the schedule
    weight_decay: float = 0.01
    warmup: float = 0.02  # part of the budget
    clip_norm: float = 1.0
    average_decay: float = 0.999
    bfloat16: bool = True  # where it is native; network arithmetic only: weights, optimiser, losses stay float32
    seed: int = 0


@dataclass(frozen=True)
class Progress:
    """One report of a running training."""

    stage: str
    step: int
    elapsed_s: float
    loss: float  # running mean
    spent: float  # part of the budget, 0..1

    @property
    def eta_s(self) -> float:
        """Seconds left, judged by the budget spent so far."""
        return self.elapsed_s * (1 - self.spent) / self.spent if self.spent else math.inf


OnProgress = Callable[[Progress], None]
Loss = Callable[[Any, torch.Generator, int], Tensor]  # (model, randomness, size of the batch) -> scalar

CHECKPOINT_EVERY_S = 60.0
REPORT_EVERY_S = 1.0


def silent(_: Progress) -> None:
    """An `on_progress` that tells nobody."""


def fit(
    stage: str,
    model: nn.Module,
    loss: Loss,
    budget: Budget,
    optimisation: Optimisation,
    *,
    file: Path | None,
    settings: str = "",
    on_progress: OnProgress = silent,
    checkpoint_every_s: float = CHECKPOINT_EVERY_S,
) -> Counters:
    """Train `model` in place until the budget is spent, and leave the averaged weights in it.

    file: the checkpoint; continued if it exists, kept at the end so that the same call then returns at once.
    settings: recorded in the checkpoint; a checkpoint with other settings raises TrainingError.
    """
    optimiser = torch.optim.AdamW(
        model.parameters(),
        lr=optimisation.learning_rate,
        betas=(0.9, 0.99),
        weight_decay=optimisation.weight_decay,
        fused=True,
    )
    average = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    counters = Counters(settings=settings)
    if file is not None and file.exists():
        counters = checkpoint.load(file, model, average, optimiser, settings)

    step, running, before = counters.step, counters.loss, counters.elapsed_s
    started = saved = reported = time.monotonic()
    elapsed = before
    model.train()
    with _crew(model, loss, optimisation) as gradients:
        while (spent := budget.spent(step, elapsed)) < 1:
            for group in optimiser.param_groups:
                group["lr"] = optimisation.learning_rate * rate(spent, optimisation.warmup)
            current = gradients(step)
            nn.utils.clip_grad_norm_(model.parameters(), optimisation.clip_norm)
            optimiser.step()
            step += 1
            _blend(average, model, min(optimisation.average_decay, (1 + step) / (10 + step)))

            running = current if math.isnan(running) else running + max(0.02, 1 / step) * (current - running)
            now = time.monotonic()
            elapsed = before + now - started
            if file is not None and now - saved >= checkpoint_every_s:
                checkpoint.save(file, model, average, optimiser, Counters(step, elapsed, running, settings))
                saved = now
            if now - reported >= REPORT_EVERY_S or step == 1:
                on_progress(Progress(stage, step, elapsed, running, budget.spent(step, elapsed)))
                reported = now

    final = Counters(step, elapsed, running, settings)
    if file is not None and final != counters:
        checkpoint.save(file, model, average, optimiser, final)
    model.load_state_dict(average, strict=False)  # buffers are not averaged
    model.eval()
    on_progress(Progress(stage, step, elapsed, running, 1.0))
    return final


def rate(spent: float, warmup: float) -> float:
    """The learning rate's factor, 0..1: linear up over `warmup`, then a cosine down to a hundredth."""
    if spent < warmup:
        return 0.01 + 0.99 * spent / warmup
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (spent - warmup) / (1 - warmup)))


def generator_at(seed: int, step: int, worker: int = 0) -> torch.Generator:
    """The generator of one worker in one step: a function of these three numbers alone."""
    return torch.Generator().manual_seed((seed * 1_000_003 + step * 101 + worker) % 2**63)


@contextmanager
def _crew(model: nn.Module, loss: Loss, optimisation: Optimisation) -> Iterator[Callable[[int], float]]:
    """A function that fills the gradients of `model` for one step, computed by all workers, and returns the loss."""
    twins = [model, *(_twin(model) for _ in range(optimisation.workers - 1))]
    parameters = [[p for p in twin.parameters() if p.requires_grad] for twin in twins]
    count = optimisation.batch // optimisation.workers

    def work(step: int, worker: int) -> float:
        twins[worker].zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=optimisation.bfloat16 and bfloat16_is_native()):
            value = loss(twins[worker], generator_at(optimisation.seed, step, worker), count)
        torch.autograd.backward(value)
        return float(value.detach())

    def gradients(step: int) -> float:
        values = list(pool.map(lambda worker: work(step, worker), range(len(twins))))
        for p, *others in zip(*parameters, strict=True):
            if p.grad is not None:
                for other in others:
                    p.grad += other.grad
                p.grad /= len(twins)
        return sum(values) / len(values)

    threads = torch.get_num_threads()
    with ThreadPoolExecutor(optimisation.workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        try:
            yield gradients
        finally:
            torch.set_num_threads(threads)


def _twin(model: nn.Module) -> nn.Module:
    """A copy that shares the weights of `model` but has gradients of its own."""
    twin = copy.deepcopy(model)
    for parameter, own in zip(model.parameters(), twin.parameters(), strict=True):
        own.data = parameter.data
    return twin


@torch.no_grad()
def _blend(average: dict[str, Tensor], model: nn.Module, decay: float) -> None:
    names, parameters = zip(*model.named_parameters(), strict=True)
    torch._foreach_lerp_([average[name] for name in names], list(parameters), 1 - decay)
