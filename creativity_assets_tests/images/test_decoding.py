import io
import itertools
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from creativity_assets.errors import CreativityError
from creativity_assets.images.decoding import MAX_PIXELS, MIN_SIDE, ImageRejected, decode
from creativity_assets_tests.images.pictures import encoded, noise, png_header, scene

JPEG, PNG = encoded(noise(64, 48), "JPEG"), encoded(noise(64, 48))
ANIMATION = [scene(), scene().rotate(180), scene().convert("L").convert("RGB")]
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _gif_cut_in_first_frame() -> bytes:
    data = encoded(noise(64, 48).quantize(), "GIF")
    return data[: len(data) // 2]


REJECTED = {
    "empty": (b"", "empty_file"),
    "text renamed .jpg": (b"Dear reader, this is no picture.\n" * 20, "not_an_image"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' width='99' height='99'/>", "not_an_image"),
    "eps starts a program": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "not_an_image"),
    "html error page": (b"<!DOCTYPE html><title>404</title>", "not_an_image"),
    "zeros": (b"\0" * 4096, "not_an_image"),
    "JPEG cut in its pixels": (JPEG[: len(JPEG) // 2], "truncated"),
    "JPEG cut in its header": (JPEG[:40], "truncated"),
    "PNG cut in its pixels": (PNG[: len(PNG) // 2], "truncated"),
    "PNG cut in its header": (PNG[:20], "truncated"),
    "PNG signature only": (PNG[:8], "truncated"),
    "GIF cut": (_gif_cut_in_first_frame(), "truncated"),
    "WebP cut": (encoded(noise(64, 48), "WEBP")[:400], "truncated"),
    "TIFF cut": (encoded(noise(64, 48), "TIFF")[:3000], "truncated"),
    "BMP cut": (encoded(noise(64, 48), "BMP")[:3000], "truncated"),
    "PNG with a flipped bit": (PNG[:3000] + bytes([PNG[3000] ^ 1]) + PNG[3001:], "damaged"),
    "bomb": (png_header(60_000, 60_000), "too_large"),
    "bomb under Pillow's own limit": (png_header(12_500, 10_000), "too_large"),
    "1 x 5000": (encoded(scene(1, 5000)), "too_small"),
    "5000 x 15": (encoded(scene(5000, 15)), "too_small"),
    "float beyond 1": (encoded(Image.fromarray(np.full((20, 20), 7.5, np.float32)), "TIFF"), "unsupported_pixels"),
    "float NaN": (encoded(Image.fromarray(np.full((20, 20), np.nan, np.float32)), "TIFF"), "unsupported_pixels"),
    "32-bit grey": (encoded(Image.fromarray(np.full((20, 20), 70_000, np.int32)), "TIFF"), "unsupported_pixels"),
}


@pytest.mark.parametrize(("data", "reason"), REJECTED.values(), ids=REJECTED.keys())
def test_bad_bytes_are_rejected_with_their_reason_in_one_line(data: bytes, reason: str) -> None:
    with pytest.raises(ImageRejected) as caught:
        decode(data)
    assert caught.value.reason == reason
    assert caught.value.detail
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, CreativityError)


def test_the_pixel_limit_is_checked_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(Image.Image, "load", never)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", never)
    for size in ((60_000, 60_000), (12_500, 10_000)):
        with pytest.raises(ImageRejected, match="too_large"):
            decode(png_header(*size))


def test_as_many_pixels_as_the_limit_are_decoded_and_one_row_more_is_not() -> None:
    assert MAX_PIXELS == 12_000 * 10_000
    assert reason_to_reject(png_header(12_000, 10_000)) == "damaged"  # there is but a header
    assert reason_to_reject(png_header(12_000, 10_001)) == "too_large"
    assert reason_to_reject(png_header(10_001, 12_000)) == "too_large"


def test_a_side_of_the_least_length_is_decoded_and_one_shorter_is_not() -> None:
    assert MIN_SIDE == 16
    for across, down in ((MIN_SIDE, 40), (40, MIN_SIDE), (MIN_SIDE, MIN_SIDE)):
        assert decode(encoded(scene(across, down))).width == across
    for across, down in ((MIN_SIDE - 1, 40), (40, MIN_SIDE - 1)):
        assert reason_to_reject(encoded(scene(across, down))) == "too_small"


def test_the_pixel_limit_holds_where_pillows_own_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    with pytest.raises(ImageRejected, match="60000 x 60000"):
        decode(png_header(60_000, 60_000))


def test_a_large_picture_under_the_limit_is_read_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # decode(48 x 32) now warns inside Pillow
    with pytest.raises(Image.DecompressionBombWarning):
        Image.open(io.BytesIO(encoded(scene())))
    assert decode(encoded(scene())).width == 48


@pytest.mark.parametrize("container", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_rgb_comes_back_exactly(container: str) -> None:
    decoded = decode(encoded(scene(), container))
    assert np.array_equal(np.asarray(decoded.image), np.asarray(scene()))
    assert (decoded.width, decoded.height, decoded.format, decoded.n_frames) == (48, 32, container, 1)
    assert decoded.jpeg_quality is None


@pytest.mark.parametrize(
    ("container", "options"),
    [("JPEG", {"quality": 95}), ("WEBP", {"quality": 95}), ("JPEG2000", {}), ("AVIF", {"quality": 95})],
)
def test_lossy_containers_are_read(container: str, options: dict[str, int]) -> None:
    decoded = decode(encoded(scene(), container, **options))
    assert decoded.format == container
    assert np.abs(np.asarray(decoded.image, int) - np.asarray(scene(), int)).mean() < 6


@pytest.mark.parametrize("quality", [*range(1, 101)])
def test_jpeg_quality_is_recovered_exactly(quality: int) -> None:
    assert decode(encoded(scene(), "JPEG", quality=quality)).jpeg_quality == quality


def test_jpeg_quality_of_a_grey_jpeg_uses_the_one_table_it_has() -> None:
    assert decode(encoded(scene().convert("L"), "JPEG", quality=83)).jpeg_quality == 83


def test_cmyk_is_not_inverted() -> None:
    inks = scene().convert("CMYK")
    for container in ("JPEG", "TIFF"):
        decoded = decode(encoded(inks, container))
        assert decoded.image.mode == "RGB"
        assert np.abs(np.asarray(decoded.image, int) - np.asarray(scene(), int)).mean() < 8


def test_cmyk_with_a_profile_that_does_not_fit_falls_back_to_the_plain_formula() -> None:
    inks = scene().convert("CMYK")
    plain = decode(encoded(inks, "TIFF")).image
    for profile in (ICC, b"no profile at all"):  # an RGB profile cannot describe inks
        assert np.array_equal(np.asarray(decode(encoded(inks, "TIFF", icc_profile=profile)).image), np.asarray(plain))


@pytest.mark.parametrize("container", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_over_its_full_range(container: str) -> None:
    values = np.linspace(0, 65535, 32 * 32).astype(np.uint16).reshape(32, 32)
    grey = np.asarray(decode(encoded(Image.fromarray(values), container)).image)
    assert np.array_equal(grey[..., 0], np.rint(values / 257).astype(np.uint8))
    assert np.array_equal(grey[..., 0], grey[..., 2])


def test_float_grey_from_0_to_1_is_scaled() -> None:
    values = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    grey = np.asarray(decode(encoded(Image.fromarray(values), "TIFF")).image)[..., 0]
    assert np.array_equal(grey, np.rint(values * 255))


def test_one_bit_pictures_become_black_and_white() -> None:
    assert set(np.unique(np.asarray(decode(encoded(scene().convert("1"))).image))) == {0, 255}


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white(mode: str) -> None:
    picture = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (0, 0, 10, 20))
    pixels = np.asarray(decode(encoded(picture.convert(mode))).image)
    assert (pixels[:, :10] == 0).all()
    assert (pixels[:, 10:] == 255).all()


def test_half_transparent_red_on_white_is_rose() -> None:
    pixels = np.asarray(decode(encoded(Image.new("RGBA", (20, 20), (255, 0, 0, 128)))).image)
    assert np.abs(pixels[0, 0].astype(int) - [255, 127, 127]).max() <= 1


@pytest.mark.parametrize("container", ["PNG", "GIF", "BMP"])
def test_palettes_become_their_colours(container: str) -> None:
    indexed = scene().quantize(64)
    pixels = np.asarray(decode(encoded(indexed, container)).image)
    assert np.array_equal(pixels, np.asarray(indexed.convert("RGB")))


@pytest.mark.parametrize("transparency", [0, bytes([0, 255])], ids=["one index", "alpha per index"])
def test_a_transparent_palette_entry_becomes_white(transparency: int | bytes) -> None:
    indexed = Image.new("P", (20, 20), 1)
    indexed.putpalette([10, 20, 30, 200, 0, 0])
    indexed.paste(0, (0, 0, 10, 20))
    pixels = np.asarray(decode(encoded(indexed, transparency=transparency)).image)
    assert (pixels[:, :10] == 255).all()
    assert (pixels[:, 10:] == [200, 0, 0]).all()


@pytest.mark.parametrize("container", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_an_animation_the_first_frame_is_taken_and_the_number_recorded(container: str) -> None:
    options = {"lossless": True} if container == "WEBP" else {}
    decoded = decode(encoded(ANIMATION[0], container, save_all=True, append_images=ANIMATION[1:], **options))
    assert decoded.n_frames == 3
    tolerance = 12 if container == "GIF" else 0  # GIF has 256 colours
    assert np.abs(np.asarray(decoded.image, int) - np.asarray(ANIMATION[0], int)).mean() <= tolerance


UPRIGHT_TO_STORED = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: np.rot90(p, 1),  # shown after a turn by 90 degrees clockwise
    7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
    8: lambda p: np.rot90(p, -1),
}


@pytest.mark.parametrize("container", ["PNG", "TIFF", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", UPRIGHT_TO_STORED)
def test_orientation_tags_are_applied_once(orientation: int, container: str) -> None:
    stored = Image.fromarray(np.ascontiguousarray(UPRIGHT_TO_STORED[orientation](np.asarray(scene()))))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(container, {})
    decoded = decode(encoded(stored, container, exif=exif, **options))
    assert (decoded.width, decoded.height) == decoded.image.size == (48, 32)
    assert np.abs(np.asarray(decoded.image, int) - np.asarray(scene(), int)).mean() < 2


def test_damaged_metadata_do_not_cost_the_picture() -> None:
    data = encoded(scene(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\x55" * 40)
    assert decode(data).image.size == (48, 32)


def test_decoding_from_many_threads_warns_nowhere_and_restores_the_filters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1500)  # Pillow warns at each of them
    open_image, seconds = Image.open, itertools.cycle((0.004, 0.001, 0.003, 0.0))

    def slow_open(*args: Any, **settings: Any) -> Image.Image:
        time.sleep(next(seconds))  # long enough for others to come in while the warnings are off
        return open_image(*args, **settings)

    monkeypatch.setattr(Image, "open", slow_open)
    files = [encoded(noise(40 + n, 40, seed=n)) for n in range(32)] * 2
    filters = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        decoded = list(pool.map(decode, files))  # a warning would be an error and arrive here
    assert warnings.filters == filters
    for n, result in enumerate(decoded):
        assert np.array_equal(np.asarray(result.image), np.asarray(noise(40 + n % 32, 40, seed=n % 32)))


REASONS = {"truncated", "damaged", "not_an_image", "too_large", "too_small", "unsupported_pixels"}


def reason_to_reject(data: bytes) -> str | None:
    try:
        decode(data)
    except ImageRejected as error:
        return error.reason
    return None


@pytest.mark.parametrize("container", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "JPEG2000", "AVIF"])
def test_no_cut_or_flipped_byte_escapes_as_another_exception(container: str) -> None:
    data = encoded(noise(24, 24), container)
    random = np.random.default_rng(1)
    for at in random.integers(0, len(data), 60):
        flipped = bytearray(data)
        flipped[at] ^= 1 << int(random.integers(8))
        for broken in (data[:at], bytes(flipped)):
            reason = reason_to_reject(broken)
            assert reason is None or reason in REASONS
