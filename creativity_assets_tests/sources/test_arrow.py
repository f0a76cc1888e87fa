"""Arrow's many types of columns, folders that `save_to_disk` wrote, and files whose lengths lie."""

import json
import struct
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creativity_assets import sources
from creativity_assets.catalog.datasets import HuggingFaceDataset, ParquetDataset
from creativity_assets.commands.catalog.guessing import has_images
from creativity_assets.errors import SourceError
from creativity_assets.sources.kinds import huggingface
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.sources.tables import pages
from creativity_assets.sources.tables.arrow_cells import holds_pictures, rows_of
from creativity_assets_tests.beside import case
from creativity_assets_tests.images.pictures import encoded, scene, write

IMAGES = [encoded(scene(20 + n, 20)) for n in range(3)]
BINARY = pa.array([*IMAGES, None], pa.binary())
PATHS = pa.array(["a", "b", None, "d"])


def hf_struct(data: pa.Array, paths: pa.Array = PATHS) -> pa.Array:
    return pa.StructArray.from_arrays([data, paths], ["bytes", "path"])


def lists(of: pa.DataType) -> pa.Array:
    return pa.array([None if data is None else list(data) for data in BINARY.to_pylist()], of)


LAYOUTS = {
    "binary": BINARY,
    "large_binary": BINARY.cast(pa.large_binary()),
    "binary_view": BINARY.cast(pa.binary_view()),
    "dictionary": BINARY.dictionary_encode(),
    "dictionary of large": BINARY.cast(pa.large_binary()).dictionary_encode(),
    "list of bytes": lists(pa.list_(pa.uint8())),
    "large list of signed bytes": pa.array(
        [None if d is None else [(b ^ 128) - 128 for b in d] for d in BINARY.to_pylist()], pa.large_list(pa.int8())
    ),
    "list view of bytes": lists(pa.list_view(pa.uint8())),
    "list of one": pa.array([None if data is None else [data] for data in BINARY.to_pylist()]),
    "struct": hf_struct(BINARY),
    "struct of views": hf_struct(BINARY.cast(pa.binary_view()), PATHS.cast(pa.string_view())),
    "struct of dictionaries": hf_struct(BINARY.dictionary_encode(), PATHS.dictionary_encode()),
    "list of one struct": pa.array(
        [None if data is None else [{"bytes": data, "path": "x"}] for data in BINARY.to_pylist()]
    ),
}


def parquet(path: Path, **settings: Any) -> list[SourceRecord | SourceReject]:
    return list(sources.read(ParquetDataset(name="arrow", kind="parquet", path=str(path), **settings), path.parent))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_images_are_read_in_every_layout(tmp_path: Path, layout: str) -> None:
    artists = pa.array(["Ann", "Ben", None, "Cleo"])
    for words in (
        artists,
        artists.cast(pa.large_string()),
        artists.cast(pa.string_view()),
        artists.dictionary_encode(),
    ):
        pq.write_table(pa.table({"image": LAYOUTS[layout], "artist": words}), tmp_path / "a.parquet")
        items = parquet(tmp_path / "a.parquet")
        assert [item.image for item in items if isinstance(item, SourceRecord)] == IMAGES
        assert [item.fields.get("artist") for item in items[:3]] == ["Ann", "Ben", None]  # type: ignore[union-attr]
        assert isinstance(items[3], SourceReject) and items[3].reason == "no_image_bytes"
    assert has_images(tmp_path / "a.parquet")


def test_a_cell_of_several_images_is_a_reject_and_lists_of_words_are_words(tmp_path: Path) -> None:
    table = {
        "image": [[IMAGES[0], IMAGES[1]], [IMAGES[2]], []],
        "artist": [["Ann"], ["Ben", "Cleo"], ["Dora"]],
        "caption": [["one"], ["the first", "the second"], []],
    }
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    several, one, none = parquet(tmp_path / "a.parquet")
    assert isinstance(several, SourceReject) and "holds 2 images" in several.detail
    assert isinstance(one, SourceRecord) and one.image == IMAGES[2]
    assert one.fields == {"artist": "Ben, Cleo", "caption": "the first"}
    assert isinstance(none, SourceReject) and none.reason == "no_image_bytes"


