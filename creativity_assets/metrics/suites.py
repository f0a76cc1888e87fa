"""Metric suites: which metrics score a reconstruction. Numbers of different suites are never compared.

To add a metric: a function in a file of this folder, and its score in `vocabulary.SCORES`. To add a suite: one entry
of SUITES that says which metrics it computes and which of them make its composite.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from creativity_assets import hub
from creativity_assets.errors import FETCH, MetricError
from creativity_assets.hashing import as_revision, digest, digest_of_contents, digest_of_text
from creativity_assets.metrics import pixel
from creativity_assets.metrics.composite import composite
from creativity_assets.metrics.metric import Device, Metric, OfFeatures, Pairs, Prepared, formula, of_images
from creativity_assets.metrics.perceptual import ALEXNET_SHA256, HEADS_SHA256, PerceptualDistance, find_alexnet
from creativity_assets.metrics.semantic import SemanticExtractor, cosine_distance
from creativity_assets.vocabulary import SCORES

DINOV2 = "facebook/dinov2-base"
DINOV2_REVISION = "f9e44c814b77203eaa57a6bdbbd535f21ede1415"
DINOV2_FILES = ("config.json", "model.safetensors", "preprocessor_config.json")
EMBEDDED_FOLDER = Path("embedded") / "suite"  # below the data root
EMBEDDED_HEADS = Path("perceptual") / "lpips_alex.safetensors"


@dataclass(frozen=True)
class SuiteSpec:
    """What a suite computes, and from which weights.

    metrics: by the score's name in `vocabulary.SCORES`, in the order in which they are computed. composite: the scores
    whose mean is its composite. semantic: what embeds images. weights: what tells one state of the weights of its
    metrics from another, those apart that a metric tells itself. find: raises MetricError for weights that are not on
    this machine; downloads nothing.
    """

    metrics: Mapping[str, Metric]
    composite: tuple[str, ...]
    semantic: Callable[[Path, Device], SemanticExtractor]
    weights: Callable[[Path], str]
    find: Callable[[Path], object]

    @property
    def scores(self) -> tuple[str, ...]:
        """What it gives of each pair, in order."""
        return *self.metrics, "composite"

    def extended(self, metrics: Mapping[str, Metric], composite: tuple[str, ...] | None = None) -> "SuiteSpec":
        """The same suite with further metrics, and with another composite if one is given."""
        return replace(self, metrics={**self.metrics, **metrics}, composite=composite or self.composite)


class Suite:
    """A suite with its weights loaded, arrays in and arrays out; `revision` changes whenever a weight does."""

    def __init__(self, name: str, revision: str, spec: SuiteSpec, data_root: Path, device: Device) -> None:
        self.name = name
        self.revision = revision
        self.scores = spec.scores
        self._composite = spec.composite
        self._formulas = {score: metric.load(data_root, device) for score, metric in spec.metrics.items()}
        self._semantic = spec.semantic(data_root, device)

    def embed(self, images: np.ndarray) -> np.ndarray:
        """The semantic unit vectors float32 (B, D) of uint8 (B, H, W, 3), to keep where originals are scored twice."""
        return self._semantic.embed(images)

    def prepare(self, images: np.ndarray, embedded: np.ndarray | None = None) -> Prepared:
        """What the suite computes of each picture alone, for pictures that are compared more than once.

        images: uint8 (B, H, W, 3), else MetricError. embedded: what `embed` makes of them, if the caller has it.
        """
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 3:
            raise MetricError(f"suite {self.name}: images are {images.dtype} {images.shape}, not uint8 (B, H, W, 3)")
        parts = {name: f for name, f in self._formulas.items() if isinstance(f, OfFeatures)}
        features = {name: formula.features(images) for name, formula in parts.items()}
        return Prepared(images, self.embed(images) if embedded is None else embedded, features)

    def compare(self, originals: Prepared, reconstructions: Prepared) -> dict[str, np.ndarray]:
        """The suite's scores of each pair, float64 (B,); 0 for identical images.

        Raises MetricError for unlike shapes.
        """
        shapes = originals.images.shape, reconstructions.images.shape
        if shapes[0] != shapes[1]:
            raise MetricError(f"suite {self.name}: {shapes[0]} originals against {shapes[1]}")
        scores: dict[str, np.ndarray] = {}
        pairs = Pairs(originals.images, reconstructions.images, originals.embedded, reconstructions.embedded, scores)
        for name, compute in self._formulas.items():
            if isinstance(compute, OfFeatures):
                scores[name] = compute.distance(originals.features[name], reconstructions.features[name])
            else:
                scores[name] = compute(pairs)
        return scores | {"composite": composite(*(scores[part] for part in self._composite))}

    def score(self, originals: np.ndarray, reconstructions: np.ndarray) -> dict[str, np.ndarray]:
        """`compare` of two batches of uint8 (B, H, W, 3) images that are compared once."""
        return self.compare(self.prepare(originals), self.prepare(reconstructions))


def load_suite(name: str, data_root: Path, device: Device = "cpu") -> Suite:
    """The suite of that name; MetricError names what is missing and how to get it."""
    return Suite(name, suite_revision(name, data_root), _spec(name), data_root, device)


def suite_revision(name: str, data_root: Path) -> str:
    """The suite's revision without loading it; MetricError where a file of it is missing."""
    return suite_weights(name, data_root) + suite_formulas(name)


