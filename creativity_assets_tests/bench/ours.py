"""The same pictures through the instrument, as `creativity score` and a study send them."""

from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.ceilings import CeilingItem, ceilings
from creativity_assets.engine.loading import COMPILED, compiled
from creativity_assets.engine.measure import Latent, ScoreItem, reconstruct, score
from creativity_assets.engine.streams import ScoredImage, score_images
from creativity_assets.images.encoding import to_webp
from creativity_assets.images.preprocess import preprocess
from creativity_assets.paths import data_root
from creativity_assets_tests.bench.subject import Subject

MEMBERS = 8


def opened(files: Sequence[Path]) -> Iterator[tuple[str, Image.Image]]:
    """Each file read and decoded."""
    for file in files:
        yield file.name, read(file)


def read(file: Path) -> Image.Image:
    with Image.open(file) as image:
        return image.convert("RGB")


def measure(subject: Subject, files: Sequence[Path], batch: int) -> list[float]:
    """The composite score of each file; its floor is measured too."""
    return [scored.scores["composite"] for scored in results(subject, opened(files), batch)]


def measure_without_floor(subject: Subject, files: Sequence[Path], batch: int) -> list[float]:
    """The same scores alone: exactly what the stock loop gives."""
    backbone, originals = subject.backbone, deque[np.ndarray]()

    def latents() -> Iterator[Latent]:
        for start in range(0, len(files), batch):
            given = opened(files[start : start + batch])
            images = np.stack([preprocess(image, backbone.resolution) for _, image in given])
            originals.extend(images)
            yield from (Latent("", latent) for latent in backbone.encode(images).cpu().numpy())

    def to_score() -> Iterator[ScoreItem]:
        for done in reconstruct(backbone, subject.settings, latents(), batch=BatchSize(batch)):
            to_webp(done.image)
            yield ScoreItem(done.sample_id, originals.popleft(), done.image)

    return [scores["composite"] for _, scores in score(subject.suite, to_score(), batch=BatchSize(batch))]


def measure_compiled(subject: Subject, files: Sequence[Path], batch: int) -> list[float]:
    """`measure` with a compiled network, which is gone again afterwards; the first call compiles it."""
    family = subject.backbone.family
    if family.compiled is family.network:
        subject.backbone.compile(batch, partial(compiled, cache=data_root() / COMPILED))
    family.compiled_for = batch
    try:
        return measure(subject, files, batch)
    finally:
        family.compiled_for = 0


def results(subject: Subject, images: Iterator[tuple[str, Image.Image]], batch: int) -> Iterator[ScoredImage]:
    """What a study stores of each picture, its reconstruction encoded."""
    settings, suite = subject.settings, subject.suite
    for scored in score_images(images, subject.backbone, settings, suite, batch=BatchSize(batch)):
        to_webp(scored.reconstruction)
        yield scored


def measure_ceilings(subject: Subject, files: Sequence[Path], batch: int) -> list[float]:
    """The composite ceiling of each file, held against MEMBERS others in place of a panel's reconstructions."""
    images = np.stack([preprocess(image, subject.backbone.resolution) for _, image in opened(files)])
    vectors = subject.suite.embed(images)
    panel = images[: MEMBERS + 1]
    items = (
        CeilingItem(str(k), image, vectors[k], tuple(m for m in range(len(panel)) if m != k)[:MEMBERS])
        for k, image in enumerate(images)
    )
    return [scores["composite"] for _, scores in ceilings(subject.suite, items, panel, batch=BatchSize(batch))]
