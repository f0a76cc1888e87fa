"""The assets up to the scores. Each looks up its partitions, works through them, and reports what is finished.

They yield one AssetMaterialization per finished partition and no output, so that what was finished before a
crash stays recorded, once, with its metadata; hence `skippable` and `output_required=False`.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

import dagster as dg
from pydantic import Field

from creativity_assets.orchestration.partitions import (
    CELLS,
    COLLECTIONS,
    DATASETS,
    known_cells,
    known_collections,
    sync_partitions,
)
from creativity_assets.orchestration.recovery import OWNER_TAG, owner
from creativity_assets.orchestration.reporting import column_schema
from creativity_assets.orchestration.resources import GPU_POOL, StudyResource
from creativity_assets.orchestration.work import IMAGES, MEASUREMENTS, UPSTREAM, Events, Work
from creativity_assets.store.layout import Collection
from creativity_assets.workflow.plan import plan
from creativity_assets.workflow.progress import Lines, listening
from creativity_assets.workflow.steps.step import Step

RANGES = dg.BackfillPolicy.single_run()
OWNERS = ["team:creativity"]

Found = TypeVar("Found")


class Remake(dg.Config):
    """How a run treats what is fresh already."""

    force: bool = Field(
        default=False, description="Make all parts of the selected assets again; what they are made from stays."
    )


PUBLIC = {"raw_samples": "samples", "reconstructions": "reconstructions", "image_metrics": "image_metrics"}
"""The public tables whose rows these assets make."""


def _spec(key: str, description: str, kind: str) -> dg.AssetSpec:
    deps, metadata = [UPSTREAM[key]], column_schema(PUBLIC[key]) if key in PUBLIC else {}
    return dg.AssetSpec(
        key, deps=deps, description=description, metadata=metadata, kinds={kind}, owners=OWNERS, skippable=True
    )


@dg.asset(
    partitions_def=DATASETS,
    backfill_policy=RANGES,
    output_required=False,
    group_name="collect",
    kinds={"parquet"},
    owners=OWNERS,
)
def dataset_index(
    context: dg.AssetExecutionContext, config: Remake, study: StudyResource
) -> Iterator[dg.AssetMaterialization]:
    """One streaming pass over a source: metadata, payload shards, and the collections it holds."""
    work = _work(context, config, study)
    yield from _through(context, work, work.index(context.partition_keys))
    opened = study.open()
    sync_partitions(opened, context.instance, plan(opened.lineage))


@dg.multi_asset(
    specs=[
        _spec("raw_samples", "Every record decoded and audited, or rejected with a reason.", "parquet"),
        _spec("preprocessed_tensors", "Every sample as the picture that a model is given.", "parquet"),
    ],
    partitions_def=COLLECTIONS,
    backfill_policy=RANGES,
    can_subset=True,
    group_name="collect",
)
def collection_images(
    context: dg.AssetExecutionContext, config: Remake, study: StudyResource
) -> Iterator[dg.AssetMaterialization]:
    """The samples of collections, and their pictures at the models' resolutions."""
    work = _work(context, config, study)
    collections = _found(known_collections(work.step.study), context)
    yield from _through(context, work, work.images(collections, _selected(context, IMAGES)))


@dg.multi_asset(
    specs=[
        _spec("reconstructions", "What the model makes of each picture.", "pytorch"),
        _spec("image_metrics", "How far each reconstruction is from its original.", "pytorch"),
    ],
    partitions_def=CELLS,
    backfill_policy=RANGES,
    can_subset=True,
    pool=GPU_POOL,
    group_name="measure",
)
def measurements(
    context: dg.AssetExecutionContext, config: Remake, study: StudyResource
) -> Iterator[dg.AssetMaterialization]:
    """Experiments over collections, in full batches across partitions, one model load per experiment."""
    work = _work(context, config, study)
    by_experiment: dict[str, list[Collection]] = {}
    for collection, experiment in _found(known_cells(work.step.study), context):
        by_experiment.setdefault(experiment, []).append(collection)
    for experiment, collections in by_experiment.items():
        events = work.measure(experiment, [collections], _selected(context, MEASUREMENTS))
        yield from _through(context, work, events, ends=False)
    _end(work)


def _work(context: dg.AssetExecutionContext, config: Remake, study: StudyResource) -> Work:
    context.instance.add_run_tags(context.run.run_id, {OWNER_TAG: owner()})
    return Work(Step(study.open(), context.run.run_id, config.force), context.instance, context.log)


def _through(context: dg.AssetExecutionContext, work: Work, events: Events, *, ends: bool = True) -> Events:
    """Pass the events on, with the log told of progress; ends: raise dg.Failure with what has failed."""
    with listening(Lines(context.log.info)):
        yield from events
    if ends:
        _end(work)


def _end(work: Work) -> None:
    if work.problems:
        raise dg.Failure("\n".join(work.problems), allow_retries=False)


def _found(known: Mapping[str, Found], context: dg.AssetExecutionContext) -> list[Found]:
    """The partitions of this run that still exist; one line in the log for the others."""
    for key in context.partition_keys:
        if key not in known:
            context.log.warning(f"{key}: left the catalogue or its source meanwhile; nothing to do")
    return [known[key] for key in context.partition_keys if key in known]


def _selected(context: dg.AssetExecutionContext, assets: tuple[str, ...]) -> list[str]:
    return [name for name in assets if dg.AssetKey(name) in context.selected_asset_keys]
