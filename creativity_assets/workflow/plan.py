"""The plan: wanted cells minus fresh ones. Command line, sensor and schedule all request this."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

from creativity_assets.catalog.datasets import DatasetEntry
from creativity_assets.catalog.entries import ExperimentEntry
from creativity_assets.errors import CreativityError, StoreError
from creativity_assets.store.layout import Collection
from creativity_assets.store.parts import healed
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.parts import RAW_SAMPLES
from creativity_assets.workflow.pieces import Piece, each_piece, is_fresh

Pair = tuple[ExperimentEntry, DatasetEntry]


@dataclass(frozen=True)
class Plan:
    """What is wanted and not fresh. Collections of a data set are known only once it is indexed."""

    datasets: tuple[str, ...] = ()
    """Every wanted data set that is there, originals before what is derived from them."""
    wanted: Mapping[str, tuple[Collection, ...]] = field(default_factory=dict)
    """Every wanted cell whose collection is known, fresh or not: the collections of each experiment."""
    indexes: tuple[str, ...] = ()
    samples: tuple[Collection, ...] = ()
    tensors: tuple[Collection, ...] = ()
    reconstructions: Mapping[str, tuple[Collection, ...]] = field(default_factory=dict)
    metrics: Mapping[str, tuple[Collection, ...]] = field(default_factory=dict)
    sizes: Mapping[Collection, int] = field(default_factory=dict)
    """Images of every known collection: its accepted samples, or before they are audited its records."""
    images: Mapping[str, int] = field(default_factory=dict)
    """Images to measure, by experiment."""
    skipped: tuple[str, ...] = ()
    """One line for each optional entry whose source or model is absent."""
    problems: tuple[str, ...] = ()
    """One line for each entry that does not hold, or whose source or model must be there and is not."""

    def __bool__(self) -> bool:
        return bool(self.indexes or self.samples or self.tensors or self.reconstructions or self.metrics)


@dataclass(frozen=True)
class Scope:
    """Which data sets and experiments are asked for; empty means all of the catalogue."""

    datasets: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()

    def check(self, lineage: Lineage) -> None:
        """Raise CatalogError for a name that is not in the catalogue."""
        for name in self.datasets:
            lineage.catalog.dataset(name)
        for name in self.experiments:
            lineage.catalog.experiment(name)

    def of(self, wanted: Iterable[Pair]) -> list[Pair]:
        """Those of the pairs that are asked for."""
        return [
            (experiment, dataset)
            for experiment, dataset in wanted
            if (not self.datasets or dataset.name in self.datasets)
            and (not self.experiments or experiment.name in self.experiments)
        ]


def plan(lineage: Lineage, scope: Scope | None = None) -> Plan:
    """Everything wanted within `scope` that is missing or stale, in the order in which it must be made.

    An entry that cannot be measured is a line among `problems` and harms no other; a part that is found damaged on
    the way is set aside, and planned as missing.

    Raises CatalogError for a name in `scope` that is not in the catalogue.
    """
    return healed(lambda: _plan(lineage, scope or Scope()))


def _plan(lineage: Lineage, scope: Scope) -> Plan:
    scope.check(lineage)
    wanted, skipped, problems = _measurable(lineage, scope, scope.of(lineage.catalog.wanted()))
    names = list(dict.fromkeys(d.name for _, dataset in wanted for d in lineage.catalog.with_originals(dataset)))
    indexes = tuple(name for name in names if not lineage.index_is_fresh(name))
    held = {name: list(lineage.collections(name)) for name in names if name not in indexes}
    collections = [collection for of_dataset in held.values() for collection in of_dataset]
    sizes = _sizes(each_piece(lineage, collections))
    cells = {
        experiment: [c for e, dataset in wanted if e.name == experiment for c in held.get(dataset.name, ())]
        for experiment in dict.fromkeys(e.name for e, _ in wanted)
    }
    reconstructions, metrics, images = {}, {}, {}
    for name, of_experiment in cells.items():
        pieces = each_piece(lineage, of_experiment, lineage.catalog.experiment(name))
        stale, unscored = _stale(pieces, "reconstructions", "image_metrics")
        if stale:
            reconstructions[name] = stale
        if unscored:
            metrics[name] = unscored
            images[name] = sum(sizes[collection] for collection in unscored)
    todo = Plan(
        datasets=tuple(names),
        wanted={name: tuple(of_experiment) for name, of_experiment in cells.items()},
        indexes=indexes,
        samples=_stale(each_piece(lineage, collections), "raw_samples")[0],
        tensors=_untransformed(lineage, held),
        reconstructions=reconstructions,
        metrics=metrics,
        sizes=sizes,
        images=images,
        skipped=tuple(skipped),
        problems=tuple(problems),
    )
    with suppress(StoreError):  # what is not kept is looked at again
        lineage.ledger.save()
    return todo


def _stale(pieces: Iterable[Piece], *assets: str) -> list[tuple[Collection, ...]]:
    """For each of the assets the collections of which it has something to make."""
    found: list[dict[Collection, None]] = [{} for _ in assets]
    for piece in pieces:
        for asset, stale in zip(assets, found, strict=True):
            if not is_fresh(piece, asset):
                stale[piece.collection] = None
    return [tuple(stale) for stale in found]


def _untransformed(lineage: Lineage, held: Mapping[str, list[Collection]]) -> tuple[Collection, ...]:
    """The collections that are not there at a working resolution that is wanted of them."""
    stale = [
        collection
        for name, collections in held.items()
        for resolution in lineage.catalog.resolutions_of(name)
        for collection in _stale(each_piece(lineage, collections, resolution=resolution), "preprocessed_tensors")[0]
    ]
    return tuple(dict.fromkeys(stale))


def _sizes(pieces: Iterable[Piece]) -> dict[Collection, int]:
    sizes: dict[Collection, int] = {}
    for piece in pieces:
        accepted = piece.part(RAW_SAMPLES).fresh_rows
        images = piece.contents.size if accepted is None else accepted
        sizes[piece.collection] = sizes.get(piece.collection, 0) + images
    return sizes


def _measurable(lineage: Lineage, scope: Scope, asked: list[Pair]) -> tuple[list[Pair], list[str], list[str]]:
    """The pairs that can be measured, and the lines about the others: skipped ones, and those that are faults.

    What is absent is a fault where it is not optional, is asked for by its own name, or leaves an experiment that is
    asked for with nothing.
    """
    from creativity_assets.workflow.entries.validation import check_dataset, check_experiment  # torch

    # Many experiments share a model, and many data sets' files are looked at to fingerprint them.
    @cache
    def wrong_experiment(name: str) -> CreativityError | None:
        return _problem_of(lambda: check_experiment(lineage, lineage.catalog.experiment(name)))

    @cache
    def no_model(name: str) -> CreativityError | None:
        return _problem_of(lambda: lineage.revisions.model(lineage.catalog.model(name)))

    @cache
    def wrong_source(name: str) -> CreativityError | None:
        sources = list(lineage.catalog.with_originals(lineage.catalog.dataset(name)))

        def look() -> None:
            for source in sources:
                check_dataset(lineage, source)

        return _problem_of(look)

    @cache
    def no_source(name: str) -> CreativityError | None:
        sources = list(lineage.catalog.with_originals(lineage.catalog.dataset(name)))
        return _problem_of(lambda: [lineage.index(source) for source in sources])

    wanted: list[Pair] = []
    skipped, problems = list(lineage.catalog.problems), list(lineage.catalog.faults)
    first_absent: dict[str, CreativityError] = {}
    for experiment, dataset in asked:
        if problem := wrong_experiment(experiment.name) or wrong_source(dataset.name):
            problems.append(str(problem))
            continue
        if problem := no_model(experiment.model):
            needed = experiment.name in scope.experiments or not lineage.catalog.model(experiment.model).optional
        elif problem := no_source(dataset.name):
            needed = dataset.name in scope.datasets or not dataset.optional
        else:
            wanted.append((experiment, dataset))
            continue
        if needed:
            problems.append(str(problem))
        else:
            skipped.append(f"skipped: {problem.brief}")
            first_absent.setdefault(experiment.name, problem)
    measurable = {experiment.name for experiment, _ in wanted}
    problems += [str(first_absent[name]) for name in scope.experiments if name in first_absent.keys() - measurable]
    return wanted, list(dict.fromkeys(skipped)), list(dict.fromkeys(problems))


def _problem_of(look: Callable[[], object]) -> CreativityError | None:
    try:
        look()
    except CreativityError as problem:
        return problem
    return None
