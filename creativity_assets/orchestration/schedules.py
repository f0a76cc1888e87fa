"""The nightly look at everything: what is new or stale by content is requested, the rest left alone.

Dagster wants one job per schedule, so each stage has its own; whichever stage has work now requests it, and
the sensor requests the later ones as it finishes.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from creativity_assets.orchestration.jobs import STAGE_JOBS
from creativity_assets.orchestration.requests import requests
from creativity_assets.orchestration.resources import StudyResource


def _nightly(job: Any) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"nightly_{job.name.removesuffix('_job')}",
        job=job,
        cron_schedule="0 3 * * *",
        description=f"Re-checks everything at 3 in the morning, requests {job.name} for what is stale by content.",
    )
    def nightly(context: dg.ScheduleEvaluationContext, study: StudyResource) -> Iterator[dg.RunRequest]:
        night = f"{context.scheduled_execution_time:%Y-%m-%d}"
        wanted, skipped = requests(study.open(), context.instance, occasion=night)
        for line in skipped:
            context.log.info(line)
        yield from (request for request in wanted if request.job_name == job.name)

    return nightly


NIGHTLY = [_nightly(job) for job in STAGE_JOBS]
