"""The graph of the tables: what each is made from, and how. Dagster's dependencies are read from it.

The public tables of parts are read as they are; all others are made here, each one atomic Parquet part.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from creativity_assets.errors import DamagedPart
from creativity_assets.hashing import digest
from creativity_assets.statistics.paper import paper_comparison, paper_reference
from creativity_assets.statistics.sides import comparison_members
from creativity_assets.statistics.tables import GROUPINGS
from creativity_assets.store.parts import Provenance, read_part, write_part
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.tables.collected import Collected
from creativity_assets.workflow.tables.duplicates import find_duplicates
from creativity_assets.workflow.tables.of_parts import OF_PARTS

STATS_VERSION = 4

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class FromTables:
    """A table that is made and kept. sources: the tables that it is made from."""

    sources: tuple[str, ...]
    make: Callable[[Collected, Frames], pd.DataFrame]


def _stats(name: str) -> FromTables:
    return FromTables(
        ("samples", "image_metrics", "comparison_members"),
        lambda collected, of: collected.statistics(of["comparison_members"])[name],
    )


TABLES: dict[str, FromTables] = {
    "duplicates": FromTables(("samples",), lambda collected, of: find_duplicates(collected.samples, collected.near)),
    "comparison_members": FromTables(
        ("samples", "duplicates"),
        lambda collected, of: comparison_members(collected.samples, collected.sound_comparisons, of["duplicates"]),
    ),
    **{name: _stats(name) for name in GROUPINGS},
    "paper_reference": FromTables((), lambda collected, of: paper_reference()),
    "paper_comparison": FromTables(
        (*GROUPINGS, "paper_reference"),
        lambda collected, of: paper_comparison({name: of[name] for name in GROUPINGS}, of["paper_reference"]),
    ),
}
"""In an order in which they can be made."""


def assets_before(name: str) -> tuple[str, ...]:
    """The assets that a table is made from: other tables, and what makes the parts of its sources."""
    found: list[str] = []
    for source in TABLES[name].sources:
        found += [source] if source in TABLES else [kind.maker for kind in OF_PARTS[source].kinds]
    return tuple(dict.fromkeys(found))


def table_hash(name: str, collected: Collected) -> str:
    """What a table is made from: all parts, and the version of the statistics."""
    return digest(table=name, version=STATS_VERSION, parts=collected.input_hash)


def write_table(step: Step, name: str, collected: Collected) -> tuple[pd.DataFrame, Provenance]:
    """Make a table of TABLES unless it is fresh; returns it as it is on disk."""
    path = step.study.store.table(name)
    provenance = step.stamp(table_hash(name, collected))
    if not step.force and collected.lineage.ledger.is_fresh(path, provenance.input_hash):
        with suppress(DamagedPart):  # then it is made again
            return read_part(path).to_pandas(), provenance
    sources = (source for source in TABLES[name].sources if source in TABLES)
    frame = TABLES[name].make(collected, {source: write_table(step, source, collected)[0] for source in sources})
    write_part(path, pa.Table.from_pandas(frame, preserve_index=False), provenance)
    return read_part(path).to_pandas(), provenance