@pytest.mark.parametrize("kind", [pa.string(), pa.int64(), pa.list_(pa.string()), pa.list_(pa.float32()), pa.null()])
def test_what_is_no_bytes_is_no_image_column(kind: pa.DataType) -> None:
    assert not holds_pictures(kind)


@pytest.mark.parametrize("name", ["view.parquet", "dict.parquet"])
def test_the_shared_cases_of_types(name: str) -> None:
    items = parquet(case("sources", name))
    assert len(items) > 0
    assert all(isinstance(item, SourceRecord) and item.image[:3] == b"\xff\xd8\xff" for item in items)


def saved(path: Path, rows: int = 4) -> Any:
    import datasets

    features = datasets.Features(
        {"image": datasets.Image(), "artist": datasets.Value("string"), "kind": datasets.ClassLabel(names=["x", "y"])}
    )
    cells = [{"bytes": IMAGES[n % 3], "path": None} for n in range(rows)]
    made = datasets.Dataset.from_dict(
        {"image": cells, "artist": [f"artist {n}" for n in range(rows)], "kind": [n % 2 for n in range(rows)]},
        features=features,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets.config, "IN_MEMORY_MAX_SIZE", 0)
        datasets.disable_progress_bars()
        made.save_to_disk(str(path))
    return made


def hub(path: Path, **settings: Any) -> list[SourceRecord | SourceReject]:
    entry = HuggingFaceDataset(name="saved", kind="huggingface", path=str(path), **settings)
    assert sources.fingerprint(entry, path.parent)
    return list(sources.read(entry, path.parent))


