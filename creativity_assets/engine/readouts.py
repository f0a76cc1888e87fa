"""Further numbers about an image under a model, read out of its round trip.

Each image is treated alone, whatever batch it is in; random numbers come from the image's own seed. A new readout is a
function and a line in READOUTS.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from creativity_assets.diffusion.guidance import Prompted
from creativity_assets.diffusion.inversion import Inverted
from creativity_assets.diffusion.schedule import Schedule
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.likelihood import PROBES, Field, log_likelihood
from creativity_assets.errors import ModelError
from creativity_assets.hashing import seed_of

DENOISING_STEP = 200  # of 1000 training steps (LaRE2, Luo et al. 2024)
NOISES = 4


@dataclass(frozen=True)
class RoundTrip:
    """A batch that was inverted and sampled again: what a readout may look at.

    inversion_denoiser, sampling_denoiser: what each direction was called with, a `Prompted` for some methods.
    sampled: the latents that came back, (B, C, h, w).
    """

    settings: InversionSettings
    inversion_denoiser: Any
    sampling_denoiser: Any
    schedule: Schedule
    inverted: Inverted
    sampled: Tensor
    sample_ids: tuple[str, ...]

    @property
    def field(self) -> Field:
        """What the inversion followed: e(x, t), or v(x, sigma) of a flow model."""
        denoiser = self.inversion_denoiser
        return denoiser.under(denoiser.prompts) if isinstance(denoiser, Prompted) else denoiser

    @property
    def clean(self) -> Tensor:
        """x_0, (B, C, h, w)."""
        return self.inverted.states[0]

    def noises(self, count: int, what: str) -> Iterator[Tensor]:
        """`count` standard normal tensors shaped as the batch, each image from its own seed. what: their purpose."""
        for k in range(count):
            noises = [
                torch.randn(self.clean.shape[1:], generator=torch.Generator().manual_seed(_seed(what, k, sample_id)))
                for sample_id in self.sample_ids
            ]
            yield torch.stack(noises).to(self.clean)


Readout = Callable[[RoundTrip], dict[str, Tensor]]
"""One or more numbers of each image of a batch, by name, each (B,)."""


def require_readouts(names: Sequence[str]) -> None:
    """Raise ModelError for a name that READOUTS does not have."""
    if unknown := [name for name in names if name not in READOUTS]:
        raise ModelError(f"no readout {unknown[0]!r}; have {sorted(READOUTS)}")


def read_out(trip: RoundTrip, names: Sequence[str]) -> dict[str, Tensor]:
    """The numbers of these READOUTS, each (B,)."""
    return {number: values for name in names for number, values in READOUTS[name](trip).items()}


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


def _noise(trip: RoundTrip) -> dict[str, Tensor]:
    x = trip.inverted.noise
    return {
        "noise_power": noise_power(x),
        "noise_autocorrelation": noise_autocorrelation(x),
        "noise_kl": noise_kl(x),
    }


def _defect(trip: RoundTrip) -> dict[str, Tensor]:
    """How far a DDIM step (flow: an Euler step) from x_i misses x_{i-1}, whatever the method's own sampler does.

    RMS over the latent, mean over the steps.
    """
    e, schedule, states = trip.field, trip.schedule, trip.inverted.states
    missed = [
        _mean_square(schedule.transfer(x, e(x, schedule.timestep(i)), i, i - 1) - states[i - 1]).sqrt()
        for i, x in enumerate(states)
        if i
    ]
    return {"step_defect": torch.stack(missed).mean(0)}


def _one_state(trip: RoundTrip) -> dict[str, Tensor]:
    """RMS error of sampling from x_T alone: what an exact method cannot hide in its auxiliary state."""
    sampled = trip.sampled
    if trip.inverted.auxiliary is not None:
        sample, options = trip.settings.method.sample, trip.settings.options
        sampled = sample(trip.sampling_denoiser, trip.schedule, trip.inverted.noise, **options)
    return {"one_state_error": _mean_square(sampled - trip.clean).sqrt()}


def _denoising_error(trip: RoundTrip) -> dict[str, Tensor]:
    """Mean squared error of the field at DENOISING_STEP, over NOISES noises of the image's own seed.

    The field is the noise of a diffusion model, and the velocity, at sigma = 0.2, of a flow model.
    """
    e, levels, x = trip.field, trip.schedule.levels, trip.clean
    t = levels.timestep_of(DENOISING_STEP)
    errors = [
        _mean_square(e(levels.noised(x, noise, t), t) - levels.target(x, noise))
        for noise in trip.noises(NOISES, "denoising_error")
    ]
    return {"denoising_error": torch.stack(errors).mean(0)}


def _log_likelihood(trip: RoundTrip) -> dict[str, Tensor]:
    """Of the clean latent, under the field that the inversion followed, and its error; see engine/likelihood.py."""
    probes = [noise.sign() for noise in trip.noises(PROBES, "log_likelihood")]
    found = log_likelihood(trip.field, trip.schedule.levels.likelihood_path(), trip.clean, probes)
    return {"log_likelihood": found.value, "log_likelihood_se": found.error}


def _mean_square(x: Tensor) -> Tensor:
    """Over all numbers of an image, (B,)."""
    return x.flatten(1).square().mean(1)


def _seed(what: str, k: int, sample_id: str) -> int:
    return seed_of(f"{what} {k} {sample_id}", 7)


READOUTS: dict[str, Readout] = {
    "noise": _noise,
    "defect": _defect,
    "one_state": _one_state,
    "denoising_error": _denoising_error,
    "log_likelihood": _log_likelihood,
}
