"""Damage to what is said about a picture is not damage to the picture, and only what ends early is truncated."""

import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from creativity_assets.images.decoding import ImageRejected, decode
from creativity_assets_tests.beside import case
from creativity_assets_tests.images.pictures import encoded, noise, scene

ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + b"xmp text " * 20 + b"</x:xmpmeta>"
WORDS = "words words "


def exif(orientation: int = 1) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010E] = WORDS * 20
    tags[0x8769] = {0x9286: b"comment" * 10}
    return tags.tobytes()


def texts() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a quiet sea " * 20)
    info.add_text("workflow", "nodes " * 100, zip=True)
    info.add_itxt("prompt", "über " * 60, zip=True)
    return info


def png_with(*chunks: tuple[bytes, bytes], picture: Image.Image | None = None) -> bytes:
    """A whole PNG with chunks of ours behind its header, their checksums right."""
    data = encoded(picture or scene())
    made = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    return data[:33] + made + data[33:]


def zeros(size: int) -> bytes:
    """So many bytes packed, without having them all at once."""
    packer = zlib.compressobj(9)
    whole, rest = divmod(size, 2**20)
    parts = [packer.compress(bytes(2**20)) for _ in range(whole)]
    return b"".join([*parts, packer.compress(bytes(rest)), packer.flush()])


WHOLE = {
    "zTXt of 3 MB": png_with((b"zTXt", b"workflow\0\0" + zeros(3 * 2**20))),
    "iTXt of 3 MB": png_with((b"iTXt", b"workflow\0\1\0\0\0" + zeros(3 * 2**20))),
    "profile of 3 MB": png_with((b"iCCP", b"wide\0\0" + zeros(3 * 2**20))),
    "more text than Pillow allows": png_with(*[(b"zTXt", b"t%d\0\0" % n + zeros(2**20 - 1)) for n in range(65)]),
    "text packed in an unknown way": png_with((b"zTXt", b"workflow\0\7abc")),
    "a profile packed in an unknown way": png_with((b"iCCP", b"wide\0\7abc")),
    "text that is no stream": png_with((b"zTXt", b"workflow\0\0abc")),
    "a short density": png_with((b"pHYs", b"\0\0")),
    "a short gamma": png_with((b"gAMA", b"")),
    "short chromaticities": png_with((b"cHRM", b"\1\2\3")),
    "a short rendering intent": png_with((b"sRGB", b"")),
    "short frames": png_with((b"acTL", b"\0\0"), (b"fcTL", b"\0")),
    "an animation out of order": png_with((b"acTL", b"\0\0\0\2" + bytes(4)), (b"fcTL", b"\0\0\0\7" + bytes(22))),
    "a chunk nobody knows": png_with((b"quIz", b"\xff" * 50)),
    "EXIF that is none": png_with((b"eXIf", b"\xff" * 50)),
    "a wrong checksum of a text": png_with((b"tEXt", b"a\0b")).replace(b"tEXta\0b", b"tEXta\0c"),
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE.keys())
def test_a_png_is_read_whatever_is_wrong_with_the_chunks_about_it(data: bytes) -> None:
    assert np.array_equal(np.asarray(decode(data).image), np.asarray(scene()))


def test_a_png_cut_behind_its_pixels_is_read() -> None:
    data = encoded(scene())[:-12] + struct.pack(">I", 4000) + b"tEXtcomment\0cut"
    assert np.array_equal(np.asarray(decode(data).image), np.asarray(scene()))


def test_an_orientation_beside_other_damage_still_counts() -> None:
    data = png_with((b"eXIf", exif(3).removeprefix(b"Exif\0\0")), (b"zTXt", b"workflow\0\0" + zeros(2**21)))
    assert np.array_equal(np.asarray(decode(data).image), np.asarray(scene().rotate(180)))


