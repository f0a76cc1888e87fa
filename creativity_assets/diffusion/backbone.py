"""A diffusion model of any family behind a few verbs: encode, decode, embed, prediction, denoiser, schedule, sample.

Precision: latent state float32; network and text encoders in the network's dtype, cast at the call; the autoencoder
float32 on every device, because its error would go straight into the 8-bit images the scores compare (and because
SDXL's overflows in float16).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from creativity_assets.diffusion.conditioning import Conditioning
from creativity_assets.diffusion.diffusion_schedule import DiffusionLevels
from creativity_assets.diffusion.families import family_of
from creativity_assets.diffusion.finite import require_finite
from creativity_assets.diffusion.flow_schedule import FlowLevels, Velocity
from creativity_assets.diffusion.guidance import Guidance, Prompted, classifier_free
from creativity_assets.diffusion.inversion import INVERSIONS
from creativity_assets.diffusion.schedule import Kind, Schedule, TrainingLevels
from creativity_assets.diffusion.weights.model_files import ModelSource, find_model
from creativity_assets.diffusion.weights.networks import load_components, network_dtype
from creativity_assets.diffusion.weights.revision import weights_revision
from creativity_assets.errors import ModelError, NotFiniteError

LOG = logging.getLogger(__name__)


class Backbone:
    """A loaded model. Images are uint8 (B, H, W, 3) arrays, latents float32 (B, C, h, w) tensors on `device`.

    family: what is different about models of its family. kind: `diffusion`, whose denoiser is e(x, t), or `flow`, whose
    denoiser is v(x, sigma). levels: what it was trained on, with the verbs that do not ask for the kind.
    """

    def __init__(
        self,
        parts: Mapping[str, Any],
        scheduler_config: dict[str, Any],
        *,
        name: str,
        revision: str,
        pipeline: str = "StableDiffusionPipeline",
        index: Mapping[str, Any] | None = None,
        resolution: int | None = None,
    ) -> None:
        """parts: components by subfolder; pipeline: their family, a key of LAYOUTS; index: model_index.json."""
        self._networks = SimpleNamespace(**parts)
        self._revision = revision
        self.name = name
        vae, network = parts["vae"], parts[family_of(pipeline).network_name]
        factor = 2 ** (len(vae.config.block_out_channels) - 1)
        self.resolution: int = resolution or network.config.sample_size * factor
        self.family = family_of(pipeline)(parts, index or {}, self.resolution)
        self.kind: Kind = self.family.kind
        self.device: torch.device = network.device
        if self.resolution % factor:
            raise ModelError(f"{name}: resolution {self.resolution} is no multiple of {factor}; change the entry")
        if vae.config.latents_mean is not None:
            raise ModelError(f"{name}: the autoencoder standardises latents (latents_mean), which is not supported")
        if problem := self.family.problem():
            raise ModelError(f"{name}: {problem}; change the entry")
        self.latent_shape = (int(network.config.in_channels), *2 * (self.resolution // factor,))
        try:
            # What the model was trained with; whatever sampler the folder ships is not used.
            self.levels: TrainingLevels = TRAINING_LEVELS[self.kind](scheduler_config, self.family.tokens)
            self._null = self.embed([""])
        except (ModelError, NotFiniteError) as problem:
            raise ModelError(f"{name}: {problem}") from None
        self._try_network(pipeline)

    @classmethod
    def load(
        cls, location: Path | str, *, name: str | None = None, device: torch.device | str = "cpu", **settings: Any
    ) -> "Backbone":
        """Load a folder (Path) or a hub id (str) in diffusers' layout; settings are those of `ModelSource`."""
        return cls.from_source(ModelSource(name or str(location), location, **settings), device=device)

    @classmethod
    def from_source(
        cls,
        source: ModelSource,
        *,
        device: torch.device | str = "cpu",
        default_dtype: torch.dtype = torch.float32,
        local_files_only: bool | None = None,
    ) -> "Backbone":
        """Load what a catalogue entry says. default_dtype: the networks', where the entry states none.

        Raises ModelError in one line: the entry, the file and the remedy.
        """
        files = find_model(source, local_files_only=local_files_only)
        device = torch.device(device)
        return cls(
            load_components(files, device, network_dtype(source.name, source.dtype, default_dtype)),
            files.scheduler_config(),
            name=source.name,
            revision=weights_revision(source),
            pipeline=files.pipeline,
            index=files.model_index(),
            resolution=source.resolution,
        )

    @torch.no_grad()
    def compile(self, batch: int, compiler: Callable[[Any], Callable[..., Any]]) -> None:
        """Compile the network for `batch` images on one prompt, without a graph; all else is computed as before.

        compiler: a network to its compiled form. Where it fails, say for want of a C++ compiler, the reason is logged
        and nothing changes. Numbers move by rounding: latents by 1e-5 at most.
        """
        if self.family.compiled_for == batch:
            return
        x = torch.zeros((batch, *self.latent_shape), device=self.device)
        self.family.compiled, self.family.compiled_for = compiler(self.network), batch
        try:
            self.prediction(self._null)(x, self.levels.trial_timestep)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # whatever a compiler's back end raises
            self.family.compiled_for = 0
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            LOG.warning("%s: goes on without compiling its network (%s)", self.name, reason)

    def weights_revision(self) -> str:
        """The hub's commit or the hash of the folder this model was loaded from, and what was changed."""
        return self._revision

    @property
    def autoencoder(self) -> Any:
        """What makes latents of pictures, and pictures of latents."""
        return self._networks.vae

    @property
    def _at_once(self) -> int:
        """How many images the autoencoder is given together, whatever the batch."""
        on_cpu = self.device.type == "cpu"
        return max(1, AUTOENCODER_PIXELS // self.resolution**2) if on_cpu else MOST_IMAGES

    @property
    def network(self) -> Any:
        """The UNet or transformer: what costs."""
        return self.family.network

    def schedule(self, steps: int, spacing: str = "leading") -> Schedule:
        """`steps` steps among these levels; spacing: where a diffusion model's lie (`sampler.SPACINGS`)."""
        return self.levels.schedule(steps, spacing)

    @torch.no_grad()  # not inference_mode: null-text optimisation puts these latents into a graph
    def encode(self, images: np.ndarray) -> Tensor:
        """uint8 (B, R, R, 3) to scaled latents float32 (B, C, h, w): the mode of the posterior.

        Raises NotFiniteError for NaN or infinity.
        """
        expected = (self.resolution, self.resolution, 3)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != expected:
            raise ModelError(
                f"{self.name}: images are {images.dtype} {images.shape}, not uint8 (B, {self.resolution}, "
                f"{self.resolution}, 3); preprocess them first"
            )
        pixels = torch.from_numpy(np.ascontiguousarray(images)).to(self.device).permute(0, 3, 1, 2)
        modes = [
            self.autoencoder.encode(some.float() / 127.5 - 1.0).latent_dist.mode()
            for some in torch.split(pixels, self._at_once)
        ]
        config = self.autoencoder.config
        latents: Tensor = (torch.cat(modes) - (config.shift_factor or 0.0)) * config.scaling_factor
        return require_finite(latents, "the latent")

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> np.ndarray:
        """Scaled latents (B, C, h, w) to uint8 (B, R, R, 3), rounded. Raises NotFiniteError for NaN or infinity."""
        config = self.autoencoder.config
        scaled = latents.to(self.device, torch.float32) / config.scaling_factor + (config.shift_factor or 0.0)
        decoded = torch.cat([self.autoencoder.decode(some).sample for some in torch.split(scaled, self._at_once)])
        pixels = require_finite(decoded, "the decoded image")
        rounded = ((pixels / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
        images: np.ndarray = rounded.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return images

    def denoiser(self, prompts: Sequence[str] | None = None, guidance: Guidance | float = 0.0) -> Velocity:
        """e(x, t), or v(x, sigma) of a flow model, under classifier-free guidance; one prompt per image.

        Without a prompt, with empty prompts alone, or at guidance 0 it is the empty prompt in a single evaluation.
        """
        if not isinstance(guidance, Guidance):
            guidance = Guidance.constant(guidance)
        null = self.prediction(self._null)
        if prompts is None or not any(prompts) or not any(guidance.weights):
            return null
        # The combination is the same for noises and velocities.
        return cast(Velocity, classifier_free(null, self.prediction(self.embed(prompts)), guidance))

    def prompted(self, prompts: Sequence[str]) -> Prompted:
        """The model under any prompt, for methods that need more than one denoiser; one prompt per image."""
        return Prompted(self.prediction, self.embed(prompts), self._null)

    @torch.no_grad()
    def embed(self, prompts: Sequence[str]) -> Conditioning:
        """The prompts as the network takes them, in its dtype; one for the whole batch or one per image.

        Raises NotFiniteError for NaN or infinity.
        """
        embedded = self.family.embed(prompts)
        require_finite(embedded.tokens, "the embedded prompt")
        if embedded.pooled is not None:
            require_finite(embedded.pooled, "the embedded prompt")
        return embedded

    def prediction(self, conditioning: Conditioning) -> Velocity:
        """e(x, t), or v(x, sigma) of a flow model, under one condition: one evaluation, in x's dtype.

        Differentiable with respect to x and the conditioning. The weights require no gradient: a graph is built only
        for a leaf among these two. A caller with such a leaf that wants no graph says torch.no_grad() itself.
        """
        dtype = self.network.dtype

        def predict(x: Tensor, timestep: float) -> Tensor:
            told = conditioning.to(dtype).expanded(len(x))
            # In one order of memory, whatever step it comes from: a compiled network is one for one order.
            output = self.family.evaluate(x.to(dtype).contiguous(), timestep, told)
            return self.levels.field(output.to(x.dtype), x, timestep)

        return predict

    def noise(self, seeds: Sequence[int]) -> Tensor:
        """x_T float32 (B, C, h, w), one CPU generator per image: the same in every batch, on every device."""
        drawn = [torch.randn(self.latent_shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
        return torch.stack(drawn).to(self.device)

    @torch.inference_mode()
    def sample(
        self, captions: Sequence[str], seeds: Sequence[int], *, steps: int = 20, guidance: float = 7.5
    ) -> np.ndarray:
        """Images from captions by DDIM (eta 0) or Euler's method (flow), uint8 (B, R, R, 3); one seed per image."""
        sample = INVERSIONS[self.levels.sampler].sample
        return self.decode(sample(self.denoiser(captions, guidance), self.schedule(steps), self.noise(seeds)))

    @torch.no_grad()
    def _try_network(self, pipeline: str) -> None:
        """Evaluate a small latent: a network that needs more inputs than it is given fails here, in one line."""
        side = min(self.latent_shape[-1], TRIAL_SIDE)
        trial = torch.zeros((1, self.latent_shape[0], side, side), device=self.device)
        try:
            answer = self.prediction(self._null)(trial, self.levels.trial_timestep)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # whatever a network raises that is given too little
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise ModelError(
                f"{self.name}: the network does not take what a {pipeline} gives it ({reason}); choose another model"
            ) from None
        if answer.shape != trial.shape:
            sizes = f"{tuple(answer.shape)} to {tuple(trial.shape)}"
            raise ModelError(f"{self.name}: the network answers {sizes}; choose another model")


TRIAL_SIDE = 8
AUTOENCODER_PIXELS = 16 * 64 * 64
"""On a CPU, whose caches hold no more of its activations, the largest of all: 14 % faster than twice as many."""
MOST_IMAGES = 2**31

TRAINING_LEVELS: dict[Kind, Callable[[Mapping[str, Any], int | None], TrainingLevels]] = {
    "diffusion": DiffusionLevels.from_folder,
    "flow": FlowLevels.from_folder,
}
"""(the folder's scheduler configuration, patches per image) -> what the model was trained on."""
