"""The job that makes everything: the plan from start to end in one run, and the same for the command line.

Stage by stage: indexes, images, measurements, then tables, warehouse, report and checks. After each stage the plan
is made anew, because an index tells which collections there are, and a data set may be derived from another's samples.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from pydantic import Field

from creativity_assets.errors import DamagedPart
from creativity_assets.orchestration.checks import outcomes, shown
from creativity_assets.orchestration.partitions import cell_key, sync_partitions
from creativity_assets.orchestration.recovery import OWNER_TAG, close_abandoned_runs, owner
from creativity_assets.orchestration.reporting import recorded
from creativity_assets.orchestration.resources import RESOURCES, StudyResource
from creativity_assets.orchestration.runs import BULK, COMMAND, LANE_TAG, let_arrivals_pass
from creativity_assets.orchestration.tables import make_report, make_table, make_warehouse
from creativity_assets.orchestration.work import IMAGES, MEASUREMENTS, Work
from creativity_assets.store.files import sweep_temporaries
from creativity_assets.store.layout import Collection
from creativity_assets.store.parts import healed
from creativity_assets.workflow.costs import seconds_per_image
from creativity_assets.workflow.losses import losses_of
from creativity_assets.workflow.plan import Plan, Scope, plan
from creativity_assets.workflow.progress import Lines, begin, listening
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.checks import failed_checks

JOB, OP = "materialize", "bring_up_to_date"
SLICE_SECONDS, SLICE_IMAGES = 60.0, 128
"""A device is held for about a minute, or where nothing is known of the speed for so many images: then what has
arrived in the meantime goes first. The last batch of a slice is not full, which costs about one batch in ten."""


class Wanted(dg.Config):
    """Which data sets and experiments to bring up to date; empty lists mean all of the catalogue."""

    datasets: list[str] = Field(default=[])
    experiments: list[str] = Field(default=[])

    @property
    def scope(self) -> Scope:
        return Scope(tuple(self.datasets), tuple(self.experiments))


@dataclass(frozen=True)
class Outcome:
    """What a materialisation came to.

    made: the stages that had work. losses: a line for each data set that was read and of which something was rejected,
    or in which nothing was.
    skipped: lines about absent entries. problems: lines about what failed. failed_checks: lines about checks that do
    not hold.
    """

    made: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    failed_checks: tuple[str, ...] = ()

    @property
    def metadata(self) -> dict[str, Any]:
        """As Dagster records it with the end of the run."""
        return {name: list(lines) for name, lines in vars(self).items()}

    @classmethod
    def of(cls, metadata: Mapping[str, dg.MetadataValue[Any]]) -> "Outcome":
        """From what Dagster recorded."""
        return cls(**{name: tuple(value.value) for name, value in metadata.items()})


def materialize(study: Study, instance: dg.DagsterInstance, scope: Scope | None = None) -> Outcome:
    """Make everything wanted within `scope` that is not fresh, then tables, warehouse and report, in this process.

    What was finished before an interruption stays recorded, and the same call goes on there. Checks that failed are
    named also where nothing had to be made. A part that is found damaged is made again.
    """
    return healed(lambda: _materialize(study, instance, scope or Scope()))


def _materialize(study: Study, instance: dg.DagsterInstance, scope: Scope) -> Outcome:
    sweep_temporaries(study.data_root)
    close_abandoned_runs(instance)
    todo = plan(study.lineage, scope)
    sync_partitions(study, instance, todo)
    if not stages(study, todo, instance) and tables_are_fresh(study, instance):
        return Outcome(skipped=todo.skipped, problems=todo.problems, failed_checks=failed_checks(study))
    try:
        result = materialize_job.execute_in_process(
            instance=instance,
            tags={OWNER_TAG: owner(), LANE_TAG: COMMAND},
            run_config=request(scope, "CRITICAL"),  # progress is shown by the command line
        )
    except dg.Failure as failure:
        return Outcome.of(failure.metadata)
    ends = [event.step_output_data for event in result.all_events if event.is_successful_output]
    return Outcome.of(ends[-1].metadata)


def request(scope: Scope, log_level: str = "WARNING") -> dict[str, Any]:
    """The run configuration that asks for a scope. log_level: of the terminal; the UI has all of the log."""
    wanted = {"datasets": list(scope.datasets), "experiments": list(scope.experiments)}
    console = {"console": {"config": {"log_level": log_level}}}
    return {"ops": {OP: {"config": wanted}}, "loggers": console}


@dg.op(name=OP, out=dg.Out(dg.Nothing))
def bring_up_to_date(context: dg.OpExecutionContext, config: Wanted, study: StudyResource) -> Iterator[Any]:
    """Bring the scope up to date; at its end it fails, with a line each, if anything failed on the way."""
    context.instance.add_run_tags(context.run_id, {OWNER_TAG: owner()})
    work = Work(Step(study.open(), context.run_id), context.instance, context.log)
    gives_way = context.run.tags.get(LANE_TAG) == BULK
    made = list[str]()
    with listening(Lines(context.log.info)):
        for stage, events in _rounds(work, study, config.scope, gives_way=gives_way):
            made.append(stage)
            yield from events
    opened = work.step.study
    todo = plan(opened.lineage, config.scope)
    problems = (*todo.problems, *work.problems, *_still_stale(todo, work))
    outcome = Outcome(tuple(dict.fromkeys(made)), _losses(work), todo.skipped, problems, failed_checks(opened))
    if problems:
        raise dg.Failure("\n".join(problems), metadata=outcome.metadata, allow_retries=False)
    yield dg.Output(None, metadata=outcome.metadata)


@dg.job(name=JOB, resource_defs=RESOURCES)
def materialize_job() -> None:
    """Makes everything that is wanted and not fresh: indexes, images, measurements, tables, report, checks."""
    bring_up_to_date()


def tables_are_fresh(study: Study, instance: dg.DagsterInstance) -> bool:
    """Whether warehouse and report show everything measured, and Dagster knows of them."""
    from creativity_assets.workflow.tables.report import report_is_fresh
    from creativity_assets.workflow.tables.warehouse import warehouse_is_fresh

    known = all(
        instance.get_latest_materialization_event(dg.AssetKey(name)) is not None for name in ("warehouse", "report")
    )
    return known and warehouse_is_fresh(study) and report_is_fresh(study)


@dataclass(frozen=True)
class Stages:
    """What can be made now, and is not fresh or not recorded. cells: the collections of each experiment."""

    indexes: tuple[str, ...] = ()
    images: tuple[Collection, ...] = ()
    cells: Mapping[str, tuple[Collection, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.indexes or self.images or self.cells)


def stages(study: Study, todo: Plan, instance: dg.DagsterInstance, tried: Set[tuple[str, str]] = frozenset()) -> Stages:
    """The plan, with what Dagster has no record of, without what was `tried`, as (asset, partition).

    A data set that is derived from another waits for the samples of that.
    """
    known = {
        asset: set(instance.get_materialized_partitions(dg.AssetKey(asset)))
        for asset in ("dataset_index", *IMAGES, *MEASUREMENTS)
    }

    def lacks(assets: Sequence[str], key: str, *, stale: bool) -> bool:
        return any((asset, key) not in tried and (stale or key not in known[asset]) for asset in assets)

    waited_for = {*todo.indexes, *(c.dataset for c in todo.samples)}
    stale = {*todo.samples, *todo.tensors}
    cells = {}
    for experiment, collections in todo.wanted.items():
        unmeasured = {*todo.reconstructions.get(experiment, ()), *todo.metrics.get(experiment, ())}
        lacking = (c for c in collections if lacks(MEASUREMENTS, cell_key(c, experiment), stale=c in unmeasured))
        if found := tuple(lacking):
            cells[experiment] = found
    return Stages(
        tuple(
            name
            for name in todo.datasets
            if lacks(("dataset_index",), name, stale=name in todo.indexes)
            and study.catalog.dataset(name).derived_from not in waited_for
        ),
        tuple(c for c in todo.sizes if lacks(IMAGES, c.key, stale=c in stale)),
        cells,
    )


def _rounds(
    work: Work, study: StudyResource, scope: Scope, *, gives_way: bool
) -> Iterator[tuple[str, Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]]]:
    """Stage by stage the name and the work, from a fresh look at everything before each; nothing is tried twice."""
    while True:
        opened = study.open()
        work.begin_round(Step(opened, work.step.run_id))
        todo = plan(opened.lineage, scope)
        sync_partitions(opened, work.instance, todo)
        now = stages(opened, todo, work.instance, work.tried)
        if now.indexes:
            yield "index", work.index(now.indexes)
        elif now.images:
            yield "images", work.images(now.images)
        elif now.cells:
            for experiment, collections in now.cells.items():
                begin(f"measure {experiment}", sum(todo.sizes[c] for c in collections))
                slices = _slices(collections, todo, seconds_per_image(opened.store, experiment))
                between = (lambda: let_arrivals_pass(work.instance, work.log)) if gives_way else (lambda: None)
                yield "measure", work.measure(experiment, slices, between=between)
        elif healed(lambda: tables_are_fresh(opened, work.instance)):  # noqa: B023 - called at once
            return
        else:
            yield "tables", _tables(work)
            if not work.put_off or ("report", "tables") in work.failed:
                return


def _slices(collections: Sequence[Collection], todo: Plan, cost: float | None) -> list[list[Collection]]:
    """Collections in groups of about SLICE_SECONDS of work. cost: seconds per image, None where it is unknown."""
    limit = SLICE_IMAGES if cost is None else max(1, SLICE_SECONDS / max(cost, 1e-6))
    slices, images = list[list[Collection]](), 0
    for collection in collections:
        if not slices or images + todo.sizes[collection] > limit:
            slices.append([])
            images = 0
        slices[-1].append(collection)
        images += todo.sizes[collection]
    return slices


def _tables(work: Work) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """Tables, warehouse, report, and the checks on everything measured, all from one look at the parts."""
    from creativity_assets.workflow.tables.collected import Collected
    from creativity_assets.workflow.tables.graph import TABLES

    begin("tables and report")
    step = work.step
    try:
        collected = Collected(step.study.lineage)
        for name in TABLES:
            yield recorded(make_table(step, name, collected))
        yield recorded(make_warehouse(step))
        yield recorded(make_report(step))
        for name, problems in outcomes(collected).items():
            yield dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey("image_metrics"), check_name=name, passed=not problems, metadata=shown(problems)
            )
    except DamagedPart as damage:
        work.fail("report", "tables", damage)


def _losses(work: Work) -> tuple[str, ...]:
    """What was read of each data set of this run and what was not kept, in a line each."""
    study = work.step.study
    indexed = [name for name in work.read if study.store.index(name).is_file()]
    found = {name: losses_of(study.lineage, name, study.lineage.collections(name)) for name in indexed}
    return tuple(f"{name}: {losses}" for name, losses in found.items() if losses.rejected or not losses.read)


def _still_stale(todo: Plan, work: Work) -> list[str]:
    """A line for what was made without a fault and is not fresh all the same: that is a fault of the program."""
    if work.problems:
        return []
    left = [*todo.indexes, *(c.key for c in (*todo.samples, *todo.tensors))]
    left += [
        cell_key(c, e) for cells in (todo.reconstructions, todo.metrics) for e, held in cells.items() for c in held
    ]
    return [f"{left[0]}: still stale after it was made; please report this as a fault of the program"] if left else []
