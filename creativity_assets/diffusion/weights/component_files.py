"""One component's files: found, checked for what would be unsafe or wrong, hashed."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creativity_assets.diffusion.weights.claims import check_claims
from creativity_assets.diffusion.weights.layouts import Component
from creativity_assets.errors import ModelError, escaped
from creativity_assets.hashing import as_revision, digest_of_contents
from creativity_assets.hub import Place

MAX_JSON = 16 * 2**20
MAX_WORDS = 64 * 2**20
"""Bytes of a configuration, and of a tokenizer's file, that are read at most; real ones have a tenth."""

PICKLES = ("*.bin", "*.ckpt", "*.pt", "*.pth", "*.pkl")
MAX_PROMPT_TOKENS = 4096
"""Tokens that a CLIP tokenizer may pad to; the text encoders take 77."""
OLDER_TOKENIZER = ("vocab.json", "merges.txt")


@dataclass(frozen=True)
class ComponentFiles:
    """A component's folder. name: the catalogue entry, for messages; variant: diffusers' file variant (`fp16`)."""

    name: str
    component: Component
    place: Place
    subfolder: str  # of the place; empty where the component is the whole repository
    variant: str | None

    @property
    def folder(self) -> Path:
        return self.place.folder / self.subfolder

    def config(self) -> dict[str, Any]:
        """The component's configuration as its file states it."""
        return read_json(self.name, self.folder / "config.json", self.place.remedy)

    def weights(self) -> list[Path]:
        """The safetensors files: one file, or an index and its shards; empty if there are none."""
        stem, suffix = self.component.stem, f".{self.variant}" if self.variant else ""
        if stem is None:
            return []
        single = self.folder / f"{stem}{suffix}.safetensors"
        if single.is_file():
            return [single]
        index = self.folder / f"{stem}.safetensors.index{suffix}.json"
        if not index.is_file():
            return []
        shards = read_json(self.name, index, self.place.remedy).get("weight_map")
        if not isinstance(shards, dict) or not shards or not all(isinstance(shard, str) for shard in shards.values()):
            raise ModelError(f"{self.name}: {index}: weight_map names no files; {self.place.remedy}")
        return [index, *(self.folder / Path(shard).name for shard in sorted(set(shards.values())))]

    def shapes(self) -> list[list[int]]:
        """Of every tensor, each once. Raises ModelError for a file that is no whole safetensors file."""
        files = [file for file in self.weights() if file.suffix == ".safetensors"]
        return [shape for file in files for shape in read_header(self.name, file).shapes.values()]

    def all(self) -> list[Path]:
        """Every file the numbers follow from: weights, configurations, words."""
        return [*self.folder.glob("*.json"), *self.folder.glob("*.txt"), *self.weights()]

    def check(self) -> None:
        """Raise ModelError where a file is missing or pickled, or the configuration names another class."""
        if not self.folder.is_dir():
            raise ModelError(f"{self.name}: folder {self.folder} is missing; {self.place.remedy}")
        self._check_kinds_of_files()
        if self.component.is_tokenizer:
            self._check_tokenizer()
            return
        config, expected = self.config(), self.component.architecture
        stated = _stated_class(config)
        if stated != expected:
            raise ModelError(
                f"{self.name}: {self.folder / 'config.json'} says {stated}, not {expected}; wrong architecture"
            )
        self._check_weights()
        check_claims(self.name, self.folder / "config.json", config, self.shapes())

    def _check_kinds_of_files(self) -> None:
        """A pipe would never end, and what claims to be words may be anything."""
        for file in (*self.folder.glob("*.json"), *self.folder.glob("*.txt"), *self.folder.glob("*.safetensors")):
            if file.exists() and not file.is_file():
                raise ModelError(f"{self.name}: {file} is no file; {self.place.remedy}")
            if file.suffix != ".safetensors" and file.exists() and file.stat().st_size > MAX_WORDS:
                raise ModelError(f"{self.name}: {file} is larger than {MAX_WORDS >> 20} MB; {self.place.remedy}")

    def _check_weights(self) -> None:
        weights = self.weights()
        missing = next((file for file in weights if not file.is_file()), None)
        if weights and missing is None:
            return
        if missing is None and (here := self._other_variants()):
            raise ModelError(f"{self.name}: {self.folder}: {here}")
        suffix = f".{self.variant}" if self.variant else ""
        wanted = missing or self.folder / f"{self.component.stem}{suffix}.safetensors"
        if missing is None:
            refuse_pickles(self.name, wanted)
        raise ModelError(f"{self.name}: {wanted} is missing; {self.place.remedy}")

    def _other_variants(self) -> str:
        """What is there instead of this variant's files, and what the entry must say of it; empty if nothing is."""
        stem = re.escape(str(self.component.stem))
        name = re.compile(rf"{stem}(?:\.(?P<one>\w+))?\.safetensors(?:\.index(?:\.(?P<many>\w+))?\.json)?")
        found = {(m["one"] or m["many"] or "") for file in self.folder.iterdir() if (m := name.fullmatch(file.name))}
        if "" in found:
            return f"no {self.variant} files are here, but files without a variant: drop `variant: {self.variant}`"
        return f"{min(found)} files are here: say `variant: {min(found)}`" if found else ""

    def _check_tokenizer(self) -> None:
        """transformers would quietly make an empty tokenizer where the words are missing."""
        # The older pair of files is CLIP's; T5's would need sentencepiece.
        older = OLDER_TOKENIZER if self.component.architecture == "CLIPTokenizer" else ()
        complete = older and all((self.folder / file).is_file() for file in older)
        if not complete and not (self.folder / "tokenizer.json").is_file():
            names = " nor ".join(["tokenizer.json", *([" and ".join(older)] if older else [])])
            neither = "neither " if older else "no "
            raise ModelError(f"{self.name}: {self.folder} has {neither}{names}; {self.place.remedy}")
        for file in sorted(self.folder.glob("*.json")):
            settings = read_json(self.name, file, self.place.remedy, MAX_WORDS)
            length = (
                settings.get("model_max_length", MAX_PROMPT_TOKENS) if file.name == "tokenizer_config.json" else None
            )
            if older and length is not None and not (isinstance(length, int) and 4 <= length <= MAX_PROMPT_TOKENS):
                raise ModelError(
                    f"{self.name}: {file}: model_max_length {escaped(length)[:40]} is not within 4 to "
                    f"{MAX_PROMPT_TOKENS} tokens; {self.place.remedy}"
                )


