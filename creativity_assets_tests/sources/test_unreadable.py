"""What lies in a source and is no file: pipes, sockets, devices, loops of links, folders and tables without permission.

Nothing may wait for a writer: each of these tests would hang where a pipe is opened.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from creativity_assets import sources
from creativity_assets.catalog.datasets import DatasetEntry
from creativity_assets.errors import SourceError
from creativity_assets.sources import limits
from creativity_assets.sources.incoming import look
from creativity_assets.sources.limits import bounded_bytes
from creativity_assets.sources.records import SourceReject
from creativity_assets_tests.images.pictures import write
from creativity_assets_tests.sources.archives import zipped
from creativity_assets_tests.sources.measured import measured
from creativity_assets_tests.sources.videos import video

pytestmark = [pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here"), pytest.mark.timeout(60)]

ENTRY: TypeAdapter[Any] = TypeAdapter(DatasetEntry)


def pipe(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    return path


def plug(path: Path) -> Path:
    """A socket; its address is short, as the system wants it."""
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)
    return path


def loop(path: Path) -> Path:
    path.symlink_to(path.name)
    return path


def dangling(path: Path) -> Path:
    path.symlink_to("nowhere")
    return path


def zeros(path: Path) -> Path:
    path.symlink_to("/dev/zero")
    return path


KINDS: dict[str, Callable[[Path], Path]] = {
    "a pipe": pipe,
    "a socket": plug,
    "a device": zeros,
    "symbolic link": loop,
    "No such file": dangling,
}
every_kind = pytest.mark.parametrize(("said", "make"), KINDS.items())


def entry(kind: str, path: Path, **settings: Any) -> Any:
    frames = {"frames": {"every": 1.0}} if kind == "video" else {}
    return ENTRY.validate_python({"name": "odd", "kind": kind, "path": str(path)} | frames | settings)


@every_kind
def test_in_place_of_an_image_it_is_a_reject_and_the_rest_is_read(
    tmp_path: Path, said: str, make: Callable[[Path], Path]
) -> None:
    write(tmp_path / "a.jpg")
    make(tmp_path / "b.jpg")
    make(tmp_path / "c.txt")
    wanted = entry("folder", tmp_path)
    items = list(sources.read(wanted, tmp_path))
    assert [item.key for item in items if not isinstance(item, SourceReject)] == ["a.jpg"]
    (reject,) = (item for item in items if isinstance(item, SourceReject))
    assert (reject.key, reject.reason) == ("b.jpg", "unreadable")
    assert said in reject.detail
    assert sources.fingerprint(wanted, tmp_path)


@every_kind
def test_in_place_of_a_table_it_is_one_line(tmp_path: Path, said: str, make: Callable[[Path], Path]) -> None:
    write(tmp_path / "a.jpg")
    make(tmp_path / "metadata.csv")
    for function in (sources.fingerprint, lambda *args: list(sources.read(*args))):
        with pytest.raises(SourceError, match=r"odd: .*metadata.csv cannot be read .*take it away") as caught:
            function(entry("folder", tmp_path), tmp_path)
        assert said in str(caught.value)


@every_kind
def test_beside_an_image_it_is_a_reject_of_the_image(tmp_path: Path, said: str, make: Callable[[Path], Path]) -> None:
    write(tmp_path / "a.jpg")
    make(tmp_path / "a.json")
    (reject,) = sources.read(entry("folder", tmp_path), tmp_path)
    assert isinstance(reject, SourceReject)
    assert reject.reason == "unreadable_sidecar"
    assert said in reject.detail


@every_kind
@pytest.mark.parametrize("kind", ["archive", "parquet", "folder", "video", "huggingface"])
def test_in_place_of_the_source_it_is_one_line(
    tmp_path: Path, kind: str, said: str, make: Callable[[Path], Path]
) -> None:
    path = make(tmp_path / "set.parquet")
    for function in (sources.fingerprint, lambda *args: list(sources.read(*args))):
        with pytest.raises(SourceError, match="odd: ") as caught:
            function(entry(kind, path), tmp_path)
        assert any(str(place) in str(caught.value) for place in (path, tmp_path / "nowhere", "/dev/zero"))
        assert "\n" not in str(caught.value)


@every_kind
def test_among_parquet_files_it_is_a_reject(tmp_path: Path, said: str, make: Callable[[Path], Path]) -> None:
    make(tmp_path / "b.parquet")
    (reject,) = sources.read(entry("parquet", tmp_path), tmp_path)
    assert isinstance(reject, SourceReject)
    assert (reject.key, reject.reason) == ("b.parquet", "unreadable_file")
    assert said in reject.detail
    assert sources.fingerprint(entry("parquet", tmp_path), tmp_path)


@every_kind
def test_among_videos_it_is_a_reject(tmp_path: Path, said: str, make: Callable[[Path], Path]) -> None:
    video(tmp_path / "a.mp4", [90])
    make(tmp_path / "b.mp4")
    items = list(sources.read(entry("video", tmp_path), tmp_path))
    assert [(item.key, getattr(item, "reason", None)) for item in items] == [
        ("a.mp4#t=0.000", None),
        ("b.mp4", "unreadable"),
    ]


@pytest.mark.parametrize("make", [pipe, plug])
def test_in_a_folder_for_the_datasets_library_it_is_one_line(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    write(tmp_path / "a.jpg")
    make(tmp_path / "metadata.csv")
    with pytest.raises(SourceError, match=r"odd: .*metadata.csv is a (pipe|socket), not a file; take it away"):
        list(sources.read(entry("huggingface", tmp_path), tmp_path))


@every_kind
def test_in_data_incoming_it_is_refused(tmp_path: Path, said: str, make: Callable[[Path], Path]) -> None:
    (tmp_path / "incoming").mkdir()
    make(tmp_path / "incoming" / "set")
    write(tmp_path / "incoming" / "good" / "a.jpg")
    make(tmp_path / "incoming" / "good" / "metadata.csv")
    found = look(tmp_path, now=2e10)
    assert found.ready == ("good",)
    assert [(reject.key, reject.reason) for reject in found.refused] == [("set", "not_a_folder")]


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "~nobody-of-this-name/a"])
def test_a_path_that_no_system_has_is_refused_with_its_entry(path: str) -> None:
    with pytest.raises(ValidationError, match=r"holds a NUL|longer than a path can be|nobody's home here"):
        entry("folder", Path(path))


@pytest.mark.parametrize("path", ["x" * 255, "loop/a", "nowhere"])
def test_a_path_that_leads_nowhere_is_one_line(tmp_path: Path, path: str) -> None:
    loop(tmp_path / "loop")
    for kind in ("folder", "archive", "parquet", "video", "huggingface"):
        for function in (sources.fingerprint, sources.read):
            with pytest.raises(SourceError, match=r"odd: .*(cannot be reached|does not exist)") as caught:
                function(entry(kind, Path(path)), tmp_path)
            assert "\0" not in str(caught.value)


def test_a_file_is_read_up_to_its_limit_and_not_beyond(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b"12345")
    assert bounded_bytes(path, 5) == b"12345"
    with pytest.raises(OSError, match="5 bytes; at most"):
        bounded_bytes(path, 4)
    with pytest.raises(OSError, match="a folder, not a file"):
        bounded_bytes(tmp_path, 4)
    assert bounded_bytes(write(tmp_path / "empty", b""), 0) == b""


def test_an_image_larger_than_the_limit_is_a_reject_that_was_not_read(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg")
    with (tmp_path / "b.jpg").open("wb") as file:
        file.truncate(2**40)
    found = measured([{"kind": "folder", "path": str(tmp_path)}])
    assert found[0].lines == ["a.jpg", f"too_large: b.jpg: {2**40} bytes; at most 128 MiB are read"]
    assert found[0].rise < 32
    with (tmp_path / "metadata.csv").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(SourceError, match=r"metadata.csv cannot be read \(\d+ bytes; at most 128 MiB are read\)"):
        list(sources.read(entry("folder", tmp_path), tmp_path))
    assert sources.fingerprint(entry("folder", tmp_path), tmp_path)  # told by its size, as large tables are
    assert limits.table_limit("metadata.csv") == 128 * 2**20


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that any user may enter, unlike pytest's own."""
    place = Path(tempfile.mkdtemp(prefix="creativity-"))
    place.chmod(0o755)
    yield place
    for path in place.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(place)


