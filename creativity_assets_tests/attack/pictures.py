"""Files that are called pictures, by the folder: each is measured or stands among the rejected, under odd names too."""

import io
import json
import os
import struct
import zlib
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from creativity_assets.store.layout import Store
from creativity_assets.store.sql.query import query
from creativity_assets_tests.attack.arena import Arena, with_datasets
from creativity_assets_tests.attack.commands import Command
from creativity_assets_tests.studies import EXPERIMENT

NAMES = (
    b"caf\xe9.png",
    b"\xff\xfe.png",
    b"new\nline.png",
    b"tab\t.png",
    b"red\x1b[31m.png",
    b"bell\x07.png",
    "right\u202eto left.png".encode(),
    b"'quoted'.png",
    b'"double".png',
    b"semi;colon.png",
    b"--option.png",
    b"-.png",
    b"%s%n.png",
    b"a&b<c>.png",
    b"a..png",
    b" leading.png",
    b"trailing .png",
    b"*.png",
    b"{brace}.png",
    b"x" * 200 + b".png",
    "Dürer 🎨.png".encode(),
    "e\u0301.png".encode(),
    b"CON.png",
    b"$(touch attacked).png",
)


def broken(random: Random, count: int) -> dict[str, bytes]:
    """Bytes of `count` pictures that were cut, flipped, exchanged, or only claim to be some."""
    sound = {
        form: encoded(form, seed) for seed, form in enumerate(("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "PPM"))
    }
    made = {
        "empty.png": b"",
        "text.jpg": b"no picture\n",
        "zeros.png": b"\0" * 5000,
        "bomb.png": _png(60_000, 60_000),
        "wide.png": _png(2**31 - 1, 1),
        "nothing.png": _png(0, 0),
        "svg.png": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "eps.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "text of a gigabyte.png": _png(8, 8, zlib.compress(b"\0" * 30_000_000)),
        "gif claims.gif": b"GIF89a\xff\xff\xff\xff\x00\x00\x00,",
        "tiff loop.tif": b"II*\0\x08\0\0\0\x00\x00\x08\0\0\0",
        "jpeg of no size.jpg": b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x00\x00\x00\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01",
    }
    while len(made) < count:
        form = random.choice(sorted(sound))
        data = bytearray(sound[form])
        kind = random.choice(("cut", "flip", "swap", "double"))
        if kind == "cut":
            data = data[: random.randrange(1, len(data))]
        elif kind == "flip":
            for _ in range(random.randrange(1, 9)):
                data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        elif kind == "swap":
            middle = random.randrange(len(data))
            data = data[:8] + data[middle:] + data[8:middle]
        else:
            data = data + data
        made[f"{kind} {len(made)}.{form.lower()}"] = bytes(data)
    return made


def attack(arena: Arena, count: int = 40) -> None:
    """One folder of broken files and one of odd names, materialized beside the study and scored one by one."""
    with arena.study() as root:
        folders = {"broken": root.parent / "pictures" / "broken", "names": root.parent / "pictures" / "names"}
        for folder in folders.values():
            folder.mkdir()
        for name, data in broken(arena.random, count).items():
            (folders["broken"] / name).write_bytes(data)
        os.mkfifo(folders["broken"] / "pipe.png")
        (folders["broken"] / "loop.png").symlink_to("loop.png")
        (folders["broken"] / "nowhere.png").symlink_to("nowhere")
        (folders["broken"] / "zero.png").symlink_to("/dev/zero")
        for place, name in enumerate(NAMES):
            (folders["names"] / os.fsdecode(name)).write_bytes(encoded("PNG", place))
        arena.count("pictures", count + 4)
        arena.count("names", len(NAMES))
        with_datasets(root, {name: {"kind": "folder", "path": str(path)} for name, path in folders.items()})
        arena.judge("pictures", "a folder of broken pictures", Command(root, ["materialize"]).run())
        arena.unchanged("pictures", "beside broken pictures", root)
        _accounted(arena, root, folders)
        for name, folder in folders.items():
            _score(arena, root, name if name == "names" else "pictures", folder)
        if list(root.parent.rglob("attacked")):
            arena.report("names", "silent_changes", "a file's name was run as a command")


def _accounted(arena: Arena, root: Path, folders: dict[str, Path]) -> None:
    """Every file is a sample or a row of the rejected."""
    for name, folder in folders.items():
        union = "SELECT dataset FROM samples UNION ALL SELECT dataset FROM rejected_samples"
        count = query(Store(root).database, f"SELECT count(*) AS n FROM ({union}) WHERE dataset = '{name}'")["n"][0]
        there = len(list(folder.iterdir()))
        if count < there:
            arena.report("pictures", "silent_changes", f"{name}: {count} of {there} files are accounted for")


def _score(arena: Arena, root: Path, group: str, folder: Path) -> None:
    files = sorted(folder.iterdir())
    arguments = ["score", "--experiment", EXPERIMENT, "--json", "--", *map(str, files)]
    ended = arena.judge(group, f"score of {folder.name}", Command(root, [os.fsencode(a) for a in arguments]).run())
    try:
        scored = len(json.loads(ended.out))
    except ValueError as error:
        arena.report(group, "others", f"score of {folder.name}: no JSON: {error}: {ended.out[-300:]}")
        return
    said = len(ended.err.splitlines())
    if scored + said != len(files):
        arena.report(group, "silent_changes", f"score: {scored} scores and {said} lines for {len(files)} files")


def encoded(form: str, seed: int) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((40 + seed, 40), Image.Resampling.BICUBIC).save(buffer, form)
    return buffer.getvalue()


def _png(width: int, height: int, text: bytes = b"") -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    extra = chunk(b"zTXt", b"words\0\0" + text) if text else b""
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 64))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + pixels + chunk(b"IEND", b"")
