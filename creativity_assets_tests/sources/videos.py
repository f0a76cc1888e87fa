"""Tiny videos for tests, made with PyAV."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

FPS = 10


def video(
    path: Path, greys: list[int], *, seconds: float = 1.0, aspect: Fraction | None = None, marked: bool = False
) -> Path:
    """A video of one flat grey after another, `seconds` each. marked: its top left quarter is white."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for grey in greys:
            pixels = np.full((48, 64, 3), grey, np.uint8)
            if marked:
                pixels[:24, :32] = 255
            for _ in range(round(FPS * seconds)):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def turned(path: Path) -> Path:
    """The same MP4 with the display matrix of a phone that was held upright: show it turned by 90 degrees clockwise."""
    one, minus_one, unity = (1 << 16).to_bytes(4), (-(1 << 16)).to_bytes(4, signed=True), (1 << 30).to_bytes(4)
    zero = bytes(4)
    upright = one + zero + zero + zero + one + zero + zero + zero + unity
    data = path.read_bytes()
    place = data.index(upright, data.index(b"tkhd"))
    matrix = zero + one + zero + minus_one + zero + zero + zero + zero + unity
    path.write_bytes(data[:place] + matrix + data[place + len(matrix) :])
    return path


def sound(path: Path) -> Path:
    """A file with sound and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
