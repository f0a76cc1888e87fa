"""One work: the same pixels every time, the same picture at every size, paintable by an autoencoder."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from creativity_assets.atelier import PAINTERS, SERIES, Painter, paint

BY_SLUG = {p.slug: p for p in PAINTERS}


def _psnr(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Decibels, peak 255."""
    error = np.mean((first.astype(float) - second.astype(float)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


@pytest.mark.parametrize("painter", PAINTERS, ids=lambda p: p.slug)
def test_painting_is_a_pure_function(painter: Painter) -> None:
    first, second = paint(painter, "show", 3), paint(painter, "show", 3)
    assert first.image.shape == (64, 64, 3)
    assert first.image.dtype == np.uint8
    np.testing.assert_array_equal(first.image, second.image)
    assert (first.title, first.year, first.caption) == (second.title, second.year, second.caption)


def test_painting_leaves_the_global_random_state_alone() -> None:
    before = np.random.get_state()[1].copy()  # type: ignore[union-attr]
    paint(PAINTERS[0], "show", 0)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # type: ignore[arg-type]


@pytest.mark.parametrize("painter", PAINTERS, ids=lambda p: p.slug)
def test_another_size_is_the_same_picture(painter: Painter) -> None:
    for index in range(2):
        small, large = paint(painter, "show", index, 64), paint(painter, "show", index, 128)
        reduced = np.asarray(Image.fromarray(large.image).reduce(2))
        assert np.abs(reduced.astype(int) - small.image).mean() < 6
        assert _psnr(reduced, small.image) > 20
        assert (large.title, large.year, large.caption) == (small.title, small.year, small.caption)


@pytest.mark.parametrize("painter", PAINTERS, ids=lambda p: p.slug)
def test_marks_are_broad_enough_for_an_autoencoder_of_factor_four(painter: Painter) -> None:
    losses = []
    for index in range(6):
        image = Image.fromarray(paint(painter, "validation", index).image)
        half = image.resize((32, 32), Image.Resampling.BICUBIC).resize((64, 64), Image.Resampling.BICUBIC)
        losses.append(_psnr(np.asarray(half), np.asarray(image)))
    assert np.mean(losses) > 24


@pytest.mark.parametrize("painter", PAINTERS, ids=lambda p: p.slug)
def test_works_of_one_painter_vary(painter: Painter) -> None:
    images = np.stack([paint(painter, "show", index, 32).image.astype(float) for index in range(6)])
    distances = [np.abs(images[i] - images[j]).mean() for i in range(6) for j in range(i)]
    assert min(distances) > 2  # two works in 6 may share a composition, none is a copy


def test_no_two_series_share_a_work() -> None:
    painter = BY_SLUG["henri-valcourt"]
    seen = {paint(painter, series, index, 32).image.tobytes() for series in SERIES for index in range(10)}
    assert len(seen) == 10 * len(SERIES)


def test_an_unknown_series_is_named() -> None:
    with pytest.raises(ValueError, match="no series 'attic'; have"):
        paint(PAINTERS[0], "attic", 0)


@cache
def _painted(painter: Painter, series: str, index: int) -> NDArray[np.uint8]:
    return paint(painter, series, index).image


def _features(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Colours of 4 x 4 patches, mean gradients of 4 x 4 patches at two directions."""
    pixels = image.astype(float) / 255
    down, across = np.gradient(pixels.mean(-1))

    def patches(plane: NDArray[np.float64]) -> NDArray[np.float64]:
        return plane.reshape(4, 16, 4, 16, -1).mean((1, 3)).ravel()

    return np.concatenate([patches(pixels), 6 * patches(np.abs(down)), 6 * patches(np.abs(across))])


def _structure(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What is left without colour and contrast: the distribution of gradients over the picture, sum 1."""
    grey = image.astype(float).mean(-1)
    down, across = np.gradient((grey - grey.mean()) / (grey.std() + 1e-9))
    magnitude, angle = np.hypot(down, across), np.mod(np.arctan2(down, across), np.pi)
    histogram = np.histogram2d(np.log1p(magnitude).ravel(), angle.ravel(), bins=(6, 6), range=((0, 1.2), (0, np.pi)))[0]
    places = magnitude.reshape(4, 16, 4, 16).mean((1, 3))
    return np.concatenate([histogram.ravel() / histogram.sum(), 0.5 * (places / places.sum()).ravel()])


@pytest.mark.parametrize(("features", "least"), [(_features, 0.65), (_structure, 0.5)], ids=["all", "structure"])
def test_painters_can_be_told_apart(features: Callable[[NDArray[np.uint8]], NDArray[np.float64]], least: float) -> None:
    """Nearest centroid; chance is 1 in 24. Structure alone must do, not only the palette."""
    centroids = np.stack([np.mean([features(_painted(p, "suite", i)) for i in range(10)], 0) for p in PAINTERS])
    hits = [
        int(np.argmin(np.linalg.norm(centroids - features(_painted(p, "validation", i)), axis=1))) == k
        for k, p in enumerate(PAINTERS)
        for i in range(5)
    ]
    assert np.mean(hits) > least


# Mean red, green and blue. A tolerance of half a level allows for other versions of Pillow and other processors,
# and is far less than any change to a palette, a composition or a brush makes.
GOLDEN = {
    ("joris-van-aelmeer", "show", 0): (113.95, 136.13, 104.74),
    ("amedee-florival", "training", 7): (157.17, 179.65, 150.38),
    ("otto-kiraly", "suite", 3): (141.72, 143.52, 87.56),
    ("henri-valcourt", "validation", 11): (198.91, 183.29, 127.27),
    ("rafael-montiel", "show", 2): (144.72, 134.71, 119.81),
    ("marcus-adeyemi", "show", 9): (179.41, 167.83, 131.63),
}


@pytest.mark.parametrize("key", GOLDEN)
def test_golden_colours(key: tuple[str, str, int]) -> None:
    slug, series, index = key
    mean = paint(BY_SLUG[slug], series, index).image.reshape(-1, 3).mean(0)
    np.testing.assert_allclose(mean, GOLDEN[key], atol=0.5)
