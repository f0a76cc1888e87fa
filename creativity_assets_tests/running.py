"""Running the real workflow in tests, and looking at what it made."""

import os
from pathlib import Path

import dagster as dg
import pandas as pd

from creativity_assets.orchestration.instance import open_instance
from creativity_assets.orchestration.materialize import materialize
from creativity_assets.orchestration.outcome import Outcome
from creativity_assets.store.layout import Store
from creativity_assets.store.sql.query import query
from creativity_assets.workflow.plan import Scope
from creativity_assets.workflow.study import Study

TOLERANCE = 2e-3
"""One 8-bit level of one pixel may flip when images are batched otherwise. At 32 px, under extractors of random
weights, that moves a score by up to 8e-4; with trained ones at working resolutions it stays below 5e-4."""

VOLATILE = ("run_id", "scored_at", "code_version")
"""Columns that say when and by what a number was made; everything else must repeat."""


def bring_up_to_date(root: Path, scope: Scope | None = None) -> Outcome:
    """What `creativity materialize` does, without its bar."""
    before = os.environ.pop("DAGSTER_HOME", None)
    os.environ["CREATIVITY_DATA"], kept = str(root), os.environ.get("CREATIVITY_DATA")
    try:
        with open_instance(root) as instance:
            return materialize(Study(root), instance, scope)
    finally:
        for name, value in (("DAGSTER_HOME", before), ("CREATIVITY_DATA", kept)):
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def partitions(root: Path) -> dict[str, set[str]]:
    """The partitions that Dagster knows, by dimension."""
    dimensions = ("dataset", "collection", "cell")
    with open_instance(root) as instance:
        return {dimension: set(instance.get_dynamic_partitions(dimension)) for dimension in dimensions}


def recorded(root: Path, asset: str) -> set[str]:
    """The partitions of an asset that Dagster has recorded as made."""
    with open_instance(root) as instance:
        return set(instance.get_materialized_partitions(dg.AssetKey(asset)))


def assert_same_tables(left: Path, right: Path, *names: str) -> None:
    """The tables of two data roots agree to TOLERANCE, but for where the files lie and mse, which log_mse holds."""
    for name in names:
        frames = [
            table(root, name).drop(columns=["source_uri", "path", "mse"], errors="ignore") for root in (left, right)
        ]
        if name == "reconstructions":
            frames = [frame.drop(columns="sha256") for frame in frames]
        pd.testing.assert_frame_equal(*frames, atol=TOLERANCE, rtol=0)


def table(root: Path, name: str) -> pd.DataFrame:
    """A table of the warehouse without its volatile columns, in a stable order."""
    frame = query(Store(root).database, f'SELECT * FROM "{name}"')
    frame = frame.drop(columns=[column for column in VOLATILE if column in frame])
    keys = [column for column in frame.columns if frame[column].dtype.kind != "f"]
    return frame.sort_values(keys, ignore_index=True)
