"""Whether a model's components fit one another and ask for nothing that is not given: from their configurations.

Imports neither torch nor diffusers: doctor and the plan say what a load would say, before it.
"""

from collections.abc import Mapping

from creativity_assets.diffusion.weights.component_files import ComponentFiles
from creativity_assets.diffusion.weights.layouts import LAYOUTS, Configs, Size
from creativity_assets.errors import ModelError


def check_inputs(name: str, pipeline: str, network: str, components: Mapping[str, ComponentFiles]) -> None:
    """Raise ModelError, in one line, where the network asks for other inputs than its family gives, or other sizes.

    name: the catalogue entry; network: the component that predicts.
    """
    configs = {part: files.config() for part, files in components.items() if not files.component.is_tokenizer}
    layout = LAYOUTS[pipeline]
    for setting, values in layout.given.items():
        if (value := configs[network].get(setting)) not in values:
            raise ModelError(
                f"{name}: the {network} asks for an input that a {pipeline} does not give "
                f"({setting}: {str(value)[:40]}); choose another model"
            )
    for size in (*_latent_sizes(network, configs), *layout.sizes(configs)):
        if size.value is not None and size.given is not None and size.value != size.given:
            raise ModelError(
                f"{name}: the {size.part} takes {size.setting} {str(size.value)[:40]}, but {size.giver} gives "
                f"{size.given}; choose another model"
            )


def _latent_sizes(network: str, configs: Configs) -> list[Size]:
    """Of every family: images into the vae, latents into the network and out of it."""
    vae, predicts = configs["vae"], configs[network]
    latent = vae.get("latent_channels", 4)
    return [
        Size("vae", "in_channels", vae.get("in_channels", 3), "an image", 3),
        Size("vae", "out_channels", vae.get("out_channels", 3), "an image", 3),
        Size(network, "in_channels", predicts.get("in_channels", latent), "the vae", latent),
        Size(network, "out_channels", predicts.get("out_channels", latent), "the vae", latent),
    ]
