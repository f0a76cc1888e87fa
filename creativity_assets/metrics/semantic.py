"""Semantic distance: 1 - cosine of DINOv2's pooled output (CLS after layer norm), Oquab et al. 2023."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from creativity_assets.errors import MetricError


class SemanticExtractor:
    """A Dinov2Model with its own image processor (resize, centre crop, statistics of preprocessor_config.json)."""

    def __init__(self, model: Any, processor: Any) -> None:
        self._model = model
        self._processor = processor

    @classmethod
    def load(cls, folder: Path, *, name: str, device: torch.device | str = "cpu") -> "SemanticExtractor":
        """Load from a transformers folder, safetensors only; `name` is the suite, for messages.

        Raises MetricError: a file is missing, pickled, or belongs to another architecture.
        """
        for file in ("config.json", "model.safetensors", "preprocessor_config.json"):
            if not (folder / file).is_file():
                raise MetricError(f"suite {name}: {folder / file} is missing; restore the folder")
        return cls(*_load(folder, name, device))

    @torch.inference_mode()
    def embed(self, images: np.ndarray) -> np.ndarray:
        """uint8 (B, H, W, 3) to unit vectors float32 (B, D). What is kept and what is fresh meet as arrays."""
        pixels = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)
        # On the CPU for every device: torchvision resizes 8-bit images there by other arithmetic than elsewhere.
        inputs = self._processor(images=pixels, return_tensors="pt")["pixel_values"].to(self._model.device)
        pooled: Tensor = self._model(pixel_values=inputs).pooler_output
        vectors: np.ndarray = torch.nn.functional.normalize(pooled.float(), dim=-1).cpu().numpy()
        return vectors


def cosine_distance(originals: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """S_cos = 1 - cosine in [0, 2], for two sets of unit vectors (B, D); float64 (B,)."""
    cosine = (originals.astype(np.float64) * reconstructions.astype(np.float64)).sum(axis=-1)
    return np.asarray(np.clip(1.0 - cosine, 0.0, 2.0))


def _load(folder: Path, name: str, device: torch.device | str) -> tuple[Any, Any]:
    import transformers

    architecture: Any = transformers.Dinov2Model
    try:
        model, info = architecture.from_pretrained(
            folder, use_safetensors=True, local_files_only=True, dtype=torch.float32, output_loading_info=True
        )
        processor = transformers.BitImageProcessor.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # transformers and safetensors raise a dozen unrelated types here
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise MetricError(f"suite {name}: {folder} cannot be loaded ({reason})") from None
    if wrong := sorted(str(key) for key in (*info["missing_keys"], *info["mismatched_keys"])):
        raise MetricError(f"suite {name}: weights in {folder} do not fit a Dinov2Model (first: {wrong[0]})")
    return model.to(device).eval().requires_grad_(False), processor
