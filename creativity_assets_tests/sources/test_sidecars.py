"""Texts and objects beside images, as webdataset and img2dataset write them: the same in folders and archives."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from creativity_assets import sources
from creativity_assets.catalog.datasets import ArchiveDataset, FolderDataset
from creativity_assets.errors import SourceError
from creativity_assets.sources.kinds import archive
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.workflow.steps.records import record_row, unusable
from creativity_assets_tests.beside import case
from creativity_assets_tests.images.pictures import write
from creativity_assets_tests.sources.archives import tar, zipped

Read = tuple[dict[str, dict[str, Any]], dict[str, str]]
Maker = Callable[[Path, Mapping[str, bytes]], Path]


def in_folder(path: Path, members: Mapping[str, bytes]) -> Path:
    for name, data in members.items():
        write(path / name, data)
    return path


def read(path: Path, **settings: Any) -> Read:
    """Fields by key, and the reasons of rejects by key."""
    kind = FolderDataset if path.is_dir() else ArchiveDataset
    entry = kind.model_validate(
        {"name": "laion", "kind": "folder" if path.is_dir() else "archive", "path": str(path)} | settings
    )
    items = list(sources.read(entry, path.parent))
    assert len({item.key for item in items}) == len(items)
    records = {item.key: dict(item.fields) for item in items if isinstance(item, SourceRecord)}
    return records, {item.key: item.reason for item in items if isinstance(item, SourceReject)}


def object_of(**values: Any) -> bytes:
    return json.dumps({"url": "http://x", "status": "success", "exif": "{}", **values}).encode()


MEMBERS = {
    "00/1.jpg": b"1",
    "00/1.txt": b"\xef\xbb\xbfa text \xc3\xa9\n",
    "00/1.json": object_of(caption="a caption", artist="Ann", key="000000001"),
    "00/2.png": b"2",
    "00/2.txt": b"only a text",
    "00/3.jpg": b"3",
    "00/3.jpg.json": object_of(artist="Ben", year=1889),  # as galleries are fetched
    "00/4.jpg": b"4",
    "00/4.caption": b"as trainers write it",
    "00/5.jpg": b"5",
}

BOTH = pytest.mark.parametrize("made", [in_folder, tar, zipped])


@BOTH
def test_caption_and_fields_are_joined_by_stem(tmp_path: Path, made: Maker) -> None:
    assert read(made(tmp_path / "set", MEMBERS)) == (
        {
            "00/1.jpg": {"caption": "a caption", "artist": "Ann"},
            "00/2.png": {"artist": "00", "title": "2", "caption": "only a text"},
            "00/3.jpg": {"artist": "Ben", "year": 1889},
            "00/4.jpg": {"artist": "00", "title": "4", "caption": "as trainers write it"},
            "00/5.jpg": {"artist": "00", "title": "5"},
        },
        {},
    )


@BOTH
def test_the_entrys_map_holds_for_objects_too(tmp_path: Path, made: Maker) -> None:
    members = {
        "1.jpg": b"1",
        "1.json": object_of(id=7, painter="Ann", blip="words", made="fake", caption="not this"),
        "1.txt": b"nor this",
    }
    path = made(tmp_path / "set", members)
    columns = {"key": "id", "artist": "painter", "caption": "blip", "label": "made"}
    assert read(path, columns=columns, values={"label": {"fake": "ai"}}) == (
        {"7": {"artist": "Ann", "caption": "words", "label": "ai"}},
        {},
    )
    assert read(path, columns={"caption": None}) == ({"1.jpg": {}}, {})
    with pytest.raises(SourceError, match="laion: no column 'author' for 'artist' in the source"):
        read(path, columns={"artist": "author"})


@BOTH
def test_what_is_damaged_or_alone_is_counted(tmp_path: Path, made: Maker) -> None:
    members = {
        "cut.jpg": b"1",
        "cut.json": b'{"caption": "a',
        "deep.jpg": b"1",
        "deep.json": b"[" * 30_000 + b"]" * 30_000,
        "digits.jpg": b"1",
        "digits.json": b'{"year": ' + b"9" * 5000 + b"}",
        "latin.jpg": b"1",
        "latin.txt": b"caf\xe9",
        "list.jpg": b"1",
        "list.json": b"[1]",
        "long.jpg": b"1",
        "long.txt": b"x" * (2**16 + 1),
        "good.jpg": b"1",
        "good.txt": b"x" * 2**16,
        "gone.json": object_of(caption="no image"),
        "gone.txt": b"no image",
        "README.txt": b"about all this",
        "other/notes.txt": b"nothing here is read by stems",
    }
    records, rejects = read(made(tmp_path / "set", members))
    assert list(records) == ["good.jpg"]
    assert rejects == {
        **dict.fromkeys(
            (f"{name}.jpg" for name in ("cut", "deep", "digits", "latin", "list", "long")), "unreadable_sidecar"
        ),
        "gone.json": "missing_file",
        "gone.txt": "missing_file",
    }
    assert read(tmp_path / "set", partial=True)[1].keys() == rejects.keys() - {"gone.json", "gone.txt"}


@BOTH
def test_where_objects_say_who_made_an_image_one_without_is_no_human_work(tmp_path: Path, made: Maker) -> None:
    members = {"1.jpg": b"1", "1.json": object_of(label="ai"), "2.jpg": b"2", "2.txt": b"words"}
    assert read(made(tmp_path / "set", members)) == ({"1.jpg": {"label": "ai"}}, {"2.jpg": "no_metadata_row"})


@BOTH
def test_a_table_goes_before_what_lies_beside(tmp_path: Path, made: Maker) -> None:
    members = {
        "1.jpg": b"1",
        "1.json": object_of(artist="Ann", style="Cubism"),
        "1.txt": b"words",
        "data.csv": b"file,artist\n1.jpg,Cleo\n",
    }
    path = made(tmp_path / "set", members)
    assert read(path, metadata="data.csv") == (
        {"1.jpg": {"artist": "Cleo", "style": "Cubism", "caption": "words"}},
        {},
    )
    mapped = read(path, metadata="data.csv", columns={"artist": "artist", "style": None})
    assert mapped == ({"1.jpg": {"artist": "Cleo", "caption": "words"}}, {})


def test_links_to_images_and_texts_are_followed_together(tmp_path: Path) -> None:
    members = {"a/1.jpg": b"1", "a/1.txt": b"words"}
    links = {"b/2.jpg": "../a/1.jpg", "b/2.txt": "../a/1.txt"}
    path = tar(tmp_path / "set.tar.gz", members, links)
    assert read(path)[0]["b/2.jpg"] == {"artist": "b", "title": "2", "caption": "words"}


def test_what_no_table_can_hold_is_a_reject_of_its_own_image(tmp_path: Path) -> None:
    members = {f"{name}.jpg": b"1" for name in ("surrogate", "object", "list", "good")} | {
        "surrogate.json": b'{"artist": "A\\ud800"}',
        "object.json": object_of(artist={"name": "A"}),
        "list.json": object_of(title=[["A"]]),
        "good.json": object_of(artist=["A", "B"], title="\N{PILE OF POO}"),
    }
    records, rejects = read(in_folder(tmp_path / "set", members))
    assert records == {"good.jpg": {"artist": "A, B", "title": "\N{PILE OF POO}"}}
    assert rejects == dict.fromkeys(("surrogate.jpg", "object.jpg", "list.jpg"), "not_text")


def test_a_row_that_names_no_possible_file_is_a_reject_that_can_be_stored(tmp_path: Path) -> None:
    rows = b'[{"file": "a\\ud800.jpg"}, {"file": "a\\u0000.jpg"}, {"file": "1.jpg", "novelty": 1' + b"0" * 400 + b"}]"
    path = in_folder(tmp_path / "set", {"1.jpg": b"1", "data.json": rows})
    records, rejects = read(path, metadata="data.json")
    assert list(records) == ["1.jpg"]
    assert set(rejects.values()) == {"missing_file"}
    for key in rejects:
        key.encode()
    items = list(sources.read(FolderDataset(name="x", kind="folder", path=str(path), metadata="data.json"), tmp_path))
    (record,) = (item for item in items if isinstance(item, SourceRecord))
    reject = unusable(record, record_row("x", record))
    assert reject is not None and reject.reason == "not_a_number"


def test_texts_of_an_archive_are_bounded_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = {"1.jpg": b"1", "1.txt": b"x" * 50, "2.jpg": b"2", "2.txt": b"x" * 50}
    path = tar(tmp_path / "set.tar", members)
    monkeypatch.setattr(archive, "MAX_SIDECARS_BYTES", 100)
    assert len(read(path)[0]) == 2
    monkeypatch.setattr(archive, "MAX_SIDECARS_BYTES", 99)
    with pytest.raises(SourceError, match=r"laion: the texts beside images of .*unpack it"):
        read(path)


@pytest.mark.parametrize("source", ["wds-folder", "00000.tar"])
def test_the_shared_case(source: str) -> None:
    records, rejects = read(case("sources", source))
    assert rejects == {}
    assert records == {f"00000000{n}.jpg": {"caption": f"a caption {n}", "artist": "Ann Example"} for n in range(4)}
