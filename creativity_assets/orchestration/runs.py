"""Runs of the job `materialize`: what is in flight, and which lane of the queue each goes by.

What has arrived is a lane of its own beside all else, so that a few new images do not wait for thousands.
"""

import time

import dagster as dg

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

LANE_TAG = "creativity/lane"
ARRIVALS, BULK, COMMAND = "arrivals", "bulk", "command"
"""Of small data sets that have just arrived; of everything; of the command line, which has no queue."""

SCOPE_TAG = "creativity/datasets"
"""The data sets that an arrival is about."""

STATE_TAG = "creativity/state"
"""The hash of their files: what failed in this state is not an arrival again."""

ASKS_TAG = "creativity/asks"
"""What a run was asked for, in words."""

POLL_SECONDS = 2.0
PATIENCE_SECONDS = 900.0
"""So long a bulk run waits for arrivals before each slice; then it goes on beside them."""


def in_flight(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """The runs that are queued, starting or started, whoever asked for them."""
    return list(instance.get_runs(filters=dg.RunsFilter(statuses=UNFINISHED)))


def arrivals_among(runs: list[dg.DagsterRun]) -> list[str]:
    """The data sets that some of the runs are about because they have arrived."""
    return [run.tags.get(SCOPE_TAG, "") for run in runs if run.tags.get(LANE_TAG) == ARRIVALS]


def asked_before(instance: dg.DagsterInstance, state: str) -> bool:
    """Whether there was a run for an arrival in this state, however it ended."""
    return instance.get_runs_count(dg.RunsFilter(tags={STATE_TAG: state})) > 0


def let_arrivals_pass(instance: dg.DagsterInstance, log: dg.DagsterLogManager) -> None:
    """Wait until nothing that has arrived is in flight; the caller holds no device and no lock meanwhile."""
    started = time.monotonic()
    while names := arrivals_among(in_flight(instance)):
        if time.monotonic() - started > PATIENCE_SECONDS:
            log.warning(f"{', '.join(names)}: still in flight after {PATIENCE_SECONDS:.0f} s; going on beside it")
            return
        time.sleep(POLL_SECONDS)
    if (waited := time.monotonic() - started) > POLL_SECONDS:
        log.info(f"what had arrived went first, for {waited:.0f} s")
