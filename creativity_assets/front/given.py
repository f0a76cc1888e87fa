"""Pictures as people give them: a path, a folder, Pillow's pictures, arrays, or a stream of them."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from creativity_assets.errors import SourceError, escaped
from creativity_assets.images.decoding import ImageRejected, decode, from_pillow
from creativity_assets.sources.limits import MAX_IMAGE_BYTES, bounded_bytes
from creativity_assets.sources.listing import IMAGE
from creativity_assets.sources.locations import walk

Given = str | os.PathLike[str] | Image.Image | np.ndarray
"""One picture: a file, a picture of Pillow's, or uint8 (H, W, 3)."""

Images = Given | Iterable[Given]
"""Pictures: one, those below a folder, those of an array (N, H, W, 3), or any iterable of single ones."""


@dataclass(frozen=True)
class Readable:
    """A picture. name: the file as it was given, or `image N`, counted from 0, for what is no file; image: RGB."""

    name: str
    image: Image.Image


@dataclass(frozen=True)
class Unreadable:
    """What was given and cannot be decoded. problem: why, in one line without the name."""

    name: str
    problem: str


def opened(images: Images) -> Iterator[Readable | Unreadable]:
    """Each picture in its order, decoded when it is asked for; of a stream no more than one is held.

    Raises SourceError for a folder without images, and for what is no picture at all, such as a number.
    """
    for position, given in enumerate(_each(images)):
        name = _name(given, position)
        try:
            yield Readable(name, _decoded(given, name))
        except (OSError, ImageRejected) as problem:
            yield Unreadable(name, " ".join(str(getattr(problem, "strerror", None) or problem).split()))


def _each(images: Any) -> Iterator[Given]:
    """The single pictures. A folder stands for the images below it where it is given alone."""
    if isinstance(images, str | os.PathLike):
        place = Path(images)
        if not place.is_dir():
            return iter([images])
        files = [file.path for file in walk(place) if IMAGE.holds(file.name)]
        if not files:
            raise SourceError(f"{escaped(place)}: no image file below this folder; name another, or the files")
        return iter(files)
    if isinstance(images, Image.Image) or (isinstance(images, np.ndarray) and images.ndim != 4):
        return iter([images])
    if not isinstance(images, Iterable):
        raise SourceError(f"{_kind(images)} is no picture; give {_WANTED}, or several")
    return iter(images)


def _decoded(given: Any, name: str) -> Image.Image:
    """Raises ImageRejected, OSError for a file that cannot be read, and SourceError for what is no picture at all."""
    if isinstance(given, str | os.PathLike):
        return decode(bounded_bytes(Path(given), MAX_IMAGE_BYTES)).image
    if isinstance(given, Image.Image):
        return from_pillow(given)
    if isinstance(given, np.ndarray):
        if given.dtype != np.uint8 or given.ndim != 3 or given.shape[-1] != 3:
            raise ImageRejected("unsupported_pixels", f"{given.dtype} {given.shape}; give uint8 (H, W, 3)")
        return from_pillow(Image.fromarray(given, "RGB"))
    raise SourceError(f"{name}: {_kind(given)} is no picture; give {_WANTED}")


def _name(given: Any, position: int) -> str:
    if isinstance(given, str | os.PathLike):
        return os.fspath(given)
    file = getattr(given, "filename", "")
    return os.fspath(file) if file else f"image {position}"


def _kind(given: object) -> str:
    return f"{type(given).__module__}.{type(given).__name__}".removeprefix("builtins.")


_WANTED = "a path, a picture of Pillow's or an array of uint8 (H, W, 3)"
