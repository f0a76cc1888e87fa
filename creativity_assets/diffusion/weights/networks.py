"""Checked files -> components in memory: safetensors only, every tensor there, frozen, in evaluation mode."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from creativity_assets.diffusion.weights.component_files import MAX_PROMPT_TOKENS, ComponentFiles
from creativity_assets.diffusion.weights.lora import fuse_lora, updatable
from creativity_assets.diffusion.weights.model_files import ModelFiles
from creativity_assets.errors import ModelError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

SPARE = ("position_ids", "embed_tokens.weight")
"""Tensors that older files hold and nothing needs: counts from 0, and copies of the shared embedding."""


def network_dtype(name: str, stated: str | None, default: torch.dtype) -> torch.dtype:
    """The entry's dtype, else the default. Raises ModelError for a name that is none."""
    if stated is None:
        return default
    if stated not in DTYPES:
        raise ModelError(f"{name}: no dtype {stated!r}; have {sorted(DTYPES)}")
    return DTYPES[stated]


def load_components(files: ModelFiles, device: torch.device, dtype: torch.dtype) -> dict[str, Any]:
    """Components by subfolder, on `device`; networks in `dtype`, the autoencoder in float32.

    Raises ModelError in one line for what cannot be loaded or does not fit.
    """
    # A LoRA's updates are small beside the weights: they are added in float32, and rounded once.
    updated = updatable(files)
    parts = {
        name: _load(part, torch.float32 if name in updated or part.component.float32 else dtype)
        for name, part in files.components.items()
    }
    fuse_lora(files, parts)
    with _without_advice():
        placed = {
            name: part
            if files.components[name].component.is_tokenizer
            else _placed(part, name in updated, device, dtype)
            for name, part in parts.items()
        }
    for name, part in placed.items():
        if isinstance(part, nn.Module):
            _check_finite(files.source.name, name, part)
    return placed


def _check_finite(entry: str, component: str, network: nn.Module) -> None:
    """Raise ModelError for a weight that is NaN or infinite: every number that follows would be one, or look like one.

    After the cast, so that weights that half precision cannot hold are found too.
    """
    for key, tensor in (*network.named_parameters(), *network.named_buffers()):
        # The least and the largest number: no copy of the tensor is made, and NaN goes through.
        if tensor.is_floating_point() and tensor.numel() and not torch.isfinite(torch.stack(tensor.aminmax())).all():
            dtype = str(tensor.dtype).removeprefix("torch.")
            raise ModelError(
                f"{entry}: {component}: {key} holds NaN or infinity (as {dtype}); fetch the files again, or set "
                "another dtype"
            )


def _load(part: ComponentFiles, dtype: torch.dtype) -> Any:
    return _load_tokenizer(part) if part.component.is_tokenizer else _load_network(part, dtype)


def _placed(network: nn.Module, updated: bool, device: torch.device, dtype: torch.dtype) -> nn.Module:
    # Only what was loaded in float32 for a LoRA: T5 keeps some of its layers in float32 by itself.
    return (network.to(dtype) if updated and dtype != torch.float32 else network).to(device)


@contextmanager
def _without_advice() -> Iterator[None]:
    """Without diffusers' warnings of casts."""
    from diffusers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _load_tokenizer(part: ComponentFiles) -> Any:
    import transformers

    architecture = getattr(transformers, part.component.architecture)
    try:
        tokenizer = architecture.from_pretrained(part.folder, local_files_only=True)
        tokenizer("", padding="max_length", max_length=4, truncation=True)
        length = int(tokenizer.model_max_length)
    except Exception as error:  # transformers and tokenizers raise a dozen unrelated types here
        raise ModelError(f"{part.name}: {part.folder} cannot be loaded ({_line(error)}); restore the folder") from None
    if part.component.architecture == "CLIPTokenizer" and length > MAX_PROMPT_TOKENS:
        raise ModelError(f"{part.name}: {part.folder} states no model_max_length; restore tokenizer_config.json")
    return tokenizer


def _load_network(part: ComponentFiles, dtype: torch.dtype) -> nn.Module:
    """One component from safetensors only; every tensor must be there and fit, or it would stay random."""
    import diffusers
    import transformers

    architecture = getattr(diffusers, part.component.architecture, None)
    typed: Mapping[str, torch.dtype] = {"torch_dtype": dtype}
    if architecture is None:
        architecture, typed = getattr(transformers, part.component.architecture), {"dtype": dtype}
    part.shapes()  # a pointer or half a file is no wrong architecture
    try:
        network, info = architecture.from_pretrained(
            part.folder,
            variant=part.variant,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
            **typed,
        )
    except Exception as error:  # diffusers, transformers and safetensors raise a dozen unrelated types here
        raise ModelError(f"{part.name}: {part.folder} cannot be loaded ({_line(error)}); wrong architecture?") from None
    for problem in ("missing_keys", "mismatched_keys", "unexpected_keys"):
        # Left over: layers that the configuration does not count would be left out without a word.
        if wrong := sorted(str(key) for key in info[problem] if not str(key).endswith(SPARE)):
            raise ModelError(
                f"{part.name}: weights in {part.folder} do not fit config.json ({problem.replace('_', ' ')}: "
                f"{len(wrong)}, first {wrong[0]}); wrong architecture"
            )
    module: nn.Module = network
    # Convolutions run about a tenth faster on channels-last weights, on CPUs and tensor cores alike.
    return module.to(memory_format=torch.channels_last).eval().requires_grad_(False)


def _line(error: BaseException) -> str:
    """The first line of a library's message, for a message of one line."""
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
