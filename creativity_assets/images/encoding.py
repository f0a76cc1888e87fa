"""Pictures of the project's own as lossless bytes, and back."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]


def to_webp(pixels: Pixels) -> bytes:
    """Encode uint8 pixels (H, W, 3) losslessly for a part: fast rather than small, since it is done millions of times.

    At most 16,383 pixels a side. Why this format: docs/lab.md, "The format of stored pictures".
    """
    return _encoded(pixels, "WEBP", lossless=True, method=0, quality=0)


def to_png(pixels: Pixels) -> bytes:
    """Encode uint8 pixels (H, W, 3) losslessly for a file that every program opens."""
    return _encoded(pixels, "PNG", compress_level=1)


def pixels_of(picture: bytes) -> Pixels:
    """Decode one of our own pictures, which says itself what format it has, to uint8 pixels (H, W, 3)."""
    with Image.open(io.BytesIO(picture), formats=("WEBP", "PNG")) as image:
        return np.asarray(image.convert("RGB"))


def _encoded(pixels: Pixels, container: str, **how: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels, "RGB").save(buffer, container, **how)
    return buffer.getvalue()
