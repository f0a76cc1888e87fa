"""Further numbers about an image under a model, read out on the way of an inversion.

The functions over tensors know no batch but the one they are given and treat each image alone; what is drawn at
random is drawn from the image's own seed.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.flow import FlowSchedule
from creativity_assets.diffusion.guidance import Prompted
from creativity_assets.diffusion.inversion import Inverted
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.likelihood import PROBES, Field, Path, log_likelihood
from creativity_assets.errors import ModelError
from creativity_assets.hashing import seed_of

LARE_STEP = 200  # of 1000 training steps (LaRE2, Luo et al. 2024)
DRAWS = 4


@dataclass(frozen=True)
class Trip:
    """A batch that went to noise and back: what a readout may look at. schedule is None where nothing was inverted.

    there, back: what the two directions walked by; returned: the latents that came back, (B, C, h, w).
    """

    backbone: Backbone
    settings: InversionSettings
    there: Any
    back: Any
    schedule: Any
    inverted: Inverted
    returned: Tensor
    sample_ids: tuple[str, ...]

    @property
    def field(self) -> Field:
        """What the inversion followed: e(x, t), or v(x, sigma) of a flow model."""
        return self.there.under(self.there.prompts) if isinstance(self.there, Prompted) else self.there

    @property
    def clean(self) -> Tensor:
        return self.inverted.states[0]

    @property
    def is_flow(self) -> bool:
        return isinstance(self.schedule, FlowSchedule)

    def label(self, i: int) -> Any:
        """What the network is told between the states i - 1 and i on the way back."""
        return self.schedule.sigmas[i] if self.is_flow else self.schedule.label(i)

    def draws(self, count: int, what: str) -> Iterator[Tensor]:
        """`count` standard normal tensors shaped as the batch, each image from its own seed."""
        for k in range(count):
            drawn = [
                torch.randn(self.clean.shape[1:], generator=torch.Generator().manual_seed(_seed(what, k, sample_id)))
                for sample_id in self.sample_ids
            ]
            yield torch.stack(drawn).to(self.clean)


Group = Callable[[Trip], dict[str, Tensor]]
"""Some numbers of each image of a batch, by name, each (B,)."""


def read_out(trip: Trip, groups: Sequence[str]) -> dict[str, Tensor]:
    """The numbers of these groups of READOUTS, each (B,); nothing where nothing was inverted.

    Raises ModelError for an unknown group.
    """
    if unknown := [name for name in groups if name not in READOUTS]:
        raise ModelError(f"no readout {unknown[0]!r}; have {sorted(READOUTS)}")
    if trip.schedule is None:
        return {}
    return {name: values for group in groups for name, values in READOUTS[group](trip).items()}


def noise_power(x: Tensor) -> Tensor:
    """|x|^2 / d, (B,); 1 in the mean for standard normal noise."""
    return _mean_square(x)


def noise_autocorrelation(x: Tensor) -> Tensor:
    """Correlation of neighbours, the mean of right and lower ones, (B,) in -1..1; 0 for white noise."""
    centred = x - x.mean(dim=(-2, -1), keepdim=True)
    power = _mean_square(centred)
    right = (centred[..., :, 1:] * centred[..., :, :-1]).flatten(1).mean(1)
    lower = (centred[..., 1:, :] * centred[..., :-1, :]).flatten(1).mean(1)
    return (right + lower) / (2 * power)


def noise_kl(x: Tensor) -> Tensor:
    """KL(N(m, v) | N(0, 1)) in nats per dimension, m and v the moments of all of an image's numbers; (B,), >= 0."""
    flat = x.flatten(1)
    m, v = flat.mean(1), flat.var(1, correction=0)
    return (v + m.square() - 1 - v.log()) / 2


def _noise(trip: Trip) -> dict[str, Tensor]:
    x = trip.inverted.noise
    return {
        "noise_power": noise_power(x),
        "noise_autocorrelation": noise_autocorrelation(x),
        "noise_kl": noise_kl(x),
    }


def _defect(trip: Trip) -> dict[str, Tensor]:
    """How far a DDIM (flow: Euler) step back from x_i misses x_{i-1}, whatever the method's own sampler does.

    RMS over the latent, mean over the steps.
    """
    e, states = trip.field, trip.inverted.states
    missed = [
        _mean_square(trip.schedule.transfer(x, e(x, trip.label(i)), i, i - 1) - states[i - 1]).sqrt()
        for i, x in enumerate(states)
        if i
    ]
    return {"step_defect": torch.stack(missed).mean(0)}


def _one_state(trip: Trip) -> dict[str, Tensor]:
    """RMS of the round trip from x_T alone: what an exact method cannot hide in its second state."""
    method, options, returned = trip.settings.method, trip.settings.options, trip.returned
    if trip.inverted.carried is not None:
        returned = method.resample(trip.back, trip.schedule, trip.inverted.noise, **options)
    return {"one_state_error": _mean_square(returned - trip.clean).sqrt()}


def _denoising_error(trip: Trip) -> dict[str, Tensor]:
    """Mean squared error of the prediction at LARE_STEP over DRAWS noises of the image's own seed.

    Of the noise for a diffusion model, of the velocity at sigma = 0.2 for a flow model.
    """
    e, x, errors = trip.field, trip.clean, []
    for noise in trip.draws(DRAWS, "denoising_error"):
        if trip.is_flow:
            sigma = LARE_STEP / 1000
            wrong = e((1 - sigma) * x + sigma * noise, sigma) - (noise - x)
        else:
            alpha_bar = float(trip.backbone.alpha_bars[LARE_STEP])
            wrong = e(math.sqrt(alpha_bar) * x + math.sqrt(1 - alpha_bar) * noise, LARE_STEP) - noise
        errors.append(_mean_square(wrong))
    return {"denoising_error": torch.stack(errors).mean(0)}


def _log_likelihood(trip: Trip) -> dict[str, Tensor]:
    """Of the clean latent, under the field that the inversion followed, and its error; see engine/likelihood.py."""
    path = Path.of_flow() if trip.is_flow else Path.of_diffusion(trip.backbone.alpha_bars)
    probes = [noise.sign() for noise in trip.draws(PROBES, "log_likelihood")]
    found = log_likelihood(trip.field, path, trip.clean, probes)
    return {"log_likelihood": found.value, "log_likelihood_se": found.error}


def _mean_square(x: Tensor) -> Tensor:
    """Over all numbers of an image, (B,)."""
    return x.flatten(1).square().mean(1)


def _seed(what: str, k: int, sample_id: str) -> int:
    return seed_of(f"{what} {k} {sample_id}", 7)


READOUTS: dict[str, Group] = {
    "noise": _noise,
    "defect": _defect,
    "one_state": _one_state,
    "denoising_error": _denoising_error,
    "log_likelihood": _log_likelihood,
}
