"""warehouse: creativity.duckdb from the tables."""

from creativity_assets.hashing import digest
from creativity_assets.store.parts import Provenance
from creativity_assets.store.warehouse import build_warehouse, rows_in, warehouse_hash
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.collected import Collected
from creativity_assets.workflow.tables.graph import STATS_VERSION, TABLES, write_table
from creativity_assets.workflow.tables.of_parts import OF_PARTS

WAREHOUSE_VERSION = 3
"""Of how the tables become a database: its views and comments."""


def write_warehouse(step: Step, collected: Collected) -> tuple[dict[str, int], Provenance]:
    """Make creativity.duckdb from the parts unless it is fresh; returns the row count of each table."""
    provenance, store = step.stamp(_hash(collected)), step.study.store
    frames = {name: write_table(step, name, collected)[0] for name in TABLES}
    if not step.force and warehouse_hash(store) == provenance.input_hash:
        return rows_in(store), provenance
    queries = {name: table.query(collected) for name, table in OF_PARTS.items()}
    with collected.database() as connection:
        return build_warehouse(store, frames, provenance, queries=queries, source=connection), provenance


def warehouse_is_fresh(study: Study) -> bool:
    """Whether creativity.duckdb was made from the parts as they are."""
    return warehouse_hash(study.store) == _hash(Collected(study.lineage))


def _hash(collected: Collected) -> str:
    return digest(
        warehouse=WAREHOUSE_VERSION, statistics=STATS_VERSION, parts=collected.input_hash, tables=sorted(TABLES)
    )
