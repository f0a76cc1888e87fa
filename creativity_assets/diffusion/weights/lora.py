"""Low-rank updates (Hu et al. 2021) added to the weights at load: exactly what the file says, and checked to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from creativity_assets.diffusion.weights.layouts import LAYOUTS
from creativity_assets.diffusion.weights.ldm_names import ldm_name
from creativity_assets.diffusion.weights.lora_file import Layer, LoraFile, read_lora
from creativity_assets.diffusion.weights.model_files import ModelFiles
from creativity_assets.errors import ModelError

NETWORK = "network"
KOHYA = {
    "lora_unet_": NETWORK,
    "lora_transformer_": NETWORK,
    "lycoris_": NETWORK,
    "lora_te_": "text_encoder",
    "lora_te1_": "text_encoder",
    "lora_te2_": "text_encoder_2",
    "lora_te3_": "text_encoder_3",
}
"""Beginnings of Kohya's names, in which dots are underscores, and the component each speaks of."""

ATTENTION = {"to_q": "q_proj", "to_k": "k_proj", "to_v": "v_proj", "to_out": "out_proj"}  # older names in CLIP


@dataclass(frozen=True)
class _Update:
    """A layer of the file and the module of a component that it belongs to."""

    layer: Layer
    component: str
    module: nn.Linear | nn.Conv2d
    strength: float  # alpha / rank, times the entry's scale


def fuse_lora(files: ModelFiles, parts: Mapping[str, Any]) -> None:
    """W += scale * (alpha / rank) * B A for every pair in the LoRA file, if there is one; `parts` change in place.

    Raises ModelError for a file that does not fit the model in every layer, for numbers that are not finite, and where
    what was added is not what the file says.
    """
    if files.lora is None or files.source.lora is None:
        return
    lora = read_lora(f"{files.source.name}: lora", files.lora)
    with safe_open(files.lora, framework="pt") as tensors:
        updates = _updates(lora, files, parts, tensors)
        for module in {update.module for update in updates}:
            if module.weight.dtype != torch.float32:
                raise ModelError(f"{lora.where}: is added in float32, not {module.weight.dtype}")
        before = [_probed(update.module) for update in updates]
        for update in updates:
            down, up = _matrices(lora, update.layer, tensors)
            product = (up.flatten(1) @ down.flatten(1)) * update.strength
            update.module.weight.data.add_(product.view_as(update.module.weight))
        for update, base in zip(updates, before, strict=True):
            _check(lora, update, base, *_matrices(lora, update.layer, tensors))


def updatable(files: ModelFiles) -> frozenset[str]:
    """The components that the LoRA reaches, where there is one."""
    if files.lora is None:
        return frozenset()
    lora = read_lora(f"{files.source.name}: lora", files.lora)
    return frozenset(_component(layer.name, files.pipeline, files.components)[0] for layer in lora.layers)


def _updates(lora: LoraFile, files: ModelFiles, parts: Mapping[str, Any], tensors: Any) -> list[_Update]:
    """Every layer of the file with its module. Raises ModelError where one has none or does not fit."""
    modules: dict[str, dict[str, nn.Linear | nn.Conv2d]] = {}
    updates, strange = [], []
    taken: dict[nn.Module, str] = {}
    for layer in lora.layers:
        component, name = _component(layer.name, files.pipeline, files.components)
        if component not in modules:
            modules[component] = _names(parts[component]) if isinstance(parts.get(component), nn.Module) else {}
        module = modules[component].get(name)
        if module is None or not _fits(module, *(tensors.get_slice(k).get_shape() for k in (layer.down, layer.up))):
            strange.append(layer.name)
            continue
        if (other := taken.setdefault(module, layer.name)) != layer.name:
            raise ModelError(f"{lora.where}: has one layer twice ({other}, {layer.name}); choose another LoRA")
        alpha = None if layer.alpha is None else float(tensors.get_tensor(layer.alpha).double().sum())
        strength = lora.strength(layer, component, alpha) * files.source.lora.scale  # type: ignore[union-attr]
        updates.append(_Update(layer, component, module, strength))
    if strange:
        raise ModelError(
            f"{lora.where} does not fit the model: {len(strange)} of its {len(lora.layers)} layers are not there, or "
            f"are of another size, first {strange[0]}; choose a LoRA for its base"
        )
    return updates


