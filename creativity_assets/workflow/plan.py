"""The plan: wanted cells minus fresh ones. Command line, sensor and schedule all request this."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from creativity_assets.catalog.datasets import DatasetEntry
from creativity_assets.catalog.entries import ExperimentEntry
from creativity_assets.errors import CreativityError
from creativity_assets.store.layout import Collection
from creativity_assets.store.parts import count_rows, healed, is_fresh
from creativity_assets.workflow.lineage import Contents, Lineage
from creativity_assets.workflow.panel import Panel, panel_of

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
    indexes = tuple(name for name in names if not index_is_fresh(lineage, name))
    held = {name: lineage.collections(name) for name in names if name not in indexes}
    contents = {collection: what for collections in held.values() for collection, what in collections.items()}
    cells = {
        experiment: [c for e, dataset in wanted if e.name == experiment for c in held.get(dataset.name, {})]
        for experiment in dict.fromkeys(e.name for e, _ in wanted)
    }
    reconstructions, metrics, images = {}, {}, {}
    for name, collections in cells.items():
        experiment = lineage.catalog.experiment(name)
        panel = panel_of(lineage, experiment)
        stale = tuple(c for c in collections if not reconstruction_is_fresh(lineage, experiment, c, contents[c]))
        unscored = tuple(
            c
            for c in collections
            if not metrics_are_fresh(lineage, experiment, c, contents[c])
            or not ceilings_are_fresh(lineage, panel, experiment, (c, contents[c]))
        )
        if stale:
            reconstructions[name] = stale
        if unscored:
            metrics[name] = unscored
            images[name] = sum(_images_in(lineage, c, contents[c]) for c in unscored)
    return Plan(
        datasets=tuple(names),
        wanted={name: tuple(collections) for name, collections in cells.items()},
        indexes=indexes,
        samples=tuple(c for c, what in contents.items() if not samples_are_fresh(lineage, c, what)),
        tensors=tuple(c for c, what in contents.items() if stale_resolutions(lineage, c, what)),
        reconstructions=reconstructions,
        metrics=metrics,
        sizes={c: _images_in(lineage, c, what) for c, what in contents.items()},
        images=images,
        skipped=tuple(skipped),
        problems=tuple(problems),
    )


def _images_in(lineage: Lineage, collection: Collection, contents: Contents) -> int:
    if not samples_are_fresh(lineage, collection, contents):
        return contents.size
    return count_rows(lineage.store.samples(collection))


def samples_are_fresh(lineage: Lineage, collection: Collection, contents: Contents) -> bool:
    """The accepted and the rejected ones."""
    paths = (lineage.store.samples(collection), lineage.store.rejects(collection))
    return all(is_fresh(path, contents.records) for path in paths)


def stale_resolutions(lineage: Lineage, collection: Collection, contents: Contents) -> tuple[int, ...]:
    """The working resolutions at which a collection still has to be preprocessed."""
    return tuple(
        resolution
        for resolution in lineage.catalog.resolutions_of(collection.dataset)
        if not is_fresh(lineage.store.tensors(collection, resolution), lineage.tensors(contents, resolution))
    )


def reconstruction_is_fresh(
    lineage: Lineage, experiment: ExperimentEntry, collection: Collection, contents: Contents
) -> bool:
    """Its pictures, what was read out on the way, and what it started from."""
    store, name = lineage.store, experiment.name
    return (
        is_fresh(store.reconstructions(collection, name), lineage.reconstructions(contents, experiment))
        and is_fresh(store.readouts(collection, name), lineage.readouts(contents, experiment))
        and encodings_are_fresh(lineage, experiment, collection, contents)
    )


def encodings_are_fresh(
    lineage: Lineage, experiment: ExperimentEntry, collection: Collection, contents: Contents
) -> bool:
    """The latents and the floor images of the experiment's model."""
    paths = (store(collection, experiment.model) for store in (lineage.store.latents, lineage.store.floor_images))
    return all(is_fresh(path, lineage.encodings(contents, experiment)) for path in paths)


def metrics_are_fresh(
    lineage: Lineage, experiment: ExperimentEntry, collection: Collection, contents: Contents
) -> bool:
    return is_fresh(lineage.store.metrics(collection, experiment.name), lineage.metrics(contents, experiment))


def ceilings_are_fresh(
    lineage: Lineage, panel: Panel | None, experiment: ExperimentEntry, cell: tuple[Collection, Contents]
) -> bool:
    """Also where there is no panel yet: there is nothing to be made then."""
    collection, contents = cell
    path = lineage.store.ceilings(collection, experiment.name)
    return panel is None or is_fresh(path, lineage.ceilings(contents, experiment, panel.input_hash))


def index_is_fresh(lineage: Lineage, name: str) -> bool:
    """The records, what the reader refused, and the original bytes."""
    input_hash = lineage.index(lineage.catalog.dataset(name))
    paths = (lineage.store.index(name), lineage.store.index_rejects(name))
    return all(is_fresh(path, input_hash) for path in paths) and lineage.index_is_whole(name)


def _measurable(lineage: Lineage, scope: Scope, asked: list[Pair]) -> tuple[list[Pair], list[str], list[str]]:
    """The pairs that can be measured, and the lines about the others: skipped ones, and those that are faults.

    What is absent is a fault where it is not optional, is asked for by its own name, or leaves an experiment that is
    asked for with nothing.
    """
    from creativity_assets.workflow.validation import check_dataset, check_experiment

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
