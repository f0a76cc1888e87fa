"""The unpartitioned tables: statistics and the study's own figures, each one atomic Parquet part."""

from collections.abc import Callable
from contextlib import suppress

import pandas as pd
import pyarrow as pa

from creativity_assets.errors import DamagedPart
from creativity_assets.hashing import digest
from creativity_assets.statistics.paper import paper_comparison, paper_reference
from creativity_assets.statistics.sides import comparison_members
from creativity_assets.statistics.tables import GROUPINGS, stats_table
from creativity_assets.store.parts import Provenance, is_fresh, read_part, write_part
from creativity_assets.store.warehouse import build_warehouse, warehouse_hash
from creativity_assets.workflow.collected import Collected
from creativity_assets.workflow.duplicates import find_duplicates
from creativity_assets.workflow.steps import Step
from creativity_assets.workflow.study import Study

STATS_VERSION = 4

WAREHOUSE_VERSION = 2
"""Of how the tables become a database: its views and comments."""


def _stats_maker(name: str) -> Callable[[Step, Collected], pd.DataFrame]:
    def stats(step: Step, collected: Collected) -> pd.DataFrame:
        members = write_table(step, "comparison_members", collected)[0]
        return stats_table(name, collected.samples, collected.metrics, members, collected.sound_comparisons)

    return stats


def _comparison_members(step: Step, collected: Collected) -> pd.DataFrame:
    comparisons = collected.sound_comparisons
    asked = any(comparison.without_duplicates for comparison in comparisons)
    duplicates = write_table(step, "duplicates", collected)[0] if asked else None
    return comparison_members(collected.samples, comparisons, duplicates)


def _paper_comparison(step: Step, collected: Collected) -> pd.DataFrame:
    return paper_comparison({name: write_table(step, name, collected)[0] for name in GROUPINGS}, paper_reference())


def table_hash(name: str, collected: Collected) -> str:
    """What a table is made from: all parts, and the version of the statistics."""
    return digest(table=name, version=STATS_VERSION, parts=collected.input_hash)


def write_table(step: Step, name: str, collected: Collected) -> tuple[pd.DataFrame, Provenance]:
    """Make a table of TABLES unless it is fresh; returns it as it is on disk."""
    path = step.study.store.table(name)
    provenance = step.stamp(table_hash(name, collected))
    if not step.force and is_fresh(path, provenance.input_hash):
        with suppress(DamagedPart):  # then it is made again
            return read_part(path).to_pandas(), provenance
    _make_table(step, name, collected, provenance)
    return read_part(path).to_pandas(), provenance


def _make_table(step: Step, name: str, collected: Collected, provenance: Provenance) -> None:
    frame = TABLES[name](step, collected)
    write_part(step.study.store.table(name), pa.Table.from_pandas(frame, preserve_index=False), provenance)


def write_warehouse(step: Step) -> tuple[dict[str, int], Provenance]:
    """Make creativity.duckdb from the parts unless it is fresh; returns the row count of each table."""
    collected = Collected(step.study.lineage)
    provenance = step.stamp(_warehouse_hash(collected))
    frames: dict[str, pd.DataFrame] = {
        "samples": collected.public_samples,
        "membership": collected.membership,
        "rejected_samples": collected.rejected,
        "reconstructions": collected.reconstructions,
        "image_metrics": collected.metrics,
        "readouts": collected.readouts,
    }
    frames |= {name: write_table(step, name, collected)[0] for name in TABLES}
    counts = {name: len(frame) for name, frame in frames.items()}
    if step.force or warehouse_hash(step.study.store) != provenance.input_hash:
        build_warehouse(step.study.store, frames, provenance)
    return counts, provenance


def warehouse_is_fresh(study: Study) -> bool:
    """Whether creativity.duckdb was made from the parts as they are."""
    return warehouse_hash(study.store) == _warehouse_hash(Collected(study.lineage))


def _warehouse_hash(collected: Collected) -> str:
    return digest(
        warehouse=WAREHOUSE_VERSION, statistics=STATS_VERSION, parts=collected.input_hash, tables=sorted(TABLES)
    )


TABLES: dict[str, Callable[[Step, Collected], pd.DataFrame]] = {
    "duplicates": lambda step, collected: find_duplicates(collected.samples),
    "comparison_members": _comparison_members,
    **{name: _stats_maker(name) for name in GROUPINGS},
    "paper_reference": lambda step, collected: paper_reference(),
    "paper_comparison": _paper_comparison,
}
