"""Where sources lie, what files they hold, and the cheap facts that tell whether they have changed."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from creativity_assets import hub
from creativity_assets.errors import FETCH, SourceError

_LITTER = {"thumbs.db", "desktop.ini", "__macosx"}  # what desktops leave behind beside the hidden files


class SourceFile(NamedTuple):
    """A file of a source: its path relative to the source, with slashes, and its absolute path."""

    name: str
    path: Path


def locate(name: str, path: str, root: Path) -> Path:
    """The absolute place of a catalogue path: absolute, or relative to data root `root`.

    Raises SourceError, naming dataset `name`, when nothing is there or it cannot be reached.
    """
    shown = path.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    try:
        place = Path(os.path.realpath(Path(root).absolute() / Path(path).expanduser()))  # resolve() fails on loops
        place.stat()
    except FileNotFoundError as error:
        raise SourceError(
            f"{name}: {error.filename} does not exist; correct `path` in the catalogue or put the source there"
        ) from None
    except (OSError, ValueError, RuntimeError) as error:  # no permission, a loop of links, a NUL, an unknown ~user
        said = getattr(error, "strerror", None) or error
        raise SourceError(f"{name}: {shown} cannot be reached ({said}); correct `path` or its permissions") from error
    return place


def walk(folder: Path) -> list[SourceFile]:
    """All files under a folder, sorted by name, without hidden files and desktop litter.

    Linked folders are followed, each real folder once, so that a link to a parent does no harm. A folder within that
    cannot be opened stands in the list by its own name, as a link to itself does: neither is a regular file.

    Raises SourceError where `folder` itself cannot be opened.
    """
    try:
        return sorted(_walk(folder, "", set()))
    except OSError as error:
        said = error.strerror or error
        raise SourceError(f"{error.filename or folder} cannot be opened ({said}); correct its permissions") from error


def _walk(folder: Path, prefix: str, visited: set[str]) -> Iterator[SourceFile]:
    real = os.path.realpath(folder)
    if real in visited:
        return
    visited.add(real)
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda e: e.name)
    for entry in entries:
        if entry.name.startswith(".") or entry.name.lower() in _LITTER:
            continue
        file = SourceFile(f"{prefix}{entry.name}", Path(entry.path))
        try:
            within = list(_walk(file.path, f"{file.name}/", visited)) if entry.is_dir() else [file]
        except OSError:  # no permission, or links that go round: whoever opens it says so
            within = [file]
        yield from within


def hub_file(name: str, hub_id: str, revision: str, file: str) -> Path:
    """A file of a hub's data set in this machine's cache. Nothing is downloaded: such files have many gigabytes.

    Raises SourceError, naming dataset `name` and the command that fetches it, when it is not there.
    """
    found = hub.cached_file(hub_id, revision, file)
    if found is None:
        command = hub.download_command(hub_id, revision, files=[file], dataset=True)
        raise SourceError(f"{name}: {file} of {hub_id} is not on this machine{FETCH}{command}")
    return found


def hub_snapshot(name: str, hub_id: str) -> tuple[str, list[str], Path | None]:
    """Commit and file names of a hub's data set at its main branch; and the folder of this machine's copy, or None.

    Offline the copy alone is asked. Raises SourceError, naming dataset `name`, where neither knows it.
    """
    folder = _local_copy(hub_id)
    if folder is not None and hub.offline():
        return folder.name, [file.name for file in walk(folder)], folder
    try:
        commit, files = hub.main_branch(hub_id)
    except hub.Unreachable as error:
        said = " ".join(str(error.__cause__).split())[:160]
        raise SourceError(
            f"{name}: the hub tells nothing of {hub_id} ({said}); check the name and connection"
        ) from error
    return commit, files, folder if folder is not None and folder.name == commit else None


def _local_copy(hub_id: str, revision: str | None = None) -> Path | None:
    """The folder of a data set in this machine's cache; None where it is not there, or cannot be read."""
    try:
        return hub.snapshot(hub_id, revision, dataset=True)
    except (hub.NotHere, hub.NoHubId, hub.Unreachable):
        return None


def offline_copy(name: str, hub_id: str, revision: str) -> Path | None:
    """The folder of a hub's data set at a commit, as it was fetched; None where there is none or the hub can be asked.

    Whether all of it was fetched only the hub knows, and the names of numbered shards: raises SourceError, naming data
    set `name` and the command that fetches the rest, where one of those is not there.
    """
    folder = _local_copy(hub_id, revision) if hub.offline() else None
    if folder is None:
        return None
    shards: dict[tuple[str, str, str], int] = Counter()
    for file in walk(folder):
        if numbered := re.fullmatch(r"(.*)-\d{5}-of-(\d{5})(.*)", file.name):
            start, total, end = numbered.groups()
            shards[start, total, end] += 1
    for (start, total, end), held in shards.items():
        if held < int(total):
            command = hub.download_command(hub_id, revision, dataset=True)
            raise SourceError(
                f"{name}: {held} of {int(total)} files {start}-*{end} of {hub_id} are on this machine{FETCH}{command}"
            )
    return folder.resolve()
