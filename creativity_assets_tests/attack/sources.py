"""Tables, archives and Parquet files that lie, never end or claim the moon, each as a data set of its own."""

import bz2
import gzip
import io
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from creativity_assets.store.layout import Store
from creativity_assets.store.sql.query import query
from creativity_assets_tests.attack.arena import Arena, with_datasets
from creativity_assets_tests.attack.commands import Command
from creativity_assets_tests.attack.pictures import encoded

Maker = Callable[[Path], object]
SECONDS = 60.0
"""Within which a source is refused, the start of Python included."""


def table(content: bytes) -> Maker:
    """A folder of two pictures with this metadata.csv."""
    return lambda folder: _folder(folder, {"metadata.csv": content})


TABLES: dict[str, Maker] = {
    "empty": table(b""),
    "header alone": table(b"file,artist\n"),
    "no header": table(b"one.png,Ann\ntwo.png,Ben\n"),
    "open quote": table(b'file,artist\none.png,"Ann\ntwo.png,Ben\n'),
    "ragged": table(b"file,artist\none.png,Ann,more,more\ntwo.png\n"),
    "utf-16": table("file,artist\none.png,Ann\ntwo.png,Ben\n".encode("utf-16")),
    "latin": table("file,artist\none.png,Dürer\ntwo.png,Ben\n".encode("latin-1")),
    "zeros": table(b"\0" * 10_000),
    "nul inside": table(b"file,artist\none.png,An\0n\ntwo.png,Ben\n"),
    "a wide line": table(b"file,artist\none.png," + b"A" * 5_000_000 + b"\n"),
    "many columns": table(b",".join(b"c%d" % n for n in range(20_000)) + b"\n"),
    "twice": table(b"file,file\none.png,two.png\n"),
    "escape": table(b"file,artist\n../../../etc/passwd,Ann\n/etc/passwd,Ben\none.png,Cy\n"),
    "formula": table(b"file,artist\none.png,=HYPERLINK(1)\ntwo.png,@SUM(1)\n"),
    "blank rows": table(b"file,artist\n\n\n,,\none.png,Ann\n\n"),
    "huge year": table(b"file,artist,year\none.png,Ann," + b"9" * 5000 + b"\ntwo.png,Ben,-99999\n"),
    "deep json": lambda folder: _folder(folder, {"metadata.json": b"[" * 100_000}),
    "json of numbers": lambda folder: _folder(folder, {"metadata.jsonl": b"1\n2\nnull\n"}),
    "surrogate json": lambda folder: _folder(folder, {"metadata.jsonl": b'{"file": "one.png", "artist": "\\ud800"}\n'}),
    "a pipe": lambda folder: (_folder(folder, {}), os.mkfifo(folder / "metadata.csv")),
    "a folder": lambda folder: (_folder(folder, {}), (folder / "metadata.csv").mkdir()),
    "a device": lambda folder: (_folder(folder, {}), (folder / "metadata.csv").symlink_to("/dev/zero")),
    "a loop": lambda folder: (_folder(folder, {}), (folder / "metadata.csv").symlink_to("metadata.csv")),
    "sparse": lambda folder: (_folder(folder, {"metadata.csv": b""}), os.truncate(folder / "metadata.csv", 2**35)),
    "a folder in itself": lambda folder: (_folder(folder, {}), (folder / "again").symlink_to(".")),
}


