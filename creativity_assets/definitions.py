"""Definitions, nothing else."""

import dagster as dg

from creativity_assets.orchestration.assets import collection_images, dataset_index, measurements
from creativity_assets.orchestration.checks import ASSET_CHECKS
from creativity_assets.orchestration.executor import gpu_executor
from creativity_assets.orchestration.materialize import materialize_job
from creativity_assets.orchestration.resources import RESOURCES
from creativity_assets.orchestration.schedules import nightly
from creativity_assets.orchestration.sensors import new_data
from creativity_assets.orchestration.tables import TABLE_ASSETS, report, warehouse

defs = dg.Definitions(
    assets=[dataset_index, collection_images, measurements, *TABLE_ASSETS, warehouse, report],
    asset_checks=ASSET_CHECKS,
    jobs=[materialize_job],
    schedules=[nightly],
    sensors=[new_data],
    resources=RESOURCES,
    executor=gpu_executor,
)
