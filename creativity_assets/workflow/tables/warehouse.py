"""warehouse: creativity.duckdb from the tables."""

import pandas as pd

from creativity_assets.hashing import digest
from creativity_assets.store.parts import Provenance
from creativity_assets.store.warehouse import build_warehouse, warehouse_hash
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.collected import Collected
from creativity_assets.workflow.tables.graph import OF_PARTS, STATS_VERSION, TABLES, write_table

WAREHOUSE_VERSION = 2
"""Of how the tables become a database: its views and comments."""


def write_warehouse(step: Step, collected: Collected) -> tuple[dict[str, int], Provenance]:
    """Make creativity.duckdb from the parts unless it is fresh; returns the row count of each table."""
    provenance = step.stamp(_hash(collected))
    frames: dict[str, pd.DataFrame] = {name: table.make(collected) for name, table in OF_PARTS.items()}
    frames |= {name: write_table(step, name, collected)[0] for name in TABLES}
    counts = {name: len(frame) for name, frame in frames.items()}
    if step.force or warehouse_hash(step.study.store) != provenance.input_hash:
        build_warehouse(step.study.store, frames, provenance)
    return counts, provenance


def warehouse_is_fresh(study: Study) -> bool:
    """Whether creativity.duckdb was made from the parts as they are."""
    return warehouse_hash(study.store) == _hash(Collected(study.lineage))


def _hash(collected: Collected) -> str:
    return digest(
        warehouse=WAREHOUSE_VERSION, statistics=STATS_VERSION, parts=collected.input_hash, tables=sorted(TABLES)
    )
