"""Metric suites: which extractors score a reconstruction. Numbers of different suites are never compared."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from creativity_assets.errors import FETCH, MetricError
from creativity_assets.hashing import as_revision, digest_of_contents, digest_of_text
from creativity_assets.metrics import pixel
from creativity_assets.metrics.composite import composite
from creativity_assets.metrics.perceptual import ALEXNET_SHA256, HEADS_SHA256, PerceptualDistance, find_alexnet
from creativity_assets.metrics.semantic import SemanticExtractor, cosine_distance

SCORES = ("dino_distance", "lpips", "mse", "log_mse", "composite")
Device = torch.device | str

DINOV2 = "facebook/dinov2-base"
DINOV2_REVISION = "f9e44c814b77203eaa57a6bdbbd535f21ede1415"
DINOV2_FILES = ("config.json", "model.safetensors", "preprocessor_config.json")
EMBEDDED_FOLDER = Path("embedded") / "suite"  # below the data root
EMBEDDED_HEADS = Path("perceptual") / "lpips_alex.safetensors"


class Suite:
    """Two extractors and the pixel error, arrays in and arrays out; `revision` changes whenever a weight does."""

    def __init__(self, name: str, revision: str, semantic: SemanticExtractor, perceptual: PerceptualDistance) -> None:
        self.name = name
        self.revision = revision
        self._semantic = semantic
        self._perceptual = perceptual

    def embed(self, images: np.ndarray) -> np.ndarray:
        """The semantic unit vectors float32 (B, D) of uint8 (B, H, W, 3), to keep where originals are scored twice."""
        return self._semantic.embed(images)

    def score(
        self,
        originals: np.ndarray,
        reconstructions: np.ndarray,
        *,
        embedded_originals: np.ndarray | None = None,
        embedded_reconstructions: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """The SCORES of each pair of uint8 (B, H, W, 3) images, float64 (B,); 0 for identical images.

        embedded_*: what `embed` makes of them, if the caller has it. Raises MetricError for unlike shapes.
        """
        _check(self.name, originals, reconstructions)
        before = self.embed(originals) if embedded_originals is None else embedded_originals
        after = self.embed(reconstructions) if embedded_reconstructions is None else embedded_reconstructions
        dino_distance = cosine_distance(before, after)
        lpips = self._perceptual(originals, reconstructions)
        mse = pixel.mse(originals, reconstructions)
        log_mse = pixel.log_mse(mse)
        return {
            "dino_distance": dino_distance,
            "lpips": lpips,
            "mse": mse,
            "log_mse": log_mse,
            "composite": composite(dino_distance, lpips, log_mse),
        }


@dataclass(frozen=True)
class SuiteSpec:
    """How a suite is loaded from a data root, what tells one state of its weights from another, and which are needed.

    find: raises MetricError for weights that are not on this machine; downloads nothing.
    """

    load: Callable[[Path, Device], Suite]
    revision: Callable[[Path], str]
    find: Callable[[Path], object]


def load_suite(name: str, data_root: Path, device: Device = "cpu") -> Suite:
    """The suite of that name; MetricError names what is missing and how to get it."""
    return _spec(name).load(data_root, device)


def suite_revision(name: str, data_root: Path) -> str:
    """The suite's revision without loading it; MetricError where a file of it is missing."""
    return _spec(name).revision(data_root)


def find_suite(name: str, data_root: Path) -> str:
    """The suite's revision, if its weights are on this machine; MetricError with the command that fetches them."""
    _spec(name).find(data_root)
    return suite_revision(name, data_root)


def _spec(name: str) -> SuiteSpec:
    if name not in SUITES:
        raise MetricError(f"no metric suite {name!r}; have {sorted(SUITES)}")
    return SUITES[name]


def _check(name: str, originals: np.ndarray, reconstructions: np.ndarray) -> None:
    for images in (originals, reconstructions):
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 3:
            raise MetricError(f"suite {name}: images are {images.dtype} {images.shape}, not uint8 (B, H, W, 3)")
    if originals.shape != reconstructions.shape:
        raise MetricError(f"suite {name}: {originals.shape} originals against {reconstructions.shape}")


def _embedded(data_root: Path, device: Device) -> Suite:
    folder = data_root / EMBEDDED_FOLDER
    revision = _embedded_revision(data_root)
    semantic = SemanticExtractor.load(folder / "semantic", name="embedded", device=device)
    perceptual = PerceptualDistance.from_safetensors(folder / EMBEDDED_HEADS, name="embedded", device=device)
    return Suite("embedded", revision, semantic, perceptual)


def _embedded_revision(data_root: Path) -> str:
    """sha256 over what the numbers depend on, 16 hex digits."""
    folder = data_root / EMBEDDED_FOLDER
    files = [*(folder / "semantic" / file for file in DINOV2_FILES), folder / EMBEDDED_HEADS]
    if missing := [file for file in files if not file.is_file()]:
        raise MetricError(
            f"suite embedded: {missing[0]} is missing; restore data/embedded or train it (creativity train --help)"
        )
    return as_revision(digest_of_contents(("", file) for file in files))


def _paper(_data_root: Path, device: Device) -> Suite:
    perceptual = PerceptualDistance.from_study_weights(name="paper", device=device)
    semantic = SemanticExtractor.load(_dinov2_folder(), name="paper", device=device)
    return Suite("paper", _paper_revision(_data_root), semantic, perceptual)


def _paper_revision(_data_root: Path) -> str:
    """Everything is pinned by commit and checksum, so no file is read."""
    return as_revision(digest_of_text(f"{DINOV2_REVISION} {ALEXNET_SHA256} {HEADS_SHA256}"))


def _find_paper(_data_root: Path) -> None:
    """All that is missing in one error, with one command line that fetches it."""
    problems = []
    for find in (partial(find_alexnet, "paper"), partial(_dinov2_folder, offline=True)):
        try:
            find()
        except MetricError as problem:
            problems.append(problem)
    if problems:
        what = " and ".join(problem.culprit.removeprefix("suite paper: ") for problem in problems)
        raise MetricError(f"suite paper: {what}{FETCH}{' && '.join(problem.command for problem in problems)}")


def _dinov2_folder(offline: bool | None = None) -> Path:
    """DINOv2-Base in the hub's cache, downloaded unless offline."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    if offline is None:
        offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}
    command = f"hf download {DINOV2} --revision {DINOV2_REVISION} {' '.join(DINOV2_FILES)}"
    try:
        return Path(
            snapshot_download(
                DINOV2, revision=DINOV2_REVISION, allow_patterns=list(DINOV2_FILES), local_files_only=offline
            )
        )
    except LocalEntryNotFoundError:
        raise MetricError(f"suite paper: {DINOV2} is not on this machine{FETCH}{command}") from None
    except (HfHubHTTPError, OSError) as error:
        raise MetricError(f"suite paper: {DINOV2} cannot be fetched ({type(error).__name__}){FETCH}{command}") from None


SUITES = {
    "paper": SuiteSpec(_paper, _paper_revision, _find_paper),
    "embedded": SuiteSpec(_embedded, _embedded_revision, _embedded_revision),
}
