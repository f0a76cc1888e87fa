import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creativity_assets import sources
from creativity_assets.catalog.datasets import ParquetDataset
from creativity_assets.errors import SourceError
from creativity_assets.sources.kinds import parquet
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets_tests.images.pictures import encoded, scene, write

IMAGES = [encoded(scene(20 + n, 20)) for n in range(40)]


def entry(path: Path | str, **settings: Any) -> ParquetDataset:
    return ParquetDataset(name="tables", kind="parquet", path=str(path), **settings)


def read(path: Path | str, root: Path, **settings: Any) -> list[SourceRecord | SourceReject]:
    return list(sources.read(entry(path, **settings), root))


def write_table(path: Path, columns: dict[str, Any], *, row_group_size: int = 7, description: Any = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns)
    if description is not None:
        table = table.replace_schema_metadata({"huggingface": json.dumps(description)})
    pq.write_table(table, path, row_group_size=row_group_size)
    return path


def test_rows_of_several_files_come_in_order_with_their_own_bytes(tmp_path: Path) -> None:
    write_table(tmp_path / "set" / "b.parquet", {"image": IMAGES[25:], "artist": ["B"] * 15})
    write_table(tmp_path / "set" / "a.parquet", {"image": IMAGES[:25], "artist": ["A"] * 25})
    write(tmp_path / "set" / "README.md", b"# a data set")
    for path in ("set", "set/*.parquet", tmp_path / "set"):
        records = read(path, tmp_path)
        assert [record.image for record in records] == IMAGES
        assert [record.key for record in records][24:26] == ["a.parquet:24", "b.parquet:0"]
        assert [record.fields["artist"] for record in records] == ["A"] * 25 + ["B"] * 15
    assert [record.image for record in read("set/b.parquet", tmp_path)] == IMAGES[25:]


def test_structs_classes_maps_and_missing_values(tmp_path: Path) -> None:
    cells = [{"bytes": data, "path": "image.png"} for data in IMAGES[:4]] + [
        None,
        {"bytes": None, "path": "x.png"},
    ]
    description = {"info": {"features": {"painter": {"names": ["Anna", "Łucja"], "_type": "ClassLabel"}}}}
    columns = {
        "picture": cells,
        "painter": [0, 1, -1, None, 0, 1],
        "date": ["1889", None, " ", "c. 1900", "x", "x"],
        "score": [1.5, float("nan"), 2.5, 3.5, 0.0, 0.0],
        "id": [11, 12, 13, 14, 15, 16],
    }
    write_table(tmp_path / "a.parquet", columns, description=description)
    mapped = {"image": "picture", "artist": "painter", "year": "date", "novelty": "score", "key": "id"}
    items = read("a.parquet", tmp_path, columns=mapped, constants={"label": "ai"})
    assert [dict(item.fields) for item in items if isinstance(item, SourceRecord)] == [
        {"label": "ai", "artist": "Anna", "year": "1889", "novelty": 1.5},
        {"label": "ai", "artist": "Łucja"},
        {"label": "ai", "novelty": 2.5},
        {"label": "ai", "year": "c. 1900", "novelty": 3.5},
    ]
    assert [item.key for item in items] == ["11", "12", "13", "14", "15", "16"]
    assert [item.reason for item in items if isinstance(item, SourceReject)] == ["no_image_bytes"] * 2


