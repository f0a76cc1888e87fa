import threading
from collections.abc import Iterator
from concurrent.futures import Executor

import numpy as np
import pytest
from PIL import Image

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.streams import ScoredImage, score_images
from creativity_assets.engine.threads import threads
from creativity_assets.images.preprocess import preprocess
from creativity_assets.metrics.suites import Suite
from creativity_assets.vocabulary import SCORES


def test_images_of_any_size_are_scored_in_order(backbone: Backbone, suite: Suite) -> None:
    rng = np.random.default_rng(0)
    images = [
        (name, Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)))
        for name, shape in (("wide.png", (40, 90, 3)), ("square 1.png", (32, 32, 3)), ("wide.png", (70, 35, 3)))
    ]
    scored = list(score_images(images, backbone, InversionSettings(steps=10), suite, batch=BatchSize(2)))
    assert [result.name for result in scored] == ["wide.png", "square 1.png", "wide.png"]
    for result, (_, image) in zip(scored, images, strict=True):
        np.testing.assert_array_equal(result.original, preprocess(image, 32))
        assert result.reconstruction.shape == (32, 32, 3)
        assert set(result.scores) == {*SCORES, *(f"floor_{name}" for name in SCORES)}
        expected = suite.score(result.original[None], result.reconstruction[None])["composite"][0]
        assert result.scores["composite"] == pytest.approx(expected, abs=1e-6)
    assert scored[0].scores["composite"] != scored[2].scores["composite"]


def noise_pictures(count: int) -> list[tuple[str, Image.Image]]:
    rng = np.random.default_rng(1)
    shapes = [(32 + 3 * k, 50, 3) for k in range(count)]
    return [(f"{k}.png", Image.fromarray(rng.integers(0, 256, s, dtype=np.uint8))) for k, s in enumerate(shapes)]


def test_metrics_beside_the_network_are_the_same_in_the_same_order(backbone: Backbone, suite: Suite) -> None:
    settings, images = InversionSettings(steps=2), noise_pictures(7)
    alone = list(score_images(images, backbone, settings, suite, batch=BatchSize(2)))
    with threads(3) as pool:
        beside = list(score_images(images, backbone, settings, suite, batch=BatchSize(2), beside=pool))
    assert [done.name for done in beside] == [name for name, _ in images]
    for ours, expected in zip(beside, alone, strict=True):
        np.testing.assert_array_equal(ours.reconstruction, expected.reconstruction)
        assert ours.scores == pytest.approx(expected.scores, abs=1e-6)


def test_a_broken_picture_ends_the_stream_after_those_before_it(backbone: Backbone, suite: Suite) -> None:
    """Its error reaches the caller as it is, and no thread is left."""

    class Broken(Image.Image):
        mode = "L"
        _size = (32, 32)

        def convert(self, *_: object, **__: object) -> Image.Image:
            raise OSError("4.png is cut")

    images = [*noise_pictures(4), ("4.png", Broken()), *noise_pictures(9)]
    got: list[str] = []

    def names(pool: Executor) -> None:
        settings = InversionSettings(steps=2)
        done = score_images(images, backbone, settings, suite, batch=BatchSize(2), beside=pool)
        got.extend(scored.name for scored in done)

    with pytest.raises(OSError, match=r"4\.png is cut"), threads(2) as pool:
        names(pool)
    assert got == ["0.png", "1.png", "2.png", "3.png"]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("creativity")]


def test_a_stream_that_is_left_early_leaves_no_thread(backbone: Backbone, suite: Suite) -> None:
    def stream() -> Iterator[ScoredImage]:
        with threads(2) as pool:
            settings = InversionSettings(steps=2)
            yield from score_images(noise_pictures(9), backbone, settings, suite, batch=BatchSize(2), beside=pool)

    results = stream()
    assert next(results).name == "0.png"
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("creativity")]
