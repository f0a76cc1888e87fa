"""Pictures of the project's own as lossless bytes, and back."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]


def to_png(pixels: Pixels) -> bytes:
    """Encode uint8 pixels (H, W, 3) losslessly; fast rather than small, since it is done millions of times."""
    buffer = io.BytesIO()
    Image.fromarray(pixels, "RGB").save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def from_png(data: bytes) -> Pixels:
    """Decode one of our own PNGs to uint8 pixels (H, W, 3)."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))