def test_packed_texts_and_profiles_are_never_unpacked_without_bound() -> None:
    """1 GB of zeros in 1 MB; a decoder of the whole text would need it all."""
    packed = zeros(2**30)
    for chunk in ((b"zTXt", b"w\0\0" + packed), (b"iTXt", b"w\0\1\0\0\0" + packed), (b"iCCP", b"w\0\0" + packed)):
        data = png_with(chunk)
        tracemalloc.start()
        decode(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 16 * 2**20


ABOUT: dict[str, tuple[dict[str, Any], tuple[bytes, ...]]] = {
    "PNG": ({"exif": exif(), "icc_profile": ICC, "pnginfo": texts()}, (b"eXIf", b"iCCP", b"tEXt", b"zTXt", b"iTXt")),
    "JPEG": ({"exif": exif(), "icc_profile": ICC, "xmp": XMP, "comment": b"hello" * 9}, (b"Exif\0\0", b"ICC_PROFILE", XMP[:8], b"hello")),
    "WEBP": ({"exif": exif(), "icc_profile": ICC, "xmp": XMP, "lossless": True}, (b"EXIF", b"ICCP", b"XMP ")),
    "AVIF": ({"exif": exif(), "icc_profile": ICC, "xmp": XMP}, (WORDS.encode(), b"acsp", XMP[:8])),
    "TIFF": ({"icc_profile": ICC, "tiffinfo": {270: WORDS * 20, 700: XMP}}, (WORDS.encode(), b"acsp", XMP[:8])),
    "GIF": ({"comment": b"hello" * 40}, (b"hello",)),
    "JPEG2000": ({"comment": b"hello" * 40}, (b"hello",)),
}  # fmt: skip


@pytest.mark.parametrize("container", ABOUT)
def test_no_damage_to_metadata_costs_or_changes_a_picture(container: str) -> None:
    options, marks = ABOUT[container]
    data = encoded(noise(40, 32), container, **options)
    expected = np.asarray(decode(data).image)
    random = np.random.default_rng(2)
    for mark in marks:
        start = data.index(mark) + {"PNG": 4, "WEBP": 8}.get(container, 0)  # behind the frame of a chunk
        stop = start + 16
        for damage in (bytes(16), b"\xff" * 16, *[random.bytes(16) for _ in range(12)]):
            assert np.array_equal(np.asarray(decode(data[:start] + damage + data[stop:]).image), expected)


PIXEL_TAGS = frozenset({254, 256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284, 339})


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "jpeg"])
def test_a_tiff_is_read_whatever_its_other_tags_point_to(compression: str) -> None:
    data = encoded(noise(40, 32), "TIFF", compression=compression, icc_profile=ICC, tiffinfo={270: WORDS * 9, 700: XMP})
    expected = np.asarray(decode(data).image)
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    damaged = 0
    for entry in range(start + 2, start + 2 + 12 * count, 12):
        if struct.unpack_from("<H", data, entry)[0] in PIXEL_TAGS | {347}:  # JPEG's own tables
            continue
        for body in (b"\xff" * 10, bytes(10), struct.pack("<HII", 2, 2**31, 40), struct.pack("<HII", 77, 3, len(data))):
            damaged += 1
            changed = data[: entry + 2] + body + data[entry + 12 :]
            assert np.array_equal(np.asarray(decode(changed).image), expected)
    assert damaged >= 8


