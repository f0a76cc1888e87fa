"""What the tables are made from is found, read as it changes, and held against the samples it is about."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from creativity_assets.errors import CreativityError
from creativity_assets.store import schemas
from creativity_assets.store.files import State, state_of
from creativity_assets.store.gathered import Gathered, Source
from creativity_assets.store.layout import Collection, Store, part_name
from creativity_assets.store.parts import damaged, open_part
from creativity_assets.workflow.contents import ids_of_shard
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

INDEX, INDEX_REJECTS = "index", "index_rejects"
RECORDS = pa.schema([schemas.INDEX.field(name) for name in ("dataset", "artist_slug", "sample_id", "source_key")])


class Found(NamedTuple):
    """A part that is there. name: its place in the store. input_hash: None where its footer cannot be read."""

    kind: str
    name: str
    state: State
    input_hash: str | None
    experiment: str = ""
    piece: Piece | None = None


def found_parts(lineage: Lineage, collections: Iterable[Collection], experiments: Iterable[str]) -> list[Found]:
    """Every part that the tables are made from, by kind, experiment and piece; of an experiment also where it has left
    the catalogue."""
    return list(_looked(lineage, list(collections), list(experiments)))


def gather(store: Store, parts: Iterable[Found]) -> Gathered:
    """The rows of the parts, of which those are read that have changed.

    Raises DamagedPart, also for a part that is fresh and holds rows of something else.
    """
    found = {part.name: part for part in parts}
    of = {part.piece.shard: part.name for part in found.values() if part.piece and part.kind == RAW_SAMPLES.name}
    columns = _columns()

    def source(part: Found) -> Source:
        read, witness, samples = partial(rows_of, store.root / part.name, columns[part.kind]), "", ""
        if part.piece is not None:
            if part.kind == RAW_SAMPLES.name:
                read, witness = partial(_samples, part.piece), _said_of(part.piece)
            elif part.kind == RECONSTRUCTIONS.name:
                read = partial(_reconstructions, store, part)
            if part.experiment:
                samples = of.get(part.piece.shard, "")
                witness = str(found[samples].state) if samples else ""
        return Source(part.kind, part.name, part.state, read, witness, samples)

    gathered = Gathered(store, columns)
    gathered.refresh((source(part) for part in found.values()), partial(_unfit, store, found))
    return gathered


def _looked(lineage: Lineage, collections: list[Collection], experiments: list[str]) -> Iterator[Found]:
    store = lineage.store
    for name in lineage.catalog.datasets:
        yield from _at(lineage, INDEX, store.relative(store.index(name)))
        yield from _at(lineage, INDEX_REJECTS, store.relative(store.index_rejects(name)))
    pieces = pieces_of(lineage, collections)
    for kind in (RAW_SAMPLES, REJECTED):
        for piece in pieces:
            yield from _at(lineage, kind.name, part_name(kind.name, piece.shard), piece)
    under = {name: pieces_of(lineage, collections, lineage.catalog.experiments.get(name)) for name in experiments}
    for kind in (IMAGE_METRICS, RECONSTRUCTIONS, READOUTS, CEILINGS):
        for name, of_experiment in under.items():
            for piece in of_experiment:
                yield from _at(lineage, kind.name, part_name(kind.name, piece.shard, name), piece, name)


def _at(lineage: Lineage, kind: str, name: str, piece: Piece | None = None, experiment: str = "") -> Iterator[Found]:
    """The part of a name, if there is one."""
    entry = lineage.ledger.at(name)
    # What is there and has no footer to be read is for who reads it to find.
    state = (entry.inode, entry.mtime_ns, entry.size) if entry else state_of(lineage.store.root / name)
    if state is not None:
        yield Found(kind, name, state, entry.input_hash if entry else None, experiment, piece)


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


def _reconstructions(store: Store, part: Found) -> pa.Table:
    """Where each picture lies, and the hash of its bytes."""
    schema = schemas.RECONSTRUCTIONS
    rows = rows_of(store.root / part.name, pa.schema([schema.field("sample_id"), schema.field("sha256")]))
    experiment, path = (pa.repeat(pa.scalar(text), len(rows)) for text in (part.experiment, part.name))
    return pa.table([rows["sample_id"], experiment, rows["sha256"], path], schema=schema)


_OF_ALL = {IMAGE_METRICS.name, RECONSTRUCTIONS.name}
"""Kinds with a row for each sample of their piece."""

_ONCE = {READOUTS.name: "(sample_id, readout)"}
"""What stands once in a part; of other kinds the sample."""


def _unfit(
    store: Store, found: Mapping[str, Found], connection: "duckdb.DuckDBPyConnection", parts: Mapping[int, Source]
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
            raise damaged(
                store.root / part.name, f"its rows are not those of {part.piece.shard.key} x {part.experiment}"
            )
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
