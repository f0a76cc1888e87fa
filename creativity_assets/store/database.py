"""A DuckDB file of ours: connections to it, transactions, rows that are handed to it, and its damage."""

# As text: DuckDB's types complain at the end of a process that something still refers to them.
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from creativity_assets.errors import StoreError
from creativity_assets.store.parts import damaged


def connected(database: Path, **config: str) -> duckdb.DuckDBPyConnection:
    """To a database of ours, to write; config: DuckDB's. Raises duckdb.Error."""
    connection = duckdb.connect(str(database), config={**config})
    # A statement that takes seconds would draw on a screen that is not its own.
    connection.execute("SET enable_progress_bar = false")
    return connection


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All that the block does, or nothing where it raises; it is waited for once on its way to the disk."""
    connection.begin()
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # a connection that broke has nothing to take back
            connection.rollback()
        raise
    connection.commit()


@contextmanager
def handed(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table | pd.DataFrame) -> Iterator[None]:
    """Rows of this process as a table of this name, for the block."""
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pandas(rows, preserve_index=False)
    connection.register(name, table)
    try:
        yield
    finally:
        connection.unregister(name)


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def database_damage(database: Path, error: duckdb.Error) -> StoreError | None:
    """The error of a file whose bytes DuckDB found damaged, after it was set aside; None for any other error.

    DuckDB keeps a checksum of every block and looks at it whenever it reads one.
    """
    starts = (
        "Corrupt database file",
        f'IO Error: The file "{database}" exists, but it is not a valid DuckDB database file',
        f'IO Error: Could not read enough bytes from file "{database}"',
    )
    # A statement can raise errors with words of its own, but of other types.
    if type(error) in {duckdb.Error, duckdb.IOException} and str(error).startswith(starts):
        return damaged(database, "it is no longer the file that was written")
    return None
