"""One training as the command line runs it: the card's settings, another budget or seed where asked for, a bar."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from creativity_assets.training import finetune as finetuning
from creativity_assets.training import stages
from creativity_assets.training.autoencoder import AutoencoderSettings
from creativity_assets.training.denoiser import DenoiserSettings
from creativity_assets.training.finetune import FinetuneSettings
from creativity_assets.training.loop import Budget, OnProgress
from creativity_assets.training.loop import Progress as Step

Settings = TypeVar("Settings", AutoencoderSettings, DenoiserSettings)

SEMANTIC_SHARE = 0.65
"""Of the suite's minutes; the perceptual trunk takes the rest, and its heads a minute of their own."""


def train(stage: str, root: Path, minutes: float | None, seed: int, console: Console) -> None:
    """Run or continue one of STAGES below the data root and say what its quality is.

    Raises TrainingError where an earlier stage is missing or a checkpoint has other settings.
    """
    with _bar(console) as bar:
        facts = STAGES[stage](root, minutes, seed, _reporting(bar))
    console.print_json(data=facts["quality"])


def finetune(root: Path, steps: int | None, seed: int, console: Console) -> None:
    """Run or continue both fine-tunings of tiny-sd, for as many steps each, and say what they changed.

    Raises TrainingError where tiny-sd is missing or a checkpoint has other settings.
    """
    settings = FinetuneSettings()
    settings = replace(settings, optimisation=replace(settings.optimisation, seed=seed))
    if steps is not None:
        settings = replace(settings, budget=Budget(steps=steps))
    with _bar(console) as bar:
        facts = finetuning.finetune(root, settings, _reporting(bar))
    console.print_json(data={name: tuned["quality"] for name, tuned in facts.items()})


def _bar(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description:<18}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console)


def _reporting(bar: Progress) -> OnProgress:
    tasks: dict[str, TaskID] = {}

    def on_progress(step: Step) -> None:
        if step.stage not in tasks:
            tasks[step.stage] = bar.add_task(step.stage, total=1.0, state="")
        state = f"step {step.step}, loss {step.loss:.4f}, {step.eta_s:.0f} s left"
        bar.update(tasks[step.stage], completed=step.spent, state=state)

    return on_progress


def _adjusted(settings: Settings, minutes: float | None, seed: int) -> Settings:
    """The card's settings with this seed, and with this budget where one was asked for."""
    settings = replace(settings, optimisation=replace(settings.optimisation, seed=seed))
    return settings if minutes is None else replace(settings, budget=Budget(minutes=minutes))


def _autoencoder(root: Path, minutes: float | None, seed: int, on_progress: OnProgress) -> dict[str, Any]:
    return stages.autoencoder(root, _adjusted(AutoencoderSettings(), minutes, seed), on_progress)


def _suite(root: Path, minutes: float | None, seed: int, on_progress: OnProgress) -> dict[str, Any]:
    semantic, perceptual = stages.SuiteSettings().semantic, stages.SuiteSettings().perceptual
    semantic = replace(semantic, optimisation=replace(semantic.optimisation, seed=seed))
    perceptual = replace(
        perceptual, trunk=replace(perceptual.trunk, seed=seed), heads=replace(perceptual.heads, seed=seed)
    )
    if minutes is not None:
        semantic = replace(semantic, budget=Budget(minutes=SEMANTIC_SHARE * minutes))
        perceptual = replace(perceptual, trunk_budget=Budget(minutes=(1 - SEMANTIC_SHARE) * minutes))
    return stages.suite(root, stages.SuiteSettings(semantic, perceptual), on_progress)


def _denoiser(root: Path, minutes: float | None, seed: int, on_progress: OnProgress) -> dict[str, Any]:
    return stages.denoiser(root, _adjusted(DenoiserSettings(), minutes, seed), on_progress)


STAGES: dict[str, Callable[[Path, float | None, int, OnProgress], dict[str, Any]]] = {
    "autoencoder": _autoencoder,
    "suite": _suite,
    "denoiser": _denoiser,
}