def test_repeated_and_missing_keys_are_rejects(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", {"image": IMAGES[:3], "id": ["x", "x", None]})
    items = read("a.parquet", tmp_path, columns={"key": "id"})
    assert [item.reason for item in items if isinstance(item, SourceReject)] == ["duplicate_key", "missing_key"]
    assert [item.key for item in items if isinstance(item, SourceRecord)] == ["x"]


@pytest.mark.parametrize("columns", [{}, {"key": "id"}])
def test_limit_and_seed(tmp_path: Path, columns: dict[str, str]) -> None:
    write_table(tmp_path / "a.parquet", {"image": IMAGES, "id": [f"k{n}" for n in range(40)]})
    sample = [item.key for item in read("a.parquet", tmp_path, columns=columns, limit=9, seed=3)]
    assert len(sample) == 9
    assert sample == [item.key for item in read("a.parquet", tmp_path, columns=columns, limit=9, seed=3)]
    assert sample != [item.key for item in read("a.parquet", tmp_path, columns=columns, limit=9, seed=4)]


def test_a_broken_file_is_a_reject_and_the_others_are_read(tmp_path: Path) -> None:
    write(tmp_path / "set" / "a.parquet", b"PAR1 and then nothing")
    write_table(tmp_path / "set" / "b.parquet", {"image": IMAGES[:3]})
    whole = write_table(tmp_path / "set" / "c.parquet", {"image": IMAGES}).read_bytes()
    middle = len(whole) // 2
    write(tmp_path / "set" / "c.parquet", whole[:middle] + b"\xff" * 300 + whole[middle + 300 :])
    items = read("set", tmp_path)
    rejects = [item for item in items if isinstance(item, SourceReject)]
    assert [(reject.key, reject.reason) for reject in rejects] == [
        ("a.parquet", "unreadable_file"),
        ("c.parquet", "unreadable_file"),
    ]
    assert [item.image for item in items if item.key.startswith("b.parquet")] == IMAGES[:3]
    kept = [item for item in items if isinstance(item, SourceRecord) and item.key.startswith("c.parquet")]
    assert [record.image for record in kept] == IMAGES[: len(kept)]
    assert 0 < len(kept) < 40


@pytest.mark.parametrize(
    ("path", "settings", "message"),
    [
        ("gone.parquet", {}, "does not exist"),
        ("*.parket", {}, "no Parquet file"),
        ("empty", {}, "no Parquet file"),
        ("a.parquet", {"columns": {"artist": "painter"}}, "no column 'painter'"),
        ("a.parquet", {"columns": {"image": "name"}}, "not image bytes"),
        ("b.parquet", {}, "no column 'image'"),
    ],
)
def test_an_unusable_source_is_named_before_anything_is_read(
    tmp_path: Path, path: str, settings: dict[str, Any], message: str
) -> None:
    (tmp_path / "empty").mkdir()
    write_table(tmp_path / "a.parquet", {"image": IMAGES[:1], "name": ["x"]})
    write_table(tmp_path / "b.parquet", {"picture": IMAGES[:1]})
    with pytest.raises(SourceError, match="tables: ") as caught:
        sources.read(entry(path, **settings), tmp_path)
    assert message in str(caught.value)


def test_a_column_that_is_there_twice_is_named_where_it_is_read(tmp_path: Path) -> None:
    names, columns = ["image", "artist", "artist"], [pa.array(IMAGES[:2]), pa.array(["A", "B"]), pa.array(["C", "D"])]
    pq.write_table(pa.Table.from_arrays(columns, names), tmp_path / "a.parquet")
    assert [record.image for record in read("a.parquet", tmp_path, columns={"artist": None})] == IMAGES[:2]
    with pytest.raises(SourceError, match=r"tables: a.parquet has the column 'artist' twice; rename one"):
        read("a.parquet", tmp_path, columns={"artist": "artist"})
    assert parquet.words(entry("a.parquet"), tmp_path, 5) == (names, {})


def test_the_fingerprint_changes_with_files_and_entry(tmp_path: Path) -> None:
    write_table(tmp_path / "set" / "a.parquet", {"image": IMAGES[:2]})
    root = tmp_path
    before = sources.fingerprint(entry("set"), root)
    assert before == sources.fingerprint(entry("set"), root)
    assert before != sources.fingerprint(entry("set", limit=1), root)
    write_table(tmp_path / "set" / "b.parquet", {"image": IMAGES[:2]})
    assert before != sources.fingerprint(entry("set"), root)


def test_a_column_that_is_mapped_to_none_is_not_read(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", {"image": IMAGES[:2], "label": ["cat", "dog"], "title": ["A", "B"]})
    records = read("a.parquet", tmp_path, columns={"label": None})
    assert [dict(record.fields) for record in records if isinstance(record, SourceRecord)] == [
        {"title": "A"},
        {"title": "B"},
    ]
