"""Measures of an image that can move a reconstruction error on their own: padding, entropy, edges.

To add an audit column: its function in AUDIT, and its declaration in `vocabulary.SAMPLE_COLUMNS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops
from scipy import ndimage

from creativity_assets.images.decoding import Decoded, decode
from creativity_assets.images.perceptual_hash import colour_fields, phash

BLACK = 16
"""The largest channel value (of 255) of a bar: pure black plus the ringing of JPEG compression.

Paintings padded to a square and saved at quality 95 and 75 gave fractions that were off by 0.0004 and 0.0015
on average; a higher limit would take the dark borders of unpadded paintings for bars.
"""

EDGE_SIDE = 256
"""Longest side in pixels at which edges are counted; larger images are reduced, smaller ones kept."""

EDGE_THRESHOLD = 0.05
"""Luminance gradient in full ranges per pixel above which a pixel lies on an edge."""


def padding_fraction(image: Image.Image) -> float:
    """Share of an RGB image's area that black bars at its borders take, 0..1; 1.0 for a black image.

    A bar is a run of whole rows or columns from the border whose channel values are all at most BLACK.
    """
    content = _content_box(image)
    if content is None:
        return 1.0
    left, top, right, bottom = content
    return 1.0 - (right - left) * (bottom - top) / (image.width * image.height)


def without_bars(image: Image.Image) -> Image.Image:
    """What lies between the black bars of an RGB image; all of a black one."""
    return image.crop(_content_box(image))


def _content_box(image: Image.Image) -> tuple[int, int, int, int] | None:
    red, green, blue = image.convert("RGB").split()
    brightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return brightest.point([0] * (BLACK + 1) + [255] * (255 - BLACK)).getbbox()


def entropy(image: Image.Image) -> float:
    """Shannon entropy of the 8-bit luminance histogram in bits per pixel, 0..8."""
    counts = np.asarray(image.convert("L").histogram(), dtype=np.float64)
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum()) + 0.0  # + 0.0: no negative zero for a flat image


def edge_density(image: Image.Image) -> float:
    """Share of pixels on an edge, 0..1: Sobel gradient magnitude above EDGE_THRESHOLD.

    The luminance is first reduced by area averaging until its longest side is at most EDGE_SIDE, so that
    pictures of different size are comparable. Gradients are per pixel of that working size (Sobel / 8),
    borders repeat the nearest pixel.
    """
    grey = image.convert("L")
    scale = EDGE_SIDE / max(grey.size)
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in grey.size)
        grey = grey.resize((width, height), Image.Resampling.BOX)
    luminance = np.asarray(grey, dtype=np.float32) / 255
    across = ndimage.sobel(luminance, axis=1, mode="nearest") / 8
    down = ndimage.sobel(luminance, axis=0, mode="nearest") / 8
    return float((np.hypot(across, down) > EDGE_THRESHOLD).mean())


@dataclass(frozen=True)
class Picture:
    """An original to be audited: as its file gives it, and what lies between its black bars, RGB.

    Complexity, hash and colours are those of the content: bars lower the entropy and the edge density of the very same
    picture by a third.
    """

    decoded: Decoded
    content: Image.Image


def audit(data: bytes) -> dict[str, object]:
    """What is measured on an original, a file's bytes, before any resizing: by column. Raises ImageRejected."""
    decoded = decode(data)
    picture = Picture(decoded, without_bars(decoded.image))
    return {name: measure(picture) for name, measure in AUDIT.items()}


AUDIT: dict[str, Callable[[Picture], object]] = {
    "width": lambda picture: picture.decoded.width,
    "height": lambda picture: picture.decoded.height,
    "format": lambda picture: picture.decoded.format,
    "jpeg_quality": lambda picture: picture.decoded.jpeg_quality,
    "padding_fraction": lambda picture: padding_fraction(picture.decoded.image),
    "entropy": lambda picture: entropy(picture.content),
    "edge_density": lambda picture: edge_density(picture.content),
    "phash": lambda picture: phash(picture.content),
    "colour_fields": lambda picture: colour_fields(picture.content),
}
"""By column of `vocabulary.SAMPLE_COLUMNS`."""
