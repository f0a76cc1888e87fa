"""All parts of one kind as one table: what the statistics, the warehouse and the checks look at.

The rows come from `store.gathered`, which reads what has changed. What is read is held against the samples it is about.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import pyarrow as pa

from creativity_assets.catalog.entries import ComparisonEntry
from creativity_assets.errors import CatalogError, CreativityError
from creativity_assets.hashing import digest
from creativity_assets.sources.columns.dates import decade_of
from creativity_assets.statistics.bounds import normalised
from creativity_assets.statistics.sides import all_of_sides
from creativity_assets.statistics.tables import stats_tables
from creativity_assets.store import schemas
from creativity_assets.store.files import State, state_of
from creativity_assets.store.gathered import Gathered, Source
from creativity_assets.store.layout import Collection
from creativity_assets.store.parts import damaged, open_part
from creativity_assets.vocabulary import TABLES, audit_columns, compared_scores
from creativity_assets.workflow.contents import ids_of_shard
from creativity_assets.workflow.entries.plugins import added_to
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.parts import (
    CEILINGS,
    IMAGE_METRICS,
    KINDS,
    RAW_SAMPLES,
    READOUTS,
    RECONSTRUCTIONS,
    REJECTED,
)
from creativity_assets.workflow.pieces import Piece, pieces_of

if TYPE_CHECKING:
    import duckdb

TABLES_VERSION = 3

SURE_YEARS = ("stated", "filename")
"""The kinds of year_source that name one year; of a range or a century the work may be from before the middle."""


INDEX, INDEX_REJECTS = "index", "index_rejects"
RECORDS = pa.schema([schemas.INDEX.field(name) for name in ("dataset", "artist_slug", "sample_id", "source_key")])


class _Found(NamedTuple):
    """A part that is there. input_hash: None where its footer cannot be read."""

    kind: str
    path: Path
    name: str
    state: State
    input_hash: str | None
    experiment: str = ""
    piece: Piece | None = None


@dataclass(frozen=True)
class Collected:
    """The store's current content under a catalogue. Collections that left their source are not read."""

    lineage: Lineage
    _pieces: dict[str, list[Piece]] = field(default_factory=dict, compare=False, repr=False)
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
        return pd.concat([self._frame(INDEX_REJECTS), self.refused], ignore_index=True)

    @cached_property
    def records(self) -> pd.DataFrame:
        """dataset, artist_slug, sample_id and source_key of every record of every index."""
        return self._frame(INDEX)

    @cached_property
    def refused(self) -> pd.DataFrame:
        """The records that were rejected when they were decoded: rows of REJECTED."""
        return self._frame(REJECTED.name)

    @cached_property
    def files(self) -> list[tuple[str, int, int]]:
        """Name, size and time of every part and table that was read: equal files, equal content."""
        store = self.lineage.store
        tables = ((store.relative(path), state_of(path)) for path in sorted((store.root / "tables").glob("*.parquet")))
        found = [*((part.name, part.state) for part in self._found), *((name, s) for name, s in tables if s)]
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
            parts={part.name: part.input_hash for part in self._found if part.input_hash and part.kind in kinds},
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

    @cached_property
    def _found(self) -> list[_Found]:
        """Every part that the tables are made from, by kind, experiment and piece."""
        return list(self._looked())

    def _looked(self) -> Iterator[_Found]:
        store = self.lineage.store
        for name in self.lineage.catalog.datasets:
            yield from self._at(INDEX, store.index(name))
            yield from self._at(INDEX_REJECTS, store.index_rejects(name))
        for kind in (RAW_SAMPLES, REJECTED):
            for piece in self._of_collections:
                yield from self._at(kind.name, store.part(kind.name, piece.shard), piece)
        for kind in (IMAGE_METRICS, RECONSTRUCTIONS, READOUTS, CEILINGS):
            for name in self.experiments:
                for piece in self._under(name):
                    yield from self._at(kind.name, store.part(kind.name, piece.shard, name), piece, name)

    def _at(self, kind: str, path: Path, piece: Piece | None = None, experiment: str = "") -> Iterator[_Found]:
        """The part at a path, if there is one."""
        entry = self.lineage.ledger.entry(path)
        # What is there and has no footer to be read is for who reads it to find.
        state = (entry.inode, entry.mtime_ns, entry.size) if entry else state_of(path)
        if state is not None:
            name = self.lineage.store.relative(path)
            yield _Found(kind, path, name, state, entry.input_hash if entry else None, experiment, piece)

    @cached_property
    def _gathered(self) -> Gathered:
        """The rows of all parts. Raises DamagedPart, also for a part that is fresh and holds rows of something else."""
        columns = _columns()
        gathered = Gathered(self.lineage.store, columns)
        of = {part.piece.shard: part.name for part in self._found if part.piece and part.kind == RAW_SAMPLES.name}
        by_name = {part.name: part for part in self._found}

        def source(part: _Found) -> Source:
            read, witness, samples = partial(rows_of, part.path, columns[part.kind]), "", ""
            if part.piece is not None:
                if part.kind == RAW_SAMPLES.name:
                    read, witness = partial(_samples, part.piece), _said_of(part.piece)
                elif part.kind == RECONSTRUCTIONS.name:
                    read = partial(_reconstructions, part)
                if part.experiment:
                    samples = of.get(part.piece.shard, "")
                    witness = str(by_name[samples].state) if samples else ""
            return Source(part.kind, part.name, part.state, read, witness, samples)

        gathered.refresh((source(part) for part in self._found), partial(_unfit, by_name))
        return gathered

    def _frame(self, kind: str) -> pd.DataFrame:
        return _to_pandas([self._gathered.table(kind)])


