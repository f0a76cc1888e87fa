"""The nightly look at everything: what is new or stale by content is asked for, the rest left alone."""

import dagster as dg

from creativity_assets.orchestration.materialize import materialize_job, request
from creativity_assets.orchestration.runs import ASKS_TAG, BULK, LANE_TAG, in_flight
from creativity_assets.workflow.plan import Scope


@dg.schedule(
    job=materialize_job,
    cron_schedule="0 3 * * *",
    description="At 3 in the morning everything that is wanted and not fresh is made, in one run, stage after stage.",
)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run a night, also after a run that failed; none while others are at work, which make the same."""
    if runs := in_flight(context.instance):
        return dg.SkipReason(f"{len(runs)} runs are queued or at work")
    night = f"{context.scheduled_execution_time:%Y-%m-%d}"
    tags = {LANE_TAG: BULK, ASKS_TAG: f"the night of {night}"}
    return dg.RunRequest(run_key=night, run_config=request(Scope()), tags=tags)
