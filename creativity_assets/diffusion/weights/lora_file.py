"""What a LoRA file says it is, by its header: which layers it updates, by which matrices, at which strength.

Imports neither torch nor diffusers, so that a file that cannot be added is refused before a model is loaded.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creativity_assets.diffusion.weights.component_files import read_header
from creativity_assets.errors import ModelError

DOWN = (
    ".lora_down.weight",
    ".lora_A.weight",
    ".lora.down.weight",
    ".lora_linear_layer.down.weight",
    "_lora.down.weight",
)
UP = (".lora_up.weight", ".lora_B.weight", ".lora.up.weight", ".lora_linear_layer.up.weight", "_lora.up.weight")
ALPHA = (".alpha",)
ROLES = {ending: role for role, endings in (("down", DOWN), ("up", UP), ("alpha", ALPHA)) for ending in endings}

OTHER_KINDS = {
    r"dora_scale|lora_magnitude_vector": "a DoRA",
    r"\.hada_": "a LoHa",
    r"\.lokr_": "a LoKr",
    r"\.on_input$|ia3": "an IA3",
    r"\.lora_mid": "a LoCon in CP form",
    r"\.b?oft_": "an OFT",
    r"\.[abc][12]\.weight$": "a GLoRA",
    r"\.(diff|diff_b|w_norm|b_norm|set_weight)$": "a file of full differences",
    r"lora_embedding_": "a LoRA of embeddings",
    r"vera_lambda|\.vera_": "a VeRA",
    r"\.bias$|lora_bias": "a LoRA with biases",
    r"^bundle_emb|emb_params|string_to_param|^clip_[lg]$": "a textual inversion",
}
"""By the names of their tensors: updates that are no product of two matrices."""

BASE_CHANGING = ("pissa", "olora", "corda", "loftq")
"""Ways of starting a training that change the base's weights: what is stored is no difference to the model."""
METADATA = "lora_adapter_metadata"  # diffusers' own, JSON


@dataclass(frozen=True)
class Layer:
    """A layer of the file: its name there, and the keys of its tensors. rank: the inner size of the product."""

    name: str
    down: str
    up: str
    alpha: str | None
    rank: int


@dataclass(frozen=True)
class LoraFile:
    """A checked header: every tensor belongs to one layer's pair of matrices. where: entry and file, for messages."""

    where: str
    path: Path
    layers: tuple[Layer, ...]
    metadata: Mapping[str, Any]

    def strength(self, layer: Layer, component: str, alpha: float | None) -> float:
        """alpha / rank of a layer, or alpha / sqrt(rank) where its metadata says so; 1 where no alpha is stated.

        alpha: what the file's own tensor says. Raises ModelError for statements that contradict one another.
        """
        stated = self._stated(layer, component)
        root = self.metadata.get(f"{component}.use_rslora") is True
        for given in (alpha, stated):
            if given is not None and not (math.isfinite(given) and given > 0):
                raise ModelError(f"{self.where}: {layer.name} has alpha {given:g}; choose another LoRA")
        if alpha is not None and stated is not None and not math.isclose(alpha, stated):
            raise ModelError(f"{self.where}: {layer.name} has alpha {alpha:g} and, in the metadata, {stated:g}")
        alpha = stated if alpha is None else alpha
        if alpha is None:
            return 1.0
        return alpha / (math.sqrt(layer.rank) if root else layer.rank)

    def _stated(self, layer: Layer, component: str) -> float | None:
        """The metadata's alpha; its patterns are regular expressions over the ends of layer names, as peft has them."""
        alpha = self.metadata.get(f"{component}.lora_alpha")
        if alpha is None:
            return None
        rank = self._of_pattern(layer, component, "rank_pattern", self.metadata.get(f"{component}.r", layer.rank))
        if rank != layer.rank:
            raise ModelError(f"{self.where}: {layer.name} is of rank {layer.rank} and, in the metadata, {rank:g}")
        return self._of_pattern(layer, component, "alpha_pattern", alpha)

    def _of_pattern(self, layer: Layer, component: str, field: str, default: Any) -> float:
        name = layer.name.removeprefix(f"{component}.")
        patterns = self.metadata.get(f"{component}.{field}") or {}
        try:
            chosen = next((v for p, v in patterns.items() if re.match(rf"(.*\.)?({p})$", name)), default)
            return float(chosen)
        except (AttributeError, TypeError, ValueError, re.error):
            raise ModelError(f"{self.where}: {field} of its metadata cannot be read; choose another LoRA") from None


def read_lora(name: str, path: Path) -> LoraFile:
    """The header of a LoRA in diffusers' or Kohya's keys; name: entry and part, for messages.

    Raises ModelError, in one line, for a file that is not whole, holds anything but pairs of matrices with their
    alphas, or keeps its strength elsewhere.
    """
    header = read_header(name, path)
    where = f"{name}: {path}"
    found: dict[str, dict[str, str]] = {}
    for key in header.shapes:
        layer, role = _layer_and_role(where, key)
        if role in found.setdefault(layer, {}):
            raise ModelError(f"{where}: has {layer} twice ({found[layer][role]}, {key}); choose another LoRA")
        found[layer][role] = key
    layers = tuple(_layer(where, layer, keys, header.shapes) for layer, keys in sorted(found.items()))
    if not layers:
        raise ModelError(f"{where}: holds no layer; choose another LoRA")
    metadata = _metadata(where, header.metadata)
    for field, value in metadata.items():
        if field.endswith(".init_lora_weights") and str(value).lower().startswith(BASE_CHANGING):
            raise ModelError(f"{where}: was trained on a changed base ({value}); save it as a plain LoRA of its model")
    return LoraFile(where, path, layers, metadata)


def _layer_and_role(where: str, key: str) -> tuple[str, str]:
    for pattern, kind in OTHER_KINDS.items():
        if re.search(pattern, key):
            raise ModelError(
                f"{where}: is {kind} ({key}), which is not applied; choose a plain LoRA, or merge it into a folder"
            )
    if key.startswith("base_model.model."):
        raise ModelError(
            f"{where}: is in peft's own layout ({key}), whose alpha is in another file; "
            "save it by diffusers' save_lora_weights"
        )
    for ending, role in ROLES.items():
        if key.endswith(ending):
            return key.removesuffix(ending).removesuffix("_lora"), role
    raise ModelError(f"{where}: {key} is no matrix of a LoRA; choose another file")


def _layer(where: str, name: str, keys: Mapping[str, str], shapes: Mapping[str, list[int]]) -> Layer:
    if missing := [role for role in ("down", "up") if role not in keys]:
        raise ModelError(f"{where}: {name} has no {missing[0]} matrix; the file is not whole, fetch it again")
    down, up = shapes[keys["down"]], shapes[keys["up"]]
    whole = len(down) in (2, 4) and len(up) in (2, 4) and all((*down, *up))
    if not whole or up[1] != down[0] or any(size != 1 for size in up[2:]):
        raise ModelError(f"{where}: the matrices {down} and {up} of {name} have no product; choose another LoRA")
    alpha = keys.get("alpha")
    if alpha is not None and math.prod(shapes[alpha]) != 1:
        raise ModelError(f"{where}: {alpha} is no single number; choose another LoRA")
    return Layer(name, keys["down"], keys["up"], alpha, down[0])


def _metadata(where: str, metadata: Mapping[str, str]) -> dict[str, Any]:
    try:
        content = json.loads(metadata.get(METADATA, "{}"))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ModelError(f"{where}: its {METADATA} cannot be read; choose another LoRA")
    return content
