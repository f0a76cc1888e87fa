"""SQL for people: read-only, without access to other files, in four formats."""

import io
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from creativity_assets.errors import StoreError
from creativity_assets.store.warehouse import warehouse_damage

_INTEGERS = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}


def query(database: Path, sql: str) -> pd.DataFrame:
    """The result of one read-only statement over the warehouse.

    Raises StoreError with DuckDB's first line for a wrong statement, one that would write, or a missing warehouse.
    """
    if not database.is_file():
        raise StoreError(f"{database}: not built yet; run `creativity demo` or `creativity materialize`")
    settings: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "lock_configuration": "true",
    }
    try:
        with duckdb.connect(str(database), read_only=True, config=settings) as connection:
            relation = connection.sql(sql)
            table = relation.to_arrow_table() if relation is not None else pa.table({})
    except duckdb.Error as error:
        if damage := warehouse_damage(database, error):
            raise damage from error
        raise StoreError(f"SQL: {str(error).splitlines()[0]}") from error
    # Integers with nulls stay integers: a year is 1888, not 1888.0.
    frame: pd.DataFrame = table.to_pandas(types_mapper=_INTEGERS.get)
    return frame


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def _json(frame: pd.DataFrame) -> bytes:
    text = frame.to_json(orient="records", date_format="iso", indent=2, force_ascii=False, double_precision=15)
    return (text + "\n").encode()


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), buffer)
    return buffer.getvalue()


FORMATS: dict[str, Callable[[pd.DataFrame], bytes]] = {"csv": _csv, "json": _json, "parquet": _parquet}
"""Machine-readable outputs; the command line adds `table` for people."""


def as_text(frame: pd.DataFrame) -> bytes:
    """A result for people: aligned columns, four significant digits, nothing cut off."""
    if frame.empty:
        return (" | ".join(map(str, frame.columns)) + "\n(no rows)\n").encode()
    text = frame.to_string(index=False, float_format=lambda value: f"{value:.4g}", na_rep="-")
    return (text + "\n").encode()
