"""The study's Algorithm 1 over streams: encode images, reconstruct their latents, score what came back.

All of these are generators: an image is yielded as soon as its batch is done, in the order of the items, and
batches are full whatever collections the items come from. Results do not depend on the batch size.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.finite import require_finite
from creativity_assets.diffusion.inversion import Inverted
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.batching import BatchSize, in_batches
from creativity_assets.engine.readouts import RoundTrip, read_out, require_readouts
from creativity_assets.errors import MetricError, ModelError, NotFiniteError
from creativity_assets.metrics.suites import Suite


class Encoding(NamedTuple):
    """What a model's autoencoder makes of an image: its latent, float32 (C, h, w), and its floor, uint8 (R, R, 3)."""

    sample_id: str
    latent: np.ndarray
    floor: np.ndarray


class Latent(NamedTuple):
    """A latent to reconstruct, float32 (C, h, w), with the caption of its image, empty where it has none.

    seed: what the random draws of its readouts follow; the sample_id where it is empty.
    """

    sample_id: str
    latent: np.ndarray
    caption: str = ""
    seed: str = ""


@dataclass(frozen=True)
class Reconstruction:
    """What a model makes of an image in a round trip, uint8 (R, R, 3), and the readouts by name."""

    sample_id: str
    image: np.ndarray
    readouts: dict[str, float] = field(default_factory=dict)


class ScoreItem(NamedTuple):
    """One image to score; with a floor image its scores come with the prefix `floor_`. All uint8 (H, W, 3).

    embedding: the original's semantic unit vector (D,), where the caller has it.
    """

    sample_id: str
    original: np.ndarray
    reconstruction: np.ndarray
    floor: np.ndarray | None = None
    embedding: np.ndarray | None = None


def encode(backbone: Backbone, items: Iterable[tuple[str, np.ndarray]], *, batch: BatchSize) -> Iterator[Encoding]:
    """The latent and the floor of each (sample_id, uint8 (R, R, 3)) of a stream: once for all of a model's methods.

    Raises ModelError, naming model and image, for NaN or infinity.
    """

    def work(chunk: list[tuple[str, np.ndarray]]) -> list[Encoding]:
        with named(backbone.name, [sample_id for sample_id, _ in chunk]):
            latents = backbone.encode(np.stack([image for _, image in chunk]))
            floors = backbone.decode(latents)
        values = latents.cpu().numpy()
        return [Encoding(sample_id, values[i], floors[i]) for i, (sample_id, _) in enumerate(chunk)]

    return in_batches(items, batch, work)


def reconstruct(
    backbone: Backbone,
    settings: InversionSettings,
    items: Iterable[Latent],
    *,
    batch: BatchSize,
    readouts: Sequence[str] = (),
) -> Iterator[Reconstruction]:
    """Invert, sample and decode each latent of a stream; readouts: names of `engine.readouts.READOUTS`.

    Under a captioned method `captioned` is read out too, 1 or 0: an image without a caption is measured on the empty
    prompt, which is another method.
    Raises ModelError for an unknown readout, for a method that is not for this kind of model, and, naming model, method
    and image, for NaN or infinity.
    """
    require_readouts(readouts)
    check_kind(backbone, settings)

    def work(chunk: list[Latent]) -> list[Reconstruction]:
        with named(f"{backbone.name}: {settings.inversion}", [item.sample_id for item in chunk]):
            return _round_trip(backbone, settings, chunk, readouts)

    return in_batches(items, batch, work)


def invert(
    backbone: Backbone, settings: InversionSettings, items: Iterable[Latent], *, batch: BatchSize
) -> Iterator[tuple[str, np.ndarray]]:
    """(sample_id, noise latent float32 (C, h, w)) of each latent of a stream: the inversion of `reconstruct` alone.

    Raises what `reconstruct` does.
    """
    check_kind(backbone, settings)

    @torch.no_grad()
    def work(chunk: list[Latent]) -> list[tuple[str, np.ndarray]]:
        with named(f"{backbone.name}: {settings.inversion}", [item.sample_id for item in chunk]):
            denoiser, _ = _denoisers(backbone, settings, [item.caption for item in chunk])
            noises = _invert_batch(backbone, settings, denoiser, chunk)[1].noise.cpu().numpy()
        return [(item.sample_id, noises[i]) for i, item in enumerate(chunk)]

    return in_batches(items, batch, work)


def check_kind(backbone: Backbone, settings: InversionSettings) -> None:
    """Raises ModelError for a method that is not for this kind of model."""
    if settings.method.kind not in (None, backbone.kind):
        raise ModelError(
            f"{backbone.name}: a {backbone.kind} model, but {settings.inversion} inverts {settings.method.kind} "
            "models; choose another method"
        )


@contextmanager
def named(prefix: str, sample_ids: Sequence[str]) -> Iterator[None]:
    """Name model, method and image where something in a batch is NaN or infinite."""
    try:
        yield
    except NotFiniteError as problem:
        raise ModelError(f"{prefix}: {sample_ids[problem.position]}: {problem}") from None


