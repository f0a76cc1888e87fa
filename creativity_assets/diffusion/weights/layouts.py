"""The folder layouts of diffusers' pipelines: which components a model has, of which class, in which files.

Imports neither torch nor diffusers. What is done with the components is in families/, in the class that a layout names.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Component:
    """A subfolder of a model: the class its configuration must name, and what it is for."""

    architecture: str
    stem: str | None  # of its weights; a tokenizer has none
    optional: bool = False  # loaded only where the catalogue entry asks for it
    float32: bool = False  # whatever the network's dtype: its error would go straight into the images

    @property
    def is_tokenizer(self) -> bool:
        return self.stem is None


@dataclass(frozen=True)
class Layout:
    """A family's components by subfolder; `network` is the one that predicts noise or velocity.

    family: what calls them, MODULE.CLASS of families/; empty where a plugin gives its class itself.
    """

    components: Mapping[str, Component]
    network: str
    family: str = ""

    def chosen(self, extra: tuple[str, ...]) -> dict[str, Component]:
        """The components every model of the family has, and those asked for by name."""
        return {name: part for name, part in self.components.items() if not part.optional or name in extra}

    @property
    def optional(self) -> tuple[str, ...]:
        return tuple(name for name, part in self.components.items() if part.optional)


def _diffusers(architecture: str, *, float32: bool = False) -> Component:
    return Component(architecture, "diffusion_pytorch_model", float32=float32)


def _encoder(architecture: str, *, optional: bool = False) -> Component:
    return Component(architecture, "model", optional)


def _tokenizer(architecture: str, *, optional: bool = False) -> Component:
    return Component(architecture, None, optional)


VAE = _diffusers("AutoencoderKL", float32=True)
UNET = _diffusers("UNet2DConditionModel")
CLIP_TOKENIZER = _tokenizer("CLIPTokenizer")

LAYOUTS = {
    "StableDiffusionPipeline": Layout(
        {
            "vae": VAE,
            "unet": UNET,
            "text_encoder": _encoder("CLIPTextModel"),
            "tokenizer": CLIP_TOKENIZER,
        },
        network="unet",
        family="stable_diffusion.StableDiffusion",
    ),
    "StableDiffusionXLPipeline": Layout(
        {
            "vae": VAE,
            "unet": UNET,
            "text_encoder": _encoder("CLIPTextModel"),
            "tokenizer": CLIP_TOKENIZER,
            "text_encoder_2": _encoder("CLIPTextModelWithProjection"),
            "tokenizer_2": CLIP_TOKENIZER,
        },
        network="unet",
        family="sdxl.StableDiffusionXL",
    ),
    "StableDiffusion3Pipeline": Layout(
        {
            "vae": VAE,
            "transformer": _diffusers("SD3Transformer2DModel"),
            "text_encoder": _encoder("CLIPTextModelWithProjection"),
            "tokenizer": CLIP_TOKENIZER,
            "text_encoder_2": _encoder("CLIPTextModelWithProjection"),
            "tokenizer_2": CLIP_TOKENIZER,
            "text_encoder_3": _encoder("T5EncoderModel", optional=True),
            "tokenizer_3": _tokenizer("T5TokenizerFast", optional=True),
        },
        network="transformer",
        family="stable_diffusion_3.StableDiffusion3",
    ),
}
"""By the `_class_name` of model_index.json."""
