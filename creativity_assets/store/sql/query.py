"""SQL for people: one read-only statement over the warehouse, with access to nothing else and a bound on memory."""

# As text: DuckDB's types complain at the end of a process that something still refers to them.
from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import psutil
import pyarrow as pa

from creativity_assets.errors import QueryError, StoreError, escaped
from creativity_assets.store.database import database_damage
from creativity_assets.store.sql.types import portable_casts
from creativity_assets.vocabulary import EMBEDDED, EMBEDDED_NOTE, TABLES

MAX_MEMORY = 2 * 2**30
"""Bytes that a statement may hold, or half of what is free where that is less. Nothing is moved to a disk."""

BATCH = 2048
"""Rows that are held at a time on the way out: one of DuckDB's own vectors."""

_ASKING = {"SELECT", "EXPLAIN", "PRAGMA", "CALL", "MULTI"}
"""The kinds of statement that only ask; MULTI is what PIVOT becomes."""

_INTEGERS = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}
_WRAPPED = 2
"""Lines that DuckDB sets before a statement whose result is cast."""


@dataclass(frozen=True)
class Result:
    """What a statement gives: unique column names and DuckDB's types; rows are computed as they are read.

    explains: it is a plan, drawn over several lines. notes: what a reader has to know of the numbers.
    """

    names: tuple[str, ...]
    kinds: tuple[Any, ...]
    explains: bool
    notes: tuple[str, ...]
    relation: duckdb.DuckDBPyRelation

    def batches(self, casts: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows with each column cast to a type of DuckDB. Raises QueryError where a row cannot be computed."""
        with _told(_WRAPPED):
            reader = self.cast(casts).to_arrow_reader(BATCH)
        while True:
            with _told(_WRAPPED):
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    return
            yield batch

    def schema(self, casts: Sequence[str]) -> pa.Schema:
        """Arrow's names and types of the rows so cast."""
        with _told(_WRAPPED):
            return self.cast(casts).limit(0).to_arrow_table().schema

    def asked(self, questions: Sequence[tuple[int, str]]) -> tuple[Any, ...]:
        """What aggregates say: each of the column at its place, which it names {0}. Computes the result for it."""
        if not questions:
            return ()
        columns = ", ".join(f"#{place + 1} AS c{place}" for place, _ in questions)
        asked = ", ".join(question.format(f"c{place}") for place, question in questions)
        with _told(_WRAPPED):
            found: Any = self.relation.project(columns).aggregate(asked)
            return tuple(found.fetchall()[0])

    def cast(self, casts: Sequence[str]) -> duckdb.DuckDBPyRelation:
        """The relation with unique names and the given types."""
        columns = zip(casts, self.names, strict=True)
        listed = (f"CAST(#{i} AS {kind}) AS {_identifier(name)}" for i, (kind, name) in enumerate(columns, start=1))
        return self.relation.project(", ".join(listed))


@contextmanager
def asking(database: Path, sql: str) -> Iterator[Result]:
    """The result of one read-only statement over the warehouse, while the connection is open.

    Raises QueryError, with DuckDB's own words and caret, for a wrong statement or one that does more than ask, and
    StoreError for a missing warehouse, or a damaged one, which is then set aside.
    """
    with _damage_told(database), _open(database) as connection:
        statement = _single(connection, sql)
        kind = statement.type.name
        if kind not in _ASKING:
            raise QueryError(f"SQL: {kind} is refused; statements can ask, and neither change nor set anything")
        with _told():
            relation = _bound(connection, statement.query)
        if relation is None:
            raise QueryError("SQL: the statement has no result; ask with SELECT, DESCRIBE, SHOW or EXPLAIN")
        notes = tuple(_notes(connection, statement.query))
        yield Result(unique(relation.columns), tuple(relation.types), kind == "EXPLAIN", notes, relation)


def query(database: Path, sql: str) -> pd.DataFrame:
    """The result of one read-only statement as a table in memory; raises what `asking` does.

    Types that pandas has not (intervals, infinite dates and such) are text, as in the format `parquet`.
    """
    with asking(database, sql) as result:
        with _told(_WRAPPED):
            casts = portable_casts(result)
            table = result.cast(casts).to_arrow_table()
        # Integers with nulls stay integers: a year is 1888, not 1888.0.
        frame: pd.DataFrame = table.to_pandas(types_mapper=_INTEGERS.get)
        return frame


def statements(sql: str) -> list[str]:
    """The single statements of a text. Raises QueryError where it is no SQL."""
    with duckdb.connect() as connection, _told():
        return [statement.query for statement in connection.extract_statements(sql)]


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """The names with `_1`, `_2` after those that stood before; SQL does not tell upper from lower case."""
    taken = {name.lower() for name in names}
    seen: set[str] = set()
    made = []
    for name in names:
        free, number = name or "column", 0
        while free.lower() in seen or (number > 0 and free.lower() in taken):
            number += 1
            free = f"{name or 'column'}_{number}"
        seen.add(free.lower())
        made.append(free)
    return tuple(made)


@contextmanager
def _open(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can read this one file, and nothing else: no files, no Python objects, no settings."""
    if not database.is_file():
        raise StoreError(f"{database}: not built yet; run `creativity demo` or `creativity materialize`")
    memory = min(MAX_MEMORY, psutil.virtual_memory().available // 2)
    settings: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "python_enable_replacements": "false",
        "temp_directory": "",
        "memory_limit": f"{max(memory // 2**20, 64)}MiB",
    }
    try:
        connection = duckdb.connect(str(database), read_only=True, config=settings)
    except duckdb.Error as error:
        raise QueryError(f"{database}: {escaped(str(error).splitlines()[0])}") from error
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def _single(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    with _told():
        found = connection.extract_statements(sql)
    if not found:
        raise QueryError("SQL: no statement; for example: SELECT * FROM stats_overall")
    if len(found) > 1:
        raise QueryError(f"SQL: {len(found)} statements; give one at a time, or all of them at the prompt")
    return found[0]


def _bound(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyRelation | None:
    try:
        return connection.sql(sql)
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        if "\nLINE " not in str(error):
            connection.execute(sql)  # fails in the same way, and shows the place
        raise


@contextmanager
def _damage_told(database: Path) -> Iterator[None]:
    """Where DuckDB finds the file itself damaged, at any time, that is the error, and not the statement."""
    try:
        yield
    except QueryError as error:
        cause = error.__cause__
        # Arrow's reader hands on the words of DuckDB's error without its type.
        found = cause if isinstance(cause, duckdb.Error) else duckdb.Error(str(cause))
        if damage := database_damage(database, found):
            raise damage from error
        raise


@contextmanager
def _told(wrapped: int = 0) -> Iterator[None]:
    """DuckDB's errors as QueryErrors that keep its caret line and candidates. wrapped: lines set before the query."""
    try:
        yield
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise QueryError(
            "SQL: out of memory: the statement needs more than the 2 GiB, or half of what is free, that it may hold; "
            "narrow it with WHERE, aggregate, or join on a column"
        ) from error
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        text = re.sub(r"^LINE (\d+):", lambda m: f"LINE {max(int(m[1]) - wrapped, 1)}:", str(error), flags=re.M)
        lines = [escaped(line) for line in text.rstrip().splitlines()]
        raise QueryError("SQL: " + "\n".join(lines)) from error


def _notes(connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[str]:
    """A line where the statement names tables that hold scores of the embedded suite."""
    words = set(re.findall(r"\w+", sql.lower()))
    named = [name for name, table in TABLES.items() if name in words and {"suite", "experiment"} & set(table.names)]
    here = {name for (name,) in connection.execute("SELECT DISTINCT table_name FROM duckdb_columns()").fetchall()}
    touched = [
        name for name in named if name in here and name != "reconstructions" and _embedded(connection, name, here)
    ]
    if touched:
        yield f"{', '.join(touched)}: {EMBEDDED_NOTE}"


def _embedded(connection: duckdb.DuckDBPyConnection, name: str, here: set[str]) -> bool:
    """Whether any row of the table is a score of the embedded suite, or of an experiment with such scores."""
    if "suite" in TABLES[name].names:
        found = connection.execute(f'SELECT 1 FROM "{name}" WHERE suite = ? LIMIT 1', [EMBEDDED])
    elif "image_metrics" in here:
        experiments = "SELECT experiment FROM image_metrics WHERE suite = ?"
        found = connection.execute(f'SELECT 1 FROM "{name}" WHERE experiment IN ({experiments}) LIMIT 1', [EMBEDDED])
    else:
        return False
    return bool(found.fetchall())


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
