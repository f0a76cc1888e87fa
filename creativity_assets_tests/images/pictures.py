"""Small pictures and broken files for the tests of this folder, all built from bytes and Pillow."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def scene(width: int = 48, height: int = 32) -> Image.Image:
    """An RGB picture without symmetry: red grows to the right, green downwards, blue marks the top left."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(20, 235, width, dtype=np.uint8)[None, :]
    pixels[..., 1] = np.linspace(20, 235, height, dtype=np.uint8)[:, None]
    pixels[: height // 2, : width // 2, 2] = 200
    return Image.fromarray(pixels)


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    """An RGB picture of independent uniform pixels: it compresses badly, so that cuts hit pixel data."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def encoded(image: Image.Image, container: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=container, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that only claims its size; the little data behind it would never fill the picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    )


def write(path: Path, data: bytes | None = None) -> Path:
    """A file with the given bytes, or a scene of its own size, so that no two files are equal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if data is None:
        data = encoded(scene(20 + len(path.name), 20))
    path.write_bytes(data)
    return path
