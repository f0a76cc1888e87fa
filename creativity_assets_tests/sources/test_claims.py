"""What an archive claims of itself: refused in seconds, within the stated memory, in one line."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from creativity_assets import sources
from creativity_assets.catalog.datasets import ArchiveDataset
from creativity_assets.errors import SourceError
from creativity_assets.sources import limits
from creativity_assets.sources.archives import members
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets_tests.sources.measured import measured

ZEROS = bytes(2**20)
TIGHT = 200
"""MiB: what these take at most is the longest table of contents (64) and a member of 40 MiB with its buffer."""

SECONDS = 10
"""Of one refusal, on a busy machine; alone each takes less than one."""


def entry(path: Path, **settings: Any) -> ArchiveDataset:
    return ArchiveDataset.model_validate({"name": "claims", "kind": "archive", "path": str(path)} | settings)


def read(path: Path, **settings: Any) -> tuple[list[str], dict[str, str]]:
    items = list(sources.read(entry(path, **settings), path.parent))
    records = [item.key for item in items if isinstance(item, SourceRecord)]
    return records, {item.key: item.reason for item in items if isinstance(item, SourceReject)}


def header(name: str = "a.jpg", size: int = 0, kind: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def tar_of(path: Path, *infos: tuple[str, dict[str, str]]) -> Path:
    """Members of three bytes with extended headers."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, extended in infos:
            info = tarfile.TarInfo(name)
            info.size, info.pax_headers = 3, extended
            archive.addfile(info, io.BytesIO(b"abc"))
    return path


def bomb(path: Path, compress: Callable[[bytes], bytes], first: bytes = b"") -> Path:
    """Streams of zeros, one after another, as every of these formats allows."""
    path.write_bytes(compress(first) + compress(ZEROS * 8) * 10)
    return path


