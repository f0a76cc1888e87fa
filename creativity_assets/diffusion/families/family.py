"""What the backbone asks of a family, and what its members share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from creativity_assets.diffusion.conditioning import Conditioning
from creativity_assets.diffusion.schedule import Kind


class Family(ABC):
    """A model's text conditioning and its network, over the loaded components of its layout.

    parts: components by subfolder, frozen and in evaluation mode; index: model_index.json;
    resolution: pixels a side.
    """

    kind: ClassVar[Kind]
    network_name: ClassVar[str]

    def __init__(self, parts: Mapping[str, Any], index: Mapping[str, Any], resolution: int) -> None:
        self._parts = parts
        self._index = index
        self._resolution = resolution
        self.compiled: Callable[..., Any] = self.network
        self.compiled_for = 0

    @property
    def network(self) -> Any:
        """What predicts: a UNet or a transformer."""
        return self._parts[self.network_name]

    def with_network(self, network: Any) -> Self:
        """The same with another network of the same configuration, such as one on another device."""
        return type(self)({**self._parts, self.network_name: network}, self._index, self._resolution)

    def called(self, x: Tensor, conditioning: Conditioning) -> Callable[..., Any]:
        """What computes this batch: the compiled network for `compiled_for` images on one prompt, else the network.

        A compiled one is compiled anew for each size and order in memory, and for each kind of graph.
        """
        eager = torch.is_grad_enabled() or torch.is_inference_mode_enabled()
        fitting = len(x) == self.compiled_for and (len(x) == 1 or conditioning.tokens.stride(0) == 0)
        return self.compiled if fitting and not eager else self.network

    @abstractmethod
    def embed(self, prompts: Sequence[str]) -> Conditioning:
        """One prompt per image, in the network's dtype."""

    @abstractmethod
    def evaluate(self, x: Tensor, timestep: float, conditioning: Conditioning) -> Tensor:
        """The network's output for x (B, C, h, w) at a timestep, a sigma where the family is of flow models.

        x and conditioning are in the network's dtype; the conditioning has B rows.
        """

    def problem(self) -> str | None:
        """Why this resolution cannot be measured, or None."""
        return None

    @property
    def tokens(self) -> int | None:
        """Patches per image, where the network cuts images into patches."""
        return None


def timestep_tensor(timestep: float, device: torch.device) -> Tensor:
    """(1,) float32, filled on the device: a number would be copied there in every evaluation, and waited for."""
    return torch.full((1,), timestep, dtype=torch.float32, device=device)


def token_ids(tokenizer: Any, prompts: Sequence[str], length: int, device: torch.device) -> Tensor:
    """(B, length) token numbers, padded by the tokenizer's own rule, cut where a prompt is longer."""
    tokens = tokenizer(list(prompts), padding="max_length", max_length=length, truncation=True, return_tensors="pt")
    ids: Tensor = tokens.input_ids.to(device)
    return ids


def penultimate(encoder: Any, ids: Tensor) -> tuple[Tensor, Tensor]:
    """(hidden states before the last layer (B, L, D), the encoder's first output: pooled where it projects)."""
    output = encoder(ids, output_hidden_states=True)
    return output.hidden_states[-2], output[0]
