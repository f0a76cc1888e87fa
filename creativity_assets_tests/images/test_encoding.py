import hypothesis.extra.numpy as arrays
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from creativity_assets.images.encoding import Pixels, pixels_of, to_png, to_webp

PICTURES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)))


@given(pixels=PICTURES)
def test_both_formats_give_every_pixel_back(pixels: Pixels) -> None:
    """Also black ones beside others, which WebP may change where a picture has transparency."""
    for encode in (to_webp, to_png):
        np.testing.assert_array_equal(pixels_of(encode(pixels)), pixels)


def test_the_bytes_are_the_formats_that_they_are_called() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    assert to_webp(pixels)[:4] == b"RIFF" and to_webp(pixels)[8:16] == b"WEBPVP8L"
    assert to_png(pixels).startswith(b"\x89PNG")