CUT: dict[str, Callable[[], bytes]] = {
    **{container: lambda c=container: encoded(noise(40, 32), c) for container in ("PNG", "JPEG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "JPEG2000")},
    "JPEG with metadata": lambda: encoded(noise(40, 32), "JPEG", **ABOUT["JPEG"][0]),
    "WebP with metadata": lambda: encoded(noise(40, 32), "WEBP", **ABOUT["WEBP"][0]),
    "PNG with metadata": lambda: encoded(noise(40, 32), "PNG", **ABOUT["PNG"][0]),
    "TIFF with metadata": lambda: encoded(noise(40, 32), "TIFF", **ABOUT["TIFF"][0]),
    "packed TIFF": lambda: encoded(noise(40, 32), "TIFF", compression="tiff_lzw", icc_profile=ICC),
    "TIFF of JPEGs": lambda: encoded(noise(40, 32), "TIFF", compression="jpeg"),
    "a stream of JPEG 2000": lambda: encoded(noise(40, 32), "JPEG2000", no_jp2=True),
}  # fmt: skip


@pytest.mark.parametrize("make", CUT.values(), ids=CUT.keys())
def test_a_cut_file_is_truncated_or_still_whole_and_never_half_a_picture(make: Callable[[], bytes]) -> None:
    data = make()
    expected = np.asarray(decode(data).image)
    for at in np.linspace(16, len(data) - 4, 150).astype(int):
        reason, pixels = reason_or_pixels(data[:at])
        assert reason in (None, "truncated"), at
        assert pixels is None or np.array_equal(pixels, expected), at


def reason_or_pixels(data: bytes) -> tuple[str | None, np.ndarray | None]:
    try:
        return None, np.asarray(decode(data).image)
    except ImageRejected as error:
        return error.reason, None


def tiff(bits: int, numbers: int, samples: int = 3) -> bytes:
    """A whole uncompressed TIFF of 20 x 20; numbers: 1 unsigned, 2 signed, 3 float, 6 complex."""
    size = 20 * 20 * samples * bits // 8
    tags = [(256, 20), (257, 20), (258, bits), (259, 1), (262, 2 if samples == 3 else 1), (273, 200), (277, samples)]
    tags += [(278, 20), (279, size), (339, numbers)]
    entries = []
    for tag, value in tags:
        many = samples if tag in (258, 339) else 1
        values = struct.pack("<HHHH", *[value] * many, *[0] * (4 - many)) if many < 3 else b""
        at = {258: 180, 339: 190}[tag] if many == 3 else 0
        entries.append(struct.pack("<HHI", tag, 3, many) + (values[:4] if many < 3 else struct.pack("<I", at)))
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + b"".join(entries) + bytes(4)
    lists = struct.pack("<3H", *[bits] * 3).ljust(10, b"\0") + struct.pack("<3H", *[numbers] * 3)
    return head.ljust(180, b"\0") + lists.ljust(20, b"\0") + np.random.default_rng(0).bytes(size)


def jpeg_of_12_bits() -> bytes:
    data = bytearray(encoded(scene(), "JPEG"))
    data[data.index(b"\xff\xc0") + 4] = 12
    return bytes(data)


def bmp_of_2_bits() -> bytes:
    data = bytearray(encoded(scene(), "BMP"))
    data[28] = 2
    return bytes(data)


UNSUPPORTED = {
    "float RGB TIFF": tiff(32, 3),
    "double RGB TIFF": tiff(64, 3),
    "half RGB TIFF": tiff(16, 3),
    "32-bit RGB TIFF": tiff(32, 1),
    "signed RGB TIFF": tiff(16, 2),
    "complex TIFF": tiff(64, 6, samples=1),
    "colours of a PFM": b"PF\n20 20\n-1.0\n" + bytes(20 * 20 * 12),
    "JPEG of 12 bits": jpeg_of_12_bits(),
    "BMP of 2 bits": bmp_of_2_bits(),
}


@pytest.mark.parametrize("data", UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_whole_pictures_of_numbers_that_are_not_read_are_called_so(data: bytes) -> None:
    with pytest.raises(ImageRejected, match="unsupported_pixels: .*save it with 8 or 16 bits") as caught:
        decode(data)
    assert "\n" not in str(caught.value)


def test_a_flaw_within_a_whole_file_is_damage_and_no_early_end() -> None:
    png = encoded(noise(64, 48))
    short = zlib.compress(zlib.decompress(png[41:-16])[:-2000])
    chunk = struct.pack(">I", len(short)) + b"IDAT" + short + struct.pack(">I", zlib.crc32(b"IDAT" + short))
    for data in (png[:33] + chunk + png[-12:], png[:3000] + bytes(400) + png[3400:]):
        with pytest.raises(ImageRejected) as caught:
            decode(data)
        assert caught.value.reason == "damaged"


def test_the_real_cases() -> None:
    for name in ("workflow_itxt.png", "workflow_ztxt.png", "big_icc.png"):
        assert decode(case("images", name).read_bytes()).image.size == (128, 96)
    with pytest.raises(ImageRejected, match="unsupported_pixels"):
        decode(case("images", "rgbf32.tif").read_bytes())


def test_a_big_tiff_is_read_without_its_damaged_tags() -> None:
    buffer = io.BytesIO()
    scene().save(buffer, "TIFF", big_tiff=True, icc_profile=ICC, description=WORDS * 9)
    data = buffer.getvalue()
    at = data.index(struct.pack("<H", 34675), struct.unpack_from("<Q", data, 8)[0])
    changed = data[: at + 2] + b"\xff" * 18 + data[at + 20 :]
    assert np.array_equal(np.asarray(decode(changed).image), np.asarray(scene()))
