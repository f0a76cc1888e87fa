"""The models, methods, experiments, comparisons and eras of the catalogue; its data sets are in datasets.py."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from creativity_assets.catalog.entry import Entry, Slug, Strict, Weight
from creativity_assets.catalog.location import Located
from creativity_assets.catalog.overrides import Overrides
from creativity_assets.vocabulary import filterable_columns

Pairing = Literal["work", "artist", "none"]
Side = Literal["human", "ai"]


def _with_day(value: Any) -> Any:
    """A month, `2022-03`, as its first day."""
    return f"{value}-01" if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}", value) else value


Cutoff = Annotated[Annotated[int, Field(ge=1000, le=9999)] | date, BeforeValidator(_with_day)]


class ModelEntry(Entry, Located):
    """A diffusion model in diffusers' folder layout, in a folder or on a hub at a pinned commit."""

    name: Slug
    pipeline: str | None = Field(default=None, max_length=80)
    """diffusers' class, as model_index.json states it; stated here, it shortens the list of files to fetch."""
    variant: str | None = None
    resolution: int = Field(ge=8, le=4096)
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
    """Data sets whose own `membership` column speaks about this model; those the catalogue lacks say nothing."""
    parameters: int | None = Field(default=None, ge=1)
    """Of all components that are loaded; for the memory it needs before it is there."""
    download_gb: float | None = Field(default=None, gt=0)
    """10^9 bytes to fetch, overrides included."""

    @property
    def cutoff_year(self) -> int | None:
        """The year of the cut-off. A work of that year itself may have been seen."""
        return self.training_cutoff.year if isinstance(self.training_cutoff, date) else self.training_cutoff


class GuidanceInterval(Strict):
    """A guidance weight for timesteps above `above`: training steps, or of a flow model noise levels in 0..1."""

    above: float
    weight: Weight


Guidance = Weight | tuple[GuidanceInterval, ...]
"""One weight for all steps, or intervals from the noisiest down, the last with `above: -1`."""


class MethodEntry(Entry):
    """An inversion method with its settings; the same guidance is used in both directions.

    options: those of the method that differ from its defaults (docs/methods.md). prompt: `none`, the empty prompt,
    or `caption`, the image's own. resample_guidance: another guidance in the sampling, which makes the score no
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

    readouts: groups of further numbers to read out on the way (docs/methods.md).
    """

    model: Slug
    method: Slug
    suite: Slug
    datasets: tuple[Slug, ...]
    readouts: tuple[str, ...] = ("noise",)

    @model_validator(mode="after")
    def _named_after_its_parts(self) -> "ExperimentEntry":
        if self.name != f"{self.model}.{self.method}":
            raise ValueError(f"must be named {self.model}.{self.method}, after its model and method")
        return self


class ComparisonSide(Strict):
    """One group of a comparison: the samples of a data set whose columns equal `where`."""

    dataset: Slug
    where: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_columns(self) -> "ComparisonSide":
        columns = filterable_columns()
        if unknown := [column for column in self.where if column not in columns]:
            raise ValueError(f"samples have no column {unknown[0]!r}; have {', '.join(columns)}")
        return self


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
