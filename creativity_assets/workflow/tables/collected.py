"""All parts of one kind as one table: what the statistics, the warehouse and the checks look at.

The rows are gathered by what changes, see `gathering`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from creativity_assets.catalog.entries import ComparisonEntry
from creativity_assets.errors import CatalogError
from creativity_assets.hashing import digest
from creativity_assets.sources.columns.dates import decade_of
from creativity_assets.statistics.bounds import normalised
from creativity_assets.statistics.sides import all_of_sides
from creativity_assets.statistics.tables import stats_tables
from creativity_assets.store import schemas
from creativity_assets.store.files import state_of
from creativity_assets.store.gathered import Gathered
from creativity_assets.store.layout import Collection
from creativity_assets.vocabulary import TABLES, audit_columns, compared_scores
from creativity_assets.workflow.entries.plugins import added_to
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.parts import (
    CEILINGS,
    IMAGE_METRICS,
    RAW_SAMPLES,
    READOUTS,
    RECONSTRUCTIONS,
    REJECTED,
)
from creativity_assets.workflow.tables.gathering import INDEX_REJECTS, Found, found_parts, gather
from creativity_assets.workflow.tables.near import remembered

if TYPE_CHECKING:
    import duckdb

TABLES_VERSION = 3

SURE_YEARS = ("stated", "filename")
"""The kinds of year_source that name one year; of a range or a century the work may be from before the middle."""


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
                "SELECT s.* EXCLUDE part, y.decade, y.era FROM raw_samples s LEFT JOIN years y USING (year)"
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
            with self.database() as connection:
                connection.register("comparison_members", pa.Table.from_pandas(members, preserve_index=False))
                self._statistics.update(stats_tables(connection, self.sound_comparisons))
                connection.unregister("comparison_members")
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

    @property
    def public_samples(self) -> pd.DataFrame:
        return self.samples[list(TABLES["samples"].names)]

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
    def reconstructions(self) -> pd.DataFrame:
        """The table `reconstructions`: where each picture lies, and the hash of its bytes."""
        return self._frame(RECONSTRUCTIONS.name)

    @cached_property
    def read_out(self) -> pd.DataFrame:
        """What was read out on the way: rows of READOUTS."""
        return self._frame(READOUTS.name)

    @cached_property
    def ceilings(self) -> pd.DataFrame:
        """Rows of `schemas.ceilings`."""
        return self._frame(CEILINGS.name)

    @cached_property
    def readouts(self) -> pd.DataFrame:
        """The table `readouts`: what was read out on the way, and where each score lies above its floor.

        excess: score - floor. normalised: see `statistics.bounds`, null where there is too little room.
        """
        read, ceilings, metrics = self.read_out, self.ceilings, self.metrics
        bounded = metrics.merge(ceilings, on=["sample_id", "experiment"], suffixes=("", "_ceiling"))
        tables = [read]
        for score in compared_scores():
            # Not of rows whose suite does not compute it.
            has, within = (rows[rows[score].notna()] for rows in (metrics, bounded))
            tables.append(_readout(has, f"excess_{score}", has[score] - has[f"floor_{score}"]))
            ceiling, floor = within[f"{score}_ceiling"], within[f"floor_{score}"]
            tables.append(_readout(within, f"ceiling_{score}", ceiling))
            placed = pd.Series(normalised(within[score], floor, ceiling), index=within.index)
            tables.append(_readout(within, f"normalised_{score}", placed))
        return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True).sort_values(
            ["experiment", "sample_id", "readout"], kind="stable", ignore_index=True
        )

    @cached_property
    def membership(self) -> pd.DataFrame:
        """The table `membership`: what is known of each sample's place in the training set of each model in use.

        A data set's own statement counts for the models whose training list it is; else a work dated after the
        model's cut-off is unseen, if its year is a sure one; else nothing is known.
        """
        samples = self.samples
        frames = [_to_pandas([schemas.MEMBERSHIP.empty_table()])]
        in_use = {*self.metrics["model"], *(model.name for model in self.lineage.catalog.models_wanted())}
        for model in self.lineage.catalog.models.values():
            if model.name not in in_use:
                continue
            listed = samples["dataset"].isin(model.training_lists) & samples["stated_membership"].notna()
            after = pd.Series(False, index=samples.index)
            if model.cutoff_year is not None:
                sure = samples["year_source"].isin(SURE_YEARS)
                after = (samples["year"] > model.cutoff_year).fillna(False) & sure & ~listed
            membership = pd.Series("unknown", index=samples.index).mask(after, "unseen")
            evidence = pd.Series("none", index=samples.index).mask(after, "year_after_cutoff")
            frames.append(
                pd.DataFrame(
                    {
                        "sample_id": samples["sample_id"],
                        "model": model.name,
                        "membership": membership.mask(listed, samples["stated_membership"]),
                        "evidence": evidence.mask(listed, "training_list"),
                    }
                )
            )
        return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)

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
        return _to_pandas([self._gathered.table(kind)])


def _readout(rows: pd.DataFrame, name: str, values: pd.Series) -> pd.DataFrame:
    return rows[["sample_id", "experiment"]].assign(readout=name, value=values)


def _to_pandas(tables: list[pa.Table]) -> pd.DataFrame:
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    return frame
