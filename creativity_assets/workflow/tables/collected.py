"""All parts of one kind as one table: what the statistics, the warehouse and the checks look at."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa

from creativity_assets.catalog.entries import ComparisonEntry
from creativity_assets.errors import CatalogError, CreativityError
from creativity_assets.hashing import digest
from creativity_assets.sources.columns.dates import decade_of
from creativity_assets.statistics.bounds import normalised
from creativity_assets.statistics.sides import all_of_sides
from creativity_assets.store import schemas
from creativity_assets.store.layout import Collection, Shard
from creativity_assets.store.parts import damaged, open_part, read_part
from creativity_assets.vocabulary import TABLES, audit_columns, compared_scores
from creativity_assets.workflow.contents import ids_of_shard
from creativity_assets.workflow.entries.plugins import added_to
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.parts import (
    CEILINGS,
    IMAGE_METRICS,
    RAW_SAMPLES,
    READOUTS,
    RECONSTRUCTIONS,
    REJECTED,
    Kind,
)
from creativity_assets.workflow.pieces import Piece, pieces_of

TABLES_VERSION = 3

SURE_YEARS = ("stated", "filename")
"""The kinds of year_source that name one year; of a range or a century the work may be from before the middle."""


@dataclass(frozen=True)
class Collected:
    """The store's current content under a catalogue. Collections that left their source are not read."""

    lineage: Lineage
    _pieces: dict[str, list[Piece]] = field(default_factory=dict, compare=False, repr=False)

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
        frame = _frame(self._samples(), schemas.samples())
        years = [None if pd.isna(year) else int(year) for year in frame["year"]]
        frame["year"] = pd.array(years, dtype="Int64")
        frame["decade"] = pd.array([decade_of(year) for year in years], dtype="Int64")
        frame["era"] = pd.array([self.lineage.catalog.era_of(year) for year in years], dtype="string")
        whole = [column.name for column in audit_columns() if column.type == "BIGINT" and column.nullable]
        return frame.astype(dict.fromkeys(whole, "Int64"))

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
        return _frame((rows for _, rows in self._parts(IMAGE_METRICS)), schemas.image_metrics())

    @cached_property
    def rejected(self) -> pd.DataFrame:
        """The table `rejected_samples`: what readers refused and what could not be decoded."""
        store, catalog = self.lineage.store, self.lineage.catalog
        readers = [path for path in map(store.index_rejects, catalog.datasets) if path.is_file()]
        tables = [rows_of(path, schemas.REJECTED) for path in readers]
        return pd.concat([_frame(tables, schemas.REJECTED), self.refused], ignore_index=True)

    @cached_property
    def records(self) -> pd.DataFrame:
        """dataset, artist_slug, sample_id and source_key of every record of every index."""
        store, catalog = self.lineage.store, self.lineage.catalog
        schema = pa.schema(
            [schemas.INDEX.field(name) for name in ("dataset", "artist_slug", "sample_id", "source_key")]
        )
        paths = (store.index(name) for name in catalog.datasets)
        return _frame((read_part(path, schema.names) for path in paths if path.is_file()), schema)

    @cached_property
    def refused(self) -> pd.DataFrame:
        """The records that were rejected when they were decoded: rows of REJECTED."""
        parts = (piece.part(REJECTED) for piece in self._of_collections)
        return _frame((rows_of(part.path, schemas.REJECTED) for part in parts if part.is_there), schemas.REJECTED)

    @cached_property
    def files(self) -> list[tuple[str, int, int]]:
        """Name, size and time of every part and table that was read: equal files, equal content."""
        store = self.lineage.store
        kinds = (IMAGE_METRICS, RECONSTRUCTIONS, READOUTS, CEILINGS)
        paths = [
            *(place(name) for name in self.lineage.catalog.datasets for place in (store.index, store.index_rejects)),
            *(piece.part(kind).path for piece in self._of_collections for kind in (RAW_SAMPLES, REJECTED)),
            *(path for kind in kinds for _, path in self._places(kind)),
            *sorted((store.root / "tables").glob("*.parquet")),
        ]
        found = ((path, path.stat()) for path in paths if path.is_file())
        return [(store.relative(path), facts.st_size, facts.st_mtime_ns) for path, facts in found]

    @cached_property
    def reconstructions(self) -> pd.DataFrame:
        """The table `reconstructions`: where each picture lies, and the hash of its bytes."""
        schema, store = schemas.RECONSTRUCTIONS, self.lineage.store
        stored = pa.schema([schema.field("sample_id"), schema.field("sha256")])
        tables = []
        for (experiment, path), part in self._parts(RECONSTRUCTIONS, stored):
            constant = [pa.repeat(pa.scalar(text), len(part)) for text in (experiment, store.relative(path))]
            columns = [part["sample_id"], constant[0], part["sha256"], constant[1]]
            tables.append(pa.table(columns, schema=schema))
        return _frame(tables, schema)

    @cached_property
    def read_out(self) -> pd.DataFrame:
        """What was read out on the way: rows of READOUTS."""
        return _frame((rows for _, rows in self._parts(READOUTS, of_all=False)), schemas.READOUTS)

    @cached_property
    def ceilings(self) -> pd.DataFrame:
        """Rows of `schemas.ceilings`."""
        return _frame((rows for _, rows in self._parts(CEILINGS, of_all=False)), schemas.ceilings())

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
        store, ledger, catalog = self.lineage.store, self.lineage.ledger, self.lineage.catalog
        paths = [
            *(piece.part(RAW_SAMPLES).path for piece in self._of_collections),
            *(path for kind in (IMAGE_METRICS, READOUTS, CEILINGS) for _, path in self._places(kind)),
        ]
        found = {store.relative(path): ledger.entry(path) for path in paths}
        return digest(
            version=TABLES_VERSION,
            rejected=self.rejected.to_dict("records"),
            parts={path: entry.input_hash for path, entry in found.items() if entry},
            eras=[era.model_dump() for era in catalog.eras.values()],
            comparisons=[comparison.model_dump() for comparison in catalog.comparisons.values()],
            models=[(m.name, m.cutoff_year, m.training_lists) for m in catalog.models.values()],
            **({"columns": columns} if (columns := added_to("SAMPLE_COLUMNS", "SCORES")) else {}),
        )

    @cached_property
    def _of_collections(self) -> list[Piece]:
        """Every piece of every collection, under no experiment."""
        return pieces_of(self.lineage, self.collections)

    def _under(self, experiment: str) -> list[Piece]:
        """The same under an experiment; under none where it has left the catalogue."""
        if experiment not in self._pieces:
            entry = self.lineage.catalog.experiments.get(experiment)
            self._pieces[experiment] = pieces_of(self.lineage, self.collections, entry)
        return self._pieces[experiment]

    def _places(self, kind: Kind) -> Iterator[tuple[tuple[str, Piece], Path]]:
        """Where the parts of a kind lie, there or not, by experiment and piece."""
        for name in self.experiments:
            for piece in self._under(name):
                yield (name, piece), self.lineage.store.part(kind.name, piece.shard, name)

    def _samples(self) -> Iterator[pa.Table]:
        """The samples of each piece: records of its index, each once, and with its rejects all of them."""
        for piece in self._of_collections:
            samples, rejected = piece.part(RAW_SAMPLES), piece.part(REJECTED)
            if not samples.is_there:
                continue
            rows = rows_of(samples.path, schemas.samples())
            ids = rows["sample_id"].to_pylist()
            index = self.lineage.store.index(piece.collection.dataset)
            fits = len(ids) + rejected.rows == piece.contents.size and ids_of_shard(index, piece.shard).issuperset(ids)
            # What is stale belongs to an older index; what is fresh does not.
            if not (fits and _each_once(ids)) and samples.is_fresh:
                raise damaged(samples.path, f"its rows are not the samples of {piece.shard.key}")
            yield rows

    def _parts(
        self, kind: Kind, schema: pa.Schema | None = None, *, of_all: bool = True
    ) -> Iterator[tuple[tuple[str, Path], pa.Table]]:
        """The parts of one kind with their experiments and places, each held against the samples of its piece.

        of_all: each sample has its row. Raises DamagedPart for a part that claims to be made from what is there, and
        holds rows of something else.
        """
        for (name, piece), path in self._places(kind):
            if not path.is_file():
                continue
            part = rows_of(path, schema or kind.schema)
            ids, known = part["sample_id"].to_pylist(), self._ids.get(piece.shard, frozenset())
            rows = zip(ids, part["readout"].to_pylist(), strict=True) if "readout" in part.column_names else ids
            fits = known == set(ids) if of_all else known.issuperset(ids)
            if not (fits and _each_once(rows)) and _claims_to_be_fresh(piece, kind):
                raise damaged(path, f"its rows are not those of {piece.shard.key} x {name}")
            yield (name, path), part

    @cached_property
    def _ids(self) -> dict[Shard, frozenset[str]]:
        """The samples of each piece."""
        groups = self.samples.groupby(["dataset", "artist_slug"])["sample_id"]
        of_collection = {Collection(*map(str, key)): frozenset(ids) for key, ids in groups}
        found: dict[Shard, frozenset[str]] = {}
        for piece in self._of_collections:
            ids = of_collection.get(piece.collection, frozenset())
            if piece.shard.bits:
                index = self.lineage.store.index(piece.collection.dataset)
                ids &= ids_of_shard(index, piece.shard)
            found[piece.shard] = ids
        return found


def _claims_to_be_fresh(piece: Piece, kind: Kind) -> bool:
    if piece.experiment is None or not piece.part(RAW_SAMPLES).is_fresh:
        return False  # the samples are at fault, or will be others soon
    try:
        return piece.hash_of(kind) is not None and piece.part(kind).is_fresh
    except CreativityError:  # its model or suite is no longer here: nothing says what it should be made from
        return False


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
    for lacking in (column for column in schema if column.name not in present):
        part = part.append_column(lacking, pa.nulls(len(part), lacking.type))
    try:
        return part.select(schema.names).cast(schema)
    except pa.ArrowException as error:
        raise damaged(path, "its columns are of other types") from error


def _frame(parts: Iterable[pa.Table], schema: pa.Schema) -> pd.DataFrame:
    return _to_pandas([schema.empty_table(), *parts])


def _to_pandas(tables: list[pa.Table]) -> pd.DataFrame:
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    return frame
