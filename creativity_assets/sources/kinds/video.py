"""Video files as sources of frames, taken by a stated rule: every n seconds, or where the scene changes."""

import io
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

from creativity_assets.images.decoding import MAX_PIXELS
from creativity_assets.sources.kinds.folder import files_of, fingerprint
from creativity_assets.sources.listing import VIDEO, Items, Listed, subsampled
from creativity_assets.sources.records import SourceRecord, SourceReject, reject_repeated_keys

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from creativity_assets.catalog.datasets import VideoDataset


__all__ = ["fingerprint", "read"]


class _Shot(NamedTuple):
    """A frame that the rule takes. aspect: the width of its pixels by their height."""

    key: str
    frame: "VideoFrame"
    aspect: float


def read(entry: "VideoDataset", root: Path) -> Iterator[SourceRecord | SourceReject]:
    """Frames as lossless PNG, in the order of file names and times; one frame in memory at a time.

    The key is `file#t=seconds` with three decimals. Fields are the file's (see `listing.listing`), the title with
    the frame's time. Frames are upright and have square pixels. A file that cannot be opened, has no picture or
    breaks off is a reject, and what was read of it before stands. A `limit` decodes every file once more, to know
    the frames of which it takes a sample.

    Raises SourceError when the folder, a table or a mapped column is absent.
    """
    files, items = files_of(entry, root, VIDEO)
    paths = {name: file.path for name, file in files.items()}
    chosen = None if entry.limit is None else _draw(entry, items, paths)
    return reject_repeated_keys(_all(entry, items, paths, chosen))


def _draw(entry: "VideoDataset", items: Items, paths: Mapping[str, Path]) -> frozenset[str]:
    """The keys of the sample, from a pass in which frames are decoded and not kept."""
    shots = [
        Listed(shot.key, item.file, item.fields)
        for item in items
        if isinstance(item, Listed)
        for shot in _shots(entry, item, paths[item.file])
        if isinstance(shot, _Shot)
    ]
    return frozenset(shot.key for shot in subsampled(entry, [*shots]))


def _all(
    entry: "VideoDataset", items: Items, paths: Mapping[str, Path], chosen: frozenset[str] | None
) -> Iterator[SourceRecord | SourceReject]:
    for item in items:
        if isinstance(item, SourceReject):
            yield item
            continue
        for shot in _shots(entry, item, paths[item.file]):
            if isinstance(shot, SourceReject):
                yield shot
            elif chosen is None or shot.key in chosen:
                title = f"{item.fields.get('title') or Path(item.file).stem}, {shot.frame.time:.1f} s"
                uri = f"{entry.path.rstrip('/')}/{shot.key}.png"
                yield SourceRecord(shot.key, _png(shot), uri, {**item.fields, "title": title})


def _shots(entry: "VideoDataset", item: Listed, path: Path) -> Iterator[_Shot | SourceReject]:
    """The frames of a file that the entry's rule takes, then a reject where the file is not sound."""
    import av

    taken = 0
    try:
        with av.open(str(path)) as container:
            stream = _film(container)
            if stream is None:
                yield SourceReject(item.key, "no_video_stream", f"{item.file}: holds sound, text or a cover alone")
                return
            stream.thread_type = "AUTO"
            aspect = float(stream.sample_aspect_ratio or 1)
            width, height = max(1, round(stream.width * aspect)), stream.height
            if max(width, stream.width) * height > MAX_PIXELS:
                detail = f"{item.file}: frames of {width} x {height}; at most {MAX_PIXELS // 10**6} million pixels"
                yield SourceReject(item.key, "too_large", detail)
                return
            for frame in _by_rule(entry, container, stream):
                taken += 1
                yield _Shot(f"{item.key}#t={frame.time:.3f}", frame, aspect)
    except (av.FFmpegError, OSError) as error:
        said = " ".join(str(error).split())[:160]
        yield SourceReject(item.key, "damaged_video", f"{item.file}: broke off after {taken} frames ({said})")
        return
    if not taken:
        yield SourceReject(item.key, "no_frames", f"{item.file}: holds no frame that can be decoded")


def _film(container: "InputContainer") -> "VideoStream | None":
    """The first stream of moving pictures: a cover or a thumbnail is one too, of a single picture."""
    from av.stream import Disposition

    still = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    return next((stream for stream in container.streams.video if not stream.disposition & still), None)


def _by_rule(entry: "VideoDataset", container: "InputContainer", stream: "VideoStream") -> "Iterator[VideoFrame]":
    if entry.frames.every is not None:
        return every(entry.frames.every, container.decode(stream))
    return scenes(float(entry.frames.scenes or 0), container, stream)


def every(seconds: float, frames: "Iterator[VideoFrame]") -> "Iterator[VideoFrame]":
    """The first frame at or after each multiple of `seconds`, counted from the first frame's own time."""
    start = None
    due = 0
    for frame in frames:
        if frame.pts is None:  # a frame without a time has no key
            continue
        start = frame.time if start is None else start
        passed = frame.time - start
        if passed + 1e-6 >= due * seconds:  # time stamps are rounded to the container's ticks
            yield frame
            due = next(n for n in count(due + 1) if n * seconds > passed + 1e-6)


def scenes(threshold: float, container: "InputContainer", stream: "VideoStream") -> "Iterator[VideoFrame]":
    """The first frame, and each first frame of a new scene: FFmpeg's `select` filter, scene score above threshold.

    The score, 0 to 1, is the smaller of two numbers, in hundreds of grey levels and at most 1: the mean absolute
    difference to the frame before, and how much that differs from the difference before it, so that steady motion
    scores low. FFmpeg's documentation calls a threshold between 0.3 and 0.5 sane.
    """
    import av
    from av.filter import Graph

    graph = Graph()
    source, sink = graph.add_buffer(template=stream), graph.add("buffersink")
    select = graph.add("select", rf"eq(n\,0)+gt(scene\,{threshold})")
    source.link_to(select)
    select.link_to(sink)
    graph.configure()

    def passed_on() -> "Iterator[VideoFrame]":
        while True:
            try:
                frame = graph.pull()
            except (BlockingIOError, av.EOFError):
                return
            if isinstance(frame, av.VideoFrame) and frame.pts is not None:
                yield frame

    for frame in container.decode(stream):
        graph.push(frame)
        yield from passed_on()
    graph.push(None)
    yield from passed_on()


def _png(shot: _Shot) -> bytes:
    """The frame as 8-bit RGB, upright and with square pixels, losslessly."""
    picture: Image.Image = shot.frame.to_image(  # type: ignore[no-untyped-call]
        width=max(1, round(shot.frame.width * shot.aspect)), height=shot.frame.height
    )
    if shot.frame.rotation:
        picture = picture.rotate(shot.frame.rotation, expand=True)
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()
