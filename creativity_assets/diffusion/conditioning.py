"""What a network is told besides the latent and its timestep: the prompts as the text encoders embed them."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Conditioning:
    """Embedded prompts; B is one per image, or 1 for the whole batch.

    tokens: (B, L, D), what cross-attention sees, and what null-text optimisation moves;
    pooled: (B, P), a whole prompt as one vector, where the family has one (SDXL, Stable Diffusion 3).
    """

    tokens: Tensor
    pooled: Tensor | None = None

    def with_tokens(self, tokens: Tensor) -> "Conditioning":
        """The same with other tokens, such as a leaf that an optimiser moves."""
        return replace(self, tokens=tokens)

    def expanded(self, images: int) -> "Conditioning":
        """For a batch of `images`, as views: nothing is copied or encoded again."""
        pooled = None if self.pooled is None else self.pooled.expand(images, -1)
        return Conditioning(self.tokens.expand(images, -1, -1), pooled)

    def to(self, dtype: torch.dtype) -> "Conditioning":
        """In another dtype, differentiably."""
        return Conditioning(self.tokens.to(dtype), None if self.pooled is None else self.pooled.to(dtype))
