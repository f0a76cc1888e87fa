"""A Stable Diffusion's folder in diffusers' layout: found, checked for what would be unsafe or wrong, hashed.

Imports neither torch nor diffusers, so that a plan can ask for a revision without loading a model.
"""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creativity_assets.errors import ModelError

PIPELINE = "StableDiffusionPipeline"
# component: (class its config must name, stem of its weights; the tokenizer has none)
COMPONENTS = {
    "vae": ("AutoencoderKL", "diffusion_pytorch_model"),
    "unet": ("UNet2DConditionModel", "diffusion_pytorch_model"),
    "text_encoder": ("CLIPTextModel", "model"),
    "tokenizer": ("CLIPTokenizer", None),
}
PICKLES = ("*.bin", "*.ckpt", "*.pt", "*.pth", "*.pkl")
SCHEDULER_CONFIG = Path("scheduler") / "scheduler_config.json"


@dataclass(frozen=True)
class ModelSource:
    """Where a model comes from; frozen, so that it can be the key of what is loaded.

    name: the catalogue entry, for messages; location: a folder (Path) or a hub id (str);
    revision: the hub commit; variant: diffusers' file variant, such as `fp16`;
    dtype: the network's (`float32`, `bfloat16`, `float16`), None for the device's own;
    resolution: pixels a side, None for what the model's configuration says.
    """

    name: str
    location: Path | str
    revision: str | None = None
    variant: str | None = None
    dtype: str | None = None
    resolution: int | None = None


@dataclass(frozen=True)
class ModelFiles:
    """A checked folder: every file it needs is there, in safetensors, of the expected architecture."""

    name: str
    folder: Path
    variant: str | None
    commit: str | None  # of the hub; None for a plain folder

    def config(self, component: str) -> dict[str, Any]:
        """A component's configuration as its file states it."""
        return read_json(self.name, self.folder / component / "config.json")

    def scheduler_config(self) -> dict[str, Any]:
        return read_json(self.name, self.folder / SCHEDULER_CONFIG)

    def revision(self) -> str:
        """The hub's commit, else `sha256:` and 16 hex digits over every weight, configuration and word file."""
        if self.commit:
            return f"commit:{self.commit}"
        files = [self.folder / SCHEDULER_CONFIG]
        for component in COMPONENTS:
            files += [*(self.folder / component).glob("*.json"), *(self.folder / component).glob("*.txt")]
            files += self._weights(component)
        return hash_files(self.folder, files)

    def _weights(self, component: str) -> list[Path]:
        stem = COMPONENTS[component][1]
        return weight_files(self.folder / component, stem, self.variant) if stem else []


def find_model(source: ModelSource, *, local_files_only: bool | None = None) -> ModelFiles:
    """The checked files of a model; a hub id is downloaded unless offline (`HF_HUB_OFFLINE`) or told otherwise.

    Raises ModelError: folder or file missing, pickled weights, another pipeline or architecture.
    """
    folder, commit = _locate(source, offline() if local_files_only is None else local_files_only)
    files = ModelFiles(source.name, folder, source.variant, commit)
    _check_pipeline(files)
    for component in COMPONENTS:
        _check_component(files, component)
    if not (folder / SCHEDULER_CONFIG).is_file():
        raise ModelError(f"{source.name}: {folder / SCHEDULER_CONFIG} is missing; restore the folder")
    return files


def weights_revision(source: ModelSource) -> str:
    """What a plan compares: the hub's commit or the content hash of the folder. Downloads nothing."""
    pinned = isinstance(source.location, str) and not Path(source.location).is_dir() and source.revision
    if pinned and re.fullmatch(r"[0-9a-f]{40}", pinned):
        return f"commit:{pinned}"
    return find_model(source, local_files_only=True).revision()


