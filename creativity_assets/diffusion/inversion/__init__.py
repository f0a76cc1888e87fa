"""Inversion methods: one function per method and direction over (denoiser, schedule, latent), in the papers' letters.

x_i is the state i of the schedule, e the predicted noise, t_i the timestep of the step between the states i - 1 and i,
and D(x, e; i, j) the transfer between two states (`Schedule.transfer`). Latents are float32 (B, C, h, w); float64 in,
float64 out. A new method is a file with its two functions and a MethodSpec, and a line in INVERSIONS.
"""

from creativity_assets.diffusion.inversion.autoencoder import AUTOENCODER
from creativity_assets.diffusion.inversion.bdia import BDIA
from creativity_assets.diffusion.inversion.cfg_pp import CFG_PP
from creativity_assets.diffusion.inversion.ddim import (
    DDIM,
    DDIM_CLASS_DEFAULTS,
    DDIM_SOURCE_TIMESTEP,
    ddim_invert,
    ddim_sample,
)
from creativity_assets.diffusion.inversion.dpm_solver import DPMPP_2M
from creativity_assets.diffusion.inversion.edict import EDICT
from creativity_assets.diffusion.inversion.fixed_point import AIDI, FIXED_POINT
from creativity_assets.diffusion.inversion.flow import EULER, FIREFLOW, RF_SOLVER
from creativity_assets.diffusion.inversion.null_text import NULL_TEXT
from creativity_assets.diffusion.inversion.o_belm import O_BELM
from creativity_assets.diffusion.inversion.renoise import RENOISE
from creativity_assets.diffusion.inversion.trajectory import Inverted, MethodSpec

__all__ = ["INVERSIONS", "NO_DISTANCES", "Inverted", "MethodSpec", "ddim_invert", "ddim_sample", "no_distance"]

NO_DISTANCES = {
    "edit_friendly_ddpm": "it stores the noise that takes every state to the next, so it always returns its input",
    "pnp": "it puts the source's own latents back into the resampling",
    "direct": "it puts the source's own latents back, by their difference at every step: it always returns its input",
    "rf_inversion": "its controller pulls the resampling towards the original",
}
"""Methods that keep the answer for the sampling: their round trip says nothing of the model."""


def no_distance(name: str) -> str | None:
    """Why a method of this name is not offered, or None. Case, hyphens and the word `inversion` make no difference."""
    return next((reason for known, reason in NO_DISTANCES.items() if _words(known) == _words(name)), None)


def _words(name: str) -> list[str]:
    return [word for word in name.lower().replace("-", "_").split("_") if word != "inversion"]


INVERSIONS = {
    "autoencoder": AUTOENCODER,
    "ddim": DDIM,
    "ddim_class_defaults": DDIM_CLASS_DEFAULTS,
    "ddim_source_label": DDIM_SOURCE_TIMESTEP,  # the catalogue's name of old: it is in the hash of what is stored
    "fixed_point": FIXED_POINT,
    "aidi": AIDI,
    "renoise": RENOISE,
    "null_text": NULL_TEXT,
    "cfg_pp": CFG_PP,
    "edict": EDICT,
    "bdia": BDIA,
    "o_belm": O_BELM,
    "dpmpp_2m": DPMPP_2M,
    "euler": EULER,
    "rf_solver": RF_SOLVER,
    "fireflow": FIREFLOW,
}
