"""The one client of the hub: what of it is on this machine, what it says of the rest, and the command that fetches it.

Nothing else asks the hub, or knows where its files are kept.
"""

import re
from collections.abc import Sequence
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


class NotHere(Exception):
    """A repository's files are not on this machine, and were not to be fetched or could not be found."""


class NoHubId(Exception):
    """What was given is no possible name of a repository."""


class Unreachable(Exception):
    """The hub did not give what was asked for. Its cause says why."""

    @property
    def reason(self) -> str:
        """The first line of what the cause says."""
        return next(iter(str(self.__cause__).strip().splitlines()), type(self.__cause__).__name__)


def offline() -> bool:
    """Whether the hub must not be asked (`HF_HUB_OFFLINE`, as the hub's own client has read it)."""
    from huggingface_hub import constants

    return constants.is_offline_mode()


def cache_folder() -> Path:
    """Where the hub's files are kept, whether or not it is there yet."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE).absolute()


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
    try:
        folder = snapshot(location, revision, patterns, local_only=local_only)
    except NotHere:
        raise ModelError(f"{name}: {location} is not on this machine{FETCH}{command}") from None
    except NoHubId:
        raise ModelError(f"{name}: {location} is neither a folder nor a hub id; check the entry") from None
    except Unreachable as error:
        raise ModelError(f"{name}: {location} cannot be fetched ({error.reason}){FETCH}{command}") from None
    return Place(folder, folder.name, f"{FETCH.removeprefix('; ')}{command}")


def download_command(
    hub_id: str, revision: str | None, patterns: Sequence[str] = (), *, files: Sequence[str] = (), dataset: bool = False
) -> str:
    """What a person types to fetch just these files, or those that match `patterns`; all where neither is given."""
    named, pin = "".join(f" {file}" for file in files), f" --revision {revision}" if revision else ""
    options = f"{named} --repo-type dataset{pin}" if dataset else f"{pin}{named}"
    return f"hf download {hub_id}{options}" + "".join(f" --include '{pattern}'" for pattern in patterns)


def snapshot(
    hub_id: str,
    revision: str | None = None,
    patterns: Sequence[str] | None = None,
    *,
    dataset: bool = False,
    local_only: bool = True,
) -> Path:
    """The folder of a repository's files that match `patterns`, or of all; downloaded unless `local_only`.

    Its name is the commit. Raises NotHere, NoHubId and Unreachable.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                hub_id,
                repo_type="dataset" if dataset else "model",
                revision=revision,
                allow_patterns=None if patterns is None else [*patterns],
                local_files_only=local_only,
            )
        )
    except LocalEntryNotFoundError as error:
        raise NotHere(hub_id) from error
    except HFValidationError as error:
        raise NoHubId(hub_id) from error
    except (HfHubHTTPError, OSError) as error:
        raise Unreachable(hub_id) from error


def cached_file(hub_id: str, revision: str, file: str) -> Path | None:
    """A file of a data set at a commit in this machine's cache; None where it is not there. Downloads nothing."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(hub_id, file, revision=revision, repo_type="dataset")
    return Path(found) if isinstance(found, str) else None


def main_branch(hub_id: str) -> tuple[str, list[str]]:
    """Commit and file names of a data set at its main branch, as the hub says. Raises Unreachable."""
    from huggingface_hub import HfApi

    try:
        info = HfApi().dataset_info(hub_id)
    except Exception as error:  # the hub's client passes on whatever its transport raises
        raise Unreachable(hub_id) from error
    return str(info.sha), [file.rfilename for file in info.siblings or []]
