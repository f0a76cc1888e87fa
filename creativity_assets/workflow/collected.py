"""All parts of one kind as one table: what the statistics, the warehouse and the checks look at."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa

from creativity_assets.sources.dates import decade_of
from creativity_assets.statistics.bounds import normalised
from creativity_assets.store.layout import Collection
from creativity_assets.store.parts import read_part, read_provenance
from creativity_assets.store.schemas import (
    CEILINGS,
    IMAGE_METRICS,
    MEMBERSHIP,
    PUBLIC_SAMPLES,
    READOUTS,
    RECONSTRUCTIONS,
    REJECTED,
    SAMPLES,
)
from creativity_assets.vocabulary import FLOORED
from creativity_assets.workflow.lineage import Lineage, digest

TABLES_VERSION = 3

SURE_YEARS = ("stated", "filename")
"""The kinds of year_source that name one year; of a range or a century the work may be from before the middle."""


@dataclass(frozen=True)
class Collected:
    """The store's current content under a catalogue. Collections that left their source are not read."""

    lineage: Lineage

    @cached_property
    def collections(self) -> list[Collection]:
        """Every collection of every indexed data set of the catalogue."""
        return [c for name in self.lineage.catalog.datasets for c in self.lineage.collections(name)]

    @cached_property
    def experiments(self) -> list[str]:
        """Every experiment with measured parts, those of the catalogue first, older ones after them."""
        measured = sorted(p.name for p in (self.lineage.store.root / "metrics").glob("*") if p.is_dir())
        current = list(self.lineage.catalog.experiments)
        return [name for name in current if name in measured] + [n for n in measured if n not in current]

    @cached_property
    def samples(self) -> pd.DataFrame:
        """The table `samples`, with its era and decade, and `stated_membership` for `membership`."""
        frame = _frame((self.lineage.store.samples(c) for c in self.collections), SAMPLES)
        years = [None if pd.isna(year) else int(year) for year in frame["year"]]
        frame["year"] = pd.array(years, dtype="Int64")
        frame["decade"] = pd.array([decade_of(year) for year in years], dtype="Int64")
        frame["era"] = pd.array([self.lineage.catalog.era_of(year) for year in years], dtype="string")
        frame["jpeg_quality"] = frame["jpeg_quality"].astype("Int64")
        return frame

    @property
    def public_samples(self) -> pd.DataFrame:
        return self.samples[list(PUBLIC_SAMPLES)]

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """The table `image_metrics`."""
        paths = (self.lineage.store.metrics(c, name) for name in self.experiments for c in self.collections)
        return _frame(paths, IMAGE_METRICS)

    @cached_property
    def rejected(self) -> pd.DataFrame:
        """The table `rejected_samples`: what readers refused and what could not be decoded."""
        store, catalog = self.lineage.store, self.lineage.catalog
        readers = (store.index_rejects(name) for name in catalog.datasets)
        return _frame([*readers, *(store.rejects(c) for c in self.collections)], REJECTED)

    def refused_by_reader(self, dataset: str) -> int:
        """How many items of a source never became records."""
        path = self.lineage.store.index_rejects(dataset)
        return len(read_part(path, ["reason"])) if path.is_file() else 0

    @cached_property
    def reconstructions(self) -> pd.DataFrame:
        """The table `reconstructions`: where each picture lies, and the hash of its PNG."""
        store = self.lineage.store
        tables = [RECONSTRUCTIONS.empty_table()]
        for name in self.experiments:
            for path in (store.reconstructions(c, name) for c in self.collections):
                if path.is_file():
                    part = read_part(path, ["sample_id", "sha256"])
                    constant = [pa.repeat(pa.scalar(text), len(part)) for text in (name, store.relative(path))]
                    columns = [part["sample_id"], constant[0], part["sha256"], constant[1]]
                    tables.append(pa.table(columns, schema=RECONSTRUCTIONS))
        return _to_pandas(tables)

    @cached_property
    def readouts(self) -> pd.DataFrame:
        """The table `readouts`: what was read out on the way, and where each score lies above its floor.

        excess: score - floor. normalised: see `statistics.bounds`, null where there is too little room.
        """
        store, metrics = self.lineage.store, self.metrics
        cells = [(c, name) for name in self.experiments for c in self.collections]
        read = _frame((store.readouts(*cell) for cell in cells), READOUTS)
        ceilings = _frame((store.ceilings(*cell) for cell in cells), CEILINGS)
        bounded = metrics.merge(ceilings, on=["sample_id", "experiment"], suffixes=("", "_ceiling"))
        tables = [read]
        for score in FLOORED:
            tables.append(_readout(metrics, f"excess_{score}", metrics[score] - metrics[f"floor_{score}"]))
            ceiling, floor = bounded[f"{score}_ceiling"], bounded[f"floor_{score}"]
            tables.append(_readout(bounded, f"ceiling_{score}", ceiling))
            placed = pd.Series(normalised(bounded[score], floor, ceiling), index=bounded.index)
            tables.append(_readout(bounded, f"normalised_{score}", placed))
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
        frames = [_to_pandas([MEMBERSHIP.empty_table()])]
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
        store, catalog = self.lineage.store, self.lineage.catalog
        parts = [
            *(store.samples(c) for c in self.collections),
            *(store.metrics(c, name) for name in self.experiments for c in self.collections),
            *(store.readouts(c, name) for name in self.experiments for c in self.collections),
            *(store.ceilings(c, name) for name in self.experiments for c in self.collections),
        ]
        found = {store.relative(path): read_provenance(path) for path in parts}
        return digest(
            version=TABLES_VERSION,
            rejected=self.rejected.to_dict("records"),
            parts={path: provenance.input_hash for path, provenance in found.items() if provenance},
            eras=[era.model_dump() for era in catalog.eras.values()],
            comparisons=[comparison.model_dump() for comparison in catalog.comparisons.values()],
            models=[(m.name, m.cutoff_year, m.training_lists) for m in catalog.models.values()],
        )


def _readout(rows: pd.DataFrame, name: str, values: pd.Series) -> pd.DataFrame:
    return rows[["sample_id", "experiment"]].assign(readout=name, value=values)


def _frame(paths: Iterable[Path], schema: pa.Schema) -> pd.DataFrame:
    tables = [_as(schema, read_part(path)) for path in paths if path.is_file()]
    return _to_pandas([schema.empty_table(), *tables])


def _as(schema: pa.Schema, part: pa.Table) -> pa.Table:
    """A part with the columns of today: one that was written before a column was known has nulls in it."""
    missing = [field for field in schema if field.name not in part.column_names]
    for field in missing:
        part = part.append_column(field, pa.nulls(len(part), field.type))
    return part.select(schema.names).cast(schema)


def _to_pandas(tables: list[pa.Table]) -> pd.DataFrame:
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    return frame
