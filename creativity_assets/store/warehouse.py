"""The DuckDB warehouse: built aside by one holder of a lock, checkpointed, and swapped in."""

from collections.abc import Mapping

import duckdb
import pandas as pd

from creativity_assets.errors import StoreError
from creativity_assets.store.files import replacing
from creativity_assets.store.layout import Store
from creativity_assets.store.locks import exclusive
from creativity_assets.store.parts import Provenance


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
    return {name: len(frame) for name, frame in tables.items()}


def warehouse_hash(store: Store) -> str | None:
    """The input hash of the current warehouse, or None where there is none that can be read."""
    if not store.database.is_file():
        return None
    try:
        with duckdb.connect(str(store.database), read_only=True) as connection:
            found = connection.execute("SELECT input_hash FROM warehouse_info").fetchone()
    except duckdb.Error:
        return None
    return str(found[0]) if found else None
