"""The data sets of the catalogue: where images come from, and what their columns mean."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from creativity_assets.catalog.entry import Entry, PathText, Slug, Strict, Weight
from creativity_assets.catalog.location import Located
from creativity_assets.vocabulary import PLACES, given_columns, grouping_words

Stratum = Literal["artist", "style", "genre", "label", "family", "generator"]
Scalar = str | int | float

INCOMING = "incoming"
"""In an experiment's `datasets` this word stands for every folder dropped into data/incoming."""

CANONICAL_COLUMNS = (*PLACES, *given_columns())
"""The names a column map or constant may give; PLACES say where the picture is."""


def _check_column(name: str) -> None:
    if name not in CANONICAL_COLUMNS:
        raise ValueError(f"no column {name!r}; have {', '.join(CANONICAL_COLUMNS)}")


def _check_words(fields: Mapping[str, object]) -> None:
    for name, words in grouping_words().items():
        if name in fields and fields[name] not in words:
            raise ValueError(f"no {name} {fields[name]!r}; have {', '.join(words)}")


class _Dataset(Entry):
    name: Slug
    optional: bool = False
    description: str = ""
    licence: str = ""
    limit: int | None = Field(default=None, ge=1)
    seed: int = 0

    @model_validator(mode="after")
    def _name_of_its_own(self) -> Self:
        if self.name == INCOMING:
            raise ValueError("in an experiment this word stands for the folders in data/incoming; give another name")
        return self

    @property
    def local_path(self) -> str | None:
        """Where the source lies, relative to the data root, or None where it lies nowhere on disk."""
        return None

    @property
    def derived_from(self) -> str | None:
        """The data set whose samples these images belong to one by one, or None."""
        return None


class TwinRule(Strict):
    """Each image belongs to the sample of data set `of` whose key is its own without `remove` and file ending."""

    of: Slug
    remove: str = Field(min_length=1)


class MappedDataset(_Dataset):
    """A source whose columns are mapped to ours: canonical name -> source column, or -> a constant."""

    columns: dict[str, str | None] = Field(default_factory=dict)
    """By canonical name, the source's column; null for a column of that name that is not to be read."""
    constants: dict[str, Scalar] = Field(default_factory=dict)
    values: dict[str, dict[str, Scalar | None]] = Field(default_factory=dict)
    """By canonical name, what a value of the source stands for; null for none."""
    stratify: Stratum | None = None
    """With `limit`: sample each value of this column in proportion to its size."""
    twins: TwinRule | None = None

    @model_validator(mode="after")
    def _known_columns(self) -> "MappedDataset":
        for name in (*self.columns, *self.constants, *self.values):
            _check_column(name)
        _check_words(self.constants)
        if nowhere := [name for name in ("file", "image", "key") if self.columns.get(name, "") is None]:
            raise ValueError(f"`columns`: {nowhere[0]} says where a picture is and cannot be null; name its column")
        if self.twins is not None and self.limit is not None:
            raise ValueError("`limit` belongs to the originals; their twins follow")
        return self

    @property
    def derived_from(self) -> str | None:
        return None if self.twins is None else self.twins.of


class PathRule(Strict):
    """What the path of a file within its source says: `{artist}/*` captures, `set` holds wherever `match` does."""

    match: str
    set: dict[str, Scalar] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_columns(self) -> "PathRule":
        captured = re.findall(r"\{(\w*)\}", self.match)
        if "{" in (rest := re.sub(r"\{\w*\}", "", self.match)) or "}" in rest:
            raise ValueError(f"{self.match!r} has a brace without its other; a capture is {{artist}}")
        for name in (*captured, *self.set):
            _check_column(name)
        _check_words(self.set)
        if repeated := [name for name in captured if captured.count(name) > 1 or name in self.set]:
            raise ValueError(f"{self.match!r} says twice what {repeated[0]!r} is; write * for one of them")
        return self


