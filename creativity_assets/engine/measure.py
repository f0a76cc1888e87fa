"""The study's Algorithm 1 over streams: reconstruct images, then score them.

Both functions are generators: an image is yielded as soon as its batch is done, in the order of the items, and
batches are full whatever collections the items come from. Results do not depend on the batch size.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.inversion import InversionSettings, round_trip
from creativity_assets.engine.batching import BatchSize, in_batches
from creativity_assets.metrics.suites import Suite


@dataclass(frozen=True)
class Reconstruction:
    """What a model makes of an image: after the round trip, and after its autoencoder alone.

    Both uint8 (R, R, 3); the floor is None where it was not asked for.
    """

    sample_id: str
    image: np.ndarray
    floor_image: np.ndarray | None


class ScoreItem(NamedTuple):
    """One image to score; with a floor image its scores come with the prefix `floor_`. All uint8 (H, W, 3)."""

    sample_id: str
    original: np.ndarray
    reconstruction: np.ndarray
    floor: np.ndarray | None = None


def reconstruct(
    backbone: Backbone,
    settings: InversionSettings,
    items: Iterable[tuple[str, np.ndarray]],
    *,
    batch: BatchSize,
    with_floor: bool = True,
) -> Iterator[Reconstruction]:
    """Encode, invert, resample, decode each (sample_id, uint8 (R, R, 3)) of a stream."""

    def work(chunk: list[tuple[str, np.ndarray]]) -> list[Reconstruction]:
        images, floors = reconstruct_batch(
            backbone, settings, np.stack([image for _, image in chunk]), with_floor=with_floor
        )
        return [
            Reconstruction(sample_id, images[i], None if floors is None else floors[i])
            for i, (sample_id, _) in enumerate(chunk)
        ]

    return in_batches(items, batch, work)


def reconstruct_batch(
    backbone: Backbone, settings: InversionSettings, images: np.ndarray, *, with_floor: bool = True
) -> tuple[np.ndarray, np.ndarray | None]:
    """(reconstructions, floors) of uint8 (B, R, R, 3), on the empty prompt; one encoding serves both."""
    latents = backbone.encode(images)
    denoiser = backbone.denoiser(None, settings.guidance)
    returned = round_trip(settings, denoiser, backbone.schedule(settings.steps), latents)
    return backbone.decode(returned), backbone.decode(latents) if with_floor else None


def score(
    suite: Suite, items: Iterable[ScoreItem | tuple[str, np.ndarray, np.ndarray]], *, batch: BatchSize
) -> Iterator[tuple[str, dict[str, float]]]:
    """The suite's scores of each item of a stream, keyed as `metrics.suites.SCORES`, floors as `floor_<score>`."""
    return in_batches((ScoreItem(*item) for item in items), batch, lambda chunk: _score_batch(suite, chunk))


def _score_batch(suite: Suite, chunk: list[ScoreItem]) -> list[tuple[str, dict[str, float]]]:
    originals = np.stack([item.original for item in chunk])
    embedded = suite.embed(originals)
    scores = suite.score(originals, np.stack([item.reconstruction for item in chunk]), embedded_originals=embedded)
    rows = [{name: float(values[i]) for name, values in scores.items()} for i in range(len(chunk))]
    floored = [i for i, item in enumerate(chunk) if item.floor is not None]
    if floored:
        floors = np.stack([item.floor for item in chunk if item.floor is not None])
        floor_scores = suite.score(originals[floored], floors, embedded_originals=embedded[floored])
        for position, i in enumerate(floored):
            rows[i] |= {f"floor_{name}": float(values[position]) for name, values in floor_scores.items()}
    return [(item.sample_id, row) for item, row in zip(chunk, rows, strict=True)]
