"""SQL over the warehouse: every type in every format, errors that point, and no way out."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from creativity_assets.errors import QueryError, StoreError
from creativity_assets.store.layout import Store
from creativity_assets.store.parts import Provenance
from creativity_assets.store.sql import query as module
from creativity_assets.store.sql.formats import FORMATS, PAGE, Written
from creativity_assets.store.sql.query import asking, query, statements, unique
from creativity_assets.store.warehouse import build_warehouse
from creativity_assets.vocabulary import EMBEDDED_NOTE
from creativity_assets_tests.store.test_scores import frames


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("data"))
    build_warehouse(store, frames(), Provenance("one"))
    return store.database


@pytest.fixture
def write(database: Path) -> Callable[..., tuple[bytes, Written]]:
    def call(statement: str, form: str, limit: int | None = None) -> tuple[bytes, Written]:
        sink, written = io.BytesIO(), Written(limit)
        with asking(database, statement) as result:
            FORMATS[form](result, sink, written)
        return sink.getvalue(), written

    return call


Write = Callable[..., tuple[bytes, Written]]

VALUES: dict[str, tuple[str, str, Any]] = {
    # SQL, as text in table, CSV and Markdown, in JSON
    "interval": ("INTERVAL '1 month 2 days 3.5 seconds'", "1 month 2 days 00:00:03.5", "1 month 2 days 00:00:03.5"),
    "map": ("MAP {'a': 1.5, 'b': NULL}", "{a=1.5, b=NULL}", {"a": 1.5, "b": None}),
    "map of lists": ("MAP {1: [2, 3]}", "{1=[2, 3]}", {"1": [2, 3]}),
    "struct": ("{'x': 1, 'a \"b': {'y': [true]}}", "{'x': 1, 'a \"b': {'y': [true]}}", {"x": 1, 'a "b': {"y": [True]}}),
    "unnamed struct": ("row(1, 'a')", "(1, a)", "(1, a)"),
    "list": ("[1, NULL, 3]", "[1, NULL, 3]", [1, None, 3]),
    "empty list": ("[]", "[]", []),
    "array": ("[1, 2]::INTEGER[2]", "[1, 2]", [1, 2]),
    "list of dates": ("[DATE 'infinity', DATE '0044-03-15 (BC)']", "[infinity, '0044-03-15 (BC)']", ["infinity", "0044-03-15 (BC)"]),
    "blob": (r"'\x00\xFF'::BLOB", r"\x00\xFF", r"\x00\xFF"),
    "decimal": ("1.10::DECIMAL(38, 2)", "1.10", 1.1),
    "hugeint": ("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727", 170141183460469231731687303715884105727),
    "unsigned hugeint": ("340282366920938463463374607431768211455::UHUGEINT", "340282366920938463463374607431768211455", 2**128 - 1),
    "small hugeint": ("sum(5)", "5", 5),
    "bignum": ("123456789012345678901234567890123456789012345::BIGNUM", "123456789012345678901234567890123456789012345", 123456789012345678901234567890123456789012345),
    "big integer": ("9007199254740993", "9007199254740993", 9007199254740993),
    "uuid": ("'00000000-0000-0000-0000-00000000000a'::UUID", "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000a"),
    "bits": ("'0101'::BIT", "0101", "0101"),
    "union": ("union_value(k := 1)", "1", "1"),
    "enum": ("'x'::ENUM('x', 'y')", "x", "x"),
    "json": ("'{\"a\": 1}'::JSON", '{"a": 1}', '{"a": 1}'),
    "boolean": ("true", "true", True),
    "time zone": ("TIMESTAMPTZ '2026-01-02 03:04:05+02'", "2026-01-02 01:04:05+00", "2026-01-02T01:04:05Z"),
    "timestamp": ("TIMESTAMP '2026-01-02 03:04:05.25'", "2026-01-02 03:04:05.25", "2026-01-02T03:04:05.25"),
    "nanoseconds": ("TIMESTAMP_NS '2026-01-02 03:04:05.000000001'", "2026-01-02 03:04:05.000000001", "2026-01-02T03:04:05.000000001"),
    "date": ("DATE '2026-01-02'", "2026-01-02", "2026-01-02"),
    "time": ("TIME '10:11:12'", "10:11:12", "10:11:12"),
    "midnight's other name": ("TIME '24:00:00'", "24:00:00", "24:00:00"),
    "time with zone": ("'10:00:00+02:00'::TIMETZ", "10:00:00+02", "10:00:00+02"),
    "infinite date": ("DATE 'infinity'", "infinity", "infinity"),
    "infinite past": ("TIMESTAMP '-infinity'", "-infinity", "-infinity"),
    "infinite zoned": ("TIMESTAMPTZ 'infinity'", "infinity", "infinity"),
    "infinite seconds": ("'infinity'::TIMESTAMP_S", "infinity", "infinity"),
    "infinite nanoseconds": ("'infinity'::TIMESTAMP_NS", "infinity", "infinity"),
    "before Christ": ("DATE '0044-03-15 (BC)'", "0044-03-15 (BC)", "0044-03-15 (BC)"),
    "moment before Christ": ("TIMESTAMP '0044-03-15 (BC) 10:00:00'", "0044-03-15 (BC) 10:00:00", "0044-03-15 (BC) 10:00:00"),
    "far future": ("DATE '12345-01-01'", "12345-01-01", "12345-01-01"),
    "quote": ("'say \"a\", b'", 'say "a", b', 'say "a", b'),
    "accent": ("'Łucja 北斎'", "Łucja 北斎", "Łucja 北斎"),
    "empty": ("''", "", ""),
}  # fmt: skip


EACH = "SELECT " + ", ".join(f"(SELECT {value[0]}) AS v{i}" for i, value in enumerate(VALUES.values()))
EACH_AND_NULLS = f"{EACH} UNION ALL SELECT {', '.join(['NULL'] * len(VALUES))}"
NAMES = [f"v{i}" for i in range(len(VALUES))]


@pytest.mark.parametrize(("statement", "count"), [(EACH, 1), (EACH_AND_NULLS, 2)])
def test_every_type_comes_out_in_every_format(write: Write, database: Path, statement: str, count: int) -> None:
    texts, in_json = [value[1] for value in VALUES.values()], [value[2] for value in VALUES.values()]
    objects = [dict(zip(NAMES, in_json, strict=True)), dict.fromkeys(NAMES)][:count]
    assert json.loads(write(statement, "json")[0]) == objects
    assert [json.loads(line) for line in write(statement, "jsonl")[0].decode().splitlines()] == objects
    rows = list(csv.reader(io.StringIO(write(statement, "csv")[0].decode())))
    assert rows == [NAMES, texts, [""] * len(NAMES)][: count + 1]
    table = write(statement, "table")[0].decode().splitlines()
    assert len(table) == count + 1
    assert [text for text in texts if text not in table[1]] == []
    markdown = write(statement, "markdown")[0].decode().splitlines()
    assert re.sub(r"\\([\\|`*<>\[\]&~])", r"\1", markdown[2]) == f"| {' | '.join(texts)} |"
    parquet = pd.read_parquet(io.BytesIO(write(statement, "parquet")[0]))
    frame = query(database, statement)
    assert len(parquet) == len(frame) == count
    assert parquet.iloc[0].notna().all() and (count == 1 or parquet.iloc[1].isna().all())
    assert list(frame.columns) == NAMES


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("DATE 'infinity'", "infinity"),
        ("TIMESTAMP '0044-03-15 (BC) 10:00:00'", "0044-03-15 (BC) 10:00:00"),
        ("INTERVAL 1 DAY", "1 day"),
        ("sum(5)", 5),
        ("2::HUGEINT ** 0 * 100000000000000000000::HUGEINT", 100000000000000000000),
        ("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"),
        (r"'\x00\xFF'::BLOB", b"\x00\xff"),
        ("TIMESTAMPTZ '2026-01-02 03:04:05+02'", pd.Timestamp("2026-01-02T01:04:05Z")),
        ("0.30000000000000004::DOUBLE", 0.30000000000000004),
    ],
)
def test_parquet_holds_the_value_or_its_text(write: Write, expression: str, expected: object) -> None:
    held = pd.read_parquet(io.BytesIO(write(f"SELECT {expression} AS v", "parquet")[0]))["v"].iloc[0]
    assert held == expected and isinstance(held, str) == isinstance(expected, str)


def test_one_odd_date_makes_its_column_text_and_no_other(write: Write) -> None:
    dates = "SELECT * FROM (VALUES (DATE '2020-01-01', DATE '2020-01-01'), (DATE 'infinity', NULL)) AS t(odd, plain)"
    held = pd.read_parquet(io.BytesIO(write(dates, "parquet")[0]))
    assert held["odd"].tolist() == ["2020-01-01", "infinity"]
    assert str(held["plain"].iloc[0]) == "2020-01-01" and not isinstance(held["plain"].iloc[0], str)


def test_what_is_no_finite_number_is_null_in_json_and_said(write: Write) -> None:
    numbers = (
        "SELECT 'nan'::DOUBLE AS a, 'inf'::FLOAT AS b, ['-inf'::DOUBLE, 1e300, 0.1::DOUBLE] AS c, -0.0::DOUBLE AS d"
    )

    def refuse(word: str) -> None:
        raise AssertionError(word)

    for form in ("json", "jsonl"):
        content, written = write(numbers, form)
        held = json.loads(content, parse_constant=refuse)
        held = held[0] if form == "json" else held
        assert held == {"a": None, "b": None, "c": [None, 1e300, 0.1], "d": 0.0}
        assert written.remarks == ["null in JSON stands for 3 values that are NaN or infinite"]
    assert write(numbers, "csv")[0].decode().splitlines()[1].startswith("nan,inf,")


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "parquet"])
def test_numbers_keep_all_their_digits(write: Write, form: str) -> None:
    random = np.random.default_rng(1).standard_normal(50) * 10.0 ** np.arange(-25, 25)
    listed = ", ".join(f"('{value!r}'::DOUBLE)" for value in map(float, random))
    content = io.BytesIO(write(f"SELECT v FROM (VALUES {listed}) AS t(v)", form)[0])
    if form == "csv":
        back = [float(line) for line in content.getvalue().split()[1:]]
    elif form == "parquet":
        back = pd.read_parquet(content)["v"].tolist()
    else:
        rows = json.loads(content.getvalue()) if form == "json" else map(json.loads, content.getvalue().splitlines())
        back = [row["v"] for row in rows]
    assert back == random.tolist()


HOSTILE = "chr(27) || '[31mred' || chr(10) || chr(155) || '2J' || chr(8238) || 'abc' || chr(127) || chr(13)"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")


@pytest.mark.parametrize("form", ["table", "markdown", "json", "jsonl"])
def test_nothing_from_the_data_reaches_the_terminal_as_a_command(write: Write, form: str) -> None:
    text = write(f'SELECT {HOSTILE} AS "name\x1b[2J\u202e", 1 AS n', form)[0].decode()
    assert OBEYED.search(text) is None
    assert len(text.splitlines()) == {"table": 2, "markdown": 3, "json": 3, "jsonl": 1}[form]
    shown = re.sub(r"\\([\\\[])", r"\1", text) if form == "markdown" else text
    assert ("\\u001b[31mred" if form.startswith("json") else "\\x1b[31mred\\n\\x9b2J\\u202eabc\\x7f\\r") in shown


def test_nor_does_anything_in_an_error(database: Path) -> None:
    with pytest.raises(QueryError) as error:
        query(database, f"SELECT error({HOSTILE})")
    assert OBEYED.search(str(error.value)) is None
    assert "\\x1b[31mred" in str(error.value)


def test_names_after_a_join_are_unique(write: Write) -> None:
    join = "SELECT * FROM image_metrics m JOIN samples s ON m.sample_id = s.sample_id LIMIT 3"
    for form in ("csv", "json", "parquet"):
        content = write(join, form)[0]
        if form == "parquet":
            names = list(pd.read_parquet(io.BytesIO(content)).columns)
        else:
            names = content.decode().splitlines()[0].split(",") if form == "csv" else list(json.loads(content)[0])
        assert len(set(names)) == len(names) == 50
        assert {"sample_id", "sample_id_1", "dataset", "dataset_1"} <= set(names)


@pytest.mark.parametrize(
    ("names", "made"),
    [
        (["a", "a", "A"], ("a", "a_1", "A_2")),
        (["a", "a", "a_1"], ("a", "a_2", "a_1")),
        (["a_1", "a", "a"], ("a_1", "a", "a_2")),
        (["", ""], ("column", "column_1")),
    ],
)
def test_unique_names(names: list[str], made: tuple[str, ...]) -> None:
    assert unique(names) == made


def test_the_limit_cuts_and_counts(write: Write) -> None:
    content, written = write("SELECT range AS n FROM range(12345)", "csv", 40)
    assert content.decode().splitlines()[-1] == "39"
    assert written.line == "40 of 12,345 rows; --limit 0 shows all"
    assert write("SELECT range AS n FROM range(40)", "csv", 40)[1].line == ""
    content, written = write("SELECT a.range FROM range(1000000) a, range(1000000) b", "table", 2)
    assert len(content.splitlines()) == 3
    assert written.line == "2 of more than 1,000,000 rows; --limit 0 shows all"


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_result_has_its_columns(write: Write, form: str) -> None:
    content = write("SELECT sample_id, year FROM samples WHERE false", form)[0]
    if form == "parquet":
        assert list(pd.read_parquet(io.BytesIO(content)).columns) == ["sample_id", "year"]
        return
    assert (
        content.decode()
        == {
            "table": "sample_id  year\n(no rows)\n",
            "csv": "sample_id,year\n",
            "json": "[]\n",
            "jsonl": "",
            "markdown": "| sample_id | year |\n| --- | ---: |\n",
        }[form]
    )


def test_a_long_table_has_one_head_and_all_rows_in_order(write: Write) -> None:
    lines = write(f"SELECT range AS n FROM range({2 * PAGE + 5})", "table")[0].decode().splitlines()
    assert [line.strip() for line in lines] == ["n", *map(str, range(2 * PAGE + 5))]


def test_a_plan_is_drawn_over_its_lines(write: Write) -> None:
    assert len(write("EXPLAIN SELECT * FROM scores WHERE score > 1", "table")[0].decode().splitlines()) > 5


def test_a_row_whose_only_value_is_null_is_a_row_of_csv(write: Write) -> None:
    assert len(pd.read_csv(io.BytesIO(write("SELECT NULL AS v UNION ALL SELECT NULL", "csv")[0]))) == 2


@pytest.mark.parametrize(
    ("statement", "said", "place"),
    [
        ("SELECT artits FROM samples", 'Candidate bindings: "artist"', "artits"),
        ("SELECT * FROM sampels", 'Did you mean "samples"?', "sampels"),
        ("SELECT artist\nFORM samples WHERE", "syntax error", "samples"),
        ("SELECT sqroot(2)", 'Did you mean "sqrt"?', "sqroot"),
        (
            "SELECT 'x' || range,\n  CAST(('x' || range) AS INTEGER) FROM range(5000)",
            "Could not convert string 'x0'",
            "CAST",
        ),
    ],
)
@pytest.mark.parametrize("form", ["table", "parquet"])
def test_an_error_keeps_duckdb_s_place_and_candidates(
    write: Write, statement: str, said: str, place: str, form: str
) -> None:
    with pytest.raises(QueryError, match=r"^SQL: ") as error:
        write(statement, form)
    lines = str(error.value).splitlines()
    assert said in str(error.value)
    (told,) = [i for i, line in enumerate(lines) if line.startswith("LINE ")]
    number = 1 + next(i for i, line in enumerate(statement.splitlines()) if place in line)
    assert lines[told].startswith(f"LINE {number}: ")
    assert lines[told][lines[told + 1].index("^") :].startswith(place) or place == "CAST"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM scores",
        "DROP TABLE samples",
        "UPDATE samples SET year = 1",
        "INSERT INTO membership VALUES (1, 2, 3, 4)",
        "ALTER TABLE samples DROP COLUMN year",
        "COMMENT ON TABLE samples IS 'x'",
        "CREATE TABLE other AS SELECT 1",
        "CREATE TEMP TABLE other AS SELECT 1",
        "CREATE MACRO f(a) AS a",
        "COPY samples TO 'stolen.csv'",
        "COPY (SELECT 1) TO '/dev/stdout'",
        "EXPLAIN ANALYZE COPY samples TO 'stolen.csv'",
        "EXPORT DATABASE 'stolen'",
        "IMPORT DATABASE 'stolen'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM read_parquet('x.parquet')",
        "SELECT * FROM read_json('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'https://example.org/x.parquet'",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM parquet_metadata('x.parquet')",
        "ATTACH 'other.duckdb'",
        "ATTACH ':memory:' AS other",
        "DETACH creativity",
        "USE memory",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "RESET memory_limit",
        "PRAGMA memory_limit = '100GB'",
        "PRAGMA temp_directory = '/tmp'",
        "PRAGMA profiling_output = '/tmp/x'",
        "CALL enable_logging(storage_path = '/tmp/x')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CREATE SECRET s (TYPE s3)",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "BEGIN",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE samples",
        "",
        ";",
        "-- nothing",
        "SELECT * FROM frames",
        "SELECT * FROM database",
        "SELECT getenv('HOME')",
    ],
)
def test_sql_can_neither_write_nor_look_elsewhere(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = database.read_bytes()
    frames = database = Path(database)  # noqa: F841  names that DuckDB would find in Python, were it let
    with pytest.raises(QueryError, match=r"^SQL: "):
        query(database, statement)
    assert list(tmp_path.iterdir()) == [] and database.read_bytes() == before
    assert [path.name for path in database.parent.iterdir() if path.name != "store"] == ["creativity.duckdb"]


@pytest.mark.parametrize(
    "statement",
    ["DESCRIBE scores", "SHOW TABLES", "SUMMARIZE samples", "FROM samples", "VALUES (1)", "EXPLAIN SELECT 1", "EXPLAIN ANALYZE SELECT 1",
     "PRAGMA table_info('samples')", "PIVOT samples ON label USING count(*)", "WITH a AS (SELECT 1) FROM a", "SELECT 1;", "SELECT 1 -- one",
     "/* one; two */ SELECT ';'"],
)  # fmt: skip
def test_what_only_asks_is_answered(write: Write, statement: str) -> None:
    assert len(write(statement, "table")[0].splitlines()) > 1
    assert write(statement, "csv")[0]


def test_memory_is_bounded(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_MEMORY", 100 * 2**20)
    crossed = "SELECT * FROM samples a, samples b, samples c, samples d ORDER BY a.sample_id || d.sample_id"
    for statement in (crossed, "SELECT list(range) FROM range(300000000)"):
        with pytest.raises(QueryError, match="^SQL: out of memory: .*; narrow it with WHERE") as error:
            query(database, statement)
        assert len(str(error.value).splitlines()) == 1
    with asking(database, "SELECT current_setting('memory_limit'), current_setting('temp_directory')") as result:
        assert result.relation.fetchall() == [("100.0 MiB", "")]


def test_a_large_result_is_not_held(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of some 400 MB pass through a limit of 64 MB, and are gone once written."""
    monkeypatch.setattr(module, "MAX_MEMORY", 64 * 2**20)

    class Counting(io.RawIOBase):
        count = 0

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.count += len(data)
            return len(data)

    sink, written = Counting(), Written(None)
    with asking(database, "SELECT repeat('x', 20000) AS v FROM range(20000)") as result:
        FORMATS["csv"](result, sink, written)  # type: ignore[arg-type]
    assert (written.shown, sink.count) == (20000, 20000 * 20001 + 2)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("SELECT * FROM scores", "scores: "),
        ("SELECT count(*) FROM Image_Metrics", "image_metrics: "),
        ('SELECT * FROM "stats_overall", stats_by_era', "stats_overall, stats_by_era: "),
        ("SELECT * FROM samples", None),
        ("SELECT * FROM comparison_members", None),
        ("SELECT * FROM paper_reference", None),
    ],
)
def test_scores_of_stand_ins_are_told(database: Path, statement: str, named: str | None) -> None:
    if "paper_reference" in statement:
        statement = "SELECT 'paper_reference'"
    with asking(database, statement) as result:
        assert result.notes == (() if named is None else (named + EMBEDDED_NOTE,))