class FileDataset(MappedDataset):
    """Image files with paths, and tables about them or none."""

    metadata: str | None = None
    """The table or tables among the files, * for any text; a folder's metadata.csv is found without."""
    partial: bool = False
    """Whether the tables may name files that are not here: a part of a larger collection."""
    paths: tuple[PathRule, ...] = ()
    """Rules in turn; the first that matches a file's path counts, and a file that none matches is rejected."""
    file_names: Literal["wikiart", "artist"] | None = None
    """How files are named: wikiart is `{artist}_{title}[-year][-n][(k)].jpg`, artist is `AgnesExamplePelton.jpg`."""


class FolderDataset(FileDataset):
    """Image files in a folder tree, with a metadata.csv at its root or without."""

    kind: Literal["folder"]
    path: PathText

    @property
    def local_path(self) -> str:
        return self.path


class FrameRule(Strict):
    """Which frames of a video are taken: one every so many seconds, or the first of every scene."""

    every: float | None = Field(default=None, gt=0)
    scenes: float | None = Field(default=None, gt=0, lt=1)
    """FFmpeg's scene score, 0 to 1, above which a new scene begins; 0.3 to 0.5 are usual."""

    @model_validator(mode="after")
    def _one_rule(self) -> "FrameRule":
        if (self.every is None) == (self.scenes is None):
            raise ValueError("give exactly one of every (seconds) and scenes (a scene score)")
        return self


class VideoDataset(FileDataset):
    """Video files in a folder tree, with a metadata.csv at its root or without; each frame taken is an image."""

    kind: Literal["video"]
    path: PathText
    frames: FrameRule

    @property
    def local_path(self) -> str:
        return self.path


class ArchiveDataset(FileDataset, Located):
    """A tar or zip file of images and tables: a path, or a file of a hub's data set at a pinned commit."""

    kind: Literal["archive"]
    file: str | None = None
    """The archive's path within the hub's data set."""

    @model_validator(mode="after")
    def _file_of_hub(self) -> "ArchiveDataset":
        if (self.hub_id is None) != (self.file is None):
            raise ValueError("`file` names the archive of a hub_id; give both or neither")
        return self

    @property
    def local_path(self) -> str | None:
        return self.path


class ParquetDataset(MappedDataset):
    """One Parquet file, or a folder or glob of them, with an image column of bytes."""

    kind: Literal["parquet"]
    path: PathText

    @property
    def local_path(self) -> str:
        return self.path


class HuggingFaceDataset(MappedDataset, Located):
    """Any Hugging Face data set: a hub id at a pinned commit, or a local folder of one."""

    kind: Literal["huggingface"]
    split: str = "train"
    streaming: bool = True

    @property
    def local_path(self) -> str | None:
        return self.path


class PluginDataset(MappedDataset):
    """A source that a reader of a plugin reads, or one of `sources.READERS` that has no settings of its own here."""

    kind: Literal["plugin"]
    reader: Slug
    path: PathText | None = None
    options: dict[str, Scalar] = Field(default_factory=dict)
    """What else the reader asks for."""

    @property
    def local_path(self) -> str | None:
        return self.path


class AtelierDataset(_Dataset):
    """Works of the procedural painter, made on the spot."""

    kind: Literal["atelier"]
    works: Literal["show", "dial", "damaged"]
    per_painter: int = Field(ge=1, le=40)
    """Works of each painter. Beyond 40 the trainings never looked, and `train` would be a false membership."""
    size: int = Field(default=64, ge=16, le=1024)


class GeneratedDataset(_Dataset):
    """One image per captioned sample of another data set, sampled from a model of the catalogue."""

    kind: Literal["generated"]
    originals: Slug
    model: Slug
    guidance: Weight
    steps: int = Field(ge=1, le=1000)

    @property
    def derived_from(self) -> str:
        return self.originals


DatasetEntry = Annotated[
    FolderDataset
    | ArchiveDataset
    | VideoDataset
    | ParquetDataset
    | HuggingFaceDataset
    | PluginDataset
    | AtelierDataset
    | GeneratedDataset,
    Field(discriminator="kind"),
]

DATASET_KINDS = tuple(
    get_args(entry.model_fields["kind"].annotation)[0] for entry in get_args(get_args(DatasetEntry)[0])
)
"""The words of `kind`."""
