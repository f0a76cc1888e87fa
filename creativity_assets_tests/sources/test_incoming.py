import shutil
import time
from pathlib import Path

from creativity_assets.sources.incoming import SETTLE_SECONDS, look
from creativity_assets_tests.images.pictures import write


def later() -> float:
    return time.time() + SETTLE_SECONDS + 1


def test_nothing_is_there(tmp_path: Path) -> None:
    assert look(tmp_path) == ((), (), ())


def test_folders_are_sorted_by_what_can_be_done_with_them(tmp_path: Path) -> None:
    for name in ("b-set/x/a.png", "a_set/a.JPG", "My Pictures/a.png", "notes/readme.txt", ".hidden/a.png"):
        write(tmp_path / "incoming" / name)
    write(tmp_path / "incoming" / "loose.png")
    ready, waiting, refused = look(tmp_path, now=later())
    assert ready == ("a_set", "b-set")
    assert waiting == ()
    assert [(reject.key, reject.reason) for reject in refused] == [
        ("My Pictures", "bad_name"),
        ("loose.png", "not_a_folder"),
        ("notes", "no_images"),
    ]
    assert all(reject.detail.startswith(f"data/incoming/{reject.key}: ") for reject in refused)


def test_a_folder_that_is_still_written_waits(tmp_path: Path) -> None:
    write(tmp_path / "incoming" / "set" / "deep" / "a.png")
    assert look(tmp_path).waiting == ("set",)
    assert look(tmp_path, now=later()).ready == ("set",)


def test_a_copy_that_keeps_old_dates_waits_too(tmp_path: Path) -> None:
    import os

    old = write(tmp_path / "a.png")
    os.utime(old, (0, 0))
    (tmp_path / "incoming" / "set").mkdir(parents=True)
    shutil.copy2(old, tmp_path / "incoming" / "set" / "a.png")
    os.utime(tmp_path / "incoming" / "set", (0, 0))
    assert look(tmp_path).waiting == ("set",)


def test_a_dangling_link_stops_nothing(tmp_path: Path) -> None:
    write(tmp_path / "incoming" / "set" / "a.png")
    (tmp_path / "incoming" / "set" / "b.png").symlink_to("gone.png")
    assert look(tmp_path, now=later()).ready == ("set",)
