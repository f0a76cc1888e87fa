"""One-shot scoring of a few images, without Dagster and without the store."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.measure import Latent, ScoreItem, encode, reconstruct, score
from creativity_assets.images.preprocess import preprocess
from creativity_assets.metrics.suites import Suite


@dataclass(frozen=True)
class ScoredImage:
    """scores: as `measure.score` names them, floors included; original and reconstruction: uint8 (R, R, 3)."""

    name: str
    scores: dict[str, float]
    original: np.ndarray
    reconstruction: np.ndarray


def score_images(
    images: Iterable[tuple[str, Image.Image]],
    backbone: Backbone,
    settings: InversionSettings,
    suite: Suite,
    *,
    batch: BatchSize,
) -> Iterator[ScoredImage]:
    """Preprocess, encode, reconstruct and score each (name, image), in order, as batches are done.

    A single file has no caption: a captioned method sees the empty prompt.
    """
    originals: dict[str, np.ndarray] = {}
    floors: dict[str, np.ndarray] = {}
    reconstructions: dict[str, np.ndarray] = {}

    def prepared() -> Iterator[tuple[str, np.ndarray]]:
        for position, (name, image) in enumerate(images):
            key = f"{position} {name}"  # the same file may be asked for twice
            originals[key] = preprocess(image, backbone.resolution)
            yield key, originals[key]

    def encoded() -> Iterator[Latent]:
        for done in encode(backbone, prepared(), batch=BatchSize(batch.current)):
            floors[done.sample_id] = done.floor
            yield Latent(done.sample_id, done.latent)

    def to_score() -> Iterator[ScoreItem]:
        for done in reconstruct(backbone, settings, encoded(), batch=batch):
            reconstructions[done.sample_id] = done.image
            yield ScoreItem(done.sample_id, originals[done.sample_id], done.image, floors.pop(done.sample_id))

    for key, scores in score(suite, to_score(), batch=BatchSize(batch.current)):
        name = key.split(" ", 1)[1]
        yield ScoredImage(name, scores, originals.pop(key), reconstructions.pop(key))
