"""All parts of one kind as one table: what the statistics, the warehouse and the checks look at."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa

from creativity_assets.catalog.entries import ComparisonEntry, ExperimentEntry
from creativity_assets.errors import CatalogError, CreativityError
from creativity_assets.hashing import digest
from creativity_assets.sources.columns.dates import decade_of
from creativity_assets.statistics.bounds import normalised
from creativity_assets.statistics.sides import all_of_sides
from creativity_assets.store import schemas
from creativity_assets.store.layout import Collection
from creativity_assets.store.parts import count_rows, damaged, is_fresh, open_part, read_part, read_provenance
from creativity_assets.store.schemas import INDEX, MEMBERSHIP, READOUTS, RECONSTRUCTIONS, REJECTED
from creativity_assets.vocabulary import TABLES, compared_scores
from creativity_assets.workflow.lineage import Contents, Lineage
from creativity_assets.workflow.panel import panel_of

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
        measured = self.lineage.store.measured()
        current = list(self.lineage.catalog.experiments)
        return [name for name in current if name in measured] + [n for n in measured if n not in current]

    @cached_property
    def samples(self) -> pd.DataFrame:
        """The table `samples`, with its era and decade, and `stated_membership` for `membership`."""
        frame = _frame(self._samples(), schemas.samples())
        years = [None if pd.isna(year) else int(year) for year in frame["year"]]
        frame["year"] = pd.array(years, dtype="Int64")
        frame["decade"] = pd.array([decade_of(year) for year in years], dtype="Int64")
        frame["era"] = pd.array([self.lineage.catalog.era_of(year) for year in years], dtype="string")
        frame["jpeg_quality"] = frame["jpeg_quality"].astype("Int64")
        return frame

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
        schema = schemas.image_metrics()
        parts = self._parts(self.lineage.store.metrics, schema, self.lineage.metrics)
        return _frame((part for _, part in parts), schema)

    @cached_property
    def rejected(self) -> pd.DataFrame:
        """The table `rejected_samples`: what readers refused and what could not be decoded."""
        store, catalog = self.lineage.store, self.lineage.catalog
        readers = (store.index_rejects(name) for name in catalog.datasets)
        paths = [*readers, *(store.rejects(c) for c in self.collections)]
        return _frame((rows_of(path, REJECTED) for path in paths if path.is_file()), REJECTED)

    @cached_property
    def records(self) -> pd.DataFrame:
        """dataset, artist_slug, sample_id and source_key of every record of every index."""
        store, catalog = self.lineage.store, self.lineage.catalog
        schema = pa.schema([INDEX.field(name) for name in ("dataset", "artist_slug", "sample_id", "source_key")])
        paths = (store.index(name) for name in catalog.datasets)
        return _frame((read_part(path, schema.names) for path in paths if path.is_file()), schema)

    @cached_property
    def refused(self) -> pd.DataFrame:
        """The records that were rejected when they were decoded: rows of REJECTED."""
        paths = (self.lineage.store.rejects(c) for c in self.collections)
        return _frame((rows_of(path, REJECTED) for path in paths if path.is_file()), REJECTED)

    @cached_property
    def files(self) -> list[tuple[str, int, int]]:
        """Name, size and time of every part and table that was read: equal files, equal content."""
        store = self.lineage.store
        kinds = (store.metrics, store.reconstructions, store.readouts, store.ceilings)
        paths = [
            *(place(name) for name in self.lineage.catalog.datasets for place in (store.index, store.index_rejects)),
            *(place(c) for c in self.collections for place in (store.samples, store.rejects)),
            *(place(c, name) for place in kinds for name in self.experiments for c in self.collections),
            *sorted((store.root / "tables").glob("*.parquet")),
        ]
        found = ((path, path.stat()) for path in paths if path.is_file())
        return [(store.relative(path), facts.st_size, facts.st_mtime_ns) for path, facts in found]

    @cached_property
    def reconstructions(self) -> pd.DataFrame:
        """The table `reconstructions`: where each picture lies, and the hash of its PNG."""
        lineage, store = self.lineage, self.lineage.store
        stored = pa.schema([RECONSTRUCTIONS.field("sample_id"), RECONSTRUCTIONS.field("sha256")])
        tables = []
        for cell, part in self._parts(store.reconstructions, stored, lineage.reconstructions):
            path = store.relative(store.reconstructions(*cell))
            constant = [pa.repeat(pa.scalar(text), len(part)) for text in (cell[1], path)]
            columns = [part["sample_id"], constant[0], part["sha256"], constant[1]]
            tables.append(pa.table(columns, schema=RECONSTRUCTIONS))
        return _frame(tables, RECONSTRUCTIONS)

    @cached_property
    def read_out(self) -> pd.DataFrame:
        """What was read out on the way: rows of READOUTS."""
        parts = self._parts(self.lineage.store.readouts, READOUTS, self.lineage.readouts, of_all=False)
        return _frame((part for _, part in parts), READOUTS)

    @cached_property
    def ceilings(self) -> pd.DataFrame:
        """Rows of `schemas.ceilings`."""

        def made_from(contents: Contents, experiment: ExperimentEntry) -> str | None:
            panel = panel_of(self.lineage, experiment)
            return self.lineage.ceilings(contents, experiment, panel.input_hash) if panel else None

        schema = schemas.ceilings()
        parts = self._parts(self.lineage.store.ceilings, schema, made_from, of_all=False)
        return _frame((part for _, part in parts), schema)

    @cached_property
    def readouts(self) -> pd.DataFrame:
        """The table `readouts`: what was read out on the way, and where each score lies above its floor.

        excess: score - floor. normalised: see `statistics.bounds`, null where there is too little room.
        """
        read, ceilings, metrics = self.read_out, self.ceilings, self.metrics
        bounded = metrics.merge(ceilings, on=["sample_id", "experiment"], suffixes=("", "_ceiling"))
        tables = [read]
        for score in compared_scores():
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

    def _samples(self) -> Iterator[pa.Table]:
        """The samples of each collection: records of its index, each once, and with its rejects all of them."""
        store = self.lineage.store
        for dataset in self.lineage.catalog.datasets:
            held = self.lineage.collections(dataset)
            index = read_part(store.index(dataset), ["sample_id", "artist_slug"]).to_pydict() if held else {}
            records: dict[str, set[str]] = {}
            for sample, artist in zip(index.get("sample_id", ()), index.get("artist_slug", ()), strict=True):
                records.setdefault(artist, set()).add(sample)
            for collection, contents in held.items():
                path, rejects = store.samples(collection), store.rejects(collection)
                if not path.is_file():
                    continue
                part = rows_of(path, schemas.samples())
                ids = part["sample_id"].to_pylist()
                rejected = count_rows(rejects) if rejects.is_file() else 0
                fits = len(ids) + rejected == contents.size and records[collection.artist].issuperset(ids)
                # What is stale belongs to an older index; what is fresh does not.
                if not (fits and _each_once(ids)) and is_fresh(path, contents.records):
                    raise damaged(path, f"its rows are not the samples of {collection.key}")
                yield part

    def _parts(
        self,
        place: Callable[[Collection, str], Path],
        schema: pa.Schema,
        made_from: Callable[[Contents, ExperimentEntry], str | None],
        *,
        of_all: bool = True,
    ) -> Iterator[tuple[tuple[Collection, str], pa.Table]]:
        """The parts of one kind with their cells, each held against the samples of its collection.

        of_all: each sample has its row. Raises DamagedPart for a part that claims to be made from what is there, and
        holds rows of something else.
        """
        for name in self.experiments:
            for collection in self.collections:
                path = place(collection, name)
                if not path.is_file():
                    continue
                part = rows_of(path, schema)
                ids, known = part["sample_id"].to_pylist(), self._ids.get(collection, frozenset())
                rows = zip(ids, part["readout"].to_pylist(), strict=True) if "readout" in schema.names else ids
                fits = known == set(ids) if of_all else known.issuperset(ids)
                if not (fits and _each_once(rows)) and self._is_fresh(path, collection, name, made_from):
                    raise damaged(path, f"its rows are not those of {collection.key} x {name}")
                yield (collection, name), part

    def _is_fresh(
        self,
        path: Path,
        collection: Collection,
        experiment: str,
        made_from: Callable[[Contents, ExperimentEntry], str | None],
    ) -> bool:
        entry = self.lineage.catalog.experiments.get(experiment)
        contents = self.lineage.collections(collection.dataset)[collection]
        if not is_fresh(self.lineage.store.samples(collection), contents.records):
            return False  # the samples are at fault, or will be others soon
        try:
            expected = made_from(contents, entry) if entry else None
        except CreativityError:  # its model or suite is no longer here: nothing says what it should be made from
            return False
        return expected is not None and is_fresh(path, expected)

    @cached_property
    def _ids(self) -> dict[Collection, frozenset[str]]:
        """The samples of each collection."""
        groups = self.samples.groupby(["dataset", "artist_slug"])["sample_id"]
        return {Collection(*map(str, key)): frozenset(ids) for key, ids in groups}


def _each_once(keys: Iterable[object]) -> bool:
    listed = list(keys)
    return len(set(listed)) == len(listed)


def _readout(rows: pd.DataFrame, name: str, values: pd.Series) -> pd.DataFrame:
    return rows[["sample_id", "experiment"]].assign(readout=name, value=values)


def rows_of(path: Path, schema: pa.Schema) -> pa.Table:
    """A part with the columns of today: one that was written before a column was known has nulls in it.

    Raises DamagedPart for a part of anything else.
    """
    with open_part(path) as opened:
        present = [name for name in schema.names if name in opened.parquet.schema_arrow.names]
        part = opened.read(present)
    if schema.names[0] not in present:
        raise damaged(path, f"it has no column {schema.names[0]}")
    for field in (field for field in schema if field.name not in present):
        part = part.append_column(field, pa.nulls(len(part), field.type))
    try:
        return part.select(schema.names).cast(schema)
    except pa.ArrowException as error:
        raise damaged(path, "its columns are of other types") from error


def _frame(parts: Iterable[pa.Table], schema: pa.Schema) -> pd.DataFrame:
    return _to_pandas([schema.empty_table(), *parts])


def _to_pandas(tables: list[pa.Table]) -> pd.DataFrame:
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    return frame