def test_scores_of_the_study_s_own_suite_carry_no_note(tmp_path: Path) -> None:
    store = Store(tmp_path)
    paper = {name: frame.assign(suite="paper") if "suite" in frame else frame for name, frame in frames().items()}
    build_warehouse(store, paper, Provenance("paper"))
    with asking(store.database, "SELECT * FROM scores, stats_overall") as result:
        assert result.notes == ()


def test_a_missing_or_damaged_warehouse_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="creativity demo"):
        query(tmp_path / "creativity.duckdb", "SELECT 1")
    damaged = tmp_path / "damaged.duckdb"
    damaged.write_bytes(b"no database" * 2000)
    with pytest.raises(StoreError, match=r"damaged\.duckdb: "):
        query(damaged, "SELECT 1")


def test_statements_are_told_apart() -> None:
    assert [text.strip() for text in statements("SELECT 1; SELECT ';' -- ;\n;")] == ["SELECT 1;", "SELECT ';' -- ;\n;"]


def test_years_with_nulls_stay_whole(database: Path) -> None:
    frame = query(database, "SELECT * FROM (VALUES (1888), (NULL)) AS t(year)")
    assert frame["year"].dtype == pd.Int32Dtype()


def test_the_connection_is_closed_again(database: Path) -> None:
    query(database, "SELECT 1")
    duckdb.connect(str(database)).close()
