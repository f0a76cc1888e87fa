"""A Stable Diffusion of any size behind five verbs: encode, decode, denoiser, schedule, sample.

Precision: latent state float32; UNet and text encoder in the network's dtype, cast at the call; the autoencoder
float32 on every device, because its error would go straight into the 8-bit images the scores compare.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from creativity_assets.diffusion.conditioning import Conditioning
from creativity_assets.diffusion.guidance import Denoiser, Guidance, Prompted, classifier_free
from creativity_assets.diffusion.inversion import ddim_sample
from creativity_assets.diffusion.schedule import (
    STUDY_FIELDS,
    Schedule,
    prediction_type,
    signal_and_noise,
    training_alpha_bars,
)
from creativity_assets.diffusion.weights import ModelFiles, ModelSource, find_model
from creativity_assets.errors import ModelError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Networks:
    """The four parts of a Stable Diffusion, frozen and in evaluation mode."""

    vae: Any  # diffusers.AutoencoderKL
    unet: Any  # diffusers.UNet2DConditionModel
    text_encoder: Any  # transformers.CLIPTextModel
    tokenizer: Any  # transformers.CLIPTokenizer


class Backbone:
    """A loaded model. Images are uint8 (B, H, W, 3) arrays, latents float32 (B, C, h, w) tensors on `device`.

    kind: `diffusion`, whose denoiser is e(x, t) over a Schedule, or `flow`, whose denoiser is v(x, sigma) over a
    FlowSchedule (flow.py).
    """

    kind: Literal["diffusion", "flow"] = "diffusion"

    def __init__(
        self,
        networks: Networks,
        scheduler_config: dict[str, Any],
        *,
        name: str,
        revision: str,
        resolution: int | None = None,
    ) -> None:
        self._networks = networks
        self._scheduler_config = {**scheduler_config, **STUDY_FIELDS}
        self._prediction_type = prediction_type(self._scheduler_config)
        self._training_alpha_bars = training_alpha_bars(self._scheduler_config)
        self._revision = revision
        self.name = name
        self.device: torch.device = networks.unet.device
        factor = 2 ** (len(networks.vae.config.block_out_channels) - 1)
        self.resolution: int = resolution or networks.unet.config.sample_size * factor
        if self.resolution % factor:
            raise ModelError(f"{name}: resolution {self.resolution} is no multiple of {factor}; change the entry")
        self.latent_shape = (int(networks.unet.config.in_channels), *2 * (self.resolution // factor,))
        self._null = self.embed([""])

    @classmethod
    def load(
        cls,
        location: Path | str,
        *,
        name: str | None = None,
        revision: str | None = None,
        variant: str | None = None,
        device: torch.device | str = "cpu",
        dtype: str | None = None,
        resolution: int | None = None,
        local_files_only: bool | None = None,
    ) -> "Backbone":
        """Load a folder (Path) or a hub id (str) in diffusers' layout; see `ModelSource` for the settings.

        Raises ModelError in one line: the entry, the file and the remedy.
        """
        source = ModelSource(name or str(location), location, revision, variant, dtype, resolution)
        return cls.from_source(source, device=device, local_files_only=local_files_only)

    @classmethod
    def from_source(
        cls, source: ModelSource, *, device: torch.device | str = "cpu", local_files_only: bool | None = None
    ) -> "Backbone":
        """Load what a catalogue entry says."""
        files = find_model(source, local_files_only=local_files_only)
        device = torch.device(device)
        dtype = _network_dtype(source, device)
        return cls(
            _load_networks(files, device, dtype),
            files.scheduler_config(),
            name=source.name,
            revision=files.revision(),
            resolution=source.resolution,
        )

    def weights_revision(self) -> str:
        """The hub's commit or the hash of the folder this model was loaded from."""
        return self._revision

    def schedule(self, steps: int, spacing: str = "leading") -> Any:
        """Where a trajectory of `steps` goes: a Schedule with the study's fields (offset 1, last alpha not one) and
        this spacing of its steps, or a FlowSchedule where `kind` is `flow`.
        """
        return Schedule.from_config({**self._scheduler_config, "timestep_spacing": spacing}, steps)

    def alpha_bar(self, t: int) -> float:
        """The signal power at training step t, in (0, 1]."""
        return float(self._training_alpha_bars[t])

    @torch.no_grad()  # not inference_mode: null-text optimisation puts these latents into a graph
    def encode(self, images: np.ndarray) -> Tensor:
        """uint8 (B, R, R, 3) to scaled latents float32 (B, C, h, w): the mode of the posterior."""
        expected = (self.resolution, self.resolution, 3)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != expected:
            raise ModelError(
                f"{self.name}: images are {images.dtype} {images.shape}, not uint8 (B, {self.resolution}, "
                f"{self.resolution}, 3); preprocess them first"
            )
        pixels = torch.from_numpy(np.ascontiguousarray(images)).to(self.device).permute(0, 3, 1, 2)
        posterior = self._networks.vae.encode(pixels.float() / 127.5 - 1.0).latent_dist
        latents: Tensor = posterior.mode() * self._networks.vae.config.scaling_factor
        return latents

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> np.ndarray:
        """Scaled latents (B, C, h, w) to uint8 (B, R, R, 3), rounded."""
        scaled = latents.to(self.device, torch.float32) / self._networks.vae.config.scaling_factor
        pixels = self._networks.vae.decode(scaled).sample
        levels = ((pixels / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
        images: np.ndarray = levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return images

    def denoiser(self, prompts: Sequence[str] | None = None, guidance: Guidance | float = 0.0) -> Denoiser:
        """e(x, t) under classifier-free guidance; one prompt per image of the batch.

        No prompt, only empty prompts, or guidance 0: the empty prompt alone in a single evaluation.
        """
        if not isinstance(guidance, Guidance):
            guidance = Guidance.constant(guidance)
        null = self.prediction(self._null)
        if prompts is None or not any(prompts) or not any(guidance.weights):
            return null
        return classifier_free(null, self.prediction(self.embed(prompts)), guidance)

    def prompted(self, prompts: Sequence[str]) -> Prompted:
        """The model under any prompt, for methods that need more than one denoiser; one prompt per image."""
        return Prompted(self.prediction, self.embed(prompts), self._null)

    @torch.no_grad()
    def embed(self, prompts: Sequence[str]) -> Conditioning:
        """The prompts as the network takes them, in its dtype; one for the whole batch or one per image."""
        tokenizer = self._networks.tokenizer
        tokens = tokenizer(
            list(prompts),
            padding="max_length",
            max_length=tokenizer.model_max_length,
            truncation=True,
            return_tensors="pt",
        )
        hidden: Tensor = self._networks.text_encoder(tokens.input_ids.to(self.device))[0]
        return Conditioning(hidden.to(self._networks.unet.dtype))

    def prediction(self, conditioning: Conditioning) -> Denoiser:
        """e(x, t) under one condition: one evaluation of the network, in x's dtype.

        Differentiable with respect to x and the conditioning. The weights ask for no gradient, so that without
        a leaf that does no graph is built; callers that have one and want none say torch.no_grad() themselves.
        """
        unet = self._networks.unet

        def predict(x: Tensor, t: int) -> Tensor:
            context = conditioning.expanded(len(x)).tokens.to(unet.dtype)
            output = unet(x.to(unet.dtype), t, encoder_hidden_states=context, return_dict=False)[0]
            return OUTPUT_TO_NOISE[self._prediction_type](output.to(x.dtype), x, self._training_alpha_bars[t])

        return predict

    def noise(self, seeds: Sequence[int]) -> Tensor:
        """x_T float32 (B, C, h, w), one CPU generator per image: the same in every batch, on every device."""
        drawn = [torch.randn(self.latent_shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
        return torch.stack(drawn).to(self.device)

    @torch.inference_mode()
    def sample(
        self, captions: Sequence[str], seeds: Sequence[int], *, steps: int = 20, guidance: float = 7.5
    ) -> np.ndarray:
        """Images from captions by DDIM (eta 0), uint8 (B, R, R, 3); one seed per image."""
        x = ddim_sample(self.denoiser(captions, guidance), self.schedule(steps), self.noise(seeds))
        return self.decode(x)


def _noise(output: Tensor, _x: Tensor, _alpha_bar: float) -> Tensor:
    return output


def _noise_from_velocity(output: Tensor, x: Tensor, alpha_bar: float) -> Tensor:
    """e = a v + s x at the label given to the network (Salimans and Ho 2022)."""
    a, s = signal_and_noise(alpha_bar)
    return a * output + s * x


def _network_dtype(source: ModelSource, device: torch.device) -> torch.dtype:
    if source.dtype is not None:
        if source.dtype not in DTYPES:
            raise ModelError(f"{source.name}: no dtype {source.dtype!r}; have {sorted(DTYPES)}")
        return DTYPES[source.dtype]
    if device.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def _load_networks(files: ModelFiles, device: torch.device, dtype: torch.dtype) -> Networks:
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

    try:
        tokenizer = CLIPTokenizer.from_pretrained(files.folder / "tokenizer", local_files_only=True)
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{files.name}: {files.folder / 'tokenizer'} cannot be loaded ({_line(error)})") from None
    return Networks(
        vae=_load(files, "vae", AutoencoderKL, {"torch_dtype": torch.float32}).to(device),
        unet=_load(files, "unet", UNet2DConditionModel, {"torch_dtype": dtype}).to(device),
        text_encoder=_load(files, "text_encoder", CLIPTextModel, {"dtype": dtype}).to(device),
        tokenizer=tokenizer,
    )


def _load(files: ModelFiles, component: str, architecture: Any, dtype: dict[str, torch.dtype]) -> nn.Module:
    """One component from safetensors only; every tensor must be there and fit, or it would stay random."""
    folder = files.folder / component
    try:
        network, info = architecture.from_pretrained(
            folder,
            variant=files.variant,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
            **dtype,
        )
    except Exception as error:  # diffusers, transformers and safetensors raise a dozen unrelated types here
        raise ModelError(f"{files.name}: {folder} cannot be loaded ({_line(error)}); wrong architecture?") from None
    for problem in ("missing_keys", "mismatched_keys"):
        if wrong := sorted(str(key) for key in info[problem]):
            raise ModelError(
                f"{files.name}: weights in {folder} do not fit config.json ({problem.replace('_', ' ')}: "
                f"{len(wrong)}, first {wrong[0]}); wrong architecture"
            )
    module: nn.Module = network
    # Convolutions run about a tenth faster on channels-last weights, on CPUs and tensor cores alike.
    return module.to(memory_format=torch.channels_last).eval().requires_grad_(False)


def _line(error: BaseException) -> str:
    """The first line of a library's message, for a message of one line."""
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__


OUTPUT_TO_NOISE: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {
    "epsilon": _noise,
    "v_prediction": _noise_from_velocity,
}
