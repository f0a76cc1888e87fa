"""Nothing of a source is lost without a count, a reason and, where there is one, a near name."""

from pathlib import Path

from creativity_assets import sources
from creativity_assets.catalog.datasets import FolderDataset
from creativity_assets.sources.losses import Losses, near_names
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets_tests.images.pictures import encoded, scene, write


def source(place: Path) -> FolderDataset:
    """100 pictures: 39 with a row, 25 whose rows have another ending, 36 without any; and 5 rows without a picture."""
    picture = encoded(scene())
    rows = []
    for n in range(100):
        write(place / f"work-{n:03}.png", picture)
        if n < 39:
            rows.append(f"work-{n:03}.png,A{n}")
        elif n < 64:
            rows.append(f"WORK-{n:03}.gif,A{n}")
    rows += [f"gone-{n}.png,B" for n in range(5)]
    write(place / "metadata.csv", "\n".join(["file,artist", *rows, ""]).encode())
    return FolderDataset(name="prints", kind="folder", path=str(place))


def test_61_of_100_pictures_without_a_row(tmp_path: Path) -> None:
    losses = sources.survey(source(tmp_path), tmp_path)
    assert losses is not None
    assert (losses.read, losses.kept, losses.near) == (130, 39, 25)
    assert losses.rejected == {"no_metadata_row": 61, "missing_file": 30}
    assert str(losses) == (
        "130 read, 39 kept: 61 of 100 pictures have no row; 30 rows name no file that is here; 25 differ in case, "
        "ending or punctuation alone: work-039.png and WORK-039.gif, work-040.png and WORK-040.gif, "
        "work-041.png and WORK-041.gif, ..."
    )


def test_a_survey_counts_what_reading_gives(tmp_path: Path) -> None:
    entry = source(tmp_path)
    items = list(sources.read(entry, tmp_path))
    rejects = [(item.reason, item.detail) for item in items if isinstance(item, SourceReject)]
    kept = sum(isinstance(item, SourceRecord) for item in items)
    assert Losses.of(kept, rejects) == sources.survey(entry, tmp_path)


def test_the_words_for_nothing_lost_and_for_other_reasons() -> None:
    assert str(Losses.of(0, [])) == "nothing read: it holds no image"
    assert str(Losses.of(1200, [])) == "1,200 read, all kept"
    assert str(Losses.of(0, [("truncated", "x"), ("truncated", "y")])) == "2 read, 0 kept: 2 truncated"
    rows = [("missing_file", "t.csv line 3: a.gif is not in the source; near by its name: a.png")]
    assert str(Losses.of(2, rows)).endswith("1 differ in case, ending or punctuation alone: a.gif and a.png")
    assert near_names("no near name") is None