def _folder(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for seed, name in enumerate(("one.png", "two.png")):
        (folder / name).write_bytes(encoded("PNG", seed + sum(folder.name.encode())))
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _tar(
    members: dict[str, bytes], claims: dict[str, int] | None = None, kinds: dict[str, bytes] | None = None
) -> bytes:
    """A tar file; claims: sizes that headers state instead of the true ones; kinds: types of members."""
    buffer = io.BytesIO()
    for name, data in members.items():
        info = tarfile.TarInfo(name)
        info.size = (claims or {}).get(name, len(data))
        info.type = (kinds or {}).get(name, tarfile.REGTYPE)
        info.linkname = "one.png" if info.type in (tarfile.LNKTYPE, tarfile.SYMTYPE) else ""
        buffer.write(info.tobuf(tarfile.GNU_FORMAT))
        buffer.write(data + b"\0" * (-len(data) % 512))
    return buffer.getvalue() + b"\0" * 1024


def _zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _lying_zip() -> bytes:
    """The size in the directory is another than what is unpacked."""
    data = bytearray(_zip({"one.png": encoded("PNG", 1), "bomb.png": b"\0" * 80_000_000}))
    place = data.rfind(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 10)
    return bytes(data)


def _archives() -> dict[str, tuple[str, bytes]]:
    sound = {"one.png": encoded("PNG", 1), "two.png": encoded("PNG", 2)}
    whole = _tar(sound)
    zeros = b"\0" * 300_000_000
    return {
        "empty": (".tar", b""),
        "text": (".tar.gz", b"no archive"),
        "claims 2^40": (".tar", _tar({**sound, "three.png": b"x"}, {"three.png": 2**40})),
        "claims 2^62": (".tar", _tar({**sound, "three.png": b"x"}, {"three.png": 2**62})),
        "gzip of zeros": (".tar.gz", gzip.compress(zeros, 1)),
        "bzip2 of zeros": (".tar.bz2", bz2.compress(zeros[:100_000_000])),
        "bomb in tar": (".tar.gz", gzip.compress(_tar({**sound, "big.png": zeros[:150_000_000]}), 1)),
        "cut": (".tar.gz", gzip.compress(whole)[:-40]),
        "cut tar": (".tar", whole[:1500]),
        "flipped": (".tar", whole[:100] + b"\xff" + whole[101:]),
        "absolute": (".tar", _tar({**sound, "/etc/attacked.png": sound["one.png"]})),
        "upwards": (".tar", _tar({**sound, "../../attacked.png": sound["one.png"]})),
        "a pipe": (".tar", _tar({**sound, "three.png": b""}, kinds={"three.png": tarfile.FIFOTYPE})),
        "a device": (".tar", _tar({**sound, "three.png": b""}, kinds={"three.png": tarfile.CHRTYPE})),
        "links": (".tar", _tar({**sound, "a.png": b"", "b.png": b""}, kinds={"a.png": tarfile.SYMTYPE, "b.png": tarfile.LNKTYPE})),
        "twice": (".tar", _tar(sound) [:-1024] + _tar(sound)),
        "names": (".tar", _tar({"\udcff.png": sound["one.png"], "a\nb.png": sound["two.png"]})),
        "many": (".tar", _tar({f"{n}.txt": b"" for n in range(20_000)} | sound)),
        "zip cut": (".zip", _zip(sound)[:-30]),
        "zip empty": (".zip", _zip({})),
        "zip lies": (".zip", _lying_zip()),
        "zip bomb": (".zip", _zip({**sound, "big.png": zeros})),
        "zip of a table": (".zip", _zip({**sound, "metadata.csv": b"file,artist\n" + b"x" * 200_000_000})),
        "zip upwards": (".zip", _zip({**sound, "../../attacked.png": sound["one.png"]})),
        "zip in zip": (".zip", _zip({"inner.zip": _zip(sound)})),
    }  # fmt: skip


def _parquets(folder: Path) -> dict[str, Path]:
    picture = encoded("PNG", 1)

    def write(name: str, table: pa.Table, **settings: object) -> Path:
        pq.write_table(table, folder / f"{name}.parquet", **settings)
        return folder / f"{name}.parquet"

    made = {
        "no rows": write("no-rows", pa.table({"image": pa.array([], pa.binary())})),
        "no images": write("no-images", pa.table({"text": ["a"]})),
        "nulls": write("nulls", pa.table({"image": pa.array([None, picture], pa.binary())})),
        "integers": write("integers", pa.table({"image": [1, 2]})),
        "lists": write("lists", pa.table({"image": [[picture], [picture, picture]]})),
        "a big cell": write("big-cell", pa.table({"image": pa.array([picture, b"\0" * 300_000_000], pa.large_binary())})),
        "one group": write("one-group", pa.table({"image": [bytes([n % 256]) * 5_000_000 for n in range(60)]}), row_group_size=60),
        "columns twice": write("twice", pa.Table.from_arrays([pa.array([picture]), pa.array([picture])], ["image", "image"])),
        "dates": write("dates", pa.table({"image": [picture], "year": pa.array([2**62], pa.timestamp("us"))})),
    }  # fmt: skip
    sound = write("sound", pa.table({"image": [picture, encoded("PNG", 2)]})).read_bytes()
    for name, data in {
        "empty": b"",
        "magic alone": b"PAR1",
        "cut": sound[:-30],
        "flipped footer": sound[:-20] + bytes([sound[-20] ^ 0xFF]) + sound[-19:],
        "footer of 2^31": sound[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1",
        "flipped data": sound[:60] + bytes([sound[60] ^ 0xFF]) + sound[61:],
    }.items():
        made[name] = folder / f"{name}.parquet"
        made[name].write_bytes(data)
    os.mkfifo(folder / "pipe.parquet")
    return {**made, "a pipe": folder / "pipe.parquet"}


def attack_tables(arena: Arena) -> None:
    """All tables in one run, each beside two pictures, then each proposed by `catalog add`."""
    with arena.study() as root:
        entries: dict[str, object] = {}
        for place, (name, make) in enumerate(TABLES.items()):
            make(root.parent / "pictures" / f"t{place}")
            entries[f"t{place}"] = {"kind": "folder", "path": f"../pictures/t{place}", "description": name}
        _together(arena, "tables", root, entries)


def attack_archives(arena: Arena) -> None:
    """All archives in one run, and some of them proposed by `catalog add`."""
    with arena.study() as root:
        folder = root.parent / "pictures" / "archives"
        folder.mkdir()
        entries: dict[str, object] = {}
        for place, (name, (suffix, data)) in enumerate(_archives().items()):
            (folder / f"a{place}{suffix}").write_bytes(data)
            entries[f"a{place}"] = {"kind": "archive", "path": str(folder / f"a{place}{suffix}"), "description": name}
        os.mkfifo(folder / "pipe.zip")
        entries["pipe"] = {"kind": "archive", "path": str(folder / "pipe.zip")}
        _together(arena, "archives", root, entries)
        if list(root.parent.rglob("attacked*")) or Path("/etc/attacked.png").exists():
            arena.report("archives", "silent_changes", "a member was unpacked outside")


def attack_parquet(arena: Arena) -> None:
    """All Parquet files in one run, and some of them proposed by `catalog add`."""
    with arena.study() as root:
        folder = root.parent / "pictures" / "parquet"
        folder.mkdir()
        files = _parquets(folder)
        entries: dict[str, object] = {
            f"p{place}": {"kind": "parquet", "path": str(file), "description": name}
            for place, (name, file) in enumerate(files.items())
        }
        _together(arena, "parquet", root, entries)


def _together(arena: Arena, group: str, root: Path, entries: dict[str, object]) -> None:
    """None may stop the others; each has rows, or is named in a line; and none is waited for."""
    arena.count(group, len(entries))
    with_datasets(root, entries)
    dry = arena.judge(group, "all at once", Command(root, ["materialize", "--dry-run"]).run())
    ended = arena.judge(group, "all at once", Command(root, ["materialize"]).run(timeout=400))
    arena.unchanged(group, "beside them", root)
    union = "SELECT dataset FROM samples UNION ALL SELECT dataset FROM rejected_samples"
    seen = set(query(Store(root).database, f"SELECT DISTINCT dataset FROM ({union})")["dataset"])
    for name, entry in entries.items():
        if name not in seen and not any(f"{name}:" in line for line in (*ended.lines, *dry.lines)):
            arena.report(group, "silent_changes", f"{name} ({entry}): neither rows nor a line: {ended.err[-800:]}")
    for name in arena.random.sample(sorted(entries), min(4, len(entries))):
        entry = entries[name]
        assert isinstance(entry, dict)
        path = (root / str(entry["path"])).resolve()
        proposed = Command(root, ["catalog", "add", "dataset", str(path), "--name", "proposed", "--yes"]).run()
        arena.judge(group, f"{entry.get('description', name)}", proposed)
        if proposed.seconds > SECONDS:
            arena.report(group, "hangs", f"{entry}: {proposed.seconds:.0f} s to look at")
