"""One safetensors file holds a training between two steps: weights, average, optimiser state, counters.

Everything is in one file so that a kill can never leave weights of one step beside the optimiser of another.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from creativity_assets.errors import TrainingError


@dataclass(frozen=True)
class Counters:
    """Where a training stands."""

    step: int = 0
    elapsed_s: float = 0.0  # time spent training, over all runs; pauses do not count
    loss: float = float("nan")  # running mean
    settings: str = ""  # whatever must not change between two runs of one training


def save(
    path: Path, model: nn.Module, average: Mapping[str, Tensor], optimiser: torch.optim.Optimizer, standing: Counters
) -> None:
    """Write aside, then rename: the file at `path` is always whole."""
    tensors = {f"weights/{name}": tensor for name, tensor in model.state_dict().items()}
    tensors |= {f"average/{name}": tensor for name, tensor in average.items()}
    for name, parameter in model.named_parameters():
        for key, tensor in optimiser.state.get(parameter, {}).items():
            tensors[f"optimiser/{key}/{name}"] = tensor
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    contiguous = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, aside, metadata={"counters": json.dumps(asdict(standing))})
    aside.replace(path)


def load(
    path: Path, model: nn.Module, average: dict[str, Tensor], optimiser: torch.optim.Optimizer, settings: str
) -> Counters:
    """Put a saved training back into `model`, `average` and `optimiser`.

    Raises TrainingError when the file belongs to a training with other settings or another architecture.
    """
    found = counters(path)
    if found.settings != settings:
        raise TrainingError(f"{path}: holds a training with other settings; delete the file to start anew")
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    try:
        model.load_state_dict(_below(tensors, "weights/"))
    except RuntimeError as error:
        raise TrainingError(f"{path}: holds another architecture; delete the file to start anew") from error
    average.update(_below(tensors, "average/"))
    for name, parameter in model.named_parameters():
        state = {
            key: tensors[f"optimiser/{key}/{name}"]
            for key in ("step", "exp_avg", "exp_avg_sq")
            if f"optimiser/{key}/{name}" in tensors
        }
        if state:
            optimiser.state[parameter] = state
    return found


def counters(path: Path) -> Counters:
    """Where the training saved at `path` stands."""
    with safe_open(path, framework="pt") as file:
        return Counters(**json.loads(file.metadata()["counters"]))


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