def test_folders_and_tables_without_permission(open_to_all: Path) -> None:
    """Root may read everything, hence another user reads."""
    root = open_to_all
    user = 65534 if os.getuid() == 0 else None
    for name in ("sub", "list", "file"):
        write(root / name / "a.jpg")
    write(root / "sub" / "closed" / "b.jpg")
    (root / "sub" / "closed").chmod(0o000)
    write(root / "list" / "seen" / "b.jpg")
    (root / "list" / "seen").chmod(0o744)  # may be listed and not entered
    write(root / "file" / "b.jpg").chmod(0o000)
    write(root / "table" / "a.jpg")
    write(root / "table" / "metadata.csv", b"file\na.jpg\n").chmod(0o000)
    write(root / "whole" / "a.jpg")
    (root / "whole").chmod(0o000)
    zipped(root / "set.zip", {"a.jpg": b"a"}).chmod(0o000)
    write(root / "p" / "a.parquet", b"x").chmod(0o000)
    video(root / "v" / "a.mp4", [90]).chmod(0o000)
    places = [
        ("folder", "sub"),
        ("folder", "list"),
        ("folder", "file"),
        ("folder", "table"),
        ("folder", "whole"),
        ("folder", "whole/in"),
        ("archive", "set.zip"),
        ("parquet", "p"),
        ("video", "v"),
    ]
    videos = {"video": {"frames": {"every": 1.0}}}
    found = measured([{"kind": kind, "path": str(root / name)} | videos.get(kind, {}) for kind, name in places], user)
    said = {name: one.lines for (_, name), one in zip(places, found, strict=True)}
    assert said["sub"] == ["a.jpg", "unreadable: closed: a folder that cannot be opened (Permission denied)"]
    assert said["list"] == ["a.jpg", "unreadable: seen/b.jpg: Permission denied"]
    assert said["file"] == ["a.jpg", "unreadable: b.jpg: Permission denied"]
    for name, line in {
        "table": r"metadata.csv cannot be read (Permission denied)",
        "whole": r"whole cannot be opened (Permission denied)",
        "whole/in": r"whole/in cannot be reached (Permission denied)",
        "set.zip": r"set.zip cannot be read (Permission denied)",
        "p": "unreadable_file: a.parquet: ",
        "v": "damaged_video: a.mp4: ",
    }.items():
        assert len(said[name]) == 1 and line in said[name][0], said[name]
        assert "ermission denied" in said[name][0]
