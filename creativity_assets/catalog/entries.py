"""The frozen, validated entries of the catalogue: what is studied, with what, and compared how."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from creativity_assets.catalog.overrides import Located, Overrides

Slug = Annotated[str, Field(pattern=r"^[a-z0-9_-]+$", max_length=80)]
Pairing = Literal["work", "artist", "none"]
SuiteName = Literal["paper", "embedded"]
Side = Literal["human", "ai"]
Stratum = Literal["artist", "style", "genre", "label", "family", "generator"]
Scalar = str | int | float


def _with_day(value: Any) -> Any:
    """A month, `2022-03`, as its first day."""
    return f"{value}-01" if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}", value) else value


Cutoff = Annotated[int | date, BeforeValidator(_with_day)]

CANONICAL_COLUMNS = (
    "file",
    "image",
    "key",
    "artist",
    "title",
    "year",
    "style",
    "genre",
    "caption",
    "label",
    "automation",
    "family",
    "generator",
    "pair_key",
    "novelty",
    "membership",
)
"""The names a column map or constant may give; `file` and `image` say where the picture is."""

VOCABULARY = {
    "label": ("human", "ai"),
    "automation": ("manual", "camera", "ai"),
    "family": (
        "painting",
        "photograph",
        "sketch",
        "film_frame",
        "gan",
        "autoregressive",
        "diffusion",
        "style_transfer",
        "video_frame",
    ),
}
"""The words of the columns that tables are grouped by."""


def _check_column(name: str) -> None:
    if name not in CANONICAL_COLUMNS:
        raise ValueError(f"no column {name!r}; have {', '.join(CANONICAL_COLUMNS)}")


def _check_words(fields: Mapping[str, object]) -> None:
    for name, words in VOCABULARY.items():
        if name in fields and fields[name] not in words:
            raise ValueError(f"no {name} {fields[name]!r}; have {', '.join(words)}")


def _check_location(path: str | None, hub_id: str | None, revision: str | None) -> None:
    if (hub_id is None) == (path is None):
        raise ValueError("give exactly one of hub_id and path")
    if hub_id is not None and revision is None:
        raise ValueError("a hub_id needs a pinned revision (a commit), so that the numbers stay traceable")


class Entry(BaseModel):
    """Common to all entries: frozen, unknown keys refused, named by a slug."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str


class _Dataset(Entry):
    name: Slug
    optional: bool = False
    description: str = ""
    licence: str = ""
    limit: int | None = Field(default=None, ge=1)
    seed: int = 0

    @property
    def local_path(self) -> str | None:
        """Where the source lies, relative to the data root, or None where it lies nowhere on disk."""
        return None

    @property
    def derived_from(self) -> str | None:
        """The data set whose samples these images belong to one by one, or None."""
        return None


class TwinRule(BaseModel):
    """Each image belongs to the sample of data set `of` whose key is its own without `remove` and file ending."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    of: Slug
    remove: str = Field(min_length=1)


class MappedDataset(_Dataset):
    """A source whose columns are mapped to ours: canonical name -> source column, or -> a constant."""

    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, Scalar] = Field(default_factory=dict)
    values: dict[str, dict[str, Scalar | None]] = Field(default_factory=dict)
    """By canonical name, what a value of the source stands for; null for none."""
    stratify: Stratum | None = None
    """With `limit`: draw from each value of this column in proportion to its size."""
    twins: TwinRule | None = None

    @model_validator(mode="after")
    def _known_columns(self) -> "MappedDataset":
        for name in (*self.columns, *self.constants, *self.values):
            _check_column(name)
        _check_words(self.constants)
        if self.twins is not None and self.limit is not None:
            raise ValueError("`limit` belongs to the originals; their twins follow")
        return self

    @property
    def derived_from(self) -> str | None:
        return None if self.twins is None else self.twins.of


class PathRule(BaseModel):
    """What the path of a file within its source says: `{artist}/*` captures, `set` holds wherever `match` does."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    match: str
    set: dict[str, Scalar] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_columns(self) -> "PathRule":
        captured = re.findall(r"\{(.*?)\}", self.match)
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
    file_names: Literal["wikiart"] | None = None
    """How files are named: wikiart is `{artist}_{title}[-year][-n][(k)].jpg`."""


class FolderDataset(FileDataset):
    """Image files in a folder tree, with a metadata.csv at its root or without."""

    kind: Literal["folder"]
    path: str

    @property
    def local_path(self) -> str:
        return self.path


class FrameRule(BaseModel):
    """Which frames of a video are taken: one every so many seconds, or the first of every scene."""

    model_config = ConfigDict(frozen=True, extra="forbid")
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
    path: str
    frames: FrameRule

    @property
    def local_path(self) -> str:
        return self.path


class ArchiveDataset(FileDataset):
    """A tar or zip file of images and tables: a path, or a file of a hub's data set at a pinned revision."""

    kind: Literal["archive"]
    path: str | None = None
    hub_id: str | None = None
    revision: str | None = None
    file: str | None = None
    """The archive's path within the hub's data set."""

    @model_validator(mode="after")
    def _one_location(self) -> "ArchiveDataset":
        _check_location(self.path, self.hub_id, self.revision)
        if (self.hub_id is None) != (self.file is None):
            raise ValueError("`file` names the archive of a hub_id; give both or neither")
        return self

    @property
    def local_path(self) -> str | None:
        return self.path


