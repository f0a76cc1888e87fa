"""Sampling images from captions over a stream: how the ai side of a `generated` data set comes about."""

from collections.abc import Iterable, Iterator

import numpy as np

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.engine.batching import BatchSize, in_batches
from creativity_assets.engine.measure import named

Request = tuple[str, str, int]  # sample_id, caption, seed


def generate(
    backbone: Backbone, items: Iterable[Request], *, guidance: float, steps: int, batch: BatchSize
) -> Iterator[tuple[str, np.ndarray]]:
    """(sample_id, uint8 (R, R, 3)) for each (sample_id, caption, seed), in order, as soon as its batch is done.

    An image depends on its caption and seed alone, not on the batch it was drawn in.
    """

    def work(chunk: list[Request]) -> list[tuple[str, np.ndarray]]:
        ids, captions, seeds = zip(*chunk, strict=True)
        with named(backbone.name, ids):
            return list(zip(ids, backbone.sample(captions, seeds, steps=steps, guidance=guidance), strict=True))

    return in_batches(items, batch, work)
