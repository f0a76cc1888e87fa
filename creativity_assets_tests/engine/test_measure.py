from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.inversion import InversionSettings, round_trip
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.measure import Reconstruction, ScoreItem, reconstruct, score
from creativity_assets.metrics.suites import SCORES, Suite

from .conftest import Items

SETTINGS = InversionSettings(steps=10)


@pytest.fixture(scope="module")
def reference(backbone: Backbone, items: Items) -> list[Reconstruction]:
    return list(reconstruct(backbone, SETTINGS, items, batch=BatchSize(len(items))))


def levels_apart(one: np.ndarray | None, other: np.ndarray | None) -> int:
    assert one is not None
    assert other is not None
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def test_a_reconstruction_is_encode_invert_resample_decode(
    backbone: Backbone, items: Items, reference: list[Reconstruction]
) -> None:
    latents = backbone.encode(np.stack([image for _, image in items]))
    returned = round_trip(SETTINGS, backbone.denoiser(), backbone.schedule(10), latents)
    images, floors = backbone.decode(returned), backbone.decode(latents)
    assert [done.sample_id for done in reference] == [sample_id for sample_id, _ in items]
    for done, image, floor in zip(reference, images, floors, strict=True):
        assert done.image.dtype == np.uint8
        assert levels_apart(done.image, image) == levels_apart(done.floor_image, floor) == 0
        assert levels_apart(done.image, done.floor_image) > 1


@pytest.mark.parametrize("size", [1, 3])
def test_batch_and_order_change_no_score_beyond_tolerance(
    backbone: Backbone, suite: Suite, items: Items, reference: list[Reconstruction], size: int
) -> None:
    originals = dict(items)

    def scores(done: list[Reconstruction], batch: int) -> dict[str, dict[str, float]]:
        rows = [ScoreItem(r.sample_id, originals[r.sample_id], r.image, r.floor_image) for r in done]
        return dict(score(suite, rows, batch=BatchSize(batch)))

    shuffled = list(reconstruct(backbone, SETTINGS, items[::-1], batch=BatchSize(size)))
    for ours, theirs in zip(shuffled[::-1], reference, strict=True):
        assert levels_apart(ours.image, theirs.image) <= 1
    expected = scores(reference, 7)
    for sample_id, row in scores(shuffled, size).items():
        for name, value in row.items():
            # the squared error is not on the scores' scale
            tolerance = 0.5 if name.endswith("mse") and "log" not in name else 5e-4
            assert value == pytest.approx(expected[sample_id][name], abs=tolerance), name


def test_images_are_yielded_as_their_batch_is_done(backbone: Backbone, items: Items) -> None:
    asked: list[str] = []

    def source() -> Iterator[tuple[str, np.ndarray]]:
        for item in items:
            asked.append(item[0])
            yield item

    stream = reconstruct(backbone, SETTINGS, source(), batch=BatchSize(2), with_floor=False)
    first = next(stream)
    assert first.sample_id == "image-0"
    assert first.floor_image is None
    assert asked == ["image-0", "image-1"]


def test_memory_running_out_changes_nothing_but_the_batch(
    backbone: Backbone, items: Items, reference: list[Reconstruction]
) -> None:
    batches: list[int] = []

    def small_memory(_module: torch.nn.Module, inputs: tuple[Any, ...]) -> None:
        if len(inputs[0]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        batches.append(len(inputs[0]))

    hook = backbone._networks.unet.register_forward_pre_hook(small_memory)
    size = BatchSize(5)
    try:
        done = list(reconstruct(backbone, SETTINGS, items, batch=size))
    finally:
        hook.remove()
    assert [r.sample_id for r in done] == [r.sample_id for r in reference]
    assert all(levels_apart(ours.image, theirs.image) <= 1 for ours, theirs in zip(done, reference, strict=True))
    assert size.events == ["out of memory at batch 5, going on with 2"]
    assert batches == [2] * 60 + [1] * 20


def test_scores_are_the_suites_and_floors_its_scores_of_the_floor(
    suite: Suite, items: Items, reference: list[Reconstruction]
) -> None:
    """Floors may be asked for some images of a batch and not for others."""
    rows = [
        ScoreItem(done.sample_id, original, done.image, done.floor_image if i % 2 else None)
        for i, ((_, original), done) in enumerate(zip(items, reference, strict=True))
    ]
    scored = list(score(suite, rows, batch=BatchSize(4)))
    assert [sample_id for sample_id, _ in scored] == [sample_id for sample_id, _ in items]
    for (_, row), item in zip(scored, rows, strict=True):
        for prefix, image in (("", item.reconstruction), ("floor_", item.floor)):
            if image is None:
                assert set(row) == set(SCORES)
                continue
            for name, values in suite.score(item.original[None], image[None]).items():
                assert row[f"{prefix}{name}"] == pytest.approx(values[0], rel=1e-5, abs=1e-6)


def test_plain_triples_can_be_scored(suite: Suite, items: Items) -> None:
    ((sample_id, row),) = score(suite, [("same", items[0][1], items[0][1])], batch=BatchSize(4))
    assert sample_id == "same"
    assert row == pytest.approx(dict.fromkeys(SCORES, 0.0), abs=1e-6)
