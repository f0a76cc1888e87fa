"""Archives in parts: a part alone cannot be read, and one line says how to join it with the others."""

import re
import struct
from pathlib import Path, PurePosixPath
from shlex import quote
from typing import IO

_PACKED = r"zip|7z|rar|tgz|tbz2?|txz|tar(?:\.(?:gz|bz2|xz|zst))?"
_NUMBERED = re.compile(
    rf"(?i)^(?P<whole>.+\.(?P<kind>{_PACKED}))[._-](?:part[._-]?)?(?:\d{{1,3}}|0\d{{3,4}}|[a-z]{{2}}|a[a-z]{{2}})$"
)
_BEFORE = re.compile(r"(?i)^(?P<stem>.+)\.part\d{1,4}\.rar$")
_VOLUME = re.compile(r"(?i)^(?P<stem>.+)\.(?P<kind>z|r)\d{2,3}$")
_OTHERS = {"gz", "xz", "bz", "br", "lz", "lzo", "asc"}
"""Endings of whole files, that look like the two letters `split` counts by."""

_END, _LOCATOR = b"PK\x05\x06", b"PK\x06\x07"


def part_by_name(name: str) -> str | None:
    """One line for a file name that stands for a part of an archive; None for another."""
    place = PurePosixPath(name).name
    if (found := _NUMBERED.match(place)) and place.rpartition(".")[2].lower() not in _OTHERS:
        whole, start = found["whole"], place[: len(found["whole"]) + 1]
        if found["kind"].lower() in ("7z", "rar"):
            return f"{name} is a part of a split archive; unpack {start}* together, and give the folder"
        return f"{name} is a part of a split archive; join its parts: cat {quote(start)}* > {quote(whole)}"
    if found := _BEFORE.match(place):
        return f"{name} is a part of a split archive; unpack {found['stem']}.part*.rar together, and give the folder"
    if found := _VOLUME.match(place):
        last = f"{found['stem']}.{'zip' if found['kind'].lower() == 'z' else 'rar'}"
        return _volume(name, last)
    return None


def part_of(path: Path) -> str | None:
    """One line for a file that is a part of a split archive, by its name, its neighbours or its last bytes."""
    if said := part_by_name(str(path)):
        return said
    if path.suffix.lower() == ".zip":
        for first in (path.with_suffix(".z01"), path.with_suffix(".Z01")):
            if first.exists():
                return _volume(str(path), path.name)
        with path.open("rb") as file:
            if _is_last_volume(file):
                return _volume(str(path), path.name)
    return None


def _volume(name: str, last: str) -> str:
    if last.endswith(".rar"):
        return f"{name} is a part of a split archive; unpack {last} with all its parts, and give the folder"
    whole = f"{last.removesuffix('.zip')}-whole.zip"
    return f"{name} is a part of a split archive; join its parts: zip -s 0 {quote(last)} --out {quote(whole)}"


def _is_last_volume(file: IO[bytes]) -> bool:
    """Whether a zip file's end record counts more than one disk."""
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 16) - 22 - 20))
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < 22:
        return False
    disk, first = struct.unpack_from("<HH", tail, end + 4)
    if disk == 0xFFFF and tail[end - 20 : end - 16] == _LOCATOR:
        return bool(struct.unpack_from("<L", tail, end - 4)[0] > 1)
    return (disk, first) != (0, 0) and disk != 0xFFFF
