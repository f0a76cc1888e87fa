"""What is different about each family of models: how prompts become a conditioning, and how the network is called.

Keys are diffusers' pipeline classes, as in layouts.LAYOUTS, which says what lies in their folders.
"""

from creativity_assets.diffusion.families.family import Family
from creativity_assets.diffusion.families.sdxl import StableDiffusionXL
from creativity_assets.diffusion.families.stable_diffusion import StableDiffusion
from creativity_assets.diffusion.families.stable_diffusion_3 import StableDiffusion3

FAMILIES: dict[str, type[Family]] = {
    "StableDiffusionPipeline": StableDiffusion,
    "StableDiffusionXLPipeline": StableDiffusionXL,
    "StableDiffusion3Pipeline": StableDiffusion3,
}
