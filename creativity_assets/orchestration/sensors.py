"""Sensors: new or changed data sets and experiments are noticed, and new scores are carried to the tables."""

import json
from collections.abc import Callable
from typing import TypeVar

import dagster as dg

from creativity_assets.errors import CreativityError
from creativity_assets.orchestration.jobs import STAGE_JOBS
from creativity_assets.orchestration.reporting import newest_event
from creativity_assets.orchestration.requests import requests
from creativity_assets.orchestration.resources import StudyResource
from creativity_assets.orchestration.tables import TABLE_ASSETS, report, warehouse
from creativity_assets.workflow.lineage import digest
from creativity_assets.workflow.study import Study

Entry = TypeVar("Entry")

_MEASURED = ("dataset_index", "raw_samples", "preprocessed_tensors", "reconstructions", "image_metrics")


@dg.sensor(
    jobs=STAGE_JOBS,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Sees new or changed data sets, experiments and weights, and requests the plan.",
)
def new_data(context: dg.SensorEvaluationContext, study: StudyResource) -> dg.SensorResult | dg.SkipReason:
    """Compare cheap facts with the cursor; only where they differ, or work was finished since, make a plan."""
    opened = study.open()
    facts = _facts(opened)
    state = {"facts": facts, "finished": _last_finished(context.instance)}
    if context.cursor and json.loads(context.cursor) == state:
        return dg.SkipReason("nothing new, and nothing finished since the last look")
    wanted, skipped = requests(opened, context.instance, occasion=digest(facts=facts))
    for line in skipped:
        context.log.info(line)
    return dg.SensorResult(run_requests=wanted, cursor=json.dumps(state))


def _facts(study: Study) -> dict[str, str]:
    """What tells one state of the inputs from another: names, sizes, times, entries. No image is read."""
    facts = {f"experiment {name}": digest(entry=e.model_dump()) for name, e in study.catalog.experiments.items()}
    facts |= {f"method {name}": digest(entry=m.model_dump()) for name, m in study.catalog.methods.items()}
    # What no experiment wants is not looked at: it may be a folder of millions of files.
    wanted = (d for _, dataset in study.catalog.wanted() for d in study.catalog.with_originals(dataset))
    facts |= {f"data set {d.name}": _or_absent(study.lineage.index, d) for d in wanted}
    revision = study.lineage.revisions.model
    return facts | {f"model {m.name}": _or_absent(revision, m) for m in study.catalog.models_wanted()}


def _or_absent(fact: Callable[[Entry], str], entry: Entry) -> str:
    """A fact, or why there is none: a source that appears later is a change too."""
    try:
        return fact(entry)
    except CreativityError as absent:
        return str(absent)


def _last_finished(instance: dg.DagsterInstance) -> int:
    """It grows whenever something was finished."""
    return max(newest_event(instance, name) for name in _MEASURED)


carry_down = dg.AutomationConditionSensorDefinition(
    "carry_down",
    target=dg.AssetSelection.assets(*TABLE_ASSETS, warehouse, report),
    minimum_interval_seconds=30,
    description="Rebuilds tables, warehouse and report after new scores.",
)
