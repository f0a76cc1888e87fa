"""How an image is inverted: the method with its options, T, and what the network is prompted with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from creativity_assets.diffusion.guidance import Guidance
from creativity_assets.diffusion.inversion import INVERSIONS, MethodSpec, no_distance
from creativity_assets.errors import ModelError

Prompt = Literal["none", "caption"]


@dataclass(frozen=True)
class InversionSettings:
    """A method of the catalogue.

    options: those of the method that differ from its defaults. guidance: of both directions, or of the inversion
    alone where `resample_guidance` gives the sampling another (a mismatch, no distance). prompt: `none` is the empty
    prompt, `caption` the image's own. Raises ModelError for an unknown name or option, and for guidance that changes
    nothing.
    """

    inversion: str = "ddim"
    steps: int = 20
    options: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    guidance: Guidance = field(default_factory=Guidance)
    resample_guidance: Guidance | None = None
    prompt: Prompt = "none"

    def __post_init__(self) -> None:
        if reason := no_distance(self.inversion):
            raise ModelError(f"{self.inversion} is no distance: {reason}")
        if self.inversion not in INVERSIONS:
            raise ModelError(f"no inversion {self.inversion!r}; have {sorted(INVERSIONS)}")
        if (self.steps < 1) != (self.method.steps == 0):
            usual = f"{self.method.steps}, or as many as needed" if self.method.steps else "0: it inverts nothing"
            raise ModelError(f"{self.inversion}: steps {self.steps}; take {usual}")
        known = self.method.options
        if unknown := sorted(set(self.options) - set(known)):
            raise ModelError(f"{self.inversion}: no option {unknown[0]!r}; have {sorted(known) or 'none'}")
        for name, value in self.options.items():
            if not known[name].allows(value):
                raise ModelError(f"{self.inversion}: option {name} {value:g}: must be {known[name]}")
        if problem := self.method.problem(self.steps, self.prompt, **self.options):
            raise ModelError(f"{self.inversion}: {problem}")
        weights = {*self.guidance.weights, *(self.resample_guidance or self.guidance).weights}
        if self.prompt == "none" and weights != {0.0}:
            raise ModelError("guidance without a caption changes nothing: both prompts are empty; set prompt: caption")
        if self.prompt == "caption" and weights == {0.0} and self.method.subject == "denoiser":
            raise ModelError("prompt: caption at guidance 0 never reads the caption; set guidance, or drop the prompt")
        if self.method.subject == "prompted" and (weights != {0.0} or self.resample_guidance):
            raise ModelError(f"{self.inversion} guides by its own options {sorted(known)}; drop guidance")

    @property
    def method(self) -> MethodSpec:
        return INVERSIONS[self.inversion]

    @property
    def is_distance(self) -> bool:
        """Whether inversion and sampling follow the same field."""
        return self.resample_guidance is None or self.resample_guidance == self.guidance

    @property
    def evaluations(self) -> int:
        """Network evaluations per image for both directions, on the empty prompt."""
        return self.method.evaluations(self.steps, **self.options)
