"""The whole catalogue: every entry by name, checked against the others."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from creativity_assets.catalog.entries import (
    ComparisonEntry,
    DatasetEntry,
    EraEntry,
    ExperimentEntry,
    GeneratedDataset,
    MethodEntry,
    ModelEntry,
)
from creativity_assets.errors import CatalogError

T = TypeVar("T")

INCOMING = "incoming"
"""In an experiment's `datasets` this word stands for every folder dropped into data/incoming."""


@dataclass(frozen=True)
class Catalog:
    """All entries by name, in the order of their files. `problems` are lines about ignored incoming folders."""

    datasets: Mapping[str, DatasetEntry] = field(default_factory=dict)
    models: Mapping[str, ModelEntry] = field(default_factory=dict)
    methods: Mapping[str, MethodEntry] = field(default_factory=dict)
    experiments: Mapping[str, ExperimentEntry] = field(default_factory=dict)
    comparisons: Mapping[str, ComparisonEntry] = field(default_factory=dict)
    eras: Mapping[str, EraEntry] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def dataset(self, name: str) -> DatasetEntry:
        return _get(self.datasets, name, "data set")

    def model(self, name: str) -> ModelEntry:
        return _get(self.models, name, "model")

    def method(self, name: str) -> MethodEntry:
        return _get(self.methods, name, "method")

    def experiment(self, name: str) -> ExperimentEntry:
        return _get(self.experiments, name, "experiment")

    def era_of(self, year: int | None) -> str | None:
        """The slug of the era that holds `year`, or None for an unknown or uncovered year."""
        if year is None:
            return None
        return next((era.name for era in self.eras.values() if era.start <= year < era.end), None)

    def wanted(self) -> list[tuple[ExperimentEntry, DatasetEntry]]:
        """Every (experiment, data set) that some experiment asks for."""
        return [
            (experiment, self.dataset(name)) for experiment in self.experiments.values() for name in experiment.datasets
        ]

    def with_originals(self, dataset: DatasetEntry) -> Iterator[DatasetEntry]:
        """A data set, after those that it is derived from."""
        if dataset.derived_from is not None:
            yield from self.with_originals(self.dataset(dataset.derived_from))
        yield dataset

    def resolutions_of(self, dataset: str) -> tuple[int, ...]:
        """The working resolutions, in pixels, at which experiments want a data set's images."""
        models = (self.model(e.model) for e, d in self.wanted() if d.name == dataset)
        return tuple(sorted({model.resolution for model in models}))

    def check(self) -> None:
        """Raise CatalogError where an entry names another that is not there, or contradicts it."""
        for entry, section, name in self._references():
            _get(getattr(self, section), name, section[:-1], by=entry)
        for dataset in self.datasets.values():
            self._check_derived(dataset)
        ordered = sorted(self.eras.values(), key=lambda era: era.start)
        for earlier, later in itertools.pairwise(ordered):
            if earlier.end > later.start:
                raise CatalogError(f"eras {earlier.name} and {later.name} overlap; make them half-open ranges")

    def _check_derived(self, dataset: DatasetEntry) -> None:
        seen = {dataset.name}
        while dataset.derived_from is not None:
            dataset = self.dataset(dataset.derived_from)
            if dataset.name in seen:
                raise CatalogError(f"{dataset.name}: is derived from itself; name a data set with images of its own")
            seen.add(dataset.name)

    def _references(self) -> Iterator[tuple[str, str, str]]:
        for experiment in self.experiments.values():
            yield experiment.name, "models", experiment.model
            yield experiment.name, "methods", experiment.method
            for name in experiment.datasets:
                yield experiment.name, "datasets", name
        for comparison in self.comparisons.values():
            yield comparison.name, "datasets", comparison.human.dataset
            yield comparison.name, "datasets", comparison.ai.dataset
        for dataset in self.datasets.values():
            if dataset.derived_from is not None:
                yield dataset.name, "datasets", dataset.derived_from
            if isinstance(dataset, GeneratedDataset):
                yield dataset.name, "models", dataset.model
        for model in self.models.values():
            for name in model.training_lists:
                yield model.name, "datasets", name


def _get(entries: Mapping[str, T], name: str, noun: str, by: str | None = None) -> T:
    if name not in entries:
        prefix = f"{by}: " if by else ""
        raise CatalogError(f"{prefix}no {noun} {name!r}; have {', '.join(entries) or 'none'}")
    return entries[name]
