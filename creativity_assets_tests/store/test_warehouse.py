from pathlib import Path

import duckdb
import pandas as pd
import pytest

from creativity_assets.errors import StoreError
from creativity_assets.store.layout import Store
from creativity_assets.store.parts import Provenance
from creativity_assets.store.sql.query import query
from creativity_assets.store.warehouse import build_warehouse, warehouse_hash
from creativity_assets.vocabulary import TABLES

READOUTS = pd.DataFrame(
    {
        "sample_id": ["h1", "a1"],
        "experiment": "m.ddim20",
        "readout": "noise_power",
        "value": [0.30000000000000004, None],
    }
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path)
    build_warehouse(store, {"readouts": READOUTS}, Provenance("one"))
    return store


def test_a_table_comes_back_with_its_types_and_nulls(store: Store) -> None:
    back = query(store.database, "SELECT * FROM readouts")
    assert back["value"].tolist()[0] == 0.30000000000000004
    assert back["value"].isna().tolist() == [False, True]
    described = query(store.database, "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE NOT internal")
    kinds = {row.column_name: (row.data_type, row.comment) for row in described.itertuples()}
    declared = (*TABLES["readouts"].columns, *TABLES["warehouse_info"].columns)
    assert kinds == {column.name: (column.type, column.comment) for column in declared}
    assert warehouse_hash(store) == "one"


def test_a_table_with_no_values_has_its_declared_types(store: Store) -> None:
    build_warehouse(store, {"membership": pd.DataFrame(columns=TABLES["membership"].names)}, Provenance("two"))
    kinds = query(store.database, "SELECT DISTINCT data_type FROM duckdb_columns() WHERE table_name = 'membership'")
    assert kinds["data_type"].tolist() == ["VARCHAR"]


@pytest.mark.parametrize(
    ("name", "frame", "message"),
    [
        ("paintings", READOUTS, "paintings: is no table of the warehouse"),
        ("scores", READOUTS, "scores: is no table of the warehouse"),
        ("readouts", READOUTS.drop(columns="value"), "readouts: value is not as"),
        ("readouts", READOUTS.assign(more=1), "readouts: more is not as"),
    ],
)
def test_a_table_that_is_not_declared_is_refused(store: Store, name: str, frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        build_warehouse(store, {name: frame}, Provenance("two"))
    assert warehouse_hash(store) == "one"


def test_a_reader_keeps_its_old_content_while_a_new_warehouse_is_swapped_in(store: Store) -> None:
    reader = duckdb.connect(str(store.database), read_only=True)
    try:
        build_warehouse(store, {"readouts": READOUTS.iloc[:1]}, Provenance("two"))
        assert reader.execute("SELECT count(*) FROM readouts").fetchone() == (2,)
    finally:
        reader.close()
    assert query(store.database, "SELECT count(*) AS n FROM readouts")["n"].tolist() == [1]
    assert [path.name for path in store.data_root.glob("*duckdb*")] == ["creativity.duckdb"]
