import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from creativity_assets.images.preprocess import preprocess


def gradient(width: int, height: int) -> Image.Image:
    """Red tells the column, green the row."""
    y, x = np.mgrid[0:height, 0:width]
    return Image.fromarray(np.stack([x, y, x * 0], -1).astype(np.uint8))


def test_the_middle_square_is_kept() -> None:
    wide = preprocess(gradient(100, 40), 40)
    assert (wide[0, 0].tolist(), wide[-1, -1].tolist()) == ([30, 0, 0], [69, 39, 0])
    tall = preprocess(gradient(40, 101), 40)
    assert (tall[0, 0].tolist(), tall[-1, -1].tolist()) == ([0, 30, 0], [39, 69, 0])


def test_an_odd_margin_leaves_its_extra_pixel_on_the_right_or_below() -> None:
    """As documented: a margin of 61 pixels is cut 30 before and 31 after, whether the rest is resized or not."""
    twice = [Image.fromarray(np.asarray(gradient(*size)) * 2) for size in ((101, 40), (40, 101))]
    for resolution in (40, 20):
        wide, tall = (preprocess(image, resolution) for image in twice)
        # Twice the mean column (row) of the middle, 30 to 69; a pixel further on it would be 101.
        assert wide[..., 0].mean() == pytest.approx(99, abs=0.1)
        assert tall[..., 1].mean() == pytest.approx(99, abs=0.1)


def test_nothing_changes_at_the_right_size() -> None:
    image = gradient(64, 64)
    np.testing.assert_array_equal(preprocess(image, 64), np.asarray(image))


@pytest.mark.parametrize("size", [(300, 200), (20, 31), (1, 5000), (512, 512)])
def test_any_size_becomes_the_resolution(size: tuple[int, int]) -> None:
    result = preprocess(gradient(*size), 64)
    assert result.shape == (64, 64, 3)
    assert result.dtype == np.uint8
    assert result.flags.writeable


def test_fine_detail_is_averaged_not_aliased() -> None:
    """A checkerboard of single pixels is grey at a quarter of its size; sampling would keep extremes."""
    board = (np.indices((256, 256)).sum(0) % 2 * 255).astype(np.uint8)
    result = preprocess(Image.fromarray(np.stack([board] * 3, -1)), 64)
    assert result.min() > 110
    assert result.max() < 145


def test_other_modes_become_rgb() -> None:
    assert preprocess(Image.new("L", (80, 80), 7), 64)[0, 0].tolist() == [7, 7, 7]


def test_it_needs_neither_torch_nor_diffusers() -> None:
    code = "import sys, creativity_assets.images.preprocess; print({'torch', 'diffusers'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
