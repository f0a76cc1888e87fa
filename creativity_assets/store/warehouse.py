"""The DuckDB warehouse: built aside by one holder of a lock, checkpointed, and swapped in.

Its tables have the columns, types and comments of `vocabulary.TABLES`; the view `scores` joins them for people.
"""

# As text: DuckDB's types complain at the end of a process that something still refers to them.
from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import pandas as pd

from creativity_assets.errors import StoreError
from creativity_assets.store.database import connected, handed, quoted, transaction
from creativity_assets.store.files import read_record, replacing, write_record
from creativity_assets.store.layout import Store
from creativity_assets.store.locks import exclusive
from creativity_assets.store.parts import Provenance
from creativity_assets.vocabulary import TABLES, Table, compared_scores, score_columns

_OF_SCORES = ("samples", "image_metrics", "comparison_members")
"""What the view `scores` is made of."""


def build_warehouse(
    store: Store,
    tables: Mapping[str, pd.DataFrame],
    provenance: Provenance,
    *,
    queries: Mapping[str, str] | None = None,
    source: duckdb.DuckDBPyConnection | None = None,
) -> dict[str, int]:
    """Write `tables`, and what `queries` give in the database `source`, as a new creativity.duckdb; returns row counts.

    A process that has the old file open keeps reading the old content; the next connection sees the new.
    Raises StoreError where the disk refuses, or a table has other columns than it is declared with.
    """
    info = pd.DataFrame([[provenance.input_hash, provenance.code_version, provenance.run_id]])
    frames = {**tables, "warehouse_info": info.set_axis(list(TABLES["warehouse_info"].names), axis="columns")}
    with exclusive(store, "warehouse"), replacing(store.database) as temporary:
        try:
            if source is not None:
                _select(source, queries or {}, temporary)
            with connected(temporary) as connection:
                fill(connection, frames, also=queries or {})
                connection.execute("CHECKPOINT")
                counts = _counts(connection, [*(queries or {}), *tables])
        except duckdb.Error as error:
            raise StoreError(f"{store.database}: {error}; free space, then run the same command") from error
    found = store.database.stat()
    facts = {"input_hash": provenance.input_hash, "size": found.st_size, "mtime_ns": found.st_mtime_ns}
    write_record(store.record("warehouse"), facts | {"rows": counts})
    return counts


def fill(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pd.DataFrame], *, also: Iterable[str] = ()
) -> None:
    """Make `tables` in a database, and the view `scores` where its tables are among them, all with their comments.

    also: tables that are there already. Raises StoreError for a table that is not declared, or not as it is declared.
    """
    with transaction(connection):
        for name, frame in tables.items():
            table = _declared(name, frame.columns)
            with handed(connection, "incoming_rows", frame):
                _create(connection, table, "incoming_rows")
        there = {*tables, *also}
        for name in there:
            _comment(connection, TABLES[name])
        if there.issuperset(_OF_SCORES):
            connection.execute(_scores_view())
            _comment(connection, TABLES["scores"])


def rows_in(store: Store) -> dict[str, int]:
    """The rows of each table of the current warehouse, as they were counted when it was built."""
    facts = read_record(store.record("warehouse")) or {}
    return dict(facts.get("rows", {}))


def _select(source: duckdb.DuckDBPyConnection, queries: Mapping[str, str], database: Path) -> None:
    """Make a new database of what the queries give, without holding it in memory."""
    source.execute(f"ATTACH {quoted(str(database))} AS made")
    try:
        for name, query in queries.items():
            table = _declared(name, source.sql(query).columns)
            _create(source, table, f"({query})", within="made.")
    finally:
        source.execute("DETACH made")


def _counts(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> dict[str, int]:
    return {name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchall()[0][0]) for name in names}


def warehouse_hash(store: Store) -> str | None:
    """The input hash of the current warehouse, or None where there is none, or another file than was written."""
    facts = read_record(store.record("warehouse")) or {}
    if not store.database.is_file():
        return None
    found = store.database.stat()
    if (facts.get("size"), facts.get("mtime_ns")) != (found.st_size, found.st_mtime_ns):
        return None
    input_hash: str | None = facts.get("input_hash")
    return input_hash


def _declared(name: str, columns: Iterable[str]) -> Table:
    if name not in TABLES or TABLES[name].view:
        raise StoreError(f"{name}: is no table of the warehouse; declare it in vocabulary/tables.py")
    if differing := set(columns) ^ set(TABLES[name].names):
        raise StoreError(f"{name}: {sorted(map(str, differing))[0]} is not as its columns are declared")
    return TABLES[name]


def _create(connection: duckdb.DuckDBPyConnection, table: Table, rows: str, *, within: str = "") -> None:
    typed = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
    named = ", ".join(f'"{name}"' for name in table.names)
    connection.execute(f'CREATE TABLE {within}"{table.name}" ({typed})')
    connection.execute(f'INSERT INTO {within}"{table.name}" SELECT {named} FROM {rows}')


def _comment(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    kind = "VIEW" if table.view else "TABLE"
    connection.execute(f'COMMENT ON {kind} "{table.name}" IS {quoted(table.row)}')
    for column in table.columns:
        connection.execute(f'COMMENT ON COLUMN "{table.name}"."{column.name}" IS {quoted(column.comment)}')


def _scores_view() -> str:
    """One row per sample and experiment: `image_metrics` with the columns of its sample and the sides it stands on."""
    measured = set(TABLES["image_metrics"].names)
    numbers = (column.name for column in score_columns())
    made = {name: f"CASE WHEN isfinite(m.{name}) THEN m.{name} END" for name in numbers}
    made |= {f"above_floor_{score}": f"{made[score]} - {made[f'floor_{score}']}" for score in compared_scores()}
    made |= {"score": made["composite"], "floor": made["floor_composite"], "above_floor": made["above_floor_composite"]}
    made["sides"] = "coalesce(c.sides, MAP {}::MAP(VARCHAR, VARCHAR))"
    columns = ",\n  ".join(
        f'{made.get(name) or (f"m.{name}" if name in measured else f"s.{name}")} AS "{name}"'
        for name in TABLES["scores"].names
    )
    return f"""CREATE VIEW scores AS SELECT
  {columns}
FROM image_metrics m
LEFT JOIN samples s ON s.sample_id = m.sample_id
LEFT JOIN (
  SELECT sample_id, map(list(comparison ORDER BY comparison), list(side ORDER BY comparison)) AS sides
  FROM comparison_members GROUP BY sample_id
) c ON c.sample_id = m.sample_id"""
