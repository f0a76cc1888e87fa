"""Whether a model's components fit one another and ask for nothing that is not given: from their configurations.

Imports neither torch nor diffusers: doctor and the plan say what a load would say, before it.
"""

from collections.abc import Mapping
from typing import Any

from creativity_assets.diffusion.weights.component_files import ComponentFiles
from creativity_assets.errors import ModelError

Configs = Mapping[str, Mapping[str, Any]]

GIVEN: dict[str, tuple[object, ...]] = {
    "class_embed_type": (None,),
    "num_class_embeds": (None,),
    "time_cond_proj_dim": (None,),
    "encoder_hid_dim_type": (None, "text_proj"),
    "attention_type": (None, "default"),
    "addition_embed_type": (None,),
}
"""Fields of a UNet's configuration that ask for further inputs, and the values under which they ask for none."""

SDXL_GIVEN = {**GIVEN, "addition_embed_type": ("text_time",)}
UNETS = {"StableDiffusionPipeline": GIVEN, "StableDiffusionXLPipeline": SDXL_GIVEN}
SIZE_IDS = 6  # of SDXL: original size, corner of the crop, target size


def check_inputs(name: str, pipeline: str, network: str, components: Mapping[str, ComponentFiles]) -> None:
    """Raise ModelError, in one line, where the network asks for other inputs than its family gives, or other sizes.

    name: the catalogue entry; network: the component that predicts.
    """
    configs = {part: files.config() for part, files in components.items() if not files.component.is_tokenizer}
    for field, values in UNETS.get(pipeline, {}).items():
        if (value := configs[network].get(field)) not in values:
            raise ModelError(
                f"{name}: the {network} asks for an input that a {pipeline} does not give "
                f"({field}: {str(value)[:40]}); choose another model"
            )
    for part, field, value, what, expected in _sizes(pipeline, network, configs):
        if value is not None and expected is not None and value != expected:
            raise ModelError(
                f"{name}: the {part} takes {field} {str(value)[:40]}, but {what} gives {expected}; choose another model"
            )


def _sizes(pipeline: str, network: str, configs: Configs) -> list[tuple[str, str, Any, str, Any]]:
    """(component, field, its value, what feeds it, what that gives), as far as the configurations say."""
    unet, vae = configs[network], configs["vae"]
    latent = vae.get("latent_channels", 4)
    sizes = [
        ("vae", "in_channels", vae.get("in_channels", 3), "an image", 3),
        ("vae", "out_channels", vae.get("out_channels", 3), "an image", 3),
        (network, "in_channels", unet.get("in_channels", latent), "the vae", latent),
        (network, "out_channels", unet.get("out_channels", latent), "the vae", latent),
    ]
    widths = [_number(configs[part], "hidden_size") for part in ("text_encoder", "text_encoder_2") if part in configs]
    text = None if None in widths else sum(width for width in widths if width is not None)
    second = configs.get("text_encoder_2", {})
    if pipeline == "StableDiffusion3Pipeline":
        pooled = [_number(configs[part], "projection_dim") for part in ("text_encoder", "text_encoder_2")]
        both = None if None in pooled else sum(width for width in pooled if width is not None)
        third = configs.get("text_encoder_3")
        sizes.append((network, "pooled_projection_dim", unet.get("pooled_projection_dim"), "the text encoders", both))
        if third is not None:
            wide = _number(third, "d_model")
            sizes.append((network, "joint_attention_dim", unet.get("joint_attention_dim"), "the text_encoder_3", wide))
        return sizes
    width = "cross_attention_dim" if unet.get("encoder_hid_dim") is None else "encoder_hid_dim"
    sizes.append((network, width, unet.get(width), "text of the encoders", text))
    each, projected = _number(unet, "addition_time_embed_dim"), _number(second, "projection_dim")
    if pipeline == "StableDiffusionXLPipeline" and each is not None and projected is not None:
        field = "projection_class_embeddings_input_dim"
        sizes.append((network, field, unet.get(field), "the text_encoder_2", projected + SIZE_IDS * each))
    return sizes


def _number(config: Mapping[str, Any], field: str) -> int | None:
    value = config.get(field)
    return value if isinstance(value, int) else None