class ParquetDataset(MappedDataset):
    """One Parquet file, or a folder or glob of them, with an image column of bytes."""

    kind: Literal["parquet"]
    path: str

    @property
    def local_path(self) -> str:
        return self.path


class HuggingFaceDataset(MappedDataset):
    """Any Hugging Face data set: a hub id at a pinned revision, or a local folder of one."""

    kind: Literal["huggingface"]
    hub_id: str | None = None
    path: str | None = None
    revision: str | None = None
    split: str = "train"
    streaming: bool = True

    @model_validator(mode="after")
    def _one_location(self) -> "HuggingFaceDataset":
        _check_location(self.path, self.hub_id, self.revision)
        return self

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
    guidance: float = Field(ge=0)
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
    | AtelierDataset
    | GeneratedDataset,
    Field(discriminator="kind"),
]


class ModelEntry(Entry, Located):
    """A diffusion model in diffusers' folder layout, in a folder or on a hub at a pinned commit."""

    name: Slug
    pipeline: Literal["StableDiffusionPipeline", "StableDiffusionXLPipeline", "StableDiffusion3Pipeline"] | None = None
    """diffusers' class, as model_index.json states it; stated here, it shortens the list of files to fetch."""
    variant: str | None = None
    resolution: int = Field(ge=8)
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    prediction_type: Literal["epsilon", "v_prediction"] | None = None
    """Instead of the scheduler configuration's, where that is wrong."""
    extra_components: tuple[Slug, ...] = ()
    """Optional parts of the family to load, such as Stable Diffusion 3's text_encoder_3 and tokenizer_3."""
    overrides: Overrides = Overrides()
    licence: str = ""
    optional: bool = False
    description: str = ""
    training_cutoff: Cutoff | None = None
    """A year or a date; works of later years count as unseen."""
    training_lists: tuple[Slug, ...] = ()
    """Data sets whose own `membership` column speaks about this model."""
    parameters: int | None = Field(default=None, ge=1)
    """Of all components that are loaded; for the memory it needs before it is there."""
    download_gb: float | None = Field(default=None, gt=0)
    """10^9 bytes to fetch, overrides included."""

    @property
    def cutoff_year(self) -> int | None:
        """The year of the cut-off. A work of that year itself may have been seen."""
        return self.training_cutoff.year if isinstance(self.training_cutoff, date) else self.training_cutoff


class GuidanceStage(BaseModel):
    """A guidance weight for training steps above `above`; of a flow model noise levels above it, in 0..1."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    above: float
    weight: float = Field(ge=0)


Guidance = Annotated[float, Field(ge=0)] | tuple[GuidanceStage, ...]
"""One weight for all steps, or stages from the noisiest down, the last with `above: -1`."""


class MethodEntry(Entry):
    """An inversion method with its settings; the same guidance is used in both directions.

    options: those of the method that differ from its defaults (docs/methods.md). prompt: `none`, the empty prompt,
    or `caption`, the image's own. resample_guidance: another guidance on the way back, which makes the score no
    distance; for the study's third explanation.
    """

    name: Slug
    inversion: str
    steps: int = Field(ge=0, le=1000)
    options: dict[str, float] = Field(default_factory=dict)
    guidance: Guidance = 0.0
    resample_guidance: Guidance | None = None
    prompt: Literal["none", "caption"] = "none"
    description: str = ""

    @model_validator(mode="after")
    def _steps_where_there_are_any(self) -> "MethodEntry":
        if (self.steps == 0) != (self.inversion == "autoencoder"):
            raise ValueError("steps are 0 for the autoencoder alone, and at least 1 for every inversion")
        return self


class ExperimentEntry(Entry):
    """A model and a method, the suite that scores them, and the data sets they are wanted for.

    readouts: groups of further numbers to read out on the way (docs/readouts.md).
    """

    model: Slug
    method: Slug
    suite: SuiteName
    datasets: tuple[Slug, ...]
    readouts: tuple[str, ...] = ("noise",)

    @model_validator(mode="after")
    def _named_after_its_parts(self) -> "ExperimentEntry":
        if self.name != f"{self.model}.{self.method}":
            raise ValueError(f"must be named {self.model}.{self.method}, after its model and method")
        return self


class ComparisonSide(BaseModel):
    """One group of a comparison: the samples of a data set whose columns equal `where`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    dataset: Slug
    where: dict[str, str] = Field(default_factory=dict)


class ComparisonEntry(Entry):
    """Which group stands against which, and how their members belong together."""

    name: Slug
    human: ComparisonSide
    ai: ComparisonSide
    pairing: Pairing
    without_duplicates: Literal["exact", "near"] | None = None
    """Leave copies out: exact ones, or near ones too."""


class EraEntry(Entry):
    """A half-open range of years [start, end)."""

    name: Slug
    title: str
    start: int
    end: int

    @model_validator(mode="after")
    def _ordered(self) -> "EraEntry":
        if self.start >= self.end:
            raise ValueError(f"start {self.start} is not before end {self.end}")
        return self


def resolve(path: str, root: Path) -> Path:
    """A path of the catalogue: absolute, or relative to the data root."""
    return (root / Path(path).expanduser()).resolve()
