"""Pictures that lie in no store: preprocessed, then scored, reconstructed, inverted or embedded as they arrive.

Each of these is a generator that holds a few batches and keeps the order of the pictures. A picture of its own has no
caption: a captioned method sees the empty prompt. What readouts draw at random follows the picture's pixels, so that
neither its name nor its neighbours change a number.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from PIL import Image

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.measure import (
    Latent,
    Reconstruction,
    ScoreItem,
    embed,
    encode,
    invert,
    reconstruct,
    score,
)
from creativity_assets.engine.threads import mapped
from creativity_assets.hashing import digest_of_bytes
from creativity_assets.images.preprocess import preprocess
from creativity_assets.metrics.suites import Suite

Pictures = Iterable[tuple[str, Image.Image]]
"""(name, RGB picture of any size); names are for messages, and may repeat."""


@dataclass(frozen=True)
class ScoredImage:
    """scores: as `measure.score` names them, floors included; original and reconstruction: uint8 (R, R, 3)."""

    name: str
    scores: dict[str, float]
    readouts: dict[str, float]
    original: np.ndarray
    reconstruction: np.ndarray


def score_images(
    images: Pictures,
    backbone: Backbone,
    settings: InversionSettings,
    suite: Suite,
    *,
    batch: BatchSize,
    readouts: Sequence[str] = (),
    beside: Executor | None = None,
) -> Iterator[ScoredImage]:
    """Encode, reconstruct and score each picture. Raises what `measure.reconstruct` and `measure.score` do.

    beside: threads that preprocess pictures and compute the metrics while the network is at work on others.
    """
    encoding: deque[np.ndarray] = deque()
    reconstructing: deque[tuple[np.ndarray, np.ndarray]] = deque()
    scoring: deque[tuple[np.ndarray, Reconstruction]] = deque()

    def prepared() -> Iterator[tuple[str, np.ndarray]]:
        for name, pixels in _preprocessed(images, backbone, beside, batch.current):
            encoding.append(pixels)
            yield name, pixels

    def encoded() -> Iterator[Latent]:
        for done in encode(backbone, prepared(), batch=BatchSize(batch.current)):
            original = encoding.popleft()
            reconstructing.append((original, done.floor))
            yield Latent(done.sample_id, done.latent, seed=digest_of_bytes(original.tobytes()))

    def to_score() -> Iterator[ScoreItem]:
        for done in reconstruct(backbone, settings, encoded(), batch=batch, readouts=readouts):
            original, floor = reconstructing.popleft()
            scoring.append((original, done))
            yield ScoreItem(done.sample_id, original, done.image, floor)

    for name, scores in score(suite, to_score(), batch=BatchSize(batch.current), beside=beside):
        original, trip = scoring.popleft()
        yield ScoredImage(name, scores, trip.readouts, original, trip.image)


def reconstruct_images(
    images: Pictures, backbone: Backbone, settings: InversionSettings, *, batch: BatchSize
) -> Iterator[tuple[str, np.ndarray]]:
    """(name, reconstruction uint8 (R, R, 3)) of each picture. Raises what `measure.reconstruct` does."""
    for done in reconstruct(backbone, settings, _latents(images, backbone, batch), batch=batch):
        yield done.sample_id, done.image


def invert_images(
    images: Pictures, backbone: Backbone, settings: InversionSettings, *, batch: BatchSize
) -> Iterator[tuple[str, np.ndarray]]:
    """(name, noise latent float32 (C, h, w)) of each picture. Raises what `measure.invert` does."""
    return invert(backbone, settings, _latents(images, backbone, batch), batch=batch)


def embed_images(
    images: Pictures, backbone: Backbone, suite: Suite, *, batch: BatchSize
) -> Iterator[tuple[str, np.ndarray]]:
    """(name, semantic unit vector float32 (D,)) of each picture at the model's resolution, where it is scored."""
    return embed(suite, _preprocessed(images, backbone), batch=batch)


def _latents(images: Pictures, backbone: Backbone, batch: BatchSize) -> Iterator[Latent]:
    for done in encode(backbone, _preprocessed(images, backbone), batch=BatchSize(batch.current)):
        yield Latent(done.sample_id, done.latent)


def _preprocessed(
    images: Pictures, backbone: Backbone, beside: Executor | None = None, ahead: int = 1
) -> Iterator[tuple[str, np.ndarray]]:
    def prepared(given: tuple[str, Image.Image]) -> tuple[str, np.ndarray]:
        return given[0], preprocess(given[1], backbone.resolution)

    return map(prepared, images) if beside is None else mapped(beside, prepared, images, ahead=ahead)
