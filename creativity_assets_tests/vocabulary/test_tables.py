"""Every public column is declared once, and the warehouse, the README and the statistics agree with it."""

import re
from pathlib import Path

import duckdb
import pytest

from creativity_assets.statistics.tables import GROUPINGS
from creativity_assets.store.layout import Store
from creativity_assets.vocabulary import TABLES, Column
from creativity_assets.vocabulary.page import page

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("name", TABLES)
def test_every_text_is_one_sentence_of_one_line(name: str) -> None:
    table = TABLES[name]
    assert len(set(table.names)) == len(table.names)
    for text in (table.row, *(column.comment for column in table.columns)):
        assert text and text == " ".join(text.split()) and not text.endswith(".")
        assert len(text) < 200


def test_a_comment_holds_unit_range_and_words() -> None:
    assert Column("a", "DOUBLE", "A share", low=0, high=1).comment == "A share (from 0 to 1)"
    assert Column("a", "BIGINT", "A width", "pixels", low=1).comment == "A width (in pixels; from 1 up)"
    assert Column("a", "VARCHAR", "A kind", words=("x", "y")).comment == "A kind (one of x, y)"
    assert Column("a", "VARCHAR", "A name").comment == "A name"


def test_the_tables_of_the_statistics_are_those_declared() -> None:
    assert {name for name in TABLES if name.startswith("stats_")} == set(GROUPINGS)
    for name, grouping in GROUPINGS.items():
        assert set(grouping.labels) | ({grouping.column} - {None}) <= set(TABLES[name].names)


def test_the_readme_lists_the_tables() -> None:
    section = README.read_text(encoding="utf-8").split("\n## The tables\n", 1)[1].split("\n## ", 1)[0]
    firsts = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    listed = [name for cell in firsts for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(listed) == sorted(TABLES)


def test_every_table_and_column_of_a_built_warehouse_says_what_it_is(measured_root: Path) -> None:
    with duckdb.connect(str(Store(measured_root).database), read_only=True) as connection:
        tables = connection.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall()
        views = connection.execute("SELECT view_name, comment FROM duckdb_views() WHERE NOT internal").fetchall()
        columns = connection.execute(
            "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    assert dict(tables) == {name: table.row for name, table in TABLES.items() if not table.view}
    assert dict(views) == {name: table.row for name, table in TABLES.items() if table.view}
    assert {(table, name): told for table, name, *told in columns} == {
        (table.name, column.name): [column.type, column.comment]
        for table in TABLES.values()
        for column in table.columns
    }


def test_the_page_of_tables_is_what_is_declared() -> None:
    made = "`python -m creativity_assets.vocabulary.page > docs/tables.md` makes it again"
    assert (README.parent / "docs" / "tables.md").read_text(encoding="utf-8") == page(), made
