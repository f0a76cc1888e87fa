"""Archives in parts, and links within archives."""

import io
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from creativity_assets import sources
from creativity_assets.catalog.datasets import ArchiveDataset, FolderDataset
from creativity_assets.errors import SourceError
from creativity_assets.sources.archives.split import part_by_name
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets_tests.beside import case
from creativity_assets_tests.images.pictures import write
from creativity_assets_tests.sources.archives import zipped


def read(path: Path, **settings: Any) -> tuple[dict[str, bytes], dict[str, str]]:
    entry = ArchiveDataset.model_validate({"name": "parts", "kind": "archive", "path": str(path)} | settings)
    items = list(sources.read(entry, path.parent))
    records = {item.key: item.image for item in items if isinstance(item, SourceRecord)}
    return records, {item.key: item.reason for item in items if isinstance(item, SourceReject)}


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("ai.z01", "zip -s 0 ai.zip --out ai-whole.zip"),
        ("ai.Z12", "zip -s 0 ai.zip --out ai-whole.zip"),
        ("ai.zip.001", "cat ai.zip.* > ai.zip"),
        ("ai.zip.aa", "cat ai.zip.* > ai.zip"),
        ("ai.zip.part01", "cat ai.zip.* > ai.zip"),
        ("ai.tar.aa", "cat ai.tar.* > ai.tar"),
        ("ai.tar.gz.ab", "cat ai.tar.gz.* > ai.tar.gz"),
        ("ai.tar.gz-part-aa", "cat ai.tar.gz-* > ai.tar.gz"),
        ("ai.tar.gz_aa", "cat ai.tar.gz_* > ai.tar.gz"),
        ("ai.tgz.00", "cat ai.tgz.* > ai.tgz"),
        ("a b.tar.000", "cat 'a b.tar.'* > 'a b.tar'"),
        ("ai.7z.002", "unpack ai.7z.* together"),
        ("ai.part1.rar", "unpack ai.part*.rar together"),
        ("ai.r00", "unpack ai.rar with all its parts"),
    ],
)
def test_a_part_is_told_by_its_name_and_the_line_says_how_to_join_it(tmp_path: Path, name: str, remedy: str) -> None:
    write(tmp_path / name, b"PK\3\4 and more")
    with pytest.raises(SourceError) as caught:
        read(tmp_path / name)
    assert f"parts: {tmp_path / name} is a part of a split archive" in str(caught.value)
    assert remedy in str(caught.value)
    write(tmp_path / "a.jpg")
    folder = FolderDataset(name="parts", kind="folder", path=str(tmp_path))
    rejects = [item for item in sources.read(folder, tmp_path) if isinstance(item, SourceReject)]
    assert [(reject.key, reject.reason) for reject in rejects] == [(name, "split_archive")]


@pytest.mark.parametrize(
    "name",
    [
        *("a.zip", "a.tar", "a.tar.gz", "a.tar.xz", "a.tar.bz2", "a.tar.zst", "a.tar.lz", "images_part1.zip"),
        *("a.zip.md5", "a.zip.asc", "a.zip.txt", "a.tar.gz.sig", "a.tar.2024", "a.r", "a.z1", "scan.001", "xaa"),
    ],
)
def test_what_is_whole_is_no_part(name: str) -> None:
    assert part_by_name(name) is None


def test_the_last_part_of_a_zip_file_is_told_by_its_neighbours_or_its_own_end(tmp_path: Path) -> None:
    path = zipped(tmp_path / "ai.zip", {"a.jpg": b"a"})
    assert read(path)[0] == {"a.jpg": b"a"}
    whole = path.read_bytes()
    end = whole.rindex(b"PK\5\6")
    path.write_bytes(whole[: end + 4] + struct.pack("<HH", 1, 0) + whole[end + 8 :])
    with pytest.raises(SourceError, match=r"ai.zip is a part of a split archive; join its parts: zip -s 0 ai.zip"):
        read(path)
    path.write_bytes(whole)
    write(tmp_path / "ai.z01", b"PK")
    with pytest.raises(SourceError, match="is a part of a split archive"):
        read(path)


