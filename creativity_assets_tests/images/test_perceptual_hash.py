import io

import numpy as np
import pytest
from PIL import Image
from scipy import fft

from creativity_assets.images.audit import without_bars
from creativity_assets.images.perceptual_hash import FIELD_SIDE, colour_fields, phash
from creativity_assets_tests.images.pictures import noise


def bits(digits: str) -> np.ndarray:
    return np.unpackbits(np.frombuffer(bytes.fromhex(digits), np.uint8))


def smooth(seed: int = 3, size: tuple[int, int] = (200, 160)) -> Image.Image:
    return noise(6, 5, seed).resize(size, Image.Resampling.BICUBIC)


def test_the_hash_is_the_sign_of_the_lowest_cosine_coefficients_against_their_median() -> None:
    picture = smooth()
    grey = np.asarray(picture.convert("L").resize((64, 64), Image.Resampling.LANCZOS), dtype=float)
    lowest = fft.dct(fft.dct(grey, axis=0), axis=1)[:16, :16]
    assert np.array_equal(bits(phash(picture)), (lowest > np.median(lowest)).ravel())
    assert len(phash(picture)) == 64


def test_colours_are_the_means_of_a_grid() -> None:
    pixels = np.random.default_rng(0).integers(17, 256, (40, 80, 3), dtype=np.uint8)
    fields = pixels.reshape(FIELD_SIDE, 10, FIELD_SIDE, 20, 3).mean(axis=(1, 3))
    found = np.frombuffer(bytes.fromhex(colour_fields(Image.fromarray(pixels))), np.uint8).reshape(fields.shape)
    assert np.abs(found - fields).max() <= 1.0  # Pillow rounds to 8 bits after each of its two passes


@pytest.mark.parametrize("quality", [None, 95, 75])
def test_black_bars_make_no_difference(quality: int | None) -> None:
    picture = Image.fromarray(np.maximum(np.asarray(smooth(size=(256, 144))), 60))
    square = Image.new("RGB", (256, 256))
    square.paste(picture, (0, 56))
    if quality is not None:
        buffer = io.BytesIO()
        square.save(buffer, "JPEG", quality=quality)
        square = Image.open(buffer)
    differing = int((bits(phash(picture)) != bits(phash(without_bars(square)))).sum())
    assert differing == 0 if quality is None else differing <= 30  # JPEG blurs the border by up to 8 rows
    black = Image.new("RGB", (40, 30))
    assert without_bars(black).size == black.size


def test_size_makes_little_difference_and_another_picture_a_large_one() -> None:
    one = bits(phash(smooth()))
    assert (one != bits(phash(smooth().resize((100, 80), Image.Resampling.BICUBIC)))).sum() < 20
    assert (bits(phash(smooth(1))) != bits(phash(smooth(2)))).sum() > 90
