"""Low-rank updates (Hu et al. 2021) added to the weights at load, by diffusers' own loader with peft."""

import inspect
from collections.abc import Mapping
from typing import Any

from torch import nn

from creativity_assets.diffusion.component_files import tensor_shapes
from creativity_assets.diffusion.weights import ModelFiles
from creativity_assets.errors import ModelError

ADAPTER = "creativity"


def fuse_lora(files: ModelFiles, parts: Mapping[str, Any]) -> None:
    """W += scale * (alpha / rank) * B A for every pair in the LoRA file, if there is one; `parts` change in place.

    Raises ModelError where the file does not fit the model, or speaks of layers the model does not have: diffusers
    would leave those out with a warning, and the score would be another model's.
    """
    if files.lora is None or files.source.lora is None:
        return
    import diffusers

    pipeline_class = getattr(diffusers, files.pipeline)
    tensor_shapes(f"{files.source.name}: lora", files.lora)  # a pointer or half a file is no LoRA for another base
    where = f"{files.source.name}: lora: {files.lora}"
    pipeline = pipeline_class(**{**_absent(pipeline_class), **parts})
    try:
        read = pipeline_class.lora_state_dict(files.lora.parent, weight_name=files.lora.name, use_safetensors=True)
        state = read[0] if isinstance(read, tuple) else read
        pipeline.load_lora_weights(
            files.lora.parent,
            weight_name=files.lora.name,
            use_safetensors=True,
            local_files_only=True,
            adapter_name=ADAPTER,
        )
    except Exception as error:  # diffusers, peft and safetensors raise a dozen unrelated types here
        line = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise ModelError(f"{where} does not fit the model ({line}); choose a LoRA for its base") from None
    networks = {name: part for name, part in parts.items() if isinstance(part, nn.Module)}
    injected = sum(_pairs(network) for network in networks.values())
    stated = sum(
        key.endswith(("lora_A.weight", "lora_B.weight", "lora.down.weight", "lora.up.weight")) for key in state
    )
    if injected == 0 or 2 * injected != stated:
        raise ModelError(
            f"{where} holds {stated} matrices, of which {2 * injected} fit the model; choose a LoRA for its base"
        )
    reached = [name for name, network in networks.items() if _pairs(network)]
    pipeline.fuse_lora(components=reached, lora_scale=files.source.lora.scale, safe_fusing=True)
    pipeline.unload_lora_weights()
    for network in networks.values():
        network.eval().requires_grad_(False)


def updatable(files: ModelFiles) -> frozenset[str]:
    """The components a LoRA may reach, where there is one."""
    if files.lora is None:
        return frozenset()
    import diffusers

    return frozenset(getattr(diffusers, files.pipeline)._lora_loadable_modules)


def _pairs(network: nn.Module) -> int:
    """How many layers carry the adapter's two matrices."""
    return sum(name.endswith(f"lora_A.{ADAPTER}") for name, _ in network.named_modules())


def _absent(pipeline_class: Any) -> dict[str, Any]:
    """Nothing for each component and setting that a pipeline asks for and a LoRA does not need."""
    parameters = inspect.signature(pipeline_class.__init__).parameters
    expected = [name for name, p in parameters.items() if name != "self" and p.default is inspect.Parameter.empty]
    settings = {"requires_safety_checker": False} if "requires_safety_checker" in parameters else {}
    return {**dict.fromkeys(expected), **settings}
