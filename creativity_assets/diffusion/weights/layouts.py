"""The folder layouts of diffusers' pipelines: which components a model has, of which class, in which files.

Imports neither torch nor diffusers. What is done with the components is in a family's own file, which the layout names:
a new family is that file and an entry of LAYOUTS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


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


Configs = Mapping[str, Mapping[str, Any]]
"""The components' configurations by subfolder."""


class Size(NamedTuple):
    """What a component takes, by its own configuration, and what gives it how much; None where nothing says."""

    part: str
    setting: str
    value: Any
    giver: str
    given: int | None


def _no_sizes(_configs: Configs) -> list[Size]:
    return []


@dataclass(frozen=True)
class Layout:
    """A family's components by subfolder.

    network: the component that predicts noise or velocity. family: its class, `module:Class`. given: settings of the
    network that ask for further inputs, and the values under which they ask for none. sizes: what else has to fit.
    """

    components: Mapping[str, Component]
    network: str
    family: str
    given: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    sizes: Callable[[Configs], list[Size]] = _no_sizes

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

_FAMILIES = "creativity_assets.diffusion.families"

GIVEN: dict[str, tuple[object, ...]] = {
    "class_embed_type": (None,),
    "num_class_embeds": (None,),
    "time_cond_proj_dim": (None,),
    "encoder_hid_dim_type": (None, "text_proj"),
    "attention_type": (None, "default"),
    "addition_embed_type": (None,),
}
"""Fields of a UNet's configuration that ask for further inputs, and the values under which they ask for none."""

SIZE_IDS = 6  # of SDXL: original size, corner of the crop, target size


def number(config: Mapping[str, Any], setting: str) -> int | None:
    """A whole number of a configuration; None where it is none."""
    value = config.get(setting)
    return value if isinstance(value, int) else None


def total(configs: Configs, setting: str) -> int | None:
    """The sum of a setting over the two CLIP encoders, as far as they are there; None where one does not say."""
    found = [number(configs[part], setting) for part in ("text_encoder", "text_encoder_2") if part in configs]
    return None if None in found else sum(value for value in found if value is not None)


def _unet_sizes(configs: Configs) -> list[Size]:
    unet = configs["unet"]
    width = "cross_attention_dim" if unet.get("encoder_hid_dim") is None else "encoder_hid_dim"
    return [Size("unet", width, unet.get(width), "text of the encoders", total(configs, "hidden_size"))]


def _sdxl_sizes(configs: Configs) -> list[Size]:
    unet, setting = configs["unet"], "projection_class_embeddings_input_dim"
    each = number(unet, "addition_time_embed_dim")
    projected = number(configs.get("text_encoder_2", {}), "projection_dim")
    given = None if each is None or projected is None else projected + SIZE_IDS * each
    return [*_unet_sizes(configs), Size("unet", setting, unet.get(setting), "the text_encoder_2", given)]


def _sd3_sizes(configs: Configs) -> list[Size]:
    network, pooled, joint = configs["transformer"], "pooled_projection_dim", "joint_attention_dim"
    both = total(configs, "projection_dim")
    sizes = [Size("transformer", pooled, network.get(pooled), "the text encoders", both)]
    if "text_encoder_3" in configs:
        wide = number(configs["text_encoder_3"], "d_model")
        sizes.append(Size("transformer", joint, network.get(joint), "the text_encoder_3", wide))
    return sizes


LAYOUTS = {
    "StableDiffusionPipeline": Layout(
        {
            "vae": VAE,
            "unet": UNET,
            "text_encoder": _encoder("CLIPTextModel"),
            "tokenizer": CLIP_TOKENIZER,
        },
        network="unet",
        family=f"{_FAMILIES}.stable_diffusion:StableDiffusion",
        given=GIVEN,
        sizes=_unet_sizes,
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
        family=f"{_FAMILIES}.sdxl:StableDiffusionXL",
        given={**GIVEN, "addition_embed_type": ("text_time",)},
        sizes=_sdxl_sizes,
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
        family=f"{_FAMILIES}.stable_diffusion_3:StableDiffusion3",
        sizes=_sd3_sizes,
    ),
}
"""By the `_class_name` of model_index.json."""
