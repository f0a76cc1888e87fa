"""Where weights lie, and what a model takes from elsewhere instead of its own folder."""

import re
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

HubId = Annotated[str, Field(pattern=r"^\w[\w.-]*/\w[\w.-]*$")]


class Located(BaseModel):
    """A folder, or a hub repository at a pinned commit.

    A branch or tag is refused: what it points to changes, and the numbers would no longer be traceable.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    path: str | None = None
    hub_id: HubId | None = None
    revision: str | None = None

    @model_validator(mode="after")
    def _one_location(self) -> Self:
        if (self.hub_id is None) == (self.path is None):
            raise ValueError("give exactly one of hub_id and path")
        if self.hub_id is not None and not _is_commit(self.revision):
            raise ValueError(
                f"{self.hub_id} needs a pinned revision (a commit of 40 hex digits, from the page's history), "
                "so that the numbers stay traceable"
            )
        return self


class ComponentOverride(Located):
    """A component in diffusers' layout; `subfolder` says where it lies in that folder or repository."""

    variant: str | None = None
    subfolder: str = Field(default="", pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.-]*)?$")


class LoraOverride(Located):
    """Low-rank updates, added `scale` times to the base's weights when it is loaded."""

    file: str = Field(default="pytorch_lora_weights.safetensors", pattern=r"^[A-Za-z0-9_][^/\\]*\.safetensors$")
    scale: float = 1.0


class Overrides(BaseModel):
    """What replaces parts of a model: the autoencoder, the denoiser (a UNet or a transformer), updates of weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    vae: ComponentOverride | None = None
    unet: ComponentOverride | None = None
    transformer: ComponentOverride | None = None
    lora: LoraOverride | None = None

    @property
    def components(self) -> dict[str, ComponentOverride]:
        """The replaced components by name."""
        stated = {"vae": self.vae, "unet": self.unet, "transformer": self.transformer}
        return {name: override for name, override in stated.items() if override is not None}


def _is_commit(revision: str | None) -> bool:
    return re.fullmatch(r"[0-9a-f]{40}", revision or "") is not None
