"""The job that makes everything: the plan from start to end in one run, and the same for the command line.

What is made when is in `stages`.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from pydantic import Field

from creativity_assets.orchestration.outcome import Outcome
from creativity_assets.orchestration.partitions import cell_key, sync_partitions
from creativity_assets.orchestration.recovery import OWNER_TAG, close_abandoned_runs, owner
from creativity_assets.orchestration.resources import RESOURCES, StudyResource
from creativity_assets.orchestration.runs import BULK, COMMAND, LANE_TAG
from creativity_assets.orchestration.stages import rounds, stages, tables_are_fresh
from creativity_assets.orchestration.work import Work
from creativity_assets.store.files import sweep_temporaries
from creativity_assets.store.parts import healed
from creativity_assets.workflow.losses import losses_of
from creativity_assets.workflow.plan import Plan, Scope, plan
from creativity_assets.workflow.progress import Lines, listening
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.checks import failed_checks

JOB, OP = "materialize", "bring_up_to_date"


class Wanted(dg.Config):
    """Which data sets and experiments to bring up to date; empty lists mean all of the catalogue."""

    datasets: list[str] = Field(default=[])
    experiments: list[str] = Field(default=[])

    @property
    def scope(self) -> Scope:
        return Scope(tuple(self.datasets), tuple(self.experiments))


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
        for stage, events in rounds(work, study, config.scope, gives_way=gives_way):
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
