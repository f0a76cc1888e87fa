"""Ways in which the files of real collections are broken: a sound PNG in, what is left of it out.

One way for each reason that `images.decode` rejects a file for, so that a study can show all of them.
"""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

from creativity_assets.images.decoding import MIN_SIDE

_IHDR = slice(12, 29)  # the chunk's name and body, after the signature and the chunk's length
_ERROR_PAGE = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>No such image.</body></html>\n"


def damaged(png: bytes, number: int) -> bytes:
    """`png` damaged in the way whose turn it is; the ways take turns by `number`."""
    ways = list(DAMAGES.values())
    return ways[number % len(ways)](png)


def _nothing(png: bytes) -> bytes:
    """A download that never began."""
    return b""


def _error_page(png: bytes) -> bytes:
    """What a server sends in place of an image that is gone."""
    return _ERROR_PAGE


def _half(png: bytes) -> bytes:
    """A download that broke off."""
    return png[: len(png) // 2]


def _scrambled(png: bytes) -> bytes:
    """A disk that lost its data in the middle: all sizes are right, the pixels' stream is not."""
    third = len(png) // 3
    return png[:third] + bytes(third) + png[2 * third :]


def _bomb(png: bytes) -> bytes:
    """A small file that claims 40,000 x 40,000 pixels, with a checksum to match."""
    name, rest = png[_IHDR][:4], png[_IHDR][12:]
    header = name + struct.pack(">II", 40_000, 40_000) + rest
    return png[: _IHDR.start] + header + struct.pack(">I", zlib.crc32(header)) + png[_IHDR.stop + 4 :]


def _sliver(png: bytes) -> bytes:
    """A spacer of a web page."""
    with Image.open(io.BytesIO(png)) as picture:
        return _saved(picture.crop((0, 0, MIN_SIDE // 2, picture.height)), "PNG")


def _negative(png: bytes) -> bytes:
    """A scientific export: floating-point luminance with its mean taken off, which no rule turns into 8 bits."""
    with Image.open(io.BytesIO(png)) as picture:
        luminance = np.asarray(picture.convert("L"), dtype=np.float32)
    return _saved(Image.fromarray(luminance - luminance.mean()), "TIFF")


def _saved(picture: Image.Image, container: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format=container)
    return buffer.getvalue()


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty_file": _nothing,
    "not_an_image": _error_page,
    "truncated": _half,
    "damaged": _scrambled,
    "too_large": _bomb,
    "too_small": _sliver,
    "unsupported_pixels": _negative,
}
"""The reason that a file is rejected for -> how it came to be so."""
