"""Folders dropped into data/incoming/: which are ready to become data sets, and which are not, and why."""

import re
import time
from pathlib import Path
from typing import NamedTuple

from creativity_assets.sources.folder import odd_images
from creativity_assets.sources.listing import IMAGE
from creativity_assets.sources.locations import walk
from creativity_assets.sources.records import SourceReject

SETTLE_SECONDS = 5.0
"""A folder in which nothing was written for this long counts as completely copied."""

_SLUG = re.compile(r"[a-z0-9_-]{1,80}")


class Incoming(NamedTuple):
    """What lies in data/incoming/. ready: names of folders to read as data sets; waiting: still being copied."""

    ready: tuple[str, ...]
    waiting: tuple[str, ...]
    refused: tuple[SourceReject, ...]


def look(root: Path, *, now: float | None = None) -> Incoming:
    """Sort the entries of `root`/incoming by name into ready, waiting and refused; hidden ones are ignored.

    Times of change are compared, not of modification: a copy that keeps the files' dates is still seen.
    now: seconds since the epoch, for a caller that has its own clock.
    """
    folder = Path(root) / "incoming"
    now = time.time() if now is None else now
    ready: list[str] = []
    waiting: list[str] = []
    refused: list[SourceReject] = []
    for place in sorted(folder.iterdir()) if folder.is_dir() else []:
        if place.name.startswith("."):
            continue
        if not place.is_dir():
            refused.append(_refuse(place, "not_a_folder", "put images into a folder of their own"))
        elif not _SLUG.fullmatch(place.name):
            refused.append(_refuse(place, "bad_name", "rename it to lower-case letters, digits, - and _"))
        elif now - _last_change(place) < SETTLE_SECONDS:
            waiting.append(place.name)
        elif not any(IMAGE.holds(file.name) for file in walk(place)) and not odd_images(walk(place)):
            refused.append(_refuse(place, "no_images", "put image files into it, or remove it"))
        else:
            ready.append(place.name)
    return Incoming(tuple(ready), tuple(waiting), tuple(refused))


def _refuse(place: Path, reason: str, remedy: str) -> SourceReject:
    shown = place.name.encode("utf-8", "backslashreplace").decode()
    return SourceReject(shown, reason, f"data/incoming/{shown}: {remedy}")


def _last_change(folder: Path) -> float:
    """Seconds since the epoch of the last change of anything in a folder; a file that vanishes is a change."""
    try:
        return max(path.lstat().st_ctime for path in (folder, *folder.rglob("*")))
    except FileNotFoundError:
        return time.time()
