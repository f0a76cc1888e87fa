"""Untrusted file bytes -> an upright 8-bit RGB picture and the facts of its container, or a reason why not."""

import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageCms, TiffTags

from creativity_assets.errors import SourceError
from creativity_assets.images.containers import container_of, ends_early, without_metadata
from creativity_assets.images.jpeg import estimate_quality

FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
"""Containers that are read; JPEG includes MPO, several JPEGs in one.

Pillow's others start programs (EPS), are vector drawings or are no pictures.
"""

MAX_PIXELS = 120_000_000
"""Larger pictures are refused from their header: decoding one would take more than 360 MB."""

MIN_SIDE = 16
"""Pixels; a picture with a shorter side leaves no centre crop worth the name."""


class ImageRejected(SourceError):
    """One image cannot be used. reason: a snake_case word from the list below; detail: one line for people.

    empty_file, not_an_image, truncated (the file ends before its own end), damaged (contradicts itself),
    too_large (more than MAX_PIXELS), too_small (a side under MIN_SIDE), unsupported_pixels (whole, but of numbers
    without a defined way to 8 bits, or packed in a way that is not read).
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Decoded:
    """A picture and what its container says.

    image: RGB, upright. width, height: of `image`, in pixels. format: Pillow's name of the container.
    jpeg_quality: 1..100 as IJG's encoder counts, None for other containers. n_frames: `image` is the first.
    """

    image: Image.Image
    width: int
    height: int
    format: str
    jpeg_quality: int | None
    n_frames: int


def decode(data: bytes) -> Decoded:
    """Decode a file's bytes to RGB; raises ImageRejected, never warns, and may be called from many threads.

    Orientation tags are applied. Transparency is laid on white. CMYK goes through its embedded profile where
    it has one; RGB profiles are ignored, as they are by models and extractors. 16-bit grey is scaled to 8 bits
    (not cut off). Of an animation the first frame is taken. What is damaged in the metadata alone, or has more of
    them than is safe to unpack, is read without them.
    """
    if not data:
        raise ImageRejected("empty_file", "the file has 0 bytes")
    try:
        return _decode(data)
    except ImageRejected as error:
        if error.reason not in _MENDABLE:
            raise
        failed = error
    for version in without_metadata(data):
        try:
            return _decode(version)
        except ImageRejected as error:
            failed = error if error.reason in _MENDABLE else failed
    early = ends_early(data)
    if early is None or (not early and failed.reason == "unsupported_pixels"):
        raise failed
    raise ImageRejected("truncated" if early else "damaged", failed.detail) from failed


def from_pillow(picture: Image.Image) -> Image.Image:
    """A picture that Pillow has opened or made, as `decode` would give it: upright RGB. Raises ImageRejected."""
    _check_size(picture)
    with _rejecting_damage():
        if picture.format == "TIFF":
            with _quiet():
                _parse_tags(picture)
        picture.load()
        return _to_rgb(_upright(picture))


_MENDABLE = frozenset({"truncated", "damaged", "unsupported_pixels"})
"""Reasons that damaged metadata may be the cause of."""


def _decode(data: bytes) -> Decoded:
    with _open(data) as picture:
        _check_size(picture)
        container = picture.format or "unknown"
        tables = getattr(picture, "quantization", None) if container in ("JPEG", "MPO") else None
        with _rejecting_damage():
            with _quiet():
                n_frames = int(getattr(picture, "n_frames", 1))
                if container == "TIFF":
                    _parse_tags(picture)
            picture.load()
            image = _to_rgb(_upright(picture))
    return Decoded(
        image=image,
        width=image.width,
        height=image.height,
        format=container,
        jpeg_quality=estimate_quality(tables) if tables else None,
        n_frames=n_frames,
    )


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise ImageRejected("too_large", _too_large(f"{width} x {height}"))
    if min(width, height) < MIN_SIDE:
        raise ImageRejected("too_small", f"{width} x {height} pixels; the shorter side must have {MIN_SIDE}")


_quiet_lock = threading.Lock()


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Pillow's warnings. Python 3.11 keeps the warning filters per process, hence the lock;
    it is held for headers and metadata only, never while pixels are decoded."""
    with _quiet_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _rejecting_damage() -> Iterator[None]:
    """Turn whatever a decoder raises on hostile data into ImageRejected; lack of memory stays what it is."""
    try:
        yield
    except (ImageRejected, MemoryError):
        raise
    except Exception as error:
        said = " ".join(str(error).split()) or type(error).__name__
        if _PACKING.search(said):
            raise ImageRejected("unsupported_pixels", f"{said[:160]}; {_REMEDY}") from error
        early = isinstance(error, EOFError) or "truncated" in said.lower()
        raise ImageRejected("truncated" if early else "damaged", said[:200]) from error


