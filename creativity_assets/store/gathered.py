"""The rows of the store's parts in one database of the store's own, kept in step with them by what changed.

Tables, statistics and checks are made from it: their cost then follows the change, not the number of parts. It holds
nothing that the parts do not hold, so it is made anew where it is missing, damaged, or of other columns.
"""

# As text: DuckDB's types complain at the end of a process that something still refers to them.
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from creativity_assets.errors import StoreError
from creativity_assets.hashing import digest
from creativity_assets.store.database import connected, database_damage, handed, transaction
from creativity_assets.store.files import State
from creativity_assets.store.layout import Store
from creativity_assets.store.locks import exclusive

VERSION = 1
"""Of how the rows lie in the database."""

MEMORY = "2GB"
"""What the database may hold in memory; beyond it, it goes on below its own folder of the store."""

_AT_ONCE = 512
"""Parts that are inserted together."""

_OTHERS = (duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)
"""What DuckDB raises of a file that another version of it wrote, or that is no database."""

_PARTS = pa.schema(
    [
        ("part", pa.int32()),
        ("kind", pa.string()),
        ("path", pa.string()),
        ("inode", pa.uint64()),
        ("mtime_ns", pa.int64()),
        ("size", pa.int64()),
        ("witness", pa.string()),
        ("of", pa.int32()),
        ("position", pa.int32()),
        ("unfit", pa.bool_()),
    ]
)
"""The table `parts`: where each part's rows come from. of: the part whose samples they are about."""


@dataclass(frozen=True)
class Source:
    """A part whose rows are wanted.

    path: within the store. state: of its file. witness: what its rows are held against; they are read again where
    that changes. of: the path of the part whose samples its rows are about, empty where it has none.
    read: its rows, with the columns of its kind; raises DamagedPart.
    """

    kind: str
    path: str
    state: State
    read: Callable[[], pa.Table]
    witness: str = ""
    of: str = ""


Prove = Callable[["duckdb.DuckDBPyConnection", Mapping[int, Source]], set[int]]
"""What is asked of parts by their numbers, once their rows are in: those that do not fit and may stay all the same.

Raises DamagedPart for what may not. Those that stay are asked about again the next time.
"""