@torch.no_grad()
def _round_trip(
    backbone: Backbone, settings: InversionSettings, chunk: list[Latent], readouts: Sequence[str]
) -> list[Reconstruction]:
    captions = [item.caption for item in chunk]
    inversion_denoiser, sampling_denoiser = _denoisers(backbone, settings, captions)
    schedule, inverted = _invert_batch(backbone, settings, inversion_denoiser, chunk)
    sampled = settings.method.sample(
        sampling_denoiser, schedule, inverted.noise, inverted.auxiliary, **settings.options
    )
    require_finite(sampled, "the latent that came back")
    images = backbone.decode(sampled)
    values = {}
    if schedule is not None:
        names = tuple(item.seed or item.sample_id for item in chunk)
        trip = RoundTrip(settings, inversion_denoiser, sampling_denoiser, schedule, inverted, sampled, names)
        values = {
            name: require_finite(column, f"the readout {name}").tolist()
            for name, column in read_out(trip, readouts).items()
        }
    if settings.prompt == "caption":
        values["captioned"] = [float(caption != "") for caption in captions]
    return [
        Reconstruction(item.sample_id, images[i], {name: column[i] for name, column in values.items()})
        for i, item in enumerate(chunk)
    ]


def _invert_batch(
    backbone: Backbone, settings: InversionSettings, denoiser: Any, chunk: list[Latent]
) -> tuple[Any, Inverted]:
    """The schedule, None where nothing is inverted, and what the latents became on it."""
    latents = torch.from_numpy(np.stack([item.latent for item in chunk])).to(backbone.device)
    schedule = backbone.schedule(settings.steps, settings.method.spacing) if settings.steps else None
    inverted = settings.method.invert(denoiser, schedule, latents, **settings.options)
    require_finite(inverted.noise, "the inverted latent")
    return schedule, inverted


def _denoisers(backbone: Backbone, settings: InversionSettings, captions: list[str]) -> tuple[Any, Any]:
    """Of inversion and sampling: the same one, unless the experiment is a mismatch of guidance."""
    prompts = captions if settings.prompt == "caption" else [""] * len(captions)
    if settings.method.subject == "prompted":
        return (backbone.prompted(prompts),) * 2
    denoiser = backbone.denoiser(prompts, settings.guidance)
    if settings.resample_guidance is None:
        return denoiser, denoiser
    return denoiser, backbone.denoiser(prompts, settings.resample_guidance)


def embed(
    suite: Suite,
    items: Iterable[tuple[str, np.ndarray]],
    *,
    batch: BatchSize,
    beside: Executor | None = None,
) -> Iterator[tuple[str, np.ndarray]]:
    """(sample_id, semantic unit vector float32 (D,)) of each (sample_id, uint8 (H, W, 3)): once for all experiments.

    beside: as of `in_batches`.
    """

    def work(chunk: list[tuple[str, np.ndarray]]) -> list[tuple[str, np.ndarray]]:
        vectors = suite.embed(np.stack([image for _, image in chunk]))
        for (sample_id, _), vector in zip(chunk, vectors, strict=True):
            if not np.isfinite(vector).all():
                raise not_finite(suite, sample_id, "the semantic embedding")
        return [(sample_id, vectors[i]) for i, (sample_id, _) in enumerate(chunk)]

    return in_batches(items, batch, work, beside)


def score(
    suite: Suite,
    items: Iterable[ScoreItem | tuple[str, np.ndarray, np.ndarray]],
    *,
    batch: BatchSize,
    beside: Executor | None = None,
) -> Iterator[tuple[str, dict[str, float]]]:
    """The suite's scores of each item of a stream, keyed as `Suite.scores`, floors as `floor_<score>`.

    beside: as of `in_batches`. Raises MetricError, naming suite and image, for NaN or infinity.
    """
    return in_batches((ScoreItem(*item) for item in items), batch, lambda chunk: _score_batch(suite, chunk), beside)


def _score_batch(suite: Suite, chunk: list[ScoreItem]) -> list[tuple[str, dict[str, float]]]:
    known = [item.embedding for item in chunk if item.embedding is not None]
    originals = suite.prepare(
        np.stack([item.original for item in chunk]), np.stack(known) if len(known) == len(chunk) else None
    )
    scores = suite.compare(originals, suite.prepare(np.stack([item.reconstruction for item in chunk])))
    rows = [{name: float(values[i]) for name, values in scores.items()} for i in range(len(chunk))]
    floored = [i for i, item in enumerate(chunk) if item.floor is not None]
    if floored:
        floors = np.stack([item.floor for item in chunk if item.floor is not None])
        floor_scores = suite.compare(originals.take(floored), suite.prepare(floors))
        for position, i in enumerate(floored):
            rows[i] |= {f"floor_{name}": float(values[position]) for name, values in floor_scores.items()}
    return [(item.sample_id, finite_scores(suite, item.sample_id, row)) for item, row in zip(chunk, rows, strict=True)]


def finite_scores(suite: Suite, sample_id: str, scores: dict[str, float]) -> dict[str, float]:
    """The scores, all finite; MetricError, naming suite, image and score, for one that is not."""
    for name, value in scores.items():
        if not math.isfinite(value):
            raise not_finite(suite, sample_id, name)
    return scores


def not_finite(suite: Suite, sample_id: str, what: str) -> MetricError:
    return MetricError(f"suite {suite.name}: {sample_id}: {what} is NaN or infinite; restore the suite's weights")
