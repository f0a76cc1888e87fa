import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creativity_assets.errors import SourceError
from creativity_assets.sources import limits
from creativity_assets.sources.tables import pages
from creativity_assets.sources.tables.metadata import FORMATS, read_table

ROWS = [{"file": "a.png", "artist": "Łódź"}, {"file": "b.png", "artist": "B"}]


def parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), buffer)
    return buffer.getvalue()


SAME = {
    ".csv": "\ufefffile,artist\na.png,Łódź\nb.png,B\n".encode(),
    ".tsv": "file\tartist\na.png\tŁódź\nb.png\tB\n".encode(),
    ".json": json.dumps(ROWS).encode(),
    ".jsonl": "\n".join(json.dumps(row) for row in ROWS).encode() + b"\n\n",
    ".parquet": parquet(),
}


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gives_the_same_table(ending: str) -> None:
    table = read_table("set", f"sub/table{ending}", SAME[ending])
    assert table.header == ["file", "artist"]
    rows = list(table.rows)
    assert [dict(row) for _, row in rows] == ROWS
    assert all(place.startswith(f"sub/table{ending} ") for place, _ in rows)
    assert len({place for place, _ in rows}) == 2


def test_only_line_ends_part_json_lines() -> None:
    """Line and paragraph separators and next line are legal within a JSON string."""
    titles = ["one\u2028two", "one\u2029two", "one\u0085two", "one\x7ftwo"]
    lines = [json.dumps({"file": f"{n}.png", "title": title}, ensure_ascii=False) for n, title in enumerate(titles)]
    for end in ("\n", "\r\n", "\r"):
        table = read_table("set", "t.jsonl", end.join([*lines, "", ""]).encode())
        assert [row["title"] for _, row in table.rows] == titles


def test_an_object_by_file_name_as_diffusiondb_has_it() -> None:
    part = {"ec9b5e2c.png": {"p": "a castle", "se": 1, "c": 7.0, "st": 50, "sa": "k_lms"}, "f1.png": {"p": "a cat"}}
    table = read_table("set", "images/part-000001/part-000001.json", json.dumps(part).encode())
    assert table.header == ["file", "p", "se", "c", "st", "sa"]
    assert [row["file"] for _, row in table.rows] == list(part)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("t.csv", b"a,a\n1,2\n", "column 'a' twice"),
        ("t.csv", b"\x81\xe9", "not UTF-8"),
        ("t.json", b"{", "t.json line 1 is no JSON"),
        ("t.json", b"[1]", "must hold objects"),
        ("t.jsonl", b"{}\nnot", "no JSON lines"),
        ("t.parquet", b"PAR1", "no Parquet"),
        ("t.xlsx", b"", "is no table; have .csv"),
    ],
)
def test_an_unusable_table_is_one_line(name: str, data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match="set: ") as caught:
        read_table("set", name, data)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl"])
def test_a_table_in_one_endless_line_is_refused_before_it_is_parted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_LINE_BYTES", 20)
    good = {"t.jsonl": b'{"file": "a.jpg"}\n'}.get(name, b"file,artist\na.jpg,A\n")
    assert len(list(read_table("set", name, good * 9).rows)) > 8
    for bad in (b"x" * 21, good * 9 + b"x" * 21, good + b"x" * 21 + b"\n" + good):
        with pytest.raises(SourceError, match=rf"set: {name} has a line of more than"):
            read_table("set", name, bad)
    assert not limits.has_a_long_line(b"x" * 20 + b"\n" + b"y" * 20)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("t.json", b"[" * 100_000, "t.json is no JSON: it is nested too deeply"),
        ("t.json", b'{"a.jpg": {"year": ' + b"9" * 5000 + b"}}", "t.json is no JSON: a number in it cannot be read"),
        (
            "t.jsonl",
            b'{"file": "a.jpg"}\n' + b"[" * 100_000,
            "t.jsonl line 2 is no JSON lines: it is nested too deeply",
        ),
        ("t.jsonl", b'\n{"year": ' + b"9" * 5000 + b"}", "t.jsonl line 2 is no JSON lines: a number in it"),
    ],
)
def test_json_that_makes_the_parser_itself_give_up_is_one_line(name: str, data: bytes, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_table("set", name, data)
    assert str(caught.value).startswith(f"set: {said}")
    assert "\n" not in str(caught.value)


def test_a_parquet_table_that_is_too_large_or_damaged_within_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    made = io.BytesIO()
    pq.write_table(pa.table({"file": [f"{n}.jpg" for n in range(2000)]}), made, compression="zstd")
    data = made.getvalue()
    assert len(list(read_table("set", "t.parquet", data).rows)) == 2000
    said = []
    for place in range(30, 400, 10):
        try:
            list(read_table("set", "t.parquet", data[:place] + b"\xff\xff\xff" + data[place + 3 :]).rows)
        except SourceError as error:
            said.append(str(error))
    assert said and all(line.startswith("set: t.parquet") and "\n" not in line for line in said)
    monkeypatch.setattr(pages, "MAX_PAGE_BYTES", 100)
    with pytest.raises(SourceError, match=r"set: t.parquet: column file has a page"):
        read_table("set", "t.parquet", data)