class Gathered:
    """The rows of the parts of one store: a table for each kind, whose column `part` is the part's number.

    columns: of each kind.
    """

    def __init__(self, store: Store, columns: Mapping[str, pa.Schema]) -> None:
        self._store = store
        self._columns = columns
        self._shape = digest(version=VERSION, columns={name: str(schema) for name, schema in columns.items()})

    @property
    def path(self) -> Path:
        return self._store.gathered

    def refresh(self, sources: Iterable[Source], prove: Prove) -> int:
        """Hold the rows of exactly these parts, in their order; returns how many were read.

        All or nothing: what `read` or `prove` raises leaves the database as it was. Raises StoreError where the disk
        refuses.
        """
        wanted = list(sources)
        with self.open() as connection:
            held = _held(connection)
            order = [known.part for known in held.values()]
            free = max(order, default=0) + 1
            numbers, changed, doubted = dict[str, int](), dict[int, Source](), dict[int, Source]()
            for source in wanted:
                known = held.get(source.path)
                if known is not None and (known.state, known.witness) == (source.state, source.witness):
                    del held[source.path]
                    numbers[source.path] = known.part
                    if known.unfit:
                        doubted[known.part] = source
                else:
                    numbers[source.path] = free
                    changed[free] = source
                    free += 1
            if held or changed or doubted or [*numbers.values()] != order:
                gone = [known.part for known in held.values()]
                with transaction(connection):
                    self._exchange(connection, gone, changed)
                    _number(connection, wanted, numbers)
                    unfit = prove(connection, changed | doubted)
                    connection.execute("UPDATE parts SET unfit = true WHERE list_contains(?, part)", [[*unfit]])
        return len(changed)

    def table(self, kind: str) -> pa.Table:
        """The rows of a kind, part after part, as its columns are declared."""
        with self.open() as connection:
            rows: pa.Table = connection.sql(in_order(kind)).to_arrow_table()
        return rows.cast(self._columns[kind])

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection, held by one process at a time. Raises StoreError; a damaged file is made anew first."""
        with exclusive(self._store, "gathered"):
            connection = self._connected()
            try:
                yield connection
            except duckdb.Error as error:
                raise database_damage(self.path, error) or self._refused(error) from error
            finally:
                connection.close()

    def _connected(self) -> duckdb.DuckDBPyConnection:
        """To the database, or to a new one where it is damaged or was made for other columns."""
        try:
            connection = self._connect()
            if _shape(connection) == self._shape:
                return connection
            connection.close()
        except duckdb.Error as error:
            if not (database_damage(self.path, error) or isinstance(error, _OTHERS)):
                raise self._refused(error) from error
        self._forget()
        connection = self._connect()
        with transaction(connection):
            self._create(connection)
        return connection

    def _connect(self) -> duckdb.DuckDBPyConnection:
        return connected(self.path, memory_limit=MEMORY)

    def _forget(self) -> None:
        for path in (self.path, self.path.with_name(f"{self.path.name}.wal")):
            path.unlink(missing_ok=True)

    def _refused(self, error: duckdb.Error) -> StoreError:
        remedy = "close what else has it open, or free space, then run the same command"
        return StoreError(f"{self.path}: {str(error).splitlines()[0]}; {remedy}")

    def _create(self, connection: duckdb.DuckDBPyConnection) -> None:
        tables = {name: schema.append(pa.field("part", pa.int32())) for name, schema in self._columns.items()}
        for name, schema in {**tables, "parts": _PARTS}.items():
            with handed(connection, "empty_rows", schema.empty_table()):
                connection.execute(f'CREATE TABLE "{name}" AS FROM empty_rows')
        connection.execute("CREATE TABLE shape AS SELECT ? AS shape", [self._shape])

    def _exchange(self, connection: duckdb.DuckDBPyConnection, gone: list[int], changed: Mapping[int, Source]) -> None:
        """Rows of other parts in the place of some."""
        for name in self._columns if gone else ():
            connection.execute(f'DELETE FROM "{name}" WHERE part IN (SELECT unnest(?::INTEGER[]))', [gone])
        for kind in dict.fromkeys(source.kind for source in changed.values()):
            some = [(part, source) for part, source in changed.items() if source.kind == kind]
            for start in range(0, len(some), _AT_ONCE):
                few = some[start : start + _AT_ONCE]
                _insert(connection, kind, pa.concat_tables(_numbered(source.read(), part) for part, source in few))


def in_order(kind: str) -> str:
    """The query of the rows of a kind, part after part."""
    return f'SELECT k.* EXCLUDE part FROM "{kind}" k JOIN parts p USING (part) ORDER BY p.position, k.rowid'


@dataclass(frozen=True)
class _Held:
    """What the database knows of a part."""

    part: int
    state: State
    witness: str
    unfit: bool


def _held(connection: duckdb.DuckDBPyConnection) -> dict[str, _Held]:
    """By the paths of the parts, in their order."""
    rows = connection.execute(
        "SELECT path, part, inode, mtime_ns, size, witness, unfit FROM parts ORDER BY position"
    ).fetchall()
    return {path: _Held(part, (inode, mtime, size), *rest) for path, part, inode, mtime, size, *rest in rows}


def _number(connection: duckdb.DuckDBPyConnection, wanted: Sequence[Source], numbers: Mapping[str, int]) -> None:
    """The table `parts`, anew."""
    rows = [
        (numbers[s.path], s.kind, s.path, *s.state, s.witness, numbers.get(s.of), position, False)
        for position, s in enumerate(wanted)
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(_PARTS)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, _PARTS, strict=True)]
    connection.execute("DELETE FROM parts")
    _insert(connection, "parts", pa.table(arrays, schema=_PARTS))


def _shape(connection: duckdb.DuckDBPyConnection) -> str | None:
    """What the tables of a database were made for; None of a new one."""
    try:
        found = connection.execute("SELECT shape FROM shape").fetchall()
    except duckdb.CatalogException:
        return None
    return str(found[0][0]) if found else None


def _numbered(rows: pa.Table, part: int) -> pa.Table:
    return rows.append_column("part", pa.repeat(pa.scalar(part, pa.int32()), len(rows)))


def _insert(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    with handed(connection, "incoming_rows", rows):
        connection.execute(f'INSERT INTO "{name}" BY NAME FROM incoming_rows')
