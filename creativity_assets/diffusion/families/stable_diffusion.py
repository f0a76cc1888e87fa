"""Stable Diffusion 1 and 2 (Rombach et al. 2022): one CLIP text encoder, a UNet on 4 channels, e or v prediction."""

from collections.abc import Sequence

from torch import Tensor

from creativity_assets.diffusion.conditioning import Conditioning
from creativity_assets.diffusion.families.family import Family, token_ids


class StableDiffusion(Family):
    """Conditioning: the text encoder's last hidden states, (B, 77, 768) in version 1, (B, 77, 1024) in version 2."""

    kind = "diffusion"
    network_name = "unet"

    def embed(self, prompts: Sequence[str]) -> Conditioning:
        tokenizer, encoder = self._parts["tokenizer"], self._parts["text_encoder"]
        ids = token_ids(tokenizer, prompts, tokenizer.model_max_length, encoder.device)
        return Conditioning(encoder(ids)[0].to(self.network.dtype))

    def evaluate(self, x: Tensor, timestep: float, conditioning: Conditioning) -> Tensor:
        output: Tensor = self.network(x, timestep, encoder_hidden_states=conditioning.tokens, return_dict=False)[0]
        return output
