"""The ceiling of a score: what reconstructions of other works score against an image."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np

from creativity_assets.engine.batching import BatchSize, in_batches
from creativity_assets.engine.measure import finite_scores
from creativity_assets.metrics.suites import Suite


class CeilingItem(NamedTuple):
    """An image, uint8 (H, W, 3), its semantic unit vector (D,), and the panel's members it is held against."""

    sample_id: str
    original: np.ndarray
    embedding: np.ndarray
    members: tuple[int, ...]


def ceilings(
    suite: Suite,
    items: Iterable[CeilingItem],
    panel: np.ndarray,
    *,
    batch: BatchSize,
    beside: Executor | None = None,
) -> Iterator[tuple[str, dict[str, float]]]:
    """The mean scores of each image of a stream against its members of `panel`, uint8 (P, H, W, 3) reconstructions.

    All items have equally many members. What the suite computes of one picture alone it computes once: of the panel,
    and of each image. beside: as of `in_batches`.
    """
    prepared = suite.prepare(panel)

    def work(chunk: list[CeilingItem]) -> list[tuple[str, dict[str, float]]]:
        originals = suite.prepare(
            np.stack([item.original for item in chunk]), np.stack([item.embedding for item in chunk])
        )
        against = [
            suite.compare(originals, prepared.take(members))
            for members in zip(*(item.members for item in chunk), strict=True)
        ]
        means = {name: np.mean([scores[name] for scores in against], axis=0) for name in against[0]}
        return [
            (item.sample_id, finite_scores(suite, item.sample_id, {n: float(v[i]) for n, v in means.items()}))
            for i, item in enumerate(chunk)
        ]

    return in_batches(items, batch, work, beside)
