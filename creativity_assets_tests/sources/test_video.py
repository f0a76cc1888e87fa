from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from creativity_assets import sources
from creativity_assets.catalog.datasets import VideoDataset
from creativity_assets.images.decoding import decode
from creativity_assets.sources.kinds import video as reader
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets_tests.beside import case
from creativity_assets_tests.images.pictures import write
from creativity_assets_tests.sources.videos import sound, turned, video, with_cover


def entry(path: Path, **settings: Any) -> VideoDataset:
    defaults = {"name": "film", "kind": "video", "path": str(path), "frames": {"every": 1.0}}
    return VideoDataset.model_validate(defaults | settings)


def read(path: Path, **settings: Any) -> tuple[list[SourceRecord], dict[str, str]]:
    items = list(sources.read(entry(path, **settings), path.parent))
    records = [item for item in items if isinstance(item, SourceRecord)]
    return records, {item.key: item.reason for item in items if isinstance(item, SourceReject)}


def times(records: list[SourceRecord]) -> list[str]:
    return [record.key.partition("#t=")[2] for record in records]


def greys(records: list[SourceRecord]) -> list[float]:
    return [float(np.asarray(decode(record.image).image).mean()) for record in records]


def test_a_frame_every_n_seconds_is_the_first_at_or_after_each_multiple(tmp_path: Path) -> None:
    video(tmp_path / "a.mp4", [0, 120, 250])  # 30 frames, one every 0.1 s, a grey for each second
    records, rejects = read(tmp_path)
    assert rejects == {}
    assert times(records) == ["0.000", "1.000", "2.000"]
    assert greys(records) == pytest.approx([0, 120, 250], abs=6)  # the codec's loss on flat fields
    assert times(read(tmp_path, frames={"every": 0.75})[0]) == ["0.000", "0.800", "1.500", "2.300"]
    assert times(read(tmp_path, frames={"every": 60})[0]) == ["0.000"]
    assert len(read(tmp_path, frames={"every": 0.01})[0]) == 30  # never a frame twice


def test_a_scene_gives_its_first_frame_where_the_score_passes_the_threshold(tmp_path: Path) -> None:
    video(tmp_path / "a.mp4", [0, 0, 250, 220, 20])
    assert times(read(tmp_path, frames={"scenes": 0.4})[0]) == ["0.000", "2.000", "4.000"]
    # From 250 to 220 the luma, in studio range, falls by 30 x 219/255 = 25.8 levels: a score of 0.258.
    assert times(read(tmp_path, frames={"scenes": 0.24})[0]) == ["0.000", "2.000", "3.000", "4.000"]
    assert times(read(tmp_path, frames={"scenes": 0.27})[0]) == ["0.000", "2.000", "4.000"]


def test_title_artist_and_constants_come_from_the_table_or_the_path(tmp_path: Path) -> None:
    video(tmp_path / "Maya Deren" / "meshes_of.mp4", [90])
    (record,), _ = read(tmp_path, constants={"label": "human", "automation": "camera", "family": "film_frame"})
    assert record.fields == {
        "artist": "Maya Deren",
        "title": "meshes of, 0.0 s",
        "label": "human",
        "automation": "camera",
        "family": "film_frame",
    }
    write(tmp_path / "metadata.csv", b"file,director,title,year\nMaya Deren/meshes_of.mp4,M. Deren,Meshes,1943\n")
    (record,), _ = read(tmp_path, columns={"artist": "director"})
    assert record.fields == {"artist": "M. Deren", "title": "Meshes, 0.0 s", "year": "1943"}
    assert record.uri == f"{tmp_path}/Maya Deren/meshes_of.mp4#t=0.000.png"


def test_pixels_are_made_square_and_frames_upright(tmp_path: Path) -> None:
    video(tmp_path / "wide" / "a.mp4", [90], aspect=Fraction(2, 1))
    (wide,), _ = read(tmp_path / "wide")
    assert decode(wide.image).image.size == (128, 48)
    turned(video(tmp_path / "turned" / "a.mp4", [0], marked=True))
    (upright,), _ = read(tmp_path / "turned")
    picture = np.asarray(decode(upright.image).image.convert("L"))
    assert picture.shape == (64, 48)
    quarters = {
        name: int(part.mean()) for name, part in zip(("left", "right"), np.hsplit(picture[:32], 2), strict=True)
    }
    assert quarters["right"] > 240  # the mark was at the top left
    assert quarters["left"] < 20


