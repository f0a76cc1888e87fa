"""The assets up to the scores. Each resolves its partitions, calls one step, and reports what is finished.

They yield one AssetMaterialization per finished partition and no output, so that what was finished before a
crash stays recorded, once, with its metadata; hence `skippable` and `output_required=False`.
"""

from collections.abc import Iterator

import dagster as dg

from creativity_assets.orchestration.partitions import (
    CELLS,
    COLLECTIONS,
    DATASETS,
    add_partitions,
    by_experiment,
    cell_key,
)
from creativity_assets.orchestration.reporting import column_schema, finished, newest_event, score_metadata
from creativity_assets.orchestration.resources import GPU_POOL, AcceleratorResource, StudyResource
from creativity_assets.workflow.steps import (
    Step,
    audit_collections,
    index_dataset,
    preprocess_collections,
    reconstruct_collections,
    score_collections,
)

RANGES = dg.BackfillPolicy.single_run()
OWNERS = ["team:creativity"]


class Remake(dg.Config):
    """How a run treats what is fresh already."""

    force: bool = False


UPSTREAM = {
    "raw_samples": "dataset_index",
    "preprocessed_tensors": "raw_samples",
    "reconstructions": "preprocessed_tensors",
    "image_metrics": "reconstructions",
}

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
    step = Step(study.open(), context.run_id, config.force)
    for name in context.partition_keys:
        provenance, numbers = index_dataset(step, name)
        collections = [collection.key for collection in step.study.lineage.collections(name)]
        add_partitions(context.instance, COLLECTIONS, collections)
        yield finished("dataset_index", name, provenance, dict(numbers))


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
    step = Step(study.open(), context.run_id, config.force)
    work = {"raw_samples": audit_collections, "preprocessed_tensors": preprocess_collections}
    for asset in (name for name in work if dg.AssetKey(name) in context.selected_asset_keys):
        upstream = UPSTREAM[asset]
        newest = newest_event(context.instance, upstream)
        for done in work[asset](step, context.partition_keys):
            made = (upstream, done.made_from, newest)
            yield finished(asset, done.collection.key, done.provenance, dict(done.numbers), made)


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
    context: dg.AssetExecutionContext, config: Remake, study: StudyResource, accelerator: AcceleratorResource
) -> Iterator[dg.AssetMaterialization]:
    """Experiments over collections, in full batches across partitions, one model load per experiment."""
    step = Step(study.open(), context.run_id, config.force)
    work = {"reconstructions": reconstruct_collections, "image_metrics": score_collections}
    for experiment, collections in by_experiment(context.partition_keys).items():
        for asset in (name for name in work if dg.AssetKey(name) in context.selected_asset_keys):
            with accelerator.instrument(step.study) as instrument:
                upstream = UPSTREAM[asset]
                newest = newest_event(context.instance, upstream)
                for done in work[asset](step, instrument, experiment, collections):
                    cell = cell_key(done.collection, experiment)
                    metadata = score_metadata(step.study, experiment, done)
                    yield finished(asset, cell, done.provenance, metadata, (upstream, done.made_from, newest))