def suite_weights(name: str, data_root: Path) -> str:
    """The part of a suite's revision that changes with files: slow to tell. MetricError where one is missing."""
    spec = _spec(name)
    own = {score: weights for score, metric in spec.metrics.items() if (weights := metric.weights(data_root))}
    return spec.weights(data_root) + (f"+{digest(weights=own)[:8]}" if own else "")


def suite_formulas(name: str) -> str:
    """The part of a suite's revision that changes with what it computes; empty where that is what the study does."""
    spec = _spec(name)
    stated = {"metrics": {score: metric.version for score, metric in spec.metrics.items()}, "composite": spec.composite}
    study = {"metrics": dict.fromkeys(STUDY_METRICS, 1), "composite": STUDY_COMPOSITE}
    return "" if stated == study else f"+{digest(**stated)[:8]}"


def find_suite(name: str, data_root: Path) -> str:
    """The suite's revision, if its weights are on this machine; MetricError with the command that fetches them."""
    _spec(name).find(data_root)
    return suite_revision(name, data_root)


def _spec(name: str) -> SuiteSpec:
    if name not in SUITES:
        raise MetricError(f"no metric suite {name!r}; have {sorted(SUITES)}")
    spec = SUITES[name]
    if unknown := [score for score in spec.metrics if score not in SCORES]:
        raise MetricError(f"suite {name}: no score {unknown[0]!r}; declare it in vocabulary.SCORES")
    if unknown := [part for part in spec.composite if part not in spec.metrics]:
        raise MetricError(f"suite {name}: its composite names {unknown[0]!r}, which is none of its metrics")
    return spec


def _embedded_semantic(data_root: Path, device: Device) -> SemanticExtractor:
    return SemanticExtractor.load(data_root / EMBEDDED_FOLDER / "semantic", name="embedded", device=device)


def _embedded_lpips(data_root: Path, device: Device) -> OfFeatures:
    heads = data_root / EMBEDDED_FOLDER / EMBEDDED_HEADS
    return PerceptualDistance.from_safetensors(heads, name="embedded", device=device)


def _embedded_revision(data_root: Path) -> str:
    """sha256 over what the numbers depend on, 16 hex digits."""
    folder = data_root / EMBEDDED_FOLDER
    files = [*(folder / "semantic" / file for file in DINOV2_FILES), folder / EMBEDDED_HEADS]
    if missing := [file for file in files if not file.is_file()]:
        raise MetricError(
            f"suite embedded: {missing[0]} is missing; restore data/embedded or train it (creativity train --help)"
        )
    return as_revision(digest_of_contents(("", file) for file in files))


def _paper_semantic(_data_root: Path, device: Device) -> SemanticExtractor:
    return SemanticExtractor.load(_dinov2_folder(), name="paper", device=device)


def _paper_lpips(_data_root: Path, device: Device) -> OfFeatures:
    return PerceptualDistance.from_study_weights(name="paper", device=device)


def _paper_revision(_data_root: Path) -> str:
    """Everything is pinned by commit and checksum, so no file is read."""
    return as_revision(digest_of_text(f"{DINOV2_REVISION} {ALEXNET_SHA256} {HEADS_SHA256}"))


def _find_paper(_data_root: Path) -> None:
    """All that is missing in one error, with one command line that fetches it."""
    problems = []
    for find in (partial(find_alexnet, "paper"), partial(_dinov2_folder, local_only=True)):
        try:
            find()
        except MetricError as problem:
            problems.append(problem)
    if problems:
        what = " and ".join(problem.culprit.removeprefix("suite paper: ") for problem in problems)
        raise MetricError(f"suite paper: {what}{FETCH}{' && '.join(problem.command for problem in problems)}")


def _dinov2_folder(*, local_only: bool = False) -> Path:
    """DINOv2-Base in the hub's cache, downloaded unless the hub must not be asked."""
    command = hub.download_command(DINOV2, DINOV2_REVISION, files=DINOV2_FILES)
    try:
        return hub.snapshot(DINOV2, DINOV2_REVISION, DINOV2_FILES, local_only=local_only or hub.offline())
    except hub.NotHere:
        raise MetricError(f"suite paper: {DINOV2} is not on this machine{FETCH}{command}") from None
    except hub.Unreachable as error:
        kind = type(error.__cause__).__name__
        raise MetricError(f"suite paper: {DINOV2} cannot be fetched ({kind}){FETCH}{command}") from None


DINO_DISTANCE = formula(lambda pairs: cosine_distance(pairs.embedded_originals, pairs.embedded_reconstructions))
MSE = of_images(pixel.mse)
LOG_MSE = formula(lambda pairs: pixel.log_mse(pairs.scores["mse"]))

STUDY_METRICS = ("dino_distance", "lpips", "mse", "log_mse")
STUDY_COMPOSITE = ("dino_distance", "lpips", "log_mse")

SUITES: dict[str, SuiteSpec] = {
    "paper": SuiteSpec(
        metrics={"dino_distance": DINO_DISTANCE, "lpips": Metric(_paper_lpips), "mse": MSE, "log_mse": LOG_MSE},
        composite=STUDY_COMPOSITE,
        semantic=_paper_semantic,
        weights=_paper_revision,
        find=_find_paper,
    ),
    "embedded": SuiteSpec(
        metrics={"dino_distance": DINO_DISTANCE, "lpips": Metric(_embedded_lpips), "mse": MSE, "log_mse": LOG_MSE},
        composite=STUDY_COMPOSITE,
        semantic=_embedded_semantic,
        weights=_embedded_revision,
        find=_embedded_revision,
    ),
}
"""By name. A further one is one entry: SUITES["embedded"].extended({"ssim": of_images(ssim)}), say."""
