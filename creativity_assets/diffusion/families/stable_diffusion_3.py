"""Stable Diffusion 3 (Esser et al. 2024): a flow-matching transformer on 16 channels, two CLIP encoders, T5 or not."""

from collections.abc import Sequence

import torch
from torch import Tensor

from creativity_assets.diffusion.conditioning import Conditioning
from creativity_assets.diffusion.families.family import Family, penultimate, token_ids
from creativity_assets.diffusion.flow_schedule import TRAINING_STEPS

T5_TOKENS = 256


class StableDiffusion3(Family):
    """Conditioning: CLIP states (B, 77, 2048) padded to T5's width, then T5's (B, 256, 4096); pooled (B, 2048).

    Without `text_encoder_3` its tokens are zeros, which the model was trained to do without (paper, section 5.3.3).
    """

    kind = "flow"
    network_name = "transformer"

    def embed(self, prompts: Sequence[str]) -> Conditioning:
        states, pools = [], []
        length = self._parts["tokenizer"].model_max_length
        for suffix in ("", "_2"):
            encoder = self._parts[f"text_encoder{suffix}"]
            hidden, pooled = penultimate(
                encoder, token_ids(self._parts[f"tokenizer{suffix}"], prompts, length, encoder.device)
            )
            states.append(hidden)
            pools.append(pooled)
        clip, dtype = torch.cat(states, dim=-1), self.network.dtype
        t5 = self._t5(prompts, clip)
        clip = torch.nn.functional.pad(clip, (0, t5.shape[-1] - clip.shape[-1]))
        return Conditioning(torch.cat([clip, t5], dim=-2).to(dtype), torch.cat(pools, dim=-1).to(dtype))

    def evaluate(self, x: Tensor, timestep: float, conditioning: Conditioning) -> Tensor:
        output: Tensor = self.called(x, conditioning)(
            hidden_states=x,
            timestep=torch.full((len(x),), timestep * TRAINING_STEPS, device=x.device),
            encoder_hidden_states=conditioning.tokens,
            pooled_projections=conditioning.pooled,
            return_dict=False,
        )[0]
        return output

    def problem(self) -> str | None:
        config = self.network.config
        patches = self._resolution // self._pixels_per_patch
        if self._resolution % self._pixels_per_patch:
            return f"resolution {self._resolution} is no multiple of {self._pixels_per_patch}"
        if patches > config.pos_embed_max_size:
            return f"resolution {self._resolution} has more than {config.pos_embed_max_size} patches a side"
        return None

    @property
    def tokens(self) -> int:
        return int((self._resolution // self._pixels_per_patch) ** 2)

    @property
    def _pixels_per_patch(self) -> int:
        factor = 2 ** (len(self._parts["vae"].config.block_out_channels) - 1)
        return int(factor * self.network.config.patch_size)

    def _t5(self, prompts: Sequence[str], clip: Tensor) -> Tensor:
        encoder = self._parts.get("text_encoder_3")
        if encoder is None:
            width = self.network.config.joint_attention_dim
            return clip.new_zeros((len(prompts), T5_TOKENS, width))
        ids = token_ids(self._parts["tokenizer_3"], prompts, T5_TOKENS, encoder.device)
        hidden: Tensor = encoder(ids)[0]
        return hidden.to(clip.dtype)
