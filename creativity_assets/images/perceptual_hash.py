"""What tells a copy of a picture from another picture: its shape as a perceptual hash, and its colours."""

import numpy as np
from PIL import Image

HASH_SIDE = 16
"""Bits along a side of the hash: 256 in all. With 64, two of 442 masters' works were as near as cropped copies."""

FIELD_SIDE = 4
"""Fields along a side whose mean colours are kept."""


def phash(image: Image.Image) -> str:
    """Perceptual hash of a picture's luminance as 64 hex digits (256 bits): ImageHash's DCT hash."""
    import imagehash

    return str(imagehash.phash(image, hash_size=HASH_SIDE))


def colour_fields(image: Image.Image) -> str:
    """Mean R, G, B of a 4 x 4 grid, 8 bits each, rows first, as 96 hex digits."""
    fields = image.convert("RGB").resize((FIELD_SIDE, FIELD_SIDE), Image.Resampling.BOX)
    return np.asarray(fields, dtype=np.uint8).tobytes().hex()
