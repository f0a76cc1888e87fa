"""Where a folder of weights is: on disk as it stands, or a hub repository's snapshot in the local cache."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from creativity_assets.errors import FETCH, ModelError

Location = Path | str
"""A folder is a Path and a hub id a str: a folder that is named like a hub id says nothing of the pinned commit."""


@dataclass(frozen=True)
class Place:
    """A folder that is there. commit: of the hub, None for a plain folder; remedy: what brings a lost file back."""

    folder: Path
    commit: str | None
    remedy: str


def offline() -> bool:
    """Whether the hub must not be asked (`HF_HUB_OFFLINE`)."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def pinned_commit(location: Location, revision: str | None) -> str | None:
    """The commit a hub id is pinned to; None for a folder and for a branch or tag."""
    if isinstance(location, Path) or revision is None:
        return None
    return revision if re.fullmatch(r"[0-9a-f]{40}", revision) else None


def locate(name: str, location: Location, revision: str | None, patterns: list[str], *, local_only: bool) -> Place:
    """The folder at a location; of a hub repository the files that match `patterns`, downloaded unless `local_only`.

    Raises ModelError in one line: the entry, the location and the command that fetches it.
    """
    if isinstance(location, Path):
        if not location.is_dir():
            raise ModelError(f"{name}: folder {location} is missing; check the entry's location")
        return Place(location, None, "restore the folder in diffusers' layout")
    command = download_command(location, revision, patterns)
    snapshot = _snapshot(name, location, revision, patterns, command, local_only=local_only)
    return Place(snapshot, snapshot.name, f"{FETCH.removeprefix('; ')}{command}")


def download_command(hub_id: str, revision: str | None, patterns: list[str]) -> str:
    """What a person types to fetch just these files."""
    pin = f" --revision {revision}" if revision else ""
    return f"hf download {hub_id}{pin}" + "".join(f" --include '{pattern}'" for pattern in patterns)


def _snapshot(
    name: str, hub_id: str, revision: str | None, patterns: list[str], command: str, *, local_only: bool
) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(hub_id, revision=revision, allow_patterns=patterns, local_files_only=local_only))
    except LocalEntryNotFoundError:
        raise ModelError(f"{name}: {hub_id} is not on this machine{FETCH}{command}") from None
    except HFValidationError:
        raise ModelError(f"{name}: {hub_id} is neither a folder nor a hub id; check the entry") from None
    except (HfHubHTTPError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{name}: {hub_id} cannot be fetched ({reason}){FETCH}{command}") from None