def zip_of_zeros(path: Path, mib: int, claim: int, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zip file of one member whose table claims another size than it has."""
    with zipfile.ZipFile(path, "w", method) as archive, archive.open("a.jpg", "w") as member:
        for _ in range(mib):
            member.write(ZEROS)
    path.write_bytes(path.read_bytes().replace(struct.pack("<L", mib << 20), struct.pack("<L", claim)))
    return path


def zip_of_table(path: Path, size: int) -> Path:
    """A zip file that is nothing but a table of contents of so many bytes, none of which is written."""
    with path.open("wb") as file:
        file.truncate(size)
        file.seek(size)
        file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, size, 0, 0))
    return path


def zip_of_many(path: Path, count: int) -> Path:
    one = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(one) * count, 0, 0)
    path.write_bytes(one * count + end)
    return path


def zstd(data: bytes) -> bytes:
    return pa.Codec("zstd").compress(data, asbytes=True)


def test_claims_are_refused_in_seconds_within_the_stated_memory(tmp_path: Path) -> None:
    big = header(size=2**40)
    claims = {
        "a tar of 4 kB that claims a terabyte": (tmp_path / "claim.tar", "unexpected end of data"),
        "headers of 2 GiB": (tmp_path / "header.tar.gz", "headers of a member claim more than"),
        "gzip": (bomb(tmp_path / "z.tar.gz", gzip.compress, big), "more than 100 times"),
        "bzip2": (bomb(tmp_path / "z.tar.bz2", bz2.compress, big), "more than 100 times"),
        "xz": (bomb(tmp_path / "z.tar.xz", lzma.compress, big), "more than 100 times"),
        "zstd": (bomb(tmp_path / "z.tar.zst", zstd, big), "more than 100 times"),
        "a dictionary of 512 MiB": (tmp_path / "dictionary.tar.xz", "Memory usage limit exceeded"),
        "a table of 1.5 GB": (zip_of_table(tmp_path / "table.zip", 1500 << 20), "table of contents of 1500 MiB"),
        "a million files": (zip_of_many(tmp_path / "many.zip", 1_000_000), "more than 500,000 files"),
        "10 bytes that are 300 MiB": (zip_of_zeros(tmp_path / "lie.zip", 300, 10), "unreadable"),
        "the same by bzip2": (zip_of_zeros(tmp_path / "lie2.zip", 20, 10, zipfile.ZIP_BZIP2), "unreadable"),
        "the same by lzma": (zip_of_zeros(tmp_path / "lie3.zip", 20, 10, zipfile.ZIP_LZMA), "unreadable"),
        "40 MiB that are 60": (zip_of_zeros(tmp_path / "half.zip", 60, 40 << 20), "unreadable"),
        "3 GiB that are one": (zip_of_zeros(tmp_path / "three.zip", 1, 3 << 30), "too_large"),
    }
    (tmp_path / "claim.tar").write_bytes(big + b"x" * 3584)
    bomb(tmp_path / "header.tar.gz", gzip.compress, header("p", 2**31, tarfile.XHDTYPE))
    wide = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 29}]
    (tmp_path / "dictionary.tar.xz").write_bytes(lzma.compress(big, filters=wide))
    found = measured([{"kind": "archive", "path": str(path)} for path, _ in claims.values()])
    for (what, (_, said)), one in zip(claims.items(), found, strict=True):
        assert len(one.lines) == 1 and said in one.lines[0] and "\n" not in one.lines[0], (what, one.lines)
        assert one.seconds < SECONDS, what
        assert one.rise < TIGHT, what


def test_what_is_sound_is_read_whatever_it_is_packed_by(tmp_path: Path) -> None:
    plain = tar_of(tmp_path / "plain.tar", ("a.jpg", {}), ("b.jpg", {})).read_bytes()
    for name, compress in (
        ("g.tar.gz", gzip.compress),
        ("b.tar.bz2", bz2.compress),
        ("x.tar.xz", lzma.compress),
        ("z.tar.zst", zstd),
        ("p.tar", bytes),
    ):
        (tmp_path / name).write_bytes(compress(plain))
        assert read(tmp_path / name) == (["a.jpg", "b.jpg"], {}), name
    half = len(plain) // 2
    for name, compress in (("g.tar.gz", gzip.compress), ("x.tar.xz", lzma.compress), ("b.tar.bz2", bz2.compress)):
        (tmp_path / name).write_bytes(compress(plain[:half]) + compress(plain[half:]))
        assert read(tmp_path / name) == (["a.jpg", "b.jpg"], {}), f"{name} in two streams"
        (tmp_path / name).write_bytes(compress(plain)[:-12])
        with pytest.raises(SourceError, match=r"claims: .*no whole archive"):
            read(tmp_path / name)
    (tmp_path / "padded.tar.xz").write_bytes(
        lzma.compress(plain[:half]) + bytes(8) + lzma.compress(plain[half:]) + bytes(4)
    )
    assert read(tmp_path / "padded.tar.xz") == (["a.jpg", "b.jpg"], {})
    with zipfile.ZipFile(tmp_path / "l.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.jpg", b"abc" * 9999)
    assert read(tmp_path / "l.zip") == (["a.jpg"], {})


@pytest.mark.parametrize(
    ("extended", "said"),
    [
        ({"size": "-1024"}, "impossible size"),
        ({"size": "9" * 50}, "no whole archive"),
        ({"size": "9" * 5000}, "number without end"),
        ({"uid": "9" * 5000}, "number without end"),
        ({"comment": "x" * 300_000}, "claim more than"),
        ({"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}, "no whole archive"),
        ({"GNU.sparse.map": "a,b"}, "no whole archive"),
        ({"GNU.sparse.size": "x"}, "no whole archive"),
    ],
)
def test_values_of_tar_headers_that_make_parsers_raise_are_one_line(
    tmp_path: Path, extended: dict[str, str], said: str
) -> None:
    path = tar_of(tmp_path / "set.tar", ("a.jpg", extended), ("b.jpg", {}))
    with pytest.raises(SourceError) as caught:
        read(path)
    assert f"claims: {path} is no whole archive" in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "extended", [{"mtime": "nan"}, {"mtime": "1e999"}, {"uid": "x"}, {"hdrcharset": "BINARY"}, {"uname": "\udcff"}]
)
def test_values_that_say_nothing_of_the_image_cost_nothing(tmp_path: Path, extended: dict[str, str]) -> None:
    assert read(tar_of(tmp_path / "set.tar", ("a.jpg", extended), ("b.jpg", {}))) == (["a.jpg", "b.jpg"], {})


def test_names_with_nul_or_lone_surrogates_are_rejects(tmp_path: Path) -> None:
    path = tar_of(tmp_path / "set.tar", ("x", {"path": "a\0.jpg"}), ("y", {"path": "c\udce9.jpg"}), ("b.jpg", {}))
    assert read(path) == (["b.jpg"], {"a\\x00.jpg": "name_not_utf8", "c\\udce9.jpg": "name_not_utf8"})


def test_headers_nested_without_end_and_damage_in_the_middle_are_one_line(tmp_path: Path) -> None:
    nested = tmp_path / "nested.tar"
    nested.write_bytes((header("x", 5, tarfile.GNUTYPE_LONGNAME) + b"abcde".ljust(512, b"\0")) * 5000)
    middle = tar_of(tmp_path / "middle.tar", ("a.jpg", {}), ("b.jpg", {}), ("c.jpg", {}))
    data = bytearray(middle.read_bytes())
    data[1024:1100] = b"\xff" * 76  # the second header: Python's tarfile takes it for the end
    middle.write_bytes(data)
    for path in (nested, middle):
        with pytest.raises(SourceError, match=r"claims: .*no whole archive") as caught:
            read(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("magic", "kind"), [(b"Rar!\x1a\7\1\0", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7z")])
def test_archives_that_are_not_read_are_called_by_their_kind(tmp_path: Path, magic: bytes, kind: str) -> None:
    path = tmp_path / "set.zip"
    path.write_bytes(magic + bytes(100))
    with pytest.raises(SourceError, match=rf"claims: .*is a {kind} archive; unpack it"):
        read(path)


def test_a_tar_that_ends_with_a_zip_file_is_a_tar(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("inner.jpg", b"x")
    data = inner.getvalue()
    (tmp_path / "set.tar").write_bytes(
        header(size=0) + header("x.zip", len(data)) + data.ljust(512, b"\0") + bytes(1024)
    )
    assert read(tmp_path / "set.tar") == (["a.jpg"], {"x.zip": "not_an_image_file"})


def test_the_limits_hold_at_their_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tar_of(tmp_path / "set.tar", ("a.jpg", {}), ("b.jpg", {}), ("c.jpg", {}))
    monkeypatch.setattr(members, "MAX_MEMBERS", 3)
    assert read(path) == (["a.jpg", "b.jpg", "c.jpg"], {})
    monkeypatch.setattr(members, "MAX_MEMBERS", 2)
    with pytest.raises(SourceError, match="more than 2 files"):
        read(path)


def test_tables_have_limits_by_their_kind() -> None:
    assert limits.table_limit("a/b.JSON") == 64 * 2**20
    assert limits.table_limit("a.parquet") == 256 * 2**20
    assert limits.table_limit("a.csv") == limits.table_limit("a.jsonl") == 128 * 2**20
