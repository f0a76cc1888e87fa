"""The plan from start to end in this process: what the command line does without a daemon."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import dagster as dg

from creativity_assets.errors import StoreError
from creativity_assets.orchestration.recovery import OWNER_TAG, close_abandoned_runs, owner
from creativity_assets.orchestration.stages import Stage, next_stages
from creativity_assets.store.files import sweep_temporaries
from creativity_assets.store.parts import healed
from creativity_assets.workflow.checks import failed_checks
from creativity_assets.workflow.plan import Plan, Scope
from creativity_assets.workflow.study import Study

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Progress is shown by the command line; Dagster's own log is in the UI."""


@dataclass(frozen=True)
class Outcome:
    """What a materialisation did: the runs it took, lines about skipped entries, and a line for each failed check."""

    runs: int
    skipped: tuple[str, ...]
    failed_checks: tuple[str, ...]


def materialize(
    study: Study,
    instance: dg.DagsterInstance,
    scope: Scope | None = None,
    announce: Callable[[Stage, Plan], None] = lambda stage, todo: None,
) -> Outcome:
    """Make everything wanted within `scope` that is not fresh, then the tables, warehouse and report.

    Parts that are found damaged are made again. Checks that failed are looked at, also where nothing had to be made.
    Raises the step's own error; what was finished before it stays recorded, and the same call goes on there.
    """
    return healed(lambda: _materialize(study, instance, scope, announce))


def _materialize(
    study: Study, instance: dg.DagsterInstance, scope: Scope | None, announce: Callable[[Stage, Plan], None]
) -> Outcome:
    sweep_temporaries(study.data_root)
    close_abandoned_runs(instance)
    runs, done = 0, set[Stage]()
    while True:
        study = Study(study.data_root)
        stages, todo = next_stages(study, instance, scope)
        if not stages:
            break
        for stage in stages:
            if stage in done:
                raise StoreError(f"{stage.first}: still stale after it was made; report this with `creativity doctor`")
            done.add(stage)
            announce(stage, todo)
            _run(stage.job, instance, stage.asset_keys, stage.tags)
            runs += 1
    if not tables_are_fresh(study, instance):
        _run("tables_job", instance)
        runs += 1
    return Outcome(runs=runs, skipped=todo.skipped, failed_checks=failed_checks(study))


def tables_are_fresh(study: Study, instance: dg.DagsterInstance) -> bool:
    """Whether warehouse and report show everything measured, and Dagster knows of them."""
    from creativity_assets.workflow.reporting import report_is_fresh
    from creativity_assets.workflow.tables import warehouse_is_fresh

    recorded = all(
        instance.get_latest_materialization_event(dg.AssetKey(name)) is not None for name in ("warehouse", "report")
    )
    return recorded and warehouse_is_fresh(study) and report_is_fresh(study)


def _run(
    job: str,
    instance: dg.DagsterInstance,
    assets: list[dg.AssetKey] | None = None,
    tags: dict[str, str] | None = None,
) -> None:
    """Run a job here and now."""
    _jobs()[job].execute_in_process(
        instance=instance,
        asset_selection=assets,
        tags={OWNER_TAG: owner(), **(tags or {})},
        run_config=QUIET,
        raise_on_error=True,
    )


@lru_cache(maxsize=1)
def _jobs() -> dict[str, dg.JobDefinition]:
    from creativity_assets.definitions import defs
    from creativity_assets.orchestration.jobs import JOBS

    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    return {job.name: defs.resolve_job_def(job.name) for job in JOBS}