def _open(data: bytes) -> Image.Image:
    """The picture with its header read and no pixel decoded."""
    if data.startswith(b"PF"):
        raise ImageRejected("unsupported_pixels", f"floating-point colours (PFM); {_REMEDY}")
    try:
        with _quiet():
            return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:  # Pillow's own limit came first
        pixels = re.search(r"\d+", str(error))
        raise ImageRejected("too_large", _too_large(pixels[0] if pixels else "too many")) from error
    except MemoryError:
        raise
    except Exception as error:
        container = container_of(data)
        if container is None:
            detail = f"begins with {data[:8]!r}; read are {', '.join(FORMATS)}"
            raise ImageRejected("not_an_image", detail) from error
        said = _refusal(data, container)
        if _PACKING.search(said):
            raise ImageRejected("unsupported_pixels", f"{container}: {said}; {_REMEDY}") from error
        detail = f"begins like {container}, but its header is cut off or unreadable ({said or f'{len(data)} bytes'})"
        raise ImageRejected("damaged", detail) from error


_REMEDY = "save it with 8 or 16 bits a channel"
_PACKING = re.compile(
    r"(?i)unknown pixel mode|-bit layers|-layer images|pixel depth|bitfields|unsupported bmp|image mode"
    r"|data organization|not available"
)
"""Pillow's words for whole pictures whose numbers it does not read."""


def _refusal(data: bytes, container: str) -> str:
    """What the reader of one container says to a header; `Image.open` tells only that none of all could read it."""
    try:
        with _quiet():
            Image.OPEN[container][0](io.BytesIO(data), "").close()
    except MemoryError:
        raise
    except Exception as error:
        return " ".join(str(error).split())[:160]
    return ""


def _too_large(pixels: str) -> str:
    return f"{pixels} pixels; at most {MAX_PIXELS // 1_000_000} million are decoded"


def _parse_tags(picture: Image.Image) -> None:
    """Let Pillow parse and keep the tags that `load` of a TIFF asks for, where its warnings are silenced."""
    tags = picture.getexif()
    for group in TiffTags.TAGS_V2_GROUPS:
        if group in tags:
            tags.get_ifd(group)


_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _upright(picture: Image.Image) -> Image.Image:
    """The loaded picture turned as its orientation tag says; an unreadable tag says nothing.

    Pillow turns a TIFF while loading and then drops its tag, so that nothing is turned twice.
    """
    try:
        with _quiet():
            orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # damaged metadata are no reason to lose the picture
        return picture
    turn = _UPRIGHT.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _to_rgb(picture: Image.Image) -> Image.Image:
    """Any of Pillow's modes as RGB, 8 bits a channel."""
    if picture.mode.startswith("I;16") or picture.mode in ("I", "F"):
        picture = _to_grey(picture)
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    if picture.mode == "CMYK":
        return _cmyk_to_rgb(picture)
    return picture.convert("RGB")


def _to_grey(picture: Image.Image) -> Image.Image:
    """16-bit (also stored in 32 bits) and 0..1 float grey as 8-bit grey, rounded."""
    values = np.asarray(picture)
    full = 1.0 if picture.mode == "F" else 65535.0
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= full):
        detail = f"{picture.mode} pixels from {values.min()} to {values.max()}; {_REMEDY}"
        raise ImageRejected("unsupported_pixels", detail)
    return Image.fromarray(np.rint(values * (255 / full)).astype(np.uint8))


def _cmyk_to_rgb(picture: Image.Image) -> Image.Image:
    """Through the embedded profile to sRGB; by Pillow's plain formula where there is none that works."""
    if profile := picture.info.get("icc_profile"):
        try:
            inks = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, inks, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")