def test_files_that_are_no_sound_video_are_rejects_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = video(tmp_path / "good.mp4", [90, 10])
    write(tmp_path / "text.mp4", b"no video at all")
    write(tmp_path / "empty.mkv", b"")
    write(tmp_path / "cut.mp4", good.read_bytes()[:300])
    write(tmp_path / "poster.png")
    sound(tmp_path / "sound.mp4")
    records, rejects = read(tmp_path)
    assert [record.key for record in records] == ["good.mp4#t=0.000", "good.mp4#t=1.000"]
    assert rejects == {
        "cut.mp4": "damaged_video",
        "empty.mkv": "damaged_video",
        "poster.png": "not_a_video_file",
        "sound.mp4": "no_video_stream",
        "text.mp4": "damaged_video",
    }


def test_the_same_frames_come_again_bit_by_bit_and_a_limit_draws_among_them(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        video(tmp_path / name, [0, 60, 120, 180, 240], seconds=0.5)
    everything = {record.key: record.image for record in read(tmp_path, frames={"every": 0.1})[0]}
    assert everything == {record.key: record.image for record in read(tmp_path, frames={"every": 0.1})[0]}
    sample = {record.key: record.image for record in read(tmp_path, frames={"every": 0.1}, limit=7, seed=1)[0]}
    assert len(sample) == 7
    assert sample.items() <= everything.items()
    assert sample.keys() != {record.key for record in read(tmp_path, frames={"every": 0.1}, limit=7, seed=2)[0]}


def test_frames_are_lossless_png(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", [77], marked=True)
    (record,), _ = read(tmp_path)
    with av.open(str(path)) as container:
        first: Image.Image = next(container.decode(video=0)).to_image()
    decoded = decode(record.image)
    assert decoded.format == "PNG"
    assert np.array_equal(np.asarray(decoded.image), np.asarray(first))


@pytest.mark.parametrize("frames", [{}, {"every": 1.0, "scenes": 0.4}, {"every": 0}, {"scenes": 1.5}])
def test_a_rule_is_one_of_the_two_and_makes_sense(tmp_path: Path, frames: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        entry(tmp_path, frames=frames)


@pytest.mark.parametrize("first", [True, False])
def test_a_cover_picture_is_no_film_wherever_it_stands(tmp_path: Path, first: bool) -> None:
    with_cover(tmp_path / "a.mp4", [0, 120, 250], first=first)
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert [bool(stream.disposition & 1024) for stream in container.streams.video] == [first, not first]
    for frames in ({"every": 1.0}, {"scenes": 0.3}):
        records, rejects = read(tmp_path, frames=frames)
        assert rejects == {}
        assert times(records) == ["0.000", "1.000", "2.000"]
        assert greys(records) == pytest.approx([0, 120, 250], abs=6)
        assert decode(records[0].image).image.size == (64, 48)  # not the cover's 32 x 32


def test_a_cover_alone_is_no_film(tmp_path: Path) -> None:
    with_cover(tmp_path / "a.mp4", [], first=True)
    assert read(tmp_path) == ([], {"a.mp4": "no_video_stream"})


@pytest.mark.parametrize("name", ["cover-first.mp4", "cover-last.mp4"])
def test_the_shared_cases_of_covers(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to(case("sources", "video", name))
    records, rejects = read(tmp_path, frames={"every": 1.0})
    assert (len(records), rejects) == (3, {})


def test_frames_beyond_the_limit_of_pixels_are_a_reject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video(tmp_path / "a.mp4", [90], aspect=Fraction(4, 1))  # 64 x 48 pixels, to be shown as 256 x 48
    monkeypatch.setattr(reader, "MAX_PIXELS", 256 * 48)
    assert len(read(tmp_path)[0]) == 1
    monkeypatch.setattr(reader, "MAX_PIXELS", 256 * 48 - 1)
    assert read(tmp_path) == ([], {"a.mp4": "too_large"})
