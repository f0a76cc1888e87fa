"""Folders dropped into data/incoming/: which are ready to become data sets, and which are not, and why."""

import re
import time
from pathlib import Path
from typing import NamedTuple

from creativity_assets.errors import SourceError
from creativity_assets.sources.kinds.folder import odd_images
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
    try:
        places = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        return Incoming((), (), (SourceReject(folder.name, "unreadable", f"{folder}: {error.strerror or error}"),))
    for place in places:
        if place.name.startswith("."):
            continue
        if not place.is_dir():
            refused.append(_refuse(place, "not_a_folder", "put images into a folder of their own"))
        elif not _SLUG.fullmatch(place.name):
            refused.append(_refuse(place, "bad_name", "rename it to lower-case letters, digits, - and _"))
        elif now - _last_change(place) < SETTLE_SECONDS:
            waiting.append(place.name)
        else:
            try:
                files = walk(place)
                images = any(IMAGE.holds(file.name) for file in files) or odd_images(files)
            except SourceError as error:
                refused.append(SourceReject(place.name, "unreadable", str(error)))
                continue
            if images:
                ready.append(place.name)
            else:
                refused.append(_refuse(place, "no_images", "put image files into it, or remove it"))
    return Incoming(tuple(ready), tuple(waiting), tuple(refused))


def _refuse(place: Path, reason: str, remedy: str) -> SourceReject:
    shown = place.name.encode("utf-8", "backslashreplace").decode()
    return SourceReject(shown, reason, f"data/incoming/{shown}: {remedy}")


def _last_change(folder: Path) -> float:
    """Seconds since the epoch of the last change of anything in a folder; a file that vanishes is a change."""
    newest = 0.0
    for path in (folder, *folder.rglob("*")):
        try:
            newest = max(newest, path.lstat().st_ctime)
        except FileNotFoundError:
            return time.time()
        except PermissionError:  # in a folder that may be listed and not entered; reading it is a reject
            continue
    return newest
