"""Stable Diffusion 1 and 2 (Rombach et al. 2022): one CLIP text encoder, a UNet on 4 channels, e or v prediction."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from creativity_assets.diffusion.conditioning import Conditioning
from creativity_assets.diffusion.families.family import Family, timestep_tensor, token_ids
from creativity_assets.diffusion.families.shared_context import share_contexts


class StableDiffusion(Family):
    """Conditioning: the text encoder's last hidden states, (B, 77, 768) in version 1, (B, 77, 1024) in version 2."""

    kind = "diffusion"
    network_name = "unet"

    def __init__(self, parts: Mapping[str, Any], index: Mapping[str, Any], resolution: int) -> None:
        super().__init__(parts, index, resolution)
        share_contexts(self.network)

    def embed(self, prompts: Sequence[str]) -> Conditioning:
        tokenizer, encoder = self._parts["tokenizer"], self._parts["text_encoder"]
        ids = token_ids(tokenizer, prompts, tokenizer.model_max_length, encoder.device)
        return Conditioning(encoder(ids)[0].to(self.network.dtype))

    def evaluate(self, x: Tensor, timestep: float, conditioning: Conditioning) -> Tensor:
        told = timestep_tensor(timestep, x.device)
        network = self.called(x, conditioning)
        output: Tensor = network(x, told, encoder_hidden_states=conditioning.tokens, return_dict=False)[0]
        return output
