"""One job per stage of the workflow; a stage's assets share their partitions."""

import dagster as dg

from creativity_assets.orchestration.assets import collection_images, dataset_index, measurements
from creativity_assets.orchestration.checks import ASSET_CHECKS
from creativity_assets.orchestration.tables import TABLE_ASSETS, report, warehouse

index_job = dg.define_asset_job("index_job", selection=[dataset_index], description="Index data sets.")
images_job = dg.define_asset_job(
    "images_job", selection=[collection_images], description="Decode, audit and preprocess collections."
)
measure_job = dg.define_asset_job(
    "measure_job", selection=[measurements], description="Measure collections under experiments."
)
tables_job = dg.define_asset_job(
    "tables_job",
    selection=dg.AssetSelection.assets(*TABLE_ASSETS, warehouse, report) | dg.AssetSelection.checks(*ASSET_CHECKS),
    description="Tables, warehouse and report from all that is measured, and the checks on it.",
)

STAGE_JOBS = [index_job, images_job, measure_job]
JOBS = [*STAGE_JOBS, tables_job]
