"""Perceptual distance: LPIPS with AlexNet, version 0.1 (Zhang et al. 2018), by the `lpips` package.

The study's weights are the only pickles the project ever reads, with weights_only and these checksums.
"""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from creativity_assets.errors import FETCH, MetricError
from creativity_assets.hashing import digest_of_file
from creativity_assets.metrics.metric import Features

ALEXNET_FILE = "alexnet-owt-7be5be79.pth"
ALEXNET_URL = f"https://download.pytorch.org/models/{ALEXNET_FILE}"
ALEXNET_SHA256 = "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02"
HEADS_SHA256 = "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0"
# AlexNet's convolutions in torchvision's numbering -> the slice of the lpips package that holds them.
ALEXNET_SLICES = {0: 1, 3: 2, 6: 3, 8: 4, 10: 5}


class PerceptualDistance:
    """`lpips.LPIPS(net="alex")` on [-1, 1] at the images' own resolution."""

    def __init__(self, network: Any, device: torch.device | str = "cpu") -> None:
        self._network = network.to(device).eval().requires_grad_(False)
        self._device = torch.device(device)

    @classmethod
    def from_safetensors(cls, file: Path, *, name: str, device: torch.device | str = "cpu") -> "PerceptualDistance":
        """A complete LPIPS state dict in safetensors; MetricError if it is missing or does not fit."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        if not file.is_file():
            raise MetricError(f"suite {name}: {file} is missing; restore the folder")
        try:
            return cls(_network(load_file(file)), device)
        except (SafetensorError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0][:200]
            raise MetricError(f"suite {name}: {file} is not LPIPS AlexNet ({reason})") from None

    @classmethod
    def from_study_weights(cls, *, name: str, device: torch.device | str = "cpu") -> "PerceptualDistance":
        """torchvision's AlexNet from torch's hub cache and the heads the lpips package carries.

        Raises MetricError: AlexNet is not in the cache (with the command that fetches it) or a checksum differs.
        """
        alexnet = _read_pickle(find_alexnet(name), ALEXNET_SHA256, name)
        state = {
            f"net.slice{part}.{layer}.{kind}": alexnet[f"features.{layer}.{kind}"]
            for layer, part in ALEXNET_SLICES.items()
            for kind in ("weight", "bias")
        }
        heads = _read_pickle(heads_path(), HEADS_SHA256, name)
        return cls(_network({**state, **heads}), device)

    def __call__(self, originals: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
        """S_LPIPS, at least 0; two uint8 (B, H, W, 3) to float64 (B,)."""
        return self.distance(self.features(originals), self.features(reconstructions))

    @torch.inference_mode()
    def features(self, images: np.ndarray) -> Features:
        """AlexNet's five layers, (B, C, h, w) each, of unit length over the channels: what the package compares."""
        import lpips

        layers = self._network.net(self._network.scaling_layer(self._pixels(images)))
        return tuple(lpips.normalize_tensor(layer) for layer in layers)

    @torch.inference_mode()
    def distance(self, originals: Features, reconstructions: Features) -> np.ndarray:
        """S_LPIPS of pairs of pictures by their features, float64 (B,): the package's own sum over the layers."""
        layers = zip(self._network.lins, originals, reconstructions, strict=True)
        total = sum(head((before - after).square_()).mean((2, 3)) for head, before, after in layers)
        assert isinstance(total, Tensor)
        return np.asarray(total.flatten().cpu().double().numpy())

    def _pixels(self, images: np.ndarray) -> Tensor:
        pixels = torch.from_numpy(np.ascontiguousarray(images)).to(self._device)
        return pixels.permute(0, 3, 1, 2).float() / 127.5 - 1.0


def alexnet_path() -> Path:
    """Where torchvision keeps its AlexNet (`$TORCH_HOME` honoured)."""
    return Path(torch.hub.get_dir()) / "checkpoints" / ALEXNET_FILE


def heads_path() -> Path:
    """The linear heads inside the lpips package."""
    import lpips

    return Path(lpips.__file__).parent / "weights" / "v0.1" / "alex.pth"


def find_alexnet(name: str) -> Path:
    """The AlexNet that the study's LPIPS needs. Raises MetricError with the command that fetches it."""
    file = alexnet_path()
    if not file.is_file():
        raise MetricError(f"suite {name}: {file} is missing{FETCH}curl --create-dirs -o {file} {ALEXNET_URL}")
    return file


def _read_pickle(file: Path, sha256: str, name: str) -> dict[str, Tensor]:
    if digest_of_file(file) != sha256:
        raise MetricError(f"suite {name}: {file} is not the published file (sha256 differs); fetch it again")
    state: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    return state


def _network(state: dict[str, Tensor]) -> Any:
    """The package's network with these weights; built on the meta device, so nothing random is drawn for it."""
    import lpips

    with warnings.catch_warnings(), torch.device("meta"):
        warnings.simplefilter("ignore")  # the package calls torchvision by its old argument names
        network = lpips.LPIPS(net="alex", pretrained=False, pnet_rand=True, verbose=False)
    network.scaling_layer = lpips.ScalingLayer()
    # The heads are registered twice (lin0 and lins.0); a state dict may hold either or both.
    heads = {f"lins.{key[3:]}": value for key, value in state.items() if key.startswith("lin") and key[3].isdigit()}
    scaling = {key: value for key, value in network.state_dict().items() if key.startswith("scaling_layer.")}
    network.load_state_dict({**scaling, **heads, **state}, assign=True)
    network.float()  # the file may hold halves; distances are computed in float32
    return network
