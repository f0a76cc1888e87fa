"""Names, order and types of stored and public columns are a promise: parts on disk and people's queries hold them.

`columns.txt` was written before the columns were declared in one place; a new column belongs there by hand.
"""

from collections.abc import Iterator
from pathlib import Path

from creativity_assets.store import schemas
from creativity_assets.vocabulary import TABLES

PINNED = Path(__file__).with_name("columns.txt")

PARTS = {
    "record": schemas.RECORD,
    "shard": schemas.SHARD,
    "index": schemas.INDEX,
    "samples": schemas.samples(),
    "rejected": schemas.REJECTED,
    "floor_scores": schemas.floor_scores(),
    "reconstructions": schemas.RECONSTRUCTIONS,
    "image_metrics": schemas.image_metrics(),
    "ceilings": schemas.ceilings(),
    "readouts": schemas.READOUTS,
    "vectors": schemas.VECTORS,
    "membership": schemas.MEMBERSHIP,
}


def columns() -> Iterator[str]:
    for name, schema in PARTS.items():
        yield f"[part {name}]"
        yield from (f"{field.name} {field.type}" for field in schema)
    for table in TABLES.values():
        yield f"[{'view' if table.view else 'table'} {table.name}]"
        yield from (f"{column.name} {column.type}" for column in table.columns)


def test_stored_and_public_columns_are_those_they_were() -> None:
    assert list(columns()) == PINNED.read_text(encoding="utf-8").splitlines()[1:]
