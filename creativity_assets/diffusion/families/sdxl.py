"""Stable Diffusion XL (Podell et al. 2023): two text encoders, a pooled embedding, and the image's sizes as ids."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from creativity_assets.diffusion.conditioning import Conditioning
from creativity_assets.diffusion.families.family import Family, penultimate, timestep_tensor, token_ids
from creativity_assets.diffusion.families.shared_context import share_contexts


class StableDiffusionXL(Family):
    """Conditioning: both encoders' penultimate states side by side (B, 77, 2048), pooled (B, 1280) of the second.

    The size ids are those of an uncropped image of the working resolution.
    """

    kind = "diffusion"
    network_name = "unet"

    def __init__(self, parts: Mapping[str, Any], index: Mapping[str, Any], resolution: int) -> None:
        super().__init__(parts, index, resolution)
        share_contexts(self.network)
        side = float(resolution)
        # original height and width, top and left of the crop, target height and width
        self._ids = torch.tensor([[side, side, 0.0, 0.0, side, side]], device=self.network.device)

    def embed(self, prompts: Sequence[str]) -> Conditioning:
        states = []
        for suffix in ("", "_2"):
            tokenizer, encoder = self._parts[f"tokenizer{suffix}"], self._parts[f"text_encoder{suffix}"]
            ids = token_ids(tokenizer, prompts, tokenizer.model_max_length, encoder.device)
            hidden, pooled = penultimate(encoder, ids)
            states.append(hidden)
        tokens, dtype = torch.cat(states, dim=-1), self.network.dtype
        if self._index.get("force_zeros_for_empty_prompt", True):
            # The base model was trained with zeros for no prompt, not with the embedded empty string.
            given = torch.tensor([float(bool(prompt)) for prompt in prompts], device=tokens.device, dtype=tokens.dtype)
            tokens, pooled = tokens * given[:, None, None], pooled * given[:, None]
        return Conditioning(tokens.to(dtype), pooled.to(dtype))

    def evaluate(self, x: Tensor, timestep: float, conditioning: Conditioning) -> Tensor:
        output: Tensor = self.called(x, conditioning)(
            x,
            timestep_tensor(timestep, x.device),
            encoder_hidden_states=conditioning.tokens,
            added_cond_kwargs={"text_embeds": conditioning.pooled, "time_ids": self._ids.expand(len(x), -1)},
            return_dict=False,
        )[0]
        return output