def component_patterns(component: Component, subfolder: str, variant: str | None) -> list[str]:
    """The files of a component in a hub repository; everything else stays there."""
    prefix = f"{subfolder}/" if subfolder else ""
    if component.stem is None:
        return [f"{prefix}*"]
    suffix = f".{variant}" if variant else ""
    return [
        f"{prefix}config.json",
        f"{prefix}{component.stem}{suffix}.safetensors",
        f"{prefix}{component.stem}.safetensors.index{suffix}.json",
        f"{prefix}{component.stem}{suffix}-*.safetensors",
    ]


def refuse_pickles(name: str, wanted: Path) -> None:
    """Raise ModelError where a pickle lies beside the safetensors file that is missing."""
    pickled = next((file for pattern in PICKLES for file in sorted(wanted.parent.glob(pattern))), None)
    if pickled:
        raise ModelError(f"{name}: {pickled} is a pickle and is refused; convert it to {wanted.name}")


@dataclass(frozen=True)
class Header:
    """What a safetensors file says of itself. shapes: of every tensor, by key, each once."""

    shapes: Mapping[str, list[int]]
    metadata: Mapping[str, str]


def read_header(name: str, file: Path) -> Header:
    """The header of a safetensors file; the library checks it against the file's size.

    Raises ModelError, naming the entry, for what is no such file or was cut off.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as tensors:
            shapes = {key: tensors.get_slice(key).get_shape() for key in tensors.keys()}  # noqa: SIM118  # no mapping
            return Header(shapes, tensors.metadata() or {})
    except (SafetensorError, OSError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ModelError(
            f"{name}: {file} is not a whole safetensors file (a Git LFS pointer?): {reason}; fetch the file again"
        ) from None


def hash_files(folder: Path, files: list[Path]) -> str:
    """`sha256:` and 16 hex digits over the files' names inside the folder and their contents, in name order."""
    ordered = sorted(set(files))
    if wrong := [file for file in ordered if not file.is_file()]:  # a pipe would never end
        raise ModelError(f"{wrong[0]}: is no file; restore it")
    return as_revision(digest_of_contents((file.relative_to(folder).as_posix(), file) for file in ordered))


def read_json(name: str, path: Path, remedy: str, most: int = MAX_JSON) -> dict[str, Any]:
    """A configuration file of at most `most` bytes, or a ModelError that names the entry and the file."""
    try:
        if path.exists() and not path.is_file():
            raise ModelError(f"{name}: {path} is no file; {remedy}")
        with path.open("rb") as stream:
            text = stream.read(most + 1)
        if len(text) > most:
            raise ModelError(f"{name}: {path} is larger than {most >> 20} MB; {remedy}")
        content = json.loads(text.decode("utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{name}: {path} is missing; {remedy}") from None
    except RecursionError:
        raise ModelError(f"{name}: {path} is nested too deeply; restore the file") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{name}: {path} cannot be read ({error}); restore the file") from None
    if not isinstance(content, dict):
        raise ModelError(f"{name}: {path} is not a configuration; restore the file")
    return content


def _stated_class(config: Mapping[str, Any]) -> str | None:
    """diffusers' or transformers' way to name a class; None where a configuration names none."""
    named = config.get("architectures")
    stated = config.get("_class_name") or (named[0] if isinstance(named, list) and named else None)
    return None if stated is None else escaped(stated)[:80]
