"""Whether entries hold: what they ask for, against the code and what is known of their model before it is loaded.

The one place for what must fail later: `catalog check` asks it of every entry, the plan of what is wanted, before any
work, and a step of what it was asked to make.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from creativity_assets.catalog.datasets import DatasetEntry, GeneratedDataset
from creativity_assets.catalog.entries import ExperimentEntry, MethodEntry
from creativity_assets.diffusion.diffusion_schedule import DiffusionLevels
from creativity_assets.diffusion.families import family_of
from creativity_assets.diffusion.inversion import INVERSIONS
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.diffusion.weights.layouts import LAYOUTS
from creativity_assets.diffusion.weights.model_files import known_of
from creativity_assets.engine.readouts import READOUTS
from creativity_assets.errors import CatalogError, CreativityError, ModelError
from creativity_assets.metrics.suites import SUITES
from creativity_assets.workflow.entries.methods import inversion_settings
from creativity_assets.workflow.entries.revisions import model_source
from creativity_assets.workflow.lineage import Lineage


def wrong_entries(lineage: Lineage) -> Iterator[str]:
    """A line, naming the entry and the remedy, for each entry that could not be measured."""
    catalog = lineage.catalog
    used = {experiment.method for experiment in catalog.experiments.values()}
    looks: list[Callable[[], None]] = []
    for method in catalog.methods.values():
        # Of what no experiment uses: by the training steps that models usually have.
        looks.append(partial(_check_method, method, with_steps=method.name not in used))
    looks += [partial(_check_model, lineage, model) for model in catalog.models]
    looks += [partial(check_experiment, lineage, experiment) for experiment in catalog.experiments.values()]
    looks += [partial(check_dataset, lineage, dataset) for dataset in catalog.datasets.values()]
    for look in looks:
        try:
            look()
        except CreativityError as problem:
            yield str(problem)


def _check_method(method: MethodEntry, *, with_steps: bool) -> None:
    settings = inversion_settings(method)
    if with_steps:
        _check_method_steps(method.name, settings, {})


def check_experiment(lineage: Lineage, experiment: ExperimentEntry) -> None:
    """Raise CatalogError, naming the experiment and the remedy, for what could not be measured.

    That is a method for another kind of model, steps that its schedule does not have, an unknown suite or readout.
    """
    if unknown := [name for name in experiment.readouts if name not in READOUTS]:
        raise CatalogError(f"{experiment.name}: no readout {unknown[0]!r}; have {', '.join(READOUTS)}")
    if experiment.suite not in SUITES:
        raise CatalogError(f"{experiment.name}: no suite {experiment.suite!r}; have {', '.join(SUITES)}")
    settings = inversion_settings(lineage.catalog.method(experiment.method))
    model, wanted = _known(lineage, experiment.model), settings.method.kind
    if wanted is not None and model.kind not in (None, wanted):
        fitting = [name for name, spec in INVERSIONS.items() if spec.kind in (None, model.kind)]
        raise CatalogError(
            f"{experiment.name}: {experiment.model} is a {model.kind} model, but {settings.inversion} inverts {wanted} "
            f"models; take a method of {', '.join(fitting)}"
        )
    _check_method_steps(experiment.name, settings, model.scheduler)


def check_dataset(lineage: Lineage, dataset: DatasetEntry) -> None:
    """Raise CatalogError for a generated data set whose steps its model's schedule does not have."""
    if isinstance(dataset, GeneratedDataset):
        model = _known(lineage, dataset.model)
        if model.kind == "diffusion":
            _check_steps(dataset.name, dataset.steps, model.scheduler)


def _check_model(lineage: Lineage, name: str) -> None:
    _known(lineage, name)


@dataclass(frozen=True)
class _Known:
    """Of a model: its kind, None where nothing says, and its scheduler's configuration, empty where it is not here."""

    kind: str | None
    scheduler: Mapping[str, Any]


def _known(lineage: Lineage, name: str) -> _Known:
    pipeline, scheduler = known_of(model_source(lineage.catalog.model(name), lineage.store.data_root))
    if pipeline and pipeline not in LAYOUTS:
        raise CatalogError(f"{name}: no pipeline {pipeline!r}; have {', '.join(LAYOUTS)}")
    return _Known(family_of(pipeline).kind if pipeline else None, scheduler)


def _check_method_steps(name: str, settings: InversionSettings, scheduler: Mapping[str, Any]) -> None:
    if settings.method.kind == "diffusion":
        _check_steps(name, settings.steps, scheduler, settings.method.spacing)


def _check_steps(name: str, steps: int, scheduler: Mapping[str, Any], spacing: str = "leading") -> None:
    """By making the schedule that the backbone will make."""
    try:
        DiffusionLevels.from_config(scheduler).schedule(steps, spacing)
    except ModelError as problem:
        raise CatalogError(f"{name}: {problem}") from None
