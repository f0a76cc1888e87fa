"""Definitions, nothing else."""

import dagster as dg

from creativity_assets.orchestration.assets import collection_images, dataset_index, measurements
from creativity_assets.orchestration.checks import ASSET_CHECKS
from creativity_assets.orchestration.executor import gpu_executor
from creativity_assets.orchestration.jobs import JOBS
from creativity_assets.orchestration.resources import AcceleratorResource, StudyResource
from creativity_assets.orchestration.schedules import NIGHTLY
from creativity_assets.orchestration.sensors import carry_down, new_data
from creativity_assets.orchestration.tables import TABLE_ASSETS, report, warehouse

defs = dg.Definitions(
    assets=[dataset_index, collection_images, measurements, *TABLE_ASSETS, warehouse, report],
    asset_checks=ASSET_CHECKS,
    jobs=JOBS,
    schedules=NIGHTLY,
    sensors=[new_data, carry_down],
    resources={"study": StudyResource(), "accelerator": AcceleratorResource()},
    executor=gpu_executor,
)
