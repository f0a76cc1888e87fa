"""Tiny videos for tests, made with PyAV."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition

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


def with_cover(path: Path, greys: list[int], *, first: bool) -> Path:
    """A video with a picture of 32 x 32 attached as its cover, as the first of its streams or the last."""
    from creativity_assets_tests.images.pictures import encoded, scene

    with av.open(str(path), "w") as container:

        def cover() -> "av.VideoStream":
            stream = container.add_stream("mjpeg", rate=1)
            stream.width, stream.height, stream.pix_fmt = 32, 32, "yuvj420p"
            stream.disposition = Disposition.attached_pic
            return stream

        if greys:
            film = container.add_stream("mpeg4", rate=FPS)
            film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        else:
            tone = container.add_stream("aac", rate=8000)
        picture = cover()
        packet = av.Packet(encoded(scene(32, 32), "JPEG"))
        packet.stream, packet.pts, packet.dts, packet.time_base = picture, 0, 0, Fraction(1, 1)
        container.mux(packet)
        for grey in greys:
            pixels = np.full((48, 64, 3), grey, np.uint8)
            for _ in range(FPS):
                container.mux(film.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        if greys:
            container.mux(film.encode())
        else:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 8000
            container.mux([*tone.encode(frame), *tone.encode()])
    if first and greys:
        _describe_first(path)
    return path


def _describe_first(path: Path) -> None:
    """Put the box of an MP4 that holds the cover before the box of its film: readers count streams as they come."""
    data = path.read_bytes()
    track, described = data.index(b"trak") - 4, data.index(b"udta") - 4
    end = described + int.from_bytes(data[described : described + 4])
    assert track < described and data.index(b"mdat") < track  # no offset moves
    path.write_bytes(data[:track] + data[described:end] + data[track:described] + data[end:])
