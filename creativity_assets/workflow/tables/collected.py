"""All parts of one kind as one table: what the statistics, the warehouse and the checks look at.

The rows are gathered by what changes, see `gathering`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from creativity_assets.catalog.entries import ComparisonEntry, ModelEntry
from creativity_assets.errors import CatalogError
from creativity_assets.hashing import digest
from creativity_assets.sources.columns.dates import decade_of
from creativity_assets.statistics.sides import all_of_sides
from creativity_assets.statistics.tables import stats_tables
from creativity_assets.store.database import handed
from creativity_assets.store.files import state_of
from creativity_assets.store.gathered import Gathered
from creativity_assets.store.layout import Collection
from creativity_assets.vocabulary import audit_columns
from creativity_assets.workflow.entries.plugins import added_to
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.parts import (
    CEILINGS,
    IMAGE_METRICS,
    RAW_SAMPLES,
    READOUTS,
    REJECTED,
)
from creativity_assets.workflow.tables.gathering import INDEX_REJECTS, Found, found_parts, gather
from creativity_assets.workflow.tables.near import remembered
from creativity_assets.workflow.tables.of_parts import OF_PARTS

if TYPE_CHECKING:
    import duckdb

TABLES_VERSION = 3


@dataclass(frozen=True)
class Collected:
    """The store's current content under a catalogue. Collections that left their source are not read."""

    lineage: Lineage
    _statistics: dict[str, pd.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def collections(self) -> list[Collection]:
        """Every collection of every indexed data set of the catalogue."""
        return [c for name in self.lineage.catalog.datasets for c in self.lineage.collections(name)]

    @cached_property
    def experiments(self) -> list[str]:
        """Every experiment with measured parts, those of the catalogue first, older ones after them."""
        measured = self.lineage.store.names_under(IMAGE_METRICS.name)
        current = list(self.lineage.catalog.experiments)
        return [name for name in current if name in measured] + [n for n in measured if n not in current]

    @cached_property
    def samples(self) -> pd.DataFrame:
        """The table `samples`, with its era and decade, and `stated_membership` for `membership`."""
        frame = self._frame(RAW_SAMPLES.name)
        frame["year"] = frame["year"].astype("Int64")
        for name, value_of in self._of_years.items():
            of_year = {year: value_of(int(year)) for year in frame["year"].dropna().unique()}
            frame[name] = frame["year"].map(of_year).astype("string" if name == "era" else "Int64")
        whole = [column.name for column in audit_columns() if column.type == "BIGINT" and column.nullable]
        return frame.astype(dict.fromkeys(whole, "Int64"))

    @property
    def _of_years(self) -> dict[str, Callable[[int], object]]:
        """What samples are said to be of by their year."""
        return {"decade": decade_of, "era": self.lineage.catalog.era_of}

    @contextmanager
    def database(self) -> "Iterator[duckdb.DuckDBPyConnection]":
        """A connection to the rows of all parts, with the table `samples` as the public one."""
        gathered = self._gathered
        with gathered.open() as connection:
            years = [year for (year,) in connection.execute("SELECT DISTINCT year FROM raw_samples").fetchall()]
            known = [(year, *(of(year) for of in self._of_years.values())) for year in years if year is not None]
            connection.execute("CREATE OR REPLACE TEMP TABLE years (year BIGINT, decade BIGINT, era VARCHAR)")
            if known:
                connection.executemany("INSERT INTO years VALUES (?, ?, ?)", known)
            connection.execute(
                "CREATE OR REPLACE TEMP VIEW samples AS "
                "SELECT s.*, y.decade, y.era FROM raw_samples s LEFT JOIN years y USING (year)"
            )
            yield connection

    @cached_property
    def near(self) -> pd.DataFrame:
        """Pairs of pictures that look alike, by the bytes of their files."""
        with self.database() as connection:
            return remembered(connection)

    def statistics(self, members: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
        """Every stats_* table, all from one look. members: the table `comparison_members`."""
        if not self._statistics:
            comparisons = self.sound_comparisons  # which looks into the database too, and one look holds it
            with self.database() as connection, handed(connection, "comparison_members", members):
                self._statistics.update(stats_tables(connection, comparisons))
        return self._statistics

    @cached_property
    def comparisons(self) -> dict[str, ComparisonEntry | CatalogError]:
        """Each comparison of the catalogue, or why it cannot be made of the samples as they are."""
        found: dict[str, ComparisonEntry | CatalogError] = {}
        for name, entry in self.lineage.catalog.comparisons.items():
            try:
                all_of_sides(self.samples, entry)
            except CatalogError as problem:
                found[name] = problem
            else:
                found[name] = entry
        return found

    @property
    def sound_comparisons(self) -> list[ComparisonEntry]:
        """Those of the comparisons that can be made."""
        return [entry for entry in self.comparisons.values() if isinstance(entry, ComparisonEntry)]

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """The table `image_metrics`."""
        return self._frame(IMAGE_METRICS.name)

    @cached_property
    def rejected(self) -> pd.DataFrame:
        """The table `rejected_samples`: what readers refused and what could not be decoded."""
        return pd.concat([self._frame(INDEX_REJECTS), self._frame(REJECTED.name)], ignore_index=True)

    @cached_property
    def files(self) -> list[tuple[str, int, int]]:
        """Name, size and time of every part and table that was read: equal files, equal content."""
        store = self.lineage.store
        tables = ((store.relative(path), state_of(path)) for path in sorted((store.root / "tables").glob("*.parquet")))
        found = [*((part.name, part.state) for part in self._parts), *((name, s) for name, s in tables if s)]
        return [(name, size, mtime_ns) for name, (_, mtime_ns, size) in found]

    @cached_property
    def models_in_use(self) -> list[ModelEntry]:
        """The models of the catalogue that something was measured with, or that an experiment asks for."""
        with self.database() as connection:
            measured = connection.execute("SELECT DISTINCT model FROM image_metrics").fetchall()
        names = {*(name for (name,) in measured), *(model.name for model in self.lineage.catalog.models_wanted())}
        return [model for model in self.lineage.catalog.models.values() if model.name in names]

    def table(self, name: str) -> pd.DataFrame:
        """A public table of what the parts hold."""
        query = OF_PARTS[name].query(self)
        with self.database() as connection:
            found: pd.DataFrame = connection.sql(query).to_arrow_table().to_pandas()
        return found

    @cached_property
    def input_hash(self) -> str:
        """Of everything that tables, warehouse and report are made from."""
        catalog = self.lineage.catalog
        kinds = {kind.name for kind in (RAW_SAMPLES, IMAGE_METRICS, READOUTS, CEILINGS)}
        return digest(
            version=TABLES_VERSION,
            rejected=self.rejected.to_dict("records"),
            parts={part.name: part.input_hash for part in self._parts if part.input_hash and part.kind in kinds},
            eras=[era.model_dump() for era in catalog.eras.values()],
            comparisons=[comparison.model_dump() for comparison in catalog.comparisons.values()],
            models=[(m.name, m.cutoff_year, m.training_lists) for m in catalog.models.values()],
            **({"columns": columns} if (columns := added_to("SAMPLE_COLUMNS", "SCORES")) else {}),
        )

    @cached_property
    def _parts(self) -> list[Found]:
        return found_parts(self.lineage, self.collections, self.experiments)

    @cached_property
    def _gathered(self) -> Gathered:
        return gather(self.lineage.store, self._parts)

    def _frame(self, kind: str) -> pd.DataFrame:
        frame: pd.DataFrame = self._gathered.table(kind).to_pandas()
        return frame
