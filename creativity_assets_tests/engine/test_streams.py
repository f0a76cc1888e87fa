import numpy as np
import pytest
from PIL import Image

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.streams import score_images
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
