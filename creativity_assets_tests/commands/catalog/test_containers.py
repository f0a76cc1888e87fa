"""`catalog add dataset` for webdataset, saved folders, archives in parts, and what is no file."""

import os
import shutil
from pathlib import Path

import pytest

from creativity_assets.commands.catalog.proposal import propose
from creativity_assets.errors import SourceError
from creativity_assets_tests.beside import case
from creativity_assets_tests.images.pictures import encoded, scene, write
from creativity_assets_tests.sources.archives import tar, zipped
from creativity_assets_tests.sources.test_arrow import saved
from creativity_assets_tests.sources.test_sidecars import object_of

PICTURE = encoded(scene(24, 20))


@pytest.mark.parametrize("packed", [None, tar, zipped])
def test_texts_and_objects_beside_images_are_proposed_by_what_they_say(
    study_root: Path, tmp_path: Path, packed: object
) -> None:
    members = {}
    for n in range(3):
        members |= {f"{n}.png": PICTURE, f"{n}.txt": b"words"}
        members[f"{n}.json"] = object_of(painter=f"P{n}", made="fake" if n else "real", label="cat")
    place = tmp_path / ("set.zip" if packed is zipped else "set.tar")
    if packed is None:
        place = tmp_path / "set"
        for name, data in members.items():
            write(place / name, data)
    else:
        packed(place, members)  # type: ignore[operator]
    proposal = propose(study_root, str(place))
    assert proposal.settings["columns"] == {"artist": "painter", "label": None}
    assert proposal.rows["artist"].tolist() == ["P0", "P1", "P2"]
    assert proposal.rows["caption"].tolist() == ["words"] * 3
    assert proposal.rejects == []
    assert proposal.guesses[0] == "texts and objects beside the images are read by their stems"


def test_saved_folders_are_proposed_with_a_split_that_is_there(study_root: Path, tmp_path: Path) -> None:
    saved(tmp_path / "one")
    proposal = propose(study_root, str(tmp_path / "one"))
    assert (proposal.settings["kind"], len(proposal.rows)) == ("huggingface", 4)
    saved(tmp_path / "both" / "test", 2)
    write(tmp_path / "both" / "dataset_dict.json", b'{"splits": ["test"]}')
    proposal = propose(study_root, str(tmp_path / "both"))
    assert (proposal.settings["split"], len(proposal.rows)) == ("test", 2)


@pytest.mark.parametrize("place", ["split", "split/set.zip", "split/set.z01"])
def test_parts_of_an_archive_stop_the_proposal_with_the_line_that_joins_them(
    study_root: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / "split").mkdir()
    zipped(tmp_path / "split" / "set.zip", {"a.png": PICTURE})
    write(tmp_path / "split" / "set.z01", b"PK\7\10")
    with pytest.raises(
        SourceError, match=r"part of a split archive; join its parts: zip -s 0 set.zip --out set-whole.zip"
    ):
        propose(study_root, str(tmp_path / place))


@pytest.mark.timeout(60)
def test_a_pipe_stops_no_proposal_for_ever(study_root: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "set.tar")
    with pytest.raises(SourceError, match="set.tar is a pipe, not a file"):
        propose(study_root, str(tmp_path / "set.tar"))
    write(tmp_path / "folder" / "a.png", PICTURE)
    write(tmp_path / "folder" / "b.png", PICTURE)
    for name in ("images.parquet", "a.json", "other.csv"):
        os.mkfifo(tmp_path / "folder" / name)
    proposal = propose(study_root, str(tmp_path / "folder"))
    assert [reject.partition(":")[0] for reject in proposal.rejects] == ["unreadable_sidecar"]
    assert len(proposal.rows) == 1
    os.mkfifo(tmp_path / "folder" / "metadata.csv")
    with pytest.raises(SourceError, match=r"metadata.csv.*a pipe, not a file"):
        propose(study_root, str(tmp_path / "folder"))
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SourceError, match="loop"):
        propose(study_root, str(tmp_path / "loop"))


@pytest.mark.parametrize(
    "name", ["wds-folder", "00000.tar", "saved", "saved-dict", "view.parquet", "dict.parquet", "hardlinks.tar"]
)
def test_the_shared_cases_are_proposed(study_root: Path, name: str) -> None:
    proposal = propose(study_root, str(case("sources", name)), name="case")
    assert len(proposal.rows) >= 3
    assert proposal.rejects == []


def test_the_shared_case_in_parts_is_one_line(study_root: Path, tmp_path: Path) -> None:
    shutil.copytree(case("sources", "split"), tmp_path / "split")
    for place in (tmp_path / "split", tmp_path / "split" / "imagenet_ai.zip"):
        with pytest.raises(SourceError, match="is a part of a split archive; join its parts"):
            propose(study_root, str(place))
