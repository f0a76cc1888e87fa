"""The DuckDB warehouse: built aside by one holder of a lock, checkpointed, and swapped in."""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd

from creativity_assets.errors import StoreError
from creativity_assets.store.files import read_record, replacing, write_record
from creativity_assets.store.layout import Store
from creativity_assets.store.locks import exclusive
from creativity_assets.store.parts import Provenance, damaged


def build_warehouse(store: Store, tables: Mapping[str, pd.DataFrame], provenance: Provenance) -> dict[str, int]:
    """Write `tables` as a new creativity.duckdb; returns the row counts.

    A process that has the old file open keeps reading the old content; the next connection sees the new.
    Raises StoreError where the disk refuses.
    """
    with exclusive(store, "warehouse"), replacing(store.database) as temporary:
        connection = duckdb.connect(str(temporary))
        try:
            for name, frame in tables.items():
                connection.register("incoming_frame", frame)
                connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM incoming_frame')
                connection.unregister("incoming_frame")
            connection.execute("CREATE TABLE warehouse_info (input_hash VARCHAR, code_version VARCHAR, run_id VARCHAR)")
            values = [provenance.input_hash, provenance.code_version, provenance.run_id]
            connection.execute("INSERT INTO warehouse_info VALUES (?, ?, ?)", values)
            connection.execute("CHECKPOINT")
        except duckdb.Error as error:
            raise StoreError(f"{store.database}: {error}; free space, then run the same command") from error
        finally:
            connection.close()
    found = store.database.stat()
    facts = {"input_hash": provenance.input_hash, "size": found.st_size, "mtime_ns": found.st_mtime_ns}
    write_record(store.record("warehouse"), facts)
    return {name: len(frame) for name, frame in tables.items()}


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


def warehouse_damage(database: Path, error: duckdb.Error) -> StoreError | None:
    """The error of a warehouse whose bytes DuckDB found damaged, after it was set aside; None for any other error.

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
