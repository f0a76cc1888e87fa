import io

import numpy as np
import pytest
from PIL import Image

from creativity_assets.images.audit import EDGE_SIDE, edge_density, entropy, padding_fraction
from creativity_assets_tests.images.pictures import noise, scene


def grey(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.repeat(np.asarray(pixels, np.uint8)[..., None], 3, axis=2))


def halves(height: int = 40, width: int = 60, level: int = 255) -> np.ndarray:
    pixels = np.zeros((height, width))
    pixels[:, width // 2 :] = level
    return pixels


def test_padding_of_a_half_black_picture_is_one_half() -> None:
    assert padding_fraction(grey(halves())) == 0.5


def test_padding_is_the_area_outside_the_content() -> None:
    pixels = np.zeros((100, 200))
    pixels[10:80, 30:170] = 99
    assert padding_fraction(grey(pixels)) == pytest.approx(1 - 70 * 140 / 20_000, abs=1e-15)


def test_padding_is_none_without_bars_and_all_of_a_black_picture() -> None:
    assert padding_fraction(grey(np.full((20, 20), 17))) == 0.0
    assert padding_fraction(grey(np.zeros((20, 20)))) == 1.0


def test_black_inside_the_picture_is_no_padding() -> None:
    pixels = np.full((30, 30), 200)
    pixels[10:20] = 0
    assert padding_fraction(grey(pixels)) == 0.0


def test_a_dark_but_coloured_border_is_no_bar() -> None:
    picture = Image.new("RGB", (40, 40), (0, 0, 60))  # luminance 7
    assert padding_fraction(picture) == 0.0


@pytest.mark.parametrize("quality", [75, 95])
def test_padding_survives_jpeg_as_the_studys_files_have_it(quality: int) -> None:
    square = Image.new("RGB", (256, 256))
    square.paste(noise(256, 149), (0, 53))
    buffer = io.BytesIO()
    square.save(buffer, "JPEG", quality=quality)
    # The 16-row blocks that the borders run through ring down to rows 48 and 207: 5 + 6 black rows at most.
    assert padding_fraction(Image.open(buffer)) == pytest.approx(107 / 256, abs=11 / 256 + 1e-12)


def test_entropy_in_closed_form() -> None:
    assert entropy(grey(np.full((8, 8), 77))) == 0.0
    assert entropy(grey(halves())) == 1.0
    assert entropy(grey(np.arange(256).reshape(16, 16))) == 8.0
    quarter = np.zeros((8, 8))
    quarter[:4, :4] = 255
    assert entropy(grey(quarter)) == pytest.approx(0.25 * 2 + 0.75 * np.log2(4 / 3), abs=1e-12)


def test_entropy_ignores_where_pixels_are() -> None:
    pixels = np.asarray(scene().convert("L"))
    shuffled = np.random.default_rng(0).permutation(pixels.ravel()).reshape(pixels.shape)
    assert entropy(grey(pixels)) == pytest.approx(entropy(grey(shuffled)), abs=1e-12)


def test_a_flat_picture_has_no_edge() -> None:
    assert edge_density(grey(np.full((50, 50), 128))) == 0.0


def test_a_step_is_an_edge_two_pixels_wide() -> None:
    assert edge_density(grey(halves(40, 60))) == pytest.approx(2 / 60, abs=1e-12)


@pytest.mark.parametrize(("level", "density"), [(24, 0.0), (27, 2 / 60)])
def test_a_step_counts_from_a_tenth_of_the_range_on(level: int, density: float) -> None:
    # Sobel / 8 gives half the height of a step: the limit 0.05 lies at 25.5 of 255.
    assert edge_density(grey(halves(40, 60, level))) == pytest.approx(density, abs=1e-12)


def test_edges_of_a_checkerboard() -> None:
    cell, n = 8, 6
    board = np.kron(np.indices((n, n)).sum(axis=0) % 2, np.ones((cell, cell))) * 255
    # A pixel lies off every edge when it is neither first nor last of its cell across and down (the outer
    # border is no edge).
    borders = 2 * (n - 1)
    off_edges = (n * cell - borders) / (n * cell)
    assert edge_density(grey(board)) == pytest.approx(1 - off_edges**2, abs=1e-12)


def test_edges_do_not_depend_on_the_side_they_lie_on() -> None:
    picture = noise(64, 48)
    assert edge_density(picture) == pytest.approx(edge_density(picture.rotate(90, expand=True)), abs=1e-12)
    assert edge_density(picture) == pytest.approx(
        edge_density(picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM)), abs=1e-12
    )


def test_large_pictures_are_compared_at_one_working_size() -> None:
    small = noise(EDGE_SIDE, EDGE_SIDE)
    large = small.resize((EDGE_SIDE * 4, EDGE_SIDE * 4), Image.Resampling.NEAREST)
    assert edge_density(large) == pytest.approx(edge_density(small), abs=1e-12)
    assert edge_density(Image.new("RGB", (4000, 16))) == 0.0