def test_a_saved_folder_is_read_by_rows_and_by_split(tmp_path: Path) -> None:
    saved(tmp_path / "one")
    records = hub(tmp_path / "one", columns={"style": "kind"})
    assert [item.key for item in records] == ["train:0", "train:1", "train:2", "train:3"]
    assert [item.image for item in records] == [*IMAGES, IMAGES[0]]  # type: ignore[union-attr]
    assert [dict(item.fields) for item in records][:2] == [  # type: ignore[union-attr]
        {"artist": "artist 0", "style": "x"},
        {"artist": "artist 1", "style": "y"},
    ]
    assert len(hub(tmp_path / "one", limit=2)) == 2
    both = tmp_path / "both"
    saved(both / "train", 2)
    saved(both / "test", 3)
    write(both / "dataset_dict.json", b'{"splits": ["train", "test"]}')
    assert len(hub(both)) == 2
    assert [item.key for item in hub(both, split="test")] == ["test:0", "test:1", "test:2"]
    with pytest.raises(SourceError, match=r"saved: .* has no split 'valid'; have train, test"):
        hub(both, split="valid")


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("state.json", b"{", "describes no saved data set"),
        ("state.json", b"[]", "describes no saved data set"),
        ("state.json", b'{"_data_files": [{"filename": "../../secret.arrow"}]}', "lies elsewhere"),
        ("state.json", b'{"_data_files": [{"filename": "/etc/passwd"}]}', "lies elsewhere"),
        ("state.json", b"[" * 100_000, "describes no saved data set"),
        ("dataset_dict.json", b'{"splits": [".."]}', "lies elsewhere"),
        ("dataset_dict.json", b'{"splits": "train"}', "has no split"),
        ("dataset_info.json", b"{", "cannot load"),
        ("dataset_info.json", b'{"features": {"image": {"_type": "Nothing"}}}', "cannot load"),
    ],
)
def test_a_saved_folder_with_a_damaged_description_is_one_line(
    tmp_path: Path, file: str, content: bytes, said: str
) -> None:
    saved(tmp_path / "set")
    (tmp_path / "set" / file).write_bytes(content)
    with pytest.raises(SourceError, match="saved: ") as caught:
        hub(tmp_path / "set")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_saved_file_whose_lengths_or_offsets_lie_is_one_line(tmp_path: Path) -> None:
    saved(tmp_path / "set")
    (arrow,) = (tmp_path / "set").glob("*.arrow")
    sound = arrow.read_bytes()
    offsets = struct.pack("<5i", 0, *(sum(len(IMAGES[n % 3]) for n in range(k)) for k in range(1, 5)))
    place = sound.index(offsets)
    for number, lie in ((4, 2**31 - 1), (2, -1), (3, 0)):
        wrong = offsets[: number * 4] + struct.pack("<i", lie) + offsets[number * 4 + 4 :]
        arrow.write_bytes(sound[:place] + wrong + sound[place + len(offsets) :])
        with pytest.raises(SourceError, match="saved: cannot load") as caught:
            hub(tmp_path / "set")
        assert "\n" not in str(caught.value)
    for damaged in (
        sound[: len(sound) // 2],
        b"",
        b"ARROW1\0\0" + bytes(100),
        b"\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(64),
    ):
        arrow.write_bytes(damaged)
        with pytest.raises(SourceError, match="saved: cannot load"):
            hub(tmp_path / "set")


@pytest.mark.parametrize("name", ["saved", "saved-dict"])
def test_the_shared_cases_of_saved_folders(name: str) -> None:
    items = hub(case("sources", name))
    assert len(items) > 0
    assert all(isinstance(item, SourceRecord) and item.fields["artist"] for item in items)


def test_a_cell_cannot_name_a_file_outside_its_data_set(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.jpg")
    cells = [
        {"bytes": None, "path": str(secret)},
        {"bytes": None, "path": f"{tmp_path}/set/../secret.jpg"},
        {"bytes": None, "path": "http://127.0.0.1:9/a.jpg"},
        {"bytes": None, "path": f"{tmp_path}/set/a\0b.jpg"},
        {"bytes": IMAGES[0], "path": str(secret)},
    ]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    described = {"info": {"features": {"image": {"_type": "Image"}}}}
    table = pa.table({"image": pa.array(cells, kind)}).replace_schema_metadata({"huggingface": json.dumps(described)})
    (tmp_path / "set").mkdir()
    pq.write_table(table, tmp_path / "set" / "a.parquet")
    *rejects, record = hub(tmp_path / "set")
    assert [item.reason for item in rejects if isinstance(item, SourceReject)] == [
        *["path_outside_source"] * 3,
        "unreadable",
    ]
    assert isinstance(record, SourceRecord) and record.image == IMAGES[0]


def test_the_datasets_library_is_given_no_parquet_that_takes_much_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = {"info": {"features": {"image": {"_type": "Image"}}}}
    table = pa.table({"image": LAYOUTS["struct"]}).replace_schema_metadata({"huggingface": json.dumps(described)})
    (tmp_path / "set").mkdir()
    pq.write_table(table, tmp_path / "set" / "a.parquet")
    write(tmp_path / "set" / "README.md", b"# a set")
    assert len(hub(tmp_path / "set")) == 4
    assert len(hub(tmp_path / "set", streaming=False)) == 4
    monkeypatch.setattr(huggingface, "MAX_ROW_GROUP_BYTES", 100)
    with pytest.raises(SourceError, match=r"a.parquet has a row group of .*; `kind: parquet` reads it"):
        hub(tmp_path / "set")
    monkeypatch.setattr(pages, "MAX_PAGE_BYTES", 100)
    with pytest.raises(SourceError, match=r"a.parquet column image.bytes has a page of"):
        hub(tmp_path / "set")


def test_what_python_has_no_value_for_says_so_and_harms_nothing_else() -> None:
    """A date of the year 148,000, a time zone that is nowhere, bytes that are no text, a length beyond days."""
    batch = pa.record_batch(
        {
            "year": pa.array([0, 2**62, None], pa.timestamp("us")),
            "zone": pa.array([0, 1, None], pa.timestamp("s", tz="No/Where")),
            "text": pa.array([b"a", b"\xff", None], pa.binary()).view(pa.string()),
            "days": pa.array([1, 2**31 - 1, None], pa.date32()),
            "long": pa.array([1, 2**62, None], pa.duration("s")),
            "pair": pa.StructArray.from_arrays([pa.array([0, 2**62, 0], pa.timestamp("us"))], ["x"]),
            "sound": [1, 2, 3],
        }
    )
    first, second, third = rows_of(batch)
    assert [row["sound"] for row in (first, second, third)] == [1, 2, 3]
    assert {name for name, value in second.items() if str(value).startswith("<unreadable ")} == {*second} - {"sound"}
    assert first["year"] == datetime(1970, 1, 1)
    assert first["text"] == "a"
    assert {name for name, value in third.items() if value is None} == {"year", "zone", "text", "days", "long"}