def _columns() -> dict[str, pa.Schema]:
    """Of the rows of each kind, as they are gathered."""
    kinds = (RAW_SAMPLES, REJECTED, IMAGE_METRICS, READOUTS, CEILINGS)
    return {
        INDEX: RECORDS,
        INDEX_REJECTS: schemas.REJECTED,
        **{kind.name: kind.schema for kind in kinds},
        RECONSTRUCTIONS.name: schemas.RECONSTRUCTIONS,
    }


def _said_of(piece: Piece) -> str:
    """All that a piece's samples are held against."""
    rejected, samples = piece.part(REJECTED), piece.part(RAW_SAMPLES)
    return f"{piece.contents.records} {rejected.rows} {samples.is_fresh}"


def _samples(piece: Piece) -> pa.Table:
    """The samples of a piece: records of its index, each once, and with its rejects all of them."""
    samples, rejected = piece.part(RAW_SAMPLES), piece.part(REJECTED)
    rows = rows_of(samples.path, schemas.samples())
    ids = rows["sample_id"].to_pylist()
    index = piece.lineage.store.index(piece.collection.dataset)
    fits = len(ids) + rejected.rows == piece.contents.size and ids_of_shard(index, piece.shard).issuperset(ids)
    # What is stale belongs to an older index; what is fresh does not.
    if not (fits and len(set(ids)) == len(ids)) and samples.is_fresh:
        raise damaged(samples.path, f"its rows are not the samples of {piece.shard.key}")
    return rows


def _reconstructions(part: _Found) -> pa.Table:
    """Where each picture lies, and the hash of its bytes."""
    schema = schemas.RECONSTRUCTIONS
    rows = rows_of(part.path, pa.schema([schema.field("sample_id"), schema.field("sha256")]))
    experiment, path = (pa.repeat(pa.scalar(text), len(rows)) for text in (part.experiment, part.name))
    return pa.table([rows["sample_id"], experiment, rows["sha256"], path], schema=schema)


_OF_ALL = {IMAGE_METRICS.name, RECONSTRUCTIONS.name}
"""Kinds with a row for each sample of their piece."""

_ONCE = {READOUTS.name: "(sample_id, readout)"}
"""What stands once in a part; of other kinds the sample."""


def _unfit(
    found: Mapping[str, _Found], connection: "duckdb.DuckDBPyConnection", parts: Mapping[int, Source]
) -> set[int]:
    """The parts whose rows are not those of their piece: not about its samples, of one twice, or not of all.

    Raises DamagedPart for one that claims to be made from what is there.
    """
    unfit = set[int]()
    for kind in dict.fromkeys(source.kind for source in parts.values() if found[source.path].experiment):
        numbers = [number for number, source in parts.items() if source.kind == kind]
        rows = connection.execute(_unfit_of(kind), [numbers]).fetchall()
        unfit |= {number for (number,) in rows}
    for part in (found[parts[number].path] for number in sorted(unfit)):
        if part.piece is not None and _claims_to_be_fresh(part.piece, part.kind):
            raise damaged(part.path, f"its rows are not those of {part.piece.shard.key} x {part.experiment}")
    return unfit


def _unfit_of(kind: str) -> str:
    """The numbers of those of a list of parts of a kind that do not fit."""
    strangers = f"""SELECT k.part FROM "{kind}" k JOIN wanted w USING (part)
        ANTI JOIN {RAW_SAMPLES.name} s ON s.part = w."of" AND s.sample_id = k.sample_id"""
    twice = f"""SELECT k.part FROM "{kind}" k JOIN wanted w USING (part)
        GROUP BY k.part HAVING count(*) <> count(DISTINCT {_ONCE.get(kind, "sample_id")})"""
    lacking = f"""SELECT w.part FROM wanted w JOIN {RAW_SAMPLES.name} s ON s.part = w."of"
        ANTI JOIN "{kind}" k ON k.part = w.part AND k.sample_id = s.sample_id"""
    problems = [strangers, twice, *([lacking] if kind in _OF_ALL else [])]
    wanted = 'SELECT part, "of" FROM parts WHERE part IN (SELECT unnest(?::INTEGER[]))'
    return f"WITH wanted AS ({wanted}) " + " UNION ".join(problems)


def _claims_to_be_fresh(piece: Piece, name: str) -> bool:
    kind = next(kind for kind in KINDS if kind.name == name)
    if piece.experiment is None or not piece.part(RAW_SAMPLES).is_fresh:
        return False  # the samples are at fault, or will be others soon
    try:
        return piece.hash_of(kind) is not None and piece.part(kind).is_fresh
    except CreativityError:  # its model or suite is no longer here: nothing says what it should be made from
        return False


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


def _to_pandas(tables: list[pa.Table]) -> pd.DataFrame:
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    return frame