def _component(layer: str, pipeline: str, components: Mapping[str, Any]) -> tuple[str, str]:
    """The component a layer's name speaks of, and the rest of the name; the network where it names none."""
    network = LAYOUTS[pipeline].network
    for beginning, component in KOHYA.items():
        if layer.startswith(beginning):
            return (network if component == NETWORK else component), layer.removeprefix(beginning)
    first, _, rest = layer.partition(".")
    component, name = (first, rest) if first in components else (network, layer)
    name = name.replace(".processor.", ".")
    stem, _, last = name.rpartition(".")
    if component != network and last in ATTENTION:
        name = f"{stem}.{ATTENTION[last]}"
    elif last == "to_out":
        name = f"{name}.0"
    return component, name


def _names(network: nn.Module) -> dict[str, nn.Linear | nn.Conv2d]:
    """The layers that a LoRA may update by every name they go by: with dots, with underscores, and older ones."""
    found: dict[str, nn.Linear | nn.Conv2d] = {}
    layers = [(n, m) for n, m in network.named_modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    per_block = getattr(network.config, "layers_per_block", None)
    attentive = {int(n.split(".")[1]) for n, _ in layers if n.startswith("up_blocks.") and ".attentions." in n}
    for name, module in layers:
        older = ldm_name(name, per_block, attentive) if isinstance(per_block, int) else None
        short = name.removeprefix("text_model.")  # transformers has had and dropped it
        for known in (name, short, f"text_model.{short}", *([older] if older else [])):
            found[known] = found[known.replace(".", "_")] = module
    return found


def _fits(module: nn.Linear | nn.Conv2d, down: list[int], up: list[int]) -> bool:
    """Whether up times down has the shape of the weight; a convolution of one pixel is a matrix."""
    if isinstance(module, nn.Conv2d) and module.groups != 1:
        return False
    weight = list(module.weight.shape)
    pixel = [1, 1]
    inside = [down[1], *(down[2:] or pixel)]
    return up[0] == weight[0] and inside == [weight[1], *(weight[2:] or pixel)]


def _matrices(lora: LoraFile, layer: Layer, tensors: Any) -> tuple[Tensor, Tensor]:
    down, up = tensors.get_tensor(layer.down).float(), tensors.get_tensor(layer.up).float()
    for key, matrix in ((layer.down, down), (layer.up, up)):
        if not torch.isfinite(matrix).all():
            raise ModelError(f"{lora.where}: {key} holds NaN or infinity; choose another LoRA")
    return down, up


def _probed(module: nn.Linear | nn.Conv2d) -> Tensor:
    """W v in float64 for a fixed vector v of signs: it sees every number of W, and needs no copy of it."""
    weight = module.weight.detach().flatten(1).double()
    return weight @ _signs(weight.shape[1])


def _signs(count: int) -> Tensor:
    return torch.randn(count, generator=torch.Generator().manual_seed(0), dtype=torch.float64).sign()


def _check(lora: LoraFile, update: _Update, base: Tensor, down: Tensor, up: Tensor) -> None:
    """Raise ModelError unless (fused - base) v = strength B (A v), up to float32's rounding of sum and product."""
    v = _signs(down.flatten(1).shape[1])
    a, b = down.flatten(1).double(), up.flatten(1).double()
    wanted = update.strength * (b @ (a @ v))
    weight = update.module.weight.detach().flatten(1).double()
    largest = weight.abs().sum(1) + (update.layer.rank + 2) * abs(update.strength) * (b.abs() @ a.abs().sum(1))
    missed = (weight @ v - base - wanted).abs()
    if not bool((missed <= torch.finfo(torch.float32).eps * largest).all()):
        raise ModelError(
            f"{lora.where}: {update.layer.name}: what was added to {update.component} is not the file's update "
            f"(off by {float(missed.max()):.3g}); choose another LoRA"
        )
