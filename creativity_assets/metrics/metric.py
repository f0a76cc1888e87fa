"""What a metric is: a function of a batch of pairs of images, with what it has to load first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

Device = torch.device | str


@dataclass(frozen=True)
class Pairs:
    """A batch of originals and their reconstructions, uint8 (B, H, W, 3), and what a suite knows of them already.

    embedded_*: the semantic unit vectors, float32 (B, D). scores: those that the suite states before this one, (B,).
    """

    originals: np.ndarray
    reconstructions: np.ndarray
    embedded_originals: np.ndarray
    embedded_reconstructions: np.ndarray
    scores: Mapping[str, np.ndarray]


Formula = Callable[[Pairs], np.ndarray]
"""Pairs -> a score each, float64 (B,), 0 for identical images."""


Features = tuple[Tensor, ...]
"""What a metric computes of each picture of a batch alone: tensors (B, ...) on its device."""


@runtime_checkable
class OfFeatures(Protocol):
    """A formula in two halves: the costly one of each picture alone, which is kept where a picture meets several."""

    def features(self, images: np.ndarray) -> Features:
        """Of uint8 (B, H, W, 3)."""

    def distance(self, originals: Features, reconstructions: Features) -> np.ndarray:
        """Of pairs, float64 (B,), 0 for identical images."""


@dataclass(frozen=True)
class Prepared:
    """A batch of pictures, and what a suite computes of each alone.

    images: uint8 (B, H, W, 3). embedded: the semantic unit vectors, float32 (B, D). features: by the score's name,
    those of each metric that is `OfFeatures`.
    """

    images: np.ndarray
    embedded: np.ndarray
    features: Mapping[str, Features]

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: Sequence[int]) -> "Prepared":
        """The pictures at these places, in this order, as often as they are named."""
        places = list(rows)
        features = {name: tuple(tensor[places] for tensor in of) for name, of in self.features.items()}
        return Prepared(self.images[places], self.embedded[places], features)


def _nothing(_data_root: Path) -> str:
    return ""


@dataclass(frozen=True)
class Metric:
    """A metric as a suite states it.

    load: from the data root and for a device, what computes it. weights: what tells one state of its weights from
    another, empty where it has none or the suite tells them; raises MetricError, with the command that fetches them,
    where they are not on this machine. version: raised by hand when the metric changes its numbers.
    """

    load: Callable[[Path, Device], Formula | OfFeatures]
    weights: Callable[[Path], str] = _nothing
    version: int = 1


def formula(compute: Formula, version: int = 1) -> Metric:
    """A metric without weights."""
    return Metric(lambda _data_root, _device: compute, version=version)


def of_images(distance: Callable[[np.ndarray, np.ndarray], np.ndarray], version: int = 1) -> Metric:
    """A metric without weights of two batches of images, uint8 (B, H, W, 3), to float64 (B,)."""
    return formula(lambda pairs: distance(pairs.originals, pairs.reconstructions), version)
