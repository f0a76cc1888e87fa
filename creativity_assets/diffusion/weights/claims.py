"""What a component's configuration claims, against what its weights hold: before anything is built from it.

A network is built layer by layer and buffer by buffer from its config.json. A count of layers that the weights do not
have would be built for hours, a size for gigabytes, and then not fit. Imports neither torch nor diffusers.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from creativity_assets.errors import ModelError, escaped

LAYERS = frozenset(
    {"layers_per_block", "transformer_layers_per_block", "num_hidden_layers", "num_layers", "num_decoder_layers"}
)
"""Counts of layers, each of which has at least one tensor."""

SIZES = LAYERS | {
    "attention_head_dim",
    "block_out_channels",
    "caption_projection_dim",
    "cross_attention_dim",
    "d_ff",
    "d_kv",
    "d_model",
    "hidden_size",
    "in_channels",
    "intermediate_size",
    "joint_attention_dim",
    "latent_channels",
    "max_position_embeddings",
    "norm_num_groups",
    "num_attention_heads",
    "num_heads",
    "out_channels",
    "patch_size",
    "pooled_projection_dim",
    "pos_embed_max_size",
    "projection_dim",
    "sample_size",
    "vocab_size",
}
"""Fields that are positive whole numbers, lists of them, or not stated."""

FACTORS = frozenset({"scaling_factor"})
SMALL = 1_000_000
"""Whole numbers up to this are no danger, whatever they mean."""


def check_claims(name: str, file: Path, config: Mapping[str, Any], shapes: Sequence[Sequence[int]]) -> None:
    """Raise ModelError, naming entry, file and field, for what no network of these tensors could have."""
    most = max(SMALL, sum(math.prod(shape) for shape in shapes))
    for path, value in _values(config):
        field = path.split(".", 1)[0]
        limit = len(shapes) if field in LAYERS else most
        if problem := _problem(field, value, limit):
            raise ModelError(f"{name}: {file}: {escaped(path)} {_shown(value)} {problem}; restore the file")


def _problem(field: str, value: Any, limit: int) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return "is no number"
    if field in FACTORS:
        return None if _is_number(value) and value > 0 else "is no positive number"
    if field in SIZES and (not isinstance(value, int) or isinstance(value, bool)):
        return "is no whole number"
    if field in SIZES and value < (0 if field == "transformer_layers_per_block" else 1):
        return "is not positive"
    if isinstance(value, int) and abs(value) > limit:
        what = "tensors" if field in LAYERS else "numbers"
        return f"is more than its weights have {what} ({limit})"
    return None


def _values(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every value with its path, for lists and mappings what is in them; nothing for what is null."""
    waiting: list[tuple[str, Any]] = list(config.items())
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(f"{path}.{key}", inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}.{place}", inner) for place, inner in enumerate(value)]
        elif value is not None:
            yield path, value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    text = escaped(value)
    return repr(text if len(text) <= 40 else f"{text[:40]}...") if isinstance(value, str) else text[:40]
