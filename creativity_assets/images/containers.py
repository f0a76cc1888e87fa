"""What of an image file's bytes is picture and what is about it: versions without metadata, and whether a file is cut.

Metadata here is what no pixel needs: texts, profiles, EXIF, XMP, previews, later frames. Layouts: PNG 1.2 (W3C),
ITU-T T.81 annex B, TIFF 6.0 and BigTIFF, RIFF as WebP uses it, ISO/IEC 14496-12 boxes (JPEG 2000, AVIF).
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

SIGNATURES = (  # offset, bytes, container as Pillow calls it
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n", "PNG"),
    (0, b"GIF8", "GIF"),
    (8, b"WEBP", "WEBP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"BM", "BMP"),
    (4, b"jP  ", "JPEG2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG2000"),
    (4, b"ftypavif", "AVIF"),
)

SIGNATURE_BYTES = 16
"""Of a file's beginning, by which its container is told."""


def container_of(data: bytes) -> str | None:
    """The container that a file begins like, by Pillow's name; None for no picture."""
    return next((name for at, mark, name in SIGNATURES if data[at : at + len(mark)] == mark), None)


def without_metadata(data: bytes) -> Iterator[bytes]:
    """The same picture with less about it: first with orientation and profile left in, then with nothing.

    No byte of the picture is mended, so that a cut or damaged one stays what it is. Nothing for a container
    whose metadata stand in no decoder's way. Each version is made when it is asked for.
    """
    container = container_of(data)
    if container == "TIFF":
        if bare := _tiff_without(data):
            yield bare
        return
    for kept in _NEEDED.get(container or "", ()):
        parts = [part for part in _parts(data, container) if _needed(part, kept, container)]
        bare = b"".join(memoryview(data)[part.start : part.stop] for part in parts)
        yield _riff_of(bare) if container == "WEBP" else bare


def ends_early(data: bytes) -> bool | None:
    """Whether a file stops before its own end; None where its container does not tell."""
    judge = _ENDS_EARLY.get(container_of(data) or "")
    return None if judge is None else judge(data)


class _Part(NamedTuple):
    """A chunk, segment or box with its frame; stop may lie beyond the end of a file that is cut."""

    name: bytes
    start: int
    stop: int


_FRAME = frozenset({b"frame"})
_PNG = _FRAME | {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_WEBP = _FRAME | {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"}
_BOXES = _FRAME | {b"jP  ", b"ftyp", b"jp2h", b"jp2c", b"meta", b"mdat", b"moov"}
_ABOUT = frozenset(range(0xE0, 0xF0)) - {0xEE} | {0xFE}  # APPn and COM; Adobe's APP14 tells of the colours
_NEEDED: dict[str, tuple[frozenset[bytes], ...]] = {
    "PNG": (_PNG | {b"eXIf", b"acTL", b"fcTL", b"fdAT"}, _PNG),
    "JPEG": (_FRAME | {b"JFIF", b"Exif", b"ICC_"}, _FRAME),
    "WEBP": (_WEBP | {b"EXIF", b"ICCP"}, _WEBP),
    "JPEG2000": (_BOXES,),
    "AVIF": (_BOXES,),
}
"""By container, the parts that are left in a first and in a second attempt."""


def _needed(part: _Part, kept: frozenset[bytes], container: str | None) -> bool:
    """Whether a part stays. Of PNG, chunks that a decoder must know are written with a capital."""
    return part.name in kept or (container == "PNG" and part.name[:1].isupper())


def _parts(data: bytes, container: str | None) -> Iterable[_Part]:
    match container:
        case "PNG":
            return _chunks(data, 8, ">", 12)
        case "WEBP":
            return _chunks(data, 12, "<", 8)
        case "JPEG":
            return _segments(data)
        case "JPEG2000" | "AVIF":
            return _boxes(data) if data[4:8] in (b"jP  ", b"ftyp") else [_Part(b"frame", 0, len(data))]
        case _:
            return ()


def _png_ends_early(data: bytes) -> bool:
    """Whether the last chunk is cut, or the one that ends a PNG is not there."""
    last = max(part.stop for part in _parts(data, "PNG"))
    return b"IEND" not in data[-64:] and (last > len(data) or len(data) - last < 12)


def _boxes_end_early(data: bytes) -> bool:
    """Whether a box is cut or one that no picture goes without is not there; a bare JPEG 2000 stream ends in EOC."""
    if data.startswith(b"\xff\x4f"):
        return not data.endswith(b"\xff\xd9")
    boxes = list(_boxes(data))
    wanted = {b"jp2h", b"jp2c"} if data[4:8] == b"jP  " else {b"meta", b"mdat"}
    return boxes[-1].stop != len(data) or not wanted <= {box.name for box in boxes}


def _chunks(data: bytes, start: int, order: str, frame: int) -> Iterator[_Part]:
    """PNG's chunks (length, name, body, checksum) and RIFF's (name, length, body, filled up to an even length)."""
    yield _Part(b"frame", 0, start)
    while start + 8 <= len(data):
        if order == ">":
            length, name = struct.unpack_from(">I4s", data, start)
        else:
            name, length = struct.unpack_from("<4sI", data, start)
            length += length % 2
        yield _Part(name, start, start + frame + length)
        start += frame + length


def _segments(data: bytes) -> Iterator[_Part]:
    """JPEG's segments up to its first scan, and all that follows as one. Those about the picture are named by their
    first letters, the others are its frame."""
    yield _Part(b"frame", 0, 2)
    start = 2
    while start + 4 <= len(data) and data[start] == 0xFF:
        marker = data[start + 1]
        if marker == 0xFF:  # filling
            start += 1
            continue
        if marker == 0xDA:
            break
        stop = start + 2 + (0 if 0xD0 <= marker <= 0xD8 else int.from_bytes(data[start + 2 : start + 4], "big"))
        yield _Part(data[start + 4 : start + 8] if marker in _ABOUT else b"frame", start, stop)
        start = stop
    yield _Part(b"frame", start, len(data))


def _boxes(data: bytes) -> Iterator[_Part]:
    start = 0
    while start + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, start)
        if length == 1 and start + 16 <= len(data):
            length = int.from_bytes(data[start + 8 : start + 16], "big")
        stop = start + length if length else len(data)  # 0: up to the end
        yield _Part(name, start, stop)
        start = max(stop, start + 8)


def _riff_of(bare: bytes) -> bytes:
    """WebP's frame made to fit what is left: its length, and in VP8X the flags of profile, EXIF and XMP."""
    fitted = bytearray(bare)
    fitted[4:8] = struct.pack("<I", len(bare) - 8)
    kept = {part.name for part in _chunks(bare, 12, "<", 8)}
    if bare[12:16] == b"VP8X" and len(bare) > 20:
        gone = (0x20 if b"ICCP" not in kept else 0) | (0x08 if b"EXIF" not in kept else 0) | 0x04
        fitted[20] &= ~gone & 0xFF
    return bytes(fitted)


_TIFF_NEEDED = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 274, 277, 278, 279, 284, 292, 293, 297, 301, 317, 320}
    | {322, 323, 324, 325, 332, 334, 338, 339, 347, 512, 513, 514, 515, 519, 520, 521, 529, 530, 531, 532}
)
"""Tags that say how pixels lie and what they mean, orientation (274) among them."""

_TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}


class _Directory(NamedTuple):
    """A TIFF's first directory. order: > or <. entries: tag, type, count, and the whole entry's bytes."""

    order: str
    big: bool
    entries: list[tuple[int, int, int, bytes]]


def _directory(data: bytes) -> _Directory | None:
    """None where it lies beyond the end."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\0", b"\0+")
    number, place, entry = ("Q", "Q", "HHQ8s") if big else ("H", "I", "HHI4s")
    size = struct.calcsize(order + entry)
    try:
        (start,) = struct.unpack_from(order + place, data, 8 if big else 4)
        (count,) = struct.unpack_from(order + number, data, start)
        start += struct.calcsize(order + number)
        if start + count * size > len(data):
            return None
        entries = []
        for at in range(start, start + count * size, size):
            tag, kind, values, _ = struct.unpack_from(order + entry, data, at)
            entries.append((tag, kind, values, data[at : at + size]))
    except struct.error:
        return None
    return _Directory(order, big, entries)


def _tiff_without(data: bytes) -> bytes | None:
    """The file with a directory of its pixels' tags alone, behind the rest; later pages are left out."""
    found = _directory(data)
    if found is None or _tiff_ends_early(data):  # what is put behind must not stand in for what is missing
        return None
    kept = [entry for tag, _, _, entry in found.entries if tag in _TIFF_NEEDED]
    number, place = ("Q", "Q") if found.big else ("H", "I")
    where = len(data) + len(data) % 2
    at = 8 if found.big else 4
    link = struct.pack(found.order + place, where)
    directory = struct.pack(found.order + number, len(kept)) + b"".join(kept) + struct.pack(found.order + place, 0)
    return b"".join((data[:at], link, memoryview(data)[at + len(link) :], bytes(len(data) % 2), directory))


def _tiff_ends_early(data: bytes) -> bool:
    """Whether the directory, a tag's values or the pixels that they point to lie beyond the end."""
    found = _directory(data)
    if found is None:
        return True
    numbers: dict[int, tuple[int, ...]] = {}
    for tag, kind, count, entry in found.entries:
        if tag not in _TIFF_NEEDED:
            continue
        values = _tiff_values(data, found, kind, count, entry)
        if values is None:
            return True
        if letter := {3: "H", 4: "I", 16: "Q"}.get(kind):
            numbers[tag] = struct.unpack(f"{found.order}{count}{letter}", values)
    for offsets, lengths in ((273, 279), (324, 325)):
        pairs = zip(numbers.get(offsets, ()), numbers.get(lengths, ()), strict=False)
        if any(offset + length > len(data) for offset, length in pairs):
            return True
    return False


def _tiff_values(data: bytes, found: _Directory, kind: int, count: int, entry: bytes) -> bytes | None:
    """The values of an entry, in itself or where it points to; None where that is beyond the end."""
    size = count * _TIFF_SIZES.get(kind, 1)
    room = entry[12:] if found.big else entry[8:]
    if size <= len(room):
        return room[:size]
    start = int.from_bytes(room, "little" if found.order == "<" else "big")
    return data[start : start + size] if start + size <= len(data) else None


_ENDS_EARLY: dict[str, Callable[[bytes], bool | None]] = {
    "PNG": _png_ends_early,
    "JPEG": lambda data: data.rfind(b"\xff\xd9") < max(data.rfind(b"\xff\xda"), 1),
    "GIF": lambda data: None if data.rstrip(b"\0").endswith(b";") else True,  # which may be a byte of pixels
    "WEBP": lambda data: len(data) < 8 + int.from_bytes(data[4:8], "little"),
    "BMP": lambda data: len(data) < max(int.from_bytes(data[2:6], "little"), 26),
    "JPEG2000": _boxes_end_early,
    "AVIF": _boxes_end_early,
    "TIFF": _tiff_ends_early,
}
"""By container, whether a file of it stops before its own end."""
