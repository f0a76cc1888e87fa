"""`catalog add dataset`: what is proposed for each kind of source, and that nothing is ever overwritten."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from creativity_assets.catalog import load_catalog
from creativity_assets.cli import app
from creativity_assets.errors import CatalogError, SourceError
from creativity_assets.orchestration.instance import open_instance
from creativity_assets.workflow.proposing import ROWS_SHOWN, propose, write
from creativity_assets_tests.running import bring_up_to_date, table
from creativity_assets_tests.sources.archives import WORKS, ai_members, human_members, tar, zipped
from creativity_assets_tests.sources.pictures import encoded, scene
from creativity_assets_tests.sources.pictures import write as write_file
from creativity_assets_tests.sources.videos import video
from creativity_assets_tests.studies import save_picture


def files(place: Path, *names: str) -> Path:
    for name in names:
        write_file(place / name)
    return place


def with_table(place: Path) -> Path:
    files(place, "images/a.png", "images/b.png")
    write_file(place / "notes.csv", b"who,what\nx,y\n")
    write_file(place / "works.csv", b"File_Name,Painter,Dated,is_ai\na.png,Anna,c. 1890,real\nb.png,Berta,,Fake\n")
    return place


def parquet(place: Path) -> Path:
    rows = [
        {"image": {"bytes": encoded(scene(20 + n, 20)), "path": None}, "painter": f"P{n}", "prompt": "x"}
        for n in range(12)
    ]
    place.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), place / "part-0.parquet")
    return place


CASES: dict[str, tuple[Callable[[Path], Path], dict[str, Any]]] = {
    "folders of artists": (
        lambda place: files(place, "Anna/a.png", "Berta/b.png"),
        {"kind": "folder", "constants": {"label": "human"}},
    ),
    "a table under another name": (
        with_table,
        {
            "kind": "folder",
            "metadata": "works.csv",
            "columns": {"file": "File_Name", "artist": "Painter", "year": "Dated", "label": "is_ai"},
            "values": {"label": {"Fake": "ai", "real": "human"}},
        },
    ),
    "WikiArt's names under styles": (
        lambda place: files(place, "Cubism/pablo-picasso_guitar-1913.jpg", "Fauvism/henri-matisse_dance.jpg"),
        {"kind": "folder", "file_names": "wikiart", "paths": [{"match": "**/{style}/*"}], "constants": {"label": "human"}},
    ),
    "folders of labels": (
        lambda place: files(place, "BigGAN/train/ai/1.png", "BigGAN/train/nature/2.png"),
        {
            "kind": "folder",
            "paths": [{"match": "**/ai/**/*", "set": {"label": "ai"}}, {"match": "**/nature/**/*", "set": {"label": "human"}}],
        },
    ),
    "Parquet": (parquet, {"kind": "parquet", "columns": {"image": "image", "artist": "painter", "caption": "prompt"}, "constants": {"label": "human"}}),
    "videos": (lambda place: video(place / "a.mp4", [90]).parent, {"kind": "video", "frames": {"every": 1.0}, "constants": {"label": "human"}}),
    "the study's human archive": (
        lambda place: tar(place.with_suffix(".tar.gz"), human_members()),
        {
            "kind": "archive",
            "metadata": "data.csv",
            "columns": {"file": "file_name", "artist": "artist", "title": "painting_name", "genre": "genre", "caption": "description"},
            "file_names": "wikiart",
            "constants": {"label": "human"},
        },
    ),
    "a zip file without a table": (
        lambda place: zipped(place.with_suffix(".zip"), {"x/a.png": encoded(scene())}),
        {"kind": "archive", "constants": {"label": "human"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_source_is_proposed_as_it_is_laid_out_and_the_entry_reads_it(
    study_root: Path, tmp_path: Path, case: str
) -> None:
    make, expected = CASES[case]
    (tmp_path / "sources").mkdir()
    source = make(tmp_path / "sources" / "New Set")
    proposal = propose(study_root, str(source))
    assert proposal.name.startswith("new-set")
    assert {**proposal.settings, "path": None} == {**expected, "path": None}
    assert 1 <= len(proposal.rows) <= ROWS_SHOWN
    assert bool(proposal.guesses) == ("constants" in expected)
    path = write(study_root, proposal)
    assert yaml.safe_load(path.read_text(encoding="utf-8")) == {"datasets": {proposal.name: proposal.settings}}
    again = load_catalog(study_root).dataset(proposal.name)
    assert again.local_path == str(source)


def test_ten_rows_are_shown_with_what_became_of_them(study_root: Path, tmp_path: Path) -> None:
    proposal = propose(study_root, str(parquet(tmp_path / "set")), label="ai")
    assert proposal.rows["artist"].tolist() == [f"P{n}" for n in range(10)]
    assert set(proposal.rows["label"]) == {"ai"}
    assert set(proposal.rows["family"]) == {"diffusion"}
    assert proposal.guesses == []
    rows = propose(study_root, str(with_table(tmp_path / "other"))).rows
    assert rows[["label", "year", "year_source"]].astype("string").fillna("-").to_numpy().tolist() == [
        ["human", "1890", "circa"],
        ["ai", "-", "none"],
    ]


def test_a_path_below_the_data_root_is_told_from_there(study_root: Path) -> None:
    files(study_root / "collections" / "prints", "a.png")
    assert propose(study_root, str(study_root / "collections" / "prints")).settings["path"] == "collections/prints"


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("nowhere", SourceError, "nothing is there, and it is no hub id either"),
        ("paintings", CatalogError, "paintings: a data set of this name exists; give another with --name"),
        ("empty", SourceError, "no image was found"),
        ("file.txt", SourceError, "neither Parquet nor an archive"),
    ],
)
def test_what_cannot_be_proposed_is_told_with_the_remedy(
    study_root: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    error: type[Exception],
    message: str,
) -> None:
    folder = study_root.parent / "pictures"
    (folder / "empty").mkdir()
    (folder / "file.txt").write_text("x")
    monkeypatch.chdir(folder)
    with pytest.raises(error, match=message):
        propose(study_root, source)


def test_an_archive_on_a_hub_is_proposed_from_this_machines_copy_when_offline(
    study_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub_id = "Dant33/Wikiart_with_StableDiffusion"
    for offline in (False, True):
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
        monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # where nobody answers
        with pytest.raises(SourceError, match="the hub tells nothing of Dant33/Wikiart_with_StableDiffusion") as caught:
            propose(study_root, hub_id)
        assert "\n" not in str(caught.value)
    repository = tmp_path / "hub" / "datasets--Dant33--Wikiart_with_StableDiffusion"
    commit = "0123456789abcdef0123456789abcdef01234567"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit)
    (repository / "snapshots" / commit).mkdir(parents=True)
    shutil.move(tar(tmp_path / "made.tar.gz", ai_members()), repository / "snapshots" / commit / "dataset.tar.gz")
    proposal = propose(study_root, hub_id, label="ai")
    assert proposal.name == "wikiart-with-stablediffusion"
    assert proposal.settings == {
        "kind": "archive",
        "hub_id": hub_id,
        "revision": commit,
        "file": "dataset.tar.gz",
        "metadata": "data.csv",
        "columns": {"file": "generated_image", "caption": "prompt"},
        "file_names": "wikiart",
        "constants": {"label": "ai"},
    }
    assert len(proposal.rows) == len(WORKS) - 1


def test_the_command_asks_before_it_writes_and_never_overwrites(study_root: Path, tmp_path: Path) -> None:
    source = str(files(tmp_path / "prints", "Anna/a.png", "b.pdf"))
    runner = CliRunner()
    target = study_root / "catalog" / "prints.yaml"
    no = runner.invoke(app, ["catalog", "add", "dataset", source], input="n\n")
    assert no.exit_code == 0
    assert not target.exists()
    for told in (
        "kind: folder",
        "Anna/a.png",
        "not_an_image_file",
        "label human is a guess",
        "Write this to catalog/prints.yaml?",
    ):
        assert told in no.output
    yes = runner.invoke(app, ["catalog", "add", "dataset", source, "--yes", "--label", "human"])
    assert (yes.exit_code, "Write this" in yes.output) == (0, False)
    assert load_catalog(study_root).dataset("prints").local_path == source
    again = runner.invoke(app, ["catalog", "add", "dataset", source, "--yes"])
    assert isinstance(again.exception, CatalogError)
    (study_root / "catalog" / "other.yaml").write_text("eras: {}\n")
    kept = runner.invoke(app, ["catalog", "add", "dataset", source, "--yes", "--name", "other"])
    assert isinstance(kept.exception, CatalogError)
    assert "stays as it is" in str(kept.exception)
    assert (study_root / "catalog" / "other.yaml").read_text() == "eras: {}\n"


def test_a_data_set_is_one_entry_and_one_name_in_an_experiment_and_so_many_new_partitions(
    measured_root: Path, tmp_path: Path
) -> None:
    def partitions() -> dict[str, int]:
        with open_instance(measured_root) as instance:
            made = instance.get_materialized_partitions(dg.AssetKey("image_metrics"))
            return {name: len(instance.get_dynamic_partitions(name)) for name in ("dataset", "collection")} | {
                "cells": len(made)
            }

    bring_up_to_date(measured_root)
    before = partitions()
    for name in ("Anna/a.png", "Anna/b.png", "Berta/c.png"):
        save_picture(tmp_path / "prints" / name, seed=len(name))
    write(measured_root, propose(measured_root, str(tmp_path / "prints"), label="human"))
    study = measured_root / "catalog" / "study.yaml"
    study.write_text(
        study.read_text(encoding="utf-8").replace("- copies\n", "- copies\n    - prints\n"), encoding="utf-8"
    )
    bring_up_to_date(measured_root)
    after = partitions()
    assert {name: after[name] - before[name] for name in before} == {"dataset": 1, "collection": 2, "cells": 2}
    assert (table(measured_root, "samples")["dataset"] == "prints").sum() == 3