def test_the_shared_case_of_a_split_zip_file() -> None:
    for name in ("imagenet_ai.zip", "imagenet_ai.z01"):
        with pytest.raises(
            SourceError, match=r"is a part of a split archive; join its parts: zip -s 0 imagenet_ai.zip"
        ):
            read(case("sources", "split", name))


def linked(path: Path, *members: tuple[str, bytes | str, bytes]) -> Path:
    """A tar of (name, content or link's target, type)."""
    with tarfile.open(path, "w") as archive:
        for name, content, kind in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                info.linkname = content
                archive.addfile(info)
    return path


FILE, HARD, SOFT = tarfile.REGTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE


def test_links_are_read_where_what_they_stand_for_is_inside(tmp_path: Path) -> None:
    path = linked(
        tmp_path / "set.tar",
        ("b/early.jpg", "../a/1.jpg", SOFT),
        ("a/1.jpg", b"one", FILE),
        ("b/1.jpg", "a/1.jpg", HARD),
        ("b/2.jpg", "./a/1.jpg", HARD),
        ("b/3.jpg", "../a/./1.jpg", SOFT),
        ("c.jpg", "b/3.jpg", SOFT),
        ("d.jpg", "c.jpg", HARD),
    )
    names = ["a/1.jpg", "b/1.jpg", "b/2.jpg", "b/3.jpg", "b/early.jpg", "c.jpg", "d.jpg"]
    assert read(path) == (dict.fromkeys(names, b"one"), {})
    assert len(read(path, limit=3)[0]) == 3


def test_links_that_lead_outside_nowhere_or_round_are_rejects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from creativity_assets.sources.kinds import archive

    monkeypatch.setattr(archive, "MAX_IMAGE_BYTES", 3)
    outside = write(tmp_path / "outside.jpg")
    path = linked(
        tmp_path / "set.tar",
        ("a.jpg", b"one", FILE),
        ("later.jpg", "z.jpg", HARD),
        ("up.jpg", "../outside.jpg", SOFT),
        ("up2.jpg", "../outside.jpg", HARD),
        ("up3.jpg", "x/../../outside.jpg", SOFT),
        ("root.jpg", str(outside), SOFT),
        ("root2.jpg", str(outside), HARD),
        ("nul.jpg", "a.jpg\0x", SOFT),
        ("none.jpg", "", SOFT),
        ("gone.jpg", "gone-too.jpg", SOFT),
        ("self.jpg", "self.jpg", SOFT),
        ("x.jpg", "y.jpg", SOFT),
        ("y.jpg", "x.jpg", SOFT),
        ("large.bin", b"four", FILE),
        ("large.jpg", "large.bin", HARD),
        ("device.jpg", "", tarfile.CHRTYPE),
        ("pipe.jpg", "", tarfile.FIFOTYPE),
        ("z.jpg", b"two", FILE),
    )
    records, rejects = read(path)
    assert records.keys() - {"nul.jpg"} == {"a.jpg", "z.jpg"}  # a header ends a name at NUL
    assert rejects.pop("large.bin") == "too_large"
    assert set(rejects.values()) == {"unreadable"}
    assert len(rejects) == 14


def test_symbolic_links_of_zip_files_are_followed_too(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/1.jpg", b"one")
        for name, target in (("b/1.jpg", "../a/1.jpg"), ("out.jpg", "/etc/passwd")):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, 0o120777 << 16
            archive.writestr(info, target)
    assert read(path) == ({"a/1.jpg": b"one", "b/1.jpg": b"one"}, {"out.jpg": "unreadable"})


def test_the_shared_case_of_hard_links() -> None:
    records, rejects = read(case("sources", "hardlinks.tar"))
    assert rejects == {}
    assert list(records) == ["a/1.jpg", "b/1.jpg", "b/2.jpg"]
    assert len(set(records.values())) == 1
