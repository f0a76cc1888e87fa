"""What is different about each family of models: how prompts become a conditioning, and how the network is called.

A family is a file here with its class, and a layout in weights/layouts.py, which names that class.
"""

from importlib import import_module

from creativity_assets.diffusion.families.family import Family
from creativity_assets.diffusion.weights.layouts import LAYOUTS


def _class(path: str) -> type[Family]:
    module, _, name = path.rpartition(".")
    found: type[Family] = getattr(import_module(f"{__name__}.{module}"), name)
    return found


FAMILIES = {pipeline: _class(layout.family) for pipeline, layout in LAYOUTS.items()}
"""By diffusers' pipeline class, as in LAYOUTS."""
