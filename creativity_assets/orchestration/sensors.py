"""The sensor: what is new, changed or missing is noticed, and asked for once."""

import json
from collections.abc import Callable
from typing import TypeVar

import dagster as dg

from creativity_assets.errors import CreativityError
from creativity_assets.hashing import digest
from creativity_assets.orchestration.arrivals import Arrival, arrivals, asks
from creativity_assets.orchestration.materialize import materialize_job, request
from creativity_assets.orchestration.partitions import sync_partitions
from creativity_assets.orchestration.recovery import close_abandoned_runs
from creativity_assets.orchestration.reporting import newest_event
from creativity_assets.orchestration.resources import StudyResource
from creativity_assets.orchestration.runs import (
    ARRIVALS,
    ASKS_TAG,
    BULK,
    LANE_TAG,
    SCOPE_TAG,
    STATE_TAG,
    arrivals_among,
    asked_before,
    in_flight,
)
from creativity_assets.orchestration.stages import stages, tables_are_fresh
from creativity_assets.workflow.plan import Scope, plan
from creativity_assets.workflow.study import Study

Entry = TypeVar("Entry")

_MEASURED = ("dataset_index", "raw_samples", "preprocessed_tensors", "reconstructions", "image_metrics")


@dg.sensor(
    job=materialize_job,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Sees new or changed data sets, experiments and weights. What has arrived goes first.",
)
def new_data(context: dg.SensorEvaluationContext, study: StudyResource) -> dg.SensorResult | dg.SkipReason:
    """Compare cheap facts with the cursor; only where they differ look closer, and ask for what is not in flight."""
    close_abandoned_runs(context.instance)
    opened = study.open()
    runs = in_flight(context.instance)
    facts = _facts(opened)
    state = {"facts": digest(**facts), "finished": _last_finished(context.instance), "runs": [r.run_id for r in runs]}
    if context.cursor and json.loads(context.cursor) == state:
        return dg.SkipReason("nothing new, and nothing finished since the last look")
    waiting = arrivals_among(runs)
    wanted = [
        _arrival(opened, arrival)
        for arrival in arrivals(opened)
        if arrival.dataset not in waiting and not asked_before(context.instance, arrival.state)
    ]
    reason = f"{len(runs)} runs are queued or at work; what they leave is asked for when they have ended"
    if not wanted and not runs:
        wanted, reason = _everything(context, opened, digest(**facts))
    for asked in wanted:
        context.log.info(f"asked for: {asked.tags[ASKS_TAG]}")
    if not wanted:
        context.update_cursor(json.dumps(state))
        return dg.SkipReason(reason)
    return dg.SensorResult(run_requests=wanted, cursor=json.dumps(state | {"runs": ["asked for"]}))


def _arrival(study: Study, arrival: Arrival) -> dg.RunRequest:
    """All stages of one small data set, in a run of its own."""
    return dg.RunRequest(
        run_key=f"arrival:{arrival.dataset}:{arrival.state[:24]}",
        run_config=request(Scope((arrival.dataset,))),
        tags={
            LANE_TAG: ARRIVALS,
            SCOPE_TAG: arrival.dataset,
            STATE_TAG: arrival.state,
            ASKS_TAG: asks(study, arrival),
            "dagster/priority": "10",
        },
    )


def _everything(context: dg.SensorEvaluationContext, study: Study, facts: str) -> tuple[list[dg.RunRequest], str]:
    """One run over all that is wanted, or why there is none.

    The same work on the same facts is asked for once: a run that fails without progress is not started again.
    """
    todo = plan(study.lineage)
    sync_partitions(study, context.instance, todo)
    for line in (*todo.skipped, *todo.problems):
        context.log.info(line)
    now = stages(study, todo, context.instance)
    if not now and tables_are_fresh(study, context.instance):
        return [], "everything that is wanted is fresh"
    work = digest(facts=facts, indexes=now.indexes, images=now.images, cells=dict(now.cells))
    tags = {LANE_TAG: BULK, ASKS_TAG: asks(study, todo)}
    return [dg.RunRequest(run_key=f"everything:{work[:24]}", run_config=request(Scope()), tags=tags)], ""


def _facts(study: Study) -> dict[str, str]:
    """What tells one state of the inputs from another: names, sizes, times, entries. No image is read."""
    catalog = study.catalog
    sections = {
        "experiment": catalog.experiments,
        "method": catalog.methods,
        "comparison": catalog.comparisons,
        "era": catalog.eras,
    }
    facts = {
        f"{noun} {name}": digest(entry=entry.model_dump())
        for noun, entries in sections.items()
        for name, entry in entries.items()
    }
    # What no experiment wants is not looked at: it may be a folder of millions of files.
    wanted = {d.name: d for _, dataset in catalog.wanted() for d in catalog.with_originals(dataset)}
    facts |= {f"data set {name}": _or_absent(study.lineage.index, d) for name, d in wanted.items()}
    revision = study.lineage.revisions.model
    return facts | {f"model {m.name}": _or_absent(revision, m) for m in catalog.models_wanted()}


def _or_absent(fact: Callable[[Entry], str], entry: Entry) -> str:
    """A fact, or why there is none: a source that appears later is a change too."""
    try:
        return fact(entry)
    except CreativityError as absent:
        return str(absent)


def _last_finished(instance: dg.DagsterInstance) -> int:
    """It grows whenever something was finished."""
    return max(newest_event(instance, name) for name in _MEASURED)
