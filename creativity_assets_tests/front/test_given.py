import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from creativity_assets.errors import SourceError
from creativity_assets.front.given import Readable, Unreadable, opened
from creativity_assets_tests.studies import save_picture

ARRAY = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def pixels(given: Readable | Unreadable) -> np.ndarray:
    assert isinstance(given, Readable)
    return np.asarray(given.image)


def test_a_picture_is_the_same_however_it_is_given(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.fromarray(ARRAY).save(file)
    for images in (file, str(file), tmp_path, [file], ARRAY, [ARRAY], ARRAY[None], Image.open(file), iter([file])):
        (read,) = opened(images)
        np.testing.assert_array_equal(pixels(read), ARRAY)


def test_names_are_paths_as_given_or_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_picture(Path("b/a.png"), seed=1)
    save_picture(Path("c.JPG"), seed=2)
    Path("notes.txt").write_text("none")
    assert [given.name for given in opened(".")] == ["b/a.png", "c.JPG"]
    with Image.open("c.JPG") as picture:
        mixed = [Path("c.JPG"), ARRAY, Image.fromarray(ARRAY), picture]
        assert [given.name for given in opened(mixed)] == ["c.JPG", "image 1", "image 2", "c.JPG"]


def test_pillows_pictures_are_turned_and_laid_on_white_as_files_are(tmp_path: Path) -> None:
    """Every mode and tag that a file of it would have."""
    turned, clear = tmp_path / "turned.jpg", tmp_path / "clear.png"
    tags = Image.Exif()
    tags[0x0112] = 6
    Image.fromarray(ARRAY).save(turned, exif=tags)
    Image.fromarray(np.dstack([ARRAY, ARRAY[..., 0]]), "RGBA").save(clear)
    Image.fromarray(ARRAY.astype(np.uint16)[..., 0] * 257).save(tmp_path / "deep.tif")
    for file in (turned, clear, tmp_path / "deep.tif"):
        with Image.open(file) as picture:
            of_file, of_pillow = opened([file, picture])
        np.testing.assert_array_equal(pixels(of_file), pixels(of_pillow))


def test_what_cannot_be_decoded_keeps_its_place(tmp_path: Path) -> None:
    half = io.BytesIO()
    Image.fromarray(ARRAY.repeat(20, 0)).save(half, format="JPEG")
    (tmp_path / "half.jpg").write_bytes(half.getvalue()[: len(half.getvalue()) // 2])
    (tmp_path / "none.png").write_bytes(b"no picture")
    with Image.open(tmp_path / "half.jpg") as picture:
        given = [
            tmp_path / "half.jpg",
            ARRAY,
            tmp_path / "none.png",
            tmp_path / "gone.png",
            tmp_path,
            ARRAY.astype(float),
            ARRAY[..., 0],
            ARRAY[:4],
            picture,
        ]
        read = list(opened(given))
    problems = [None if isinstance(one, Readable) else one.problem for one in read]
    assert [problem is None for problem in problems] == [False, True, *[False] * 7]
    expected = ["truncated: ", None, "not_an_image: ", "No such file", "a folder, not a file"]
    expected += ["float64 (20, 30, 3); give uint8", "uint8 (20, 30); give uint8", "too_small: 30 x 4", "truncated: "]
    assert all(words is None or words in problem for words, problem in zip(expected, problems, strict=True) if problem)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (7, "int is no picture; give a path"),
        ([ARRAY, None], "image 1: NoneType is no picture; give a path"),
        (b"ab", "image 0: int is no picture"),
    ],
)
def test_what_is_no_picture_at_all_is_one_line(images: object, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        list(opened(images))  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_a_folder_without_images_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no image file below this folder"):
        list(opened(tmp_path))


def test_a_stream_is_read_as_it_is_asked_for() -> None:
    taken = itertools.count()

    def endless() -> Iterator[np.ndarray]:
        while True:
            next(taken)
            yield ARRAY

    assert len(list(itertools.islice(opened(endless()), 3))) == 3
    assert next(taken) == 3
