"""Cross-attention on a prompt that is one for the whole batch: its keys and values once, not once an image."""

from typing import Any

import torch
from torch import Tensor, nn


def share_contexts(network: nn.Module) -> None:
    """Let the cross-attention of a UNet of diffusers' take an expanded prompt as the one that it is.

    Layers that attend by a processor of their own keep it.
    """
    from diffusers.models.attention_processor import Attention, AttnProcessor2_0

    for module in network.modules():
        if isinstance(module, Attention) and module.is_cross_attention:
            layer: Any = module
            if type(layer.processor) is AttnProcessor2_0:
                layer.set_processor(SharedContext(layer.processor))


class SharedContext:
    """A processor of diffusers' `Attention`. A context (B, L, D) whose rows are one in memory makes one set of keys and
    values, (1, L, C), and the queries of all images stand in one row: the same sums as `otherwise` computes, without
    the copies. What it does not know is handed to `otherwise`.
    """

    def __init__(self, otherwise: Any) -> None:
        self._otherwise = otherwise

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
    ) -> Tensor:
        context = encoder_hidden_states
        known = hidden_states.ndim == 3 and attention_mask is None and _is_plain(attn)
        if context is None or not known or len(context) == 1 or context.stride(0):
            given: Tensor = self._otherwise(attn, hidden_states, context, attention_mask, temb)
            return given
        images, places, _ = hidden_states.shape
        query = _by_head(attn.to_q(hidden_states).reshape(1, images * places, -1), attn.heads)
        key, value = (_by_head(project(context[:1]), attn.heads) for project in (attn.to_k, attn.to_v))
        read = torch.nn.functional.scaled_dot_product_attention(query, key, value)
        projected = attn.to_out[0](read.transpose(1, 2).reshape(images, places, -1))
        out: Tensor = attn.to_out[1](projected)
        return out if attn.rescale_output_factor == 1 else out / attn.rescale_output_factor


def _is_plain(attn: Any) -> bool:
    """Whether nothing happens in the layer besides projections and attention, as in every UNet of Stable Diffusion."""
    extras = (attn.spatial_norm, attn.group_norm, attn.norm_cross, attn.norm_q, attn.norm_k)
    return not attn.residual_connection and not any(extras)


def _by_head(x: Tensor, heads: int) -> Tensor:
    """(1, L, heads * d) -> (1, heads, L, d)."""
    return x.reshape(1, x.shape[1], heads, -1).transpose(1, 2)
