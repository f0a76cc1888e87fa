"""One small JPEG of a collection: each work, its reconstruction, and the difference."""

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]

MAX_WORKS = 8
SIDE = 96
GAP = 4
MAX_BYTES = 100_000
"""The sheet lives inside an event of the Dagster database."""


def difference(original: Pixels, reconstruction: Pixels) -> Pixels:
    """|x - y| stretched by 2 so that faint errors are seen; uint8 (H, W, 3), black where nothing changed."""
    gap = np.abs(original.astype(np.int16) - reconstruction.astype(np.int16))
    return np.asarray(np.minimum(2 * gap, 255), dtype=np.uint8)


def contact_sheet(pairs: Sequence[tuple[Pixels, Pixels]]) -> bytes:
    """A JPEG of at most MAX_BYTES: one column per (original, reconstruction), at most MAX_WORKS of them."""
    columns = pairs[:MAX_WORKS]
    step = SIDE + GAP
    sheet = Image.new("RGB", (step * max(len(columns), 1) + GAP, 3 * step + GAP), "white")
    for column, (original, reconstruction) in enumerate(columns):
        for row, pixels in enumerate((original, reconstruction, difference(original, reconstruction))):
            tile = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
            sheet.paste(tile, (GAP + column * step, GAP + row * step))
    for quality in (85, 70, 50, 30):
        buffer = io.BytesIO()
        sheet.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= MAX_BYTES:
            break
    return buffer.getvalue()
