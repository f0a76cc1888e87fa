"""The plan as run requests: what sensor and schedule ask the daemon for."""

import dagster as dg

from creativity_assets.orchestration.stages import next_stages
from creativity_assets.workflow.study import Study

MOST_PER_TICK = 20
"""Run requests of one evaluation; the rest follow at the next."""


def requests(study: Study, instance: dg.DagsterInstance, occasion: str) -> tuple[list[dg.RunRequest], tuple[str, ...]]:
    """The runs that can start now, and the lines about what is skipped.

    occasion: part of the run key. The same work is asked for once per occasion, so that a run that fails is
    not started again every half minute.
    """
    stages, todo = next_stages(study, instance)
    wanted = [
        dg.RunRequest(
            run_key=stage.run_key(occasion),
            job_name=stage.job,
            asset_selection=stage.asset_keys,
            tags=stage.tags,
        )
        for stage in stages[:MOST_PER_TICK]
    ]
    return wanted, todo.skipped
