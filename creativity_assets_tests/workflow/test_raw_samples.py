"""The audit columns are true for files as the study's collections really have them."""

import io
from collections.abc import Callable
from itertools import islice

import pytest
from PIL import Image

from creativity_assets.atelier import works
from creativity_assets.workflow.steps.raw_samples import audit
from creativity_assets_tests.beside import masters

SIDE = 768


def encoded(picture: Image.Image, container: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, container, **options)
    return buffer.getvalue()


def atelier() -> list[Image.Image]:
    """Landscape formats cut from works, framed in grey so that no border of their own is black."""
    pictures = [
        Image.fromarray(work.image).crop((0, 40, SIDE, SIDE - 60)) for work in islice(works("show", 1, SIDE), 6)
    ]
    for picture in pictures:
        framed = Image.new("RGB", picture.size, (70, 70, 70))
        framed.paste(picture.crop((8, 8, picture.width - 8, picture.height - 8)), (8, 8))
        picture.paste(framed)
    return pictures


def paintings() -> list[Image.Image]:
    names = ("henri-matisse_002020", "edouard-manet_012050", "paul-cezanne_021080", "titian_100040", "jan-steen_124040")
    pictures = [Image.open(masters("images", "human", f"{name}.jpg")).convert("RGB") for name in names]
    for picture in pictures:
        picture.thumbnail((SIDE, SIDE))
    return pictures


def padded(picture: Image.Image) -> Image.Image:
    square = Image.new("RGB", (SIDE, SIDE))
    square.paste(picture, ((SIDE - picture.width) // 2, (SIDE - picture.height) // 2))
    return square


@pytest.mark.parametrize("pictures", [atelier, paintings])
@pytest.mark.parametrize("quality", [95, 75])
def test_a_padded_jpeg_is_told_from_its_picture(quality: int, pictures: Callable[[], list[Image.Image]]) -> None:
    for picture in pictures():
        own = audit(encoded(picture, "PNG"))
        found = audit(encoded(padded(picture), "JPEG", quality=quality))
        assert (found["format"], found["jpeg_quality"]) == ("JPEG", quality)
        assert (found["width"], found["height"]) == (SIDE, SIDE)
        share = 1 - picture.width * picture.height / SIDE**2
        assert found["padding_fraction"] == pytest.approx(share, abs=0.025)  # JPEG rings up to a block into the bars
        assert own["padding_fraction"] < 0.01
        assert found["entropy"] == pytest.approx(own["entropy"], abs=0.3)  # quantisation; the bars took off 1 to 2
        assert found["edge_density"] == pytest.approx(own["edge_density"], abs=0.04)


def test_a_file_that_is_no_jpeg_has_no_quality() -> None:
    picture = atelier()[0]
    for container in ("PNG", "WEBP", "TIFF", "BMP"):
        found = audit(encoded(picture, container))
        assert (found["format"], found["jpeg_quality"]) == (container, None)
