import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from creativity_assets.errors import StoreError
from creativity_assets.store.files import read_record, replacing, sweep_temporaries, write_record


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that is gone."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    return gone.pid


def left_by(root: Path, pid: int) -> list[Path]:
    """What a killed process may leave of a part, the warehouse with DuckDB's own files, the report, an entry."""
    names = [
        "store/metrics/a/b/.c.parquet.{}.0123abcd.tmp",
        "store/.revisions.json.{}.0123abcd.tmp",
        ".creativity.duckdb.{}.0123abcd.tmp",
        ".creativity.duckdb.{}.0123abcd.tmp.wal",
        ".creativity.duckdb.{}.0123abcd.tmp.tmp/spilled.block",
        "report/.index.html.{}.0123abcd.tmp",
        "catalog/.new.yaml.{}.0123abcd.tmp",
        "dagster_home/.dagster.yaml.{}.0123abcd.tmp",
    ]
    paths = [root / name.format(pid) for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    return paths


def test_only_leftovers_of_dead_processes_are_swept(tmp_path: Path, dead: int) -> None:
    gone, here = left_by(tmp_path, dead), left_by(tmp_path, os.getpid())
    kept = [tmp_path / name for name in ("store/.x.tmp", "store/.part.1.tmp", ".creativity.duckdb.x.0123abcd.tmp")]
    for path in kept:
        path.touch()
    assert sweep_temporaries(tmp_path) == len(gone)
    assert [path for path in gone if path.exists()] == []
    assert [path for path in (*here, *kept) if not path.exists()] == []


def test_a_process_that_got_a_dead_ones_number_does_not_keep_its_leftovers(tmp_path: Path) -> None:
    (left, *_) = left_by(tmp_path, os.getpid())
    long_ago = time.time() - 10 * 365 * 86400
    os.utime(left, (long_ago, long_ago))
    assert sweep_temporaries(tmp_path) == 1
    assert not left.exists()


def test_a_failed_write_leaves_the_old_file_and_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(StoreError), replacing(path) as temporary:  # noqa: PT012 - the block is what is tested
        temporary.write_bytes(b"half")
        tmp_path.write_bytes(b"fails")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def folder(path: Path) -> None:
    (path / "inside").mkdir(parents=True)


@pytest.mark.parametrize("put", [folder, os.mkfifo, lambda path: path.symlink_to(path.parent)])
def test_what_is_no_file_makes_room_and_is_kept(tmp_path: Path, put: object) -> None:
    path = tmp_path / "part.parquet"
    for text in ("one", "two"):  # a second time there is one aside already
        path.unlink(missing_ok=True)
        put(path)  # type: ignore[operator]
        with replacing(path) as temporary:
            temporary.write_text(text)
        assert path.read_text() == text
        assert sorted(file.name for file in tmp_path.iterdir()) == ["part.parquet", "part.parquet.damaged"]


@pytest.mark.parametrize("blocking", ["store", "store/metrics"])
def test_a_file_in_the_place_of_a_folder_is_named_with_the_remedy(tmp_path: Path, blocking: str) -> None:
    (tmp_path / blocking).parent.mkdir(exist_ok=True)
    (tmp_path / blocking).write_text("in the way")
    place = f"{tmp_path / blocking}: no folder; move it away"
    with pytest.raises(StoreError, match=place), replacing(tmp_path / "store" / "metrics" / "m" / "p.parquet"):
        pass


def test_a_link_to_nothing_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").symlink_to(tmp_path / "gone" / "disk")
    with pytest.raises(StoreError, match="store: no folder; move it away"), replacing(tmp_path / "store" / "p.parquet"):
        pass


def test_a_record_comes_back_and_one_that_is_not_whole_is_none(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "record.json"
    assert read_record(path) is None
    facts = {"b": [1, 0.1], "a": "ü"}
    write_record(path, facts)
    whole = path.read_bytes()
    assert read_record(path) == facts
    for place in range(len(whole)):
        for flip in (1, 0x80):
            changed = bytearray(whole)
            changed[place] ^= flip
            path.write_bytes(changed)
            assert read_record(path) in (None, facts), (place, flip)
    for text in ("", "[]", "5", "{}", json.dumps({"facts": facts}), "[" * 100_000):
        path.write_text(text)
        assert read_record(path) is None
    path.unlink()
    path.mkdir()
    assert read_record(path) is None