def offline() -> bool:
    """Whether the hub must not be asked."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def hash_files(folder: Path, files: list[Path]) -> str:
    """`sha256:` and 16 hex digits over the files' names inside the folder and their contents, in name order."""
    digest = hashlib.sha256()
    for file in sorted(set(files)):
        digest.update(file.relative_to(folder).as_posix().encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return f"sha256:{digest.hexdigest()[:16]}"


def weight_files(folder: Path, stem: str, variant: str | None) -> list[Path]:
    """The safetensors files of one component: one file, or an index and its shards; empty if there are none."""
    suffix = f".{variant}" if variant else ""
    single = folder / f"{stem}{suffix}.safetensors"
    if single.is_file():
        return [single]
    index = folder / f"{stem}.safetensors.index{suffix}.json"
    if not index.is_file():
        return []
    shards = sorted(set(json.loads(index.read_text())["weight_map"].values()))
    return [index, *(folder / shard for shard in shards)]


def read_json(name: str, path: Path) -> dict[str, Any]:
    """A configuration file, or a ModelError that names the entry and the file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{name}: {path} is missing; restore the folder in diffusers' layout") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{name}: {path} cannot be read ({error}); restore the file") from None
    if not isinstance(content, dict):
        raise ModelError(f"{name}: {path} is not a configuration; restore the file")
    return content


def _locate(source: ModelSource, local_only: bool) -> tuple[Path, str | None]:
    folder = Path(source.location)
    if isinstance(source.location, Path) or folder.is_dir():
        if not folder.is_dir():
            raise ModelError(f"{source.name}: folder {folder} is missing; check the entry's location")
        return folder, None
    snapshot = _snapshot(source, source.location, local_only)
    return snapshot, snapshot.name


def _snapshot(source: ModelSource, hub_id: str, local_only: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    patterns = hub_patterns(source.variant)
    revision = f" --revision {source.revision}" if source.revision else ""
    remedy = f"fetch it with: hf download {hub_id}{revision} --include " + " ".join(f"'{p}'" for p in patterns)
    try:
        return Path(
            snapshot_download(hub_id, revision=source.revision, allow_patterns=patterns, local_files_only=local_only)
        )
    except LocalEntryNotFoundError:
        raise ModelError(f"{source.name}: {hub_id} is not on this machine; {remedy}") from None
    except HFValidationError:
        raise ModelError(f"{source.name}: {hub_id} is neither a folder nor a hub id; check the entry") from None
    except (HfHubHTTPError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{source.name}: {hub_id} cannot be fetched ({reason}); {remedy}") from None


def hub_patterns(variant: str | None) -> list[str]:
    """The files of a hub repository the instrument reads; everything else stays there."""
    suffix = f".{variant}" if variant else ""
    patterns = ["model_index.json", SCHEDULER_CONFIG.as_posix(), "tokenizer/*"]
    for component, (_, stem) in COMPONENTS.items():
        if stem:
            patterns += [
                f"{component}/config.json",
                f"{component}/{stem}{suffix}.safetensors",
                f"{component}/{stem}.safetensors.index{suffix}.json",
                f"{component}/{stem}{suffix}-*.safetensors",
            ]
    return patterns


def _check_pipeline(files: ModelFiles) -> None:
    pipeline = read_json(files.name, files.folder / "model_index.json").get("_class_name")
    if pipeline != PIPELINE:
        raise ModelError(
            f"{files.name}: {files.folder / 'model_index.json'} says {pipeline}, not {PIPELINE}; "
            "choose a Stable Diffusion 1 or 2 model"
        )


def _check_component(files: ModelFiles, component: str) -> None:
    expected, stem = COMPONENTS[component]
    folder = files.folder / component
    if not folder.is_dir():
        raise ModelError(f"{files.name}: folder {folder} is missing; restore the folder in diffusers' layout")
    if stem is None:
        _check_tokenizer(files.name, folder)
        return
    config = files.config(component)
    stated = config.get("_class_name") or next(iter(config.get("architectures") or []), None)
    if stated != expected:
        raise ModelError(f"{files.name}: {folder / 'config.json'} says {stated}, not {expected}; wrong architecture")
    weights = weight_files(folder, stem, files.variant)
    missing = next((file for file in weights if not file.is_file()), None)
    if weights and missing is None:
        return
    wanted = missing or folder / f"{stem}{f'.{files.variant}' if files.variant else ''}.safetensors"
    pickled = next((file for pattern in PICKLES for file in sorted(folder.glob(pattern))), None)
    if pickled and missing is None:
        raise ModelError(f"{files.name}: {pickled} is a pickle and is refused; convert it to {wanted.name}")
    raise ModelError(f"{files.name}: {wanted} is missing; restore the file or fetch the model again")


def _check_tokenizer(name: str, folder: Path) -> None:
    """transformers would quietly make an empty tokenizer where the words are missing."""
    older = ("vocab.json", "merges.txt")
    if not (folder / "tokenizer.json").is_file() and not all((folder / file).is_file() for file in older):
        raise ModelError(f"{name}: {folder} has neither tokenizer.json nor {' and '.join(older)}; restore the files")
