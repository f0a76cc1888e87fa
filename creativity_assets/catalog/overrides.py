"""What a model takes from elsewhere instead of its own folder."""

from pydantic import Field

from creativity_assets.catalog.entry import Strict
from creativity_assets.catalog.location import Located


class ComponentOverride(Located):
    """A component in diffusers' layout; `subfolder` says where it lies in that folder or repository."""

    variant: str | None = None
    subfolder: str = Field(default="", pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.-]*)?$")


class LoraOverride(Located):
    """Low-rank updates, added `scale` times to the base's weights when it is loaded."""

    file: str = Field(default="pytorch_lora_weights.safetensors", pattern=r"^[A-Za-z0-9_][^/\\]*\.safetensors$")
    scale: float = Field(default=1.0, ge=-10, le=10)


class Overrides(Strict):
    """What replaces parts of a model: the autoencoder, the denoiser (a UNet or a transformer), updates of weights."""

    vae: ComponentOverride | None = None
    unet: ComponentOverride | None = None
    transformer: ComponentOverride | None = None
    lora: LoraOverride | None = None

    @property
    def components(self) -> dict[str, ComponentOverride]:
        """The replaced components by name."""
        stated = {"vae": self.vae, "unet": self.unet, "transformer": self.transformer}
        return {name: override for name, override in stated.items() if override is not None}
