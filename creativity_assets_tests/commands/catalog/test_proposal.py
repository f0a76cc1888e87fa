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

from creativity_assets import sources
from creativity_assets.catalog import load_catalog
from creativity_assets.cli import app
from creativity_assets.commands.catalog.proposal import ROWS_SHOWN, propose, write
from creativity_assets.errors import CatalogError, SourceError
from creativity_assets.orchestration.instance import open_instance
from creativity_assets.sources.records import SourceRecord
from creativity_assets_tests.hub_cache import COMMIT, HubCache
from creativity_assets_tests.images.pictures import encoded, scene
from creativity_assets_tests.images.pictures import write as write_file
from creativity_assets_tests.running import bring_up_to_date, table
from creativity_assets_tests.sources.archives import WORKS, ai_members, human_members, tar, zipped
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


LABEL_GUESSED = "nothing tells human from ai: label human is a guess"


def embedded(place: Path, **columns: list[Any]) -> Path:
    """Parquet with images and these columns, a row for each of their cells."""
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    images = [{"image": {"bytes": encoded(scene(20 + n, 20)), "path": None}} for n in range(len(rows))]
    place.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([i | r for i, r in zip(images, rows, strict=True)]), place / "part-0.parquet")
    return place


def with_other_files(place: Path) -> Path:
    """What lies beside images for other programs, each of which used to stop the proposal or to hide the images."""
    files(place, "Anna/a.png", "Berta/b.png")
    write_file(place / "classes.json", b'["cat", "dog"]')
    write_file(place / "settings.json", b"{")
    write_file(place / "prices.csv", b"thing,price\nframe,3\n")
    write_file(place / "latin.csv", "name\nD\xfcrer\n".encode("latin-1"))
    write_file(place / "half.parquet", b"PAR1")
    return place


def with_words(place: Path, header: str, *rows: str) -> Path:
    files(place, *(row.split(",")[0] for row in rows))
    write_file(place / "metadata.csv", "\n".join([header, *rows, ""]).encode())
    return place


def with_cells(place: Path, table: bytes) -> Path:
    files(place, "a.png")
    write_file(place / "metadata.csv", table)
    return place


def with_ids(place: Path) -> Path:
    files(place, "images/000000.jpg", "images/000001.jpg")
    write_file(place / "metadata.csv", b"id,artist,year\n000000,Ann,1880\n000001,Ben,1881\n")
    return place


def with_stems(place: Path) -> Path:
    files(place, "Impressionism/ann-lee_river-1889.jpg", "Impressionism/ben-dee_hill-1890.jpg")
    rows = "".join(f"Impressionism,{stem},awe,words\r\n" for stem in ("ann-lee_river-1889", "ben-dee_hill-1890"))
    write_file(place / "artemis.csv", f"art_style,painting,emotion,utterance\r\n{rows}".encode())
    return place


CASES: dict[str, tuple[Callable[[Path], Path], dict[str, Any], list[str]]] = {
    "folders of artists": (
        lambda place: files(place, "Anna/a.png", "Berta/b.png"),
        {"kind": "folder", "constants": {"label": "human"}},
        [LABEL_GUESSED],
    ),
    "files that are no table of the images": (
        with_other_files,
        {"kind": "folder", "constants": {"label": "human"}},
        ["not read, since they name no image here: classes.json, half.parquet, latin.csv and 2 more", LABEL_GUESSED],
    ),
    "a label of other words": (
        lambda place: with_words(place, "file,label,family", "a.png,cat,felidae", "b.png,dog,canidae"),
        {"kind": "folder", "columns": {"file": "file", "label": None, "family": None}, "constants": {"label": "human"}},
        ["column 'label' is not read: it holds cat, dog, which are none of human, ai", "column 'family' is not read", LABEL_GUESSED],
    ),
    "a label of numbers in Parquet": (
        lambda place: embedded(place, label=[0, 1], family=["gan", "diffusion"]),
        {"kind": "parquet", "columns": {"image": "image", "label": None}, "constants": {"label": "human"}},
        ["column 'label' is not read: it holds 0, 1", LABEL_GUESSED],
    ),
    "a told label in Parquet beside another class": (
        lambda place: embedded(place, label=["cat", "dog"], is_ai=["real", "ai"]),
        {"kind": "parquet", "columns": {"image": "image", "label": "is_ai"}, "values": {"label": {"real": "human"}}},
        [],
    ),
    "styles as labels": (
        lambda place: with_words(place, "file,label", "a.png,art_nouveau", "b.png,Ukiyo-e", "c.png,post_impressionism"),
        {"kind": "folder", "columns": {"file": "file", "style": "label"}, "constants": {"label": "human"}},
        ["column 'label' holds styles by its words", LABEL_GUESSED],
    ),
    "a table under another name": (
        with_table,
        {
            "kind": "folder",
            "metadata": "works.csv",
            "columns": {"file": "File_Name", "artist": "Painter", "year": "Dated", "label": "is_ai"},
            "values": {"label": {"Fake": "ai", "real": "human"}},
        },
        ["not read, since they name no image here: notes.csv"],
    ),
    "WikiArt's names under styles": (
        lambda place: files(place, "Cubism/pablo-picasso_guitar-1913.jpg", "Fauvism/henri-matisse_dance.jpg"),
        {"kind": "folder", "file_names": "wikiart", "paths": [{"match": "**/{style}/*"}], "constants": {"label": "human"}},
        [LABEL_GUESSED],
    ),
    "first names and surnames": (
        lambda place: files(place, "ann_lee.jpg", "ben_adams.jpg", "cy-ron_dee.jpg"),
        {"kind": "folder", "constants": {"label": "human"}},
        [LABEL_GUESSED],
    ),
    "WikiArt's names without years": (
        lambda place: files(place, "ann-lee_sea.jpg", "ann-lee_hill.jpg", "cy-dee_wood.jpg"),
        {"kind": "folder", "file_names": "wikiart", "constants": {"label": "human"}},
        [LABEL_GUESSED],
    ),
    "WikiArt's names as scrapers leave them": (
        lambda place: files(place, "Realism/ann-lee_sea-1889.jpg!Large", "Realism/ann-lee_hill-1890", "Realism/cy-dee_wood.jpg_large"),
        {"kind": "folder", "file_names": "wikiart", "paths": [{"match": "**/{style}/*"}], "constants": {"label": "human"}},
        [LABEL_GUESSED],
    ),
    "artists as names of files": (
        lambda place: files(place, "AgnesExamplePelton.png", "BenExample.png"),
        {"kind": "folder", "file_names": "artist", "constants": {"label": "human"}},
        ["file names are read as artists, such as Agnes Example Pelton", LABEL_GUESSED],
    ),
    "ArtEmis": (
        with_stems,
        {
            "kind": "folder",
            "metadata": "artemis.csv",
            "columns": {"file": "painting", "style": "art_style", "caption": "utterance"},
            "file_names": "wikiart",
            "constants": {"label": "human"},
        },
        [LABEL_GUESSED],
    ),
    "ids": (
        with_ids,
        {"kind": "folder", "columns": {"file": "id", "artist": "artist", "year": "year"}, "constants": {"label": "human"}},
        [LABEL_GUESSED],
    ),
    "a table from a spreadsheet": (
        lambda place: with_cells(place, "sep=;\nfile;artist\na.png;Zoé\n".encode("cp1252")),
        {"kind": "folder", "columns": {"file": "file", "artist": "artist"}, "constants": {"label": "human"}},
        ["metadata.csv is not UTF-8 (line 3) and was read as Windows-1252", LABEL_GUESSED],
    ),
    "folders of labels": (
        lambda place: files(place, "BigGAN/train/ai/1.png", "BigGAN/train/nature/2.png"),
        {
            "kind": "folder",
            "paths": [{"match": "**/ai/**/*", "set": {"label": "ai"}}, {"match": "**/nature/**/*", "set": {"label": "human"}}],
        },
        [],
    ),
    "Parquet": (parquet, {"kind": "parquet", "columns": {"image": "image", "artist": "painter", "caption": "prompt"}, "constants": {"label": "human"}}, [LABEL_GUESSED]),
    "videos": (
        lambda place: video(place / "a.mp4", [90]).parent,
        {"kind": "video", "frames": {"every": 1.0}, "constants": {"label": "human", "family": "film_frame"}},
        [LABEL_GUESSED, "family film_frame is a guess"],
    ),
    "videos by models and by people": (
        lambda place: video(place / "ai" / "a.mp4", [90]).parents[1],
        {"kind": "video", "frames": {"every": 1.0}, "paths": [{"match": "**/ai/**/*", "set": {"label": "ai"}}], "constants": {"family": "video_frame"}},
        ["family video_frame is a guess"],
    ),
    "the study's human archive": (
        lambda place: tar(place.with_suffix(".tar.gz"), human_members()),
        {
            "kind": "archive",
            "metadata": "data.csv",
            "columns": {"file": "file_name", "artist": "artist", "title": "painting_name", "style": "genre", "caption": "description"},
            "file_names": "wikiart",
            "constants": {"label": "human"},
        },
        ["column 'genre' holds styles by its words", LABEL_GUESSED],
    ),
    "a zip file without a table": (
        lambda place: zipped(place.with_suffix(".zip"), {"x/a.png": encoded(scene())}),
        {"kind": "archive", "constants": {"label": "human"}},
        [LABEL_GUESSED],
    ),
    "a zip file with files of other programs": (
        lambda place: zipped(place.with_suffix(".zip"), {"settings.json": b"{", "x/a.png": encoded(scene())}),
        {"kind": "archive", "constants": {"label": "human"}},
        ["not read, since they name no image here: settings.json", LABEL_GUESSED],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_source_is_proposed_as_it_is_laid_out_and_the_entry_reads_it(
    study_root: Path, tmp_path: Path, case: str
) -> None:
    make, expected, guesses = CASES[case]
    (tmp_path / "sources").mkdir()
    source = make(tmp_path / "sources" / "New Set")
    proposal = propose(study_root, str(source))
    assert proposal.name.startswith("new-set")
    assert {**proposal.settings, "path": None} == {**expected, "path": None}
    assert 1 <= len(proposal.rows) <= ROWS_SHOWN
    assert len(proposal.guesses) == len(guesses)
    assert all(line.startswith(guess) for line, guess in zip(proposal.guesses, guesses, strict=True))
    assert not [line for line in proposal.rejects if line.startswith("unknown_word")]
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
        ("src/missing.tar", SourceError, "^src/missing.tar: there is no such file or folder$"),
        ("src/missing.PNG", SourceError, "there is no such file or folder"),
        ("./x", SourceError, "^./x: there is no such file or folder$"),
        ("a/b/c", SourceError, "there is no such file or folder"),
        ("half.parquet", SourceError, "half-parquet: .*half.parquet is no whole Parquet file .*; fetch it again"),
        ("!!!", CatalogError, "no name can be made of '!!!'; give one of at most 80 small letters"),
        ("incoming", CatalogError, "incoming: in an experiment this word stands for"),
        ("broken", SourceError, "broken: metadata.json line 1 is no JSON: .*; mend metadata.json, or take it away"),
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
    (folder / "half.parquet").write_bytes(b"PAR1")
    for name in ("!!!", "incoming", "broken"):
        files(folder / name, "a.png")
    (folder / "broken" / "metadata.json").write_text("{")
    monkeypatch.chdir(folder)
    with pytest.raises(error, match=message) as caught:
        propose(study_root, source)
    assert "\n" not in str(caught.value)


def test_a_name_is_checked_before_anything_is_written(
    study_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = files(tmp_path / "My Prints", "a.png")
    monkeypatch.chdir(source)
    assert propose(study_root, ".").name == "my-prints"
    assert propose(study_root, str(source), name="b_2").name == "b_2"
    for name, hint in (("My Prints", ", such as my-prints"), ("../evil", ", such as evil"), ("", ""), ("x" * 81, "")):
        with pytest.raises(CatalogError, match=f"{name!r} is no name for an entry; give one of .*{hint}"):
            propose(study_root, ".", name=name)


def test_a_label_that_contradicts_the_source_is_refused(study_root: Path, tmp_path: Path) -> None:
    lab = files(tmp_path / "lab", "real/a.png", "fake/b.png")
    with pytest.raises(
        CatalogError, match=r"lab: its folders \(ai, human\) tell who made the images; leave out --label"
    ):
        propose(study_root, str(lab), label="ai")
    with pytest.raises(CatalogError, match="works: its column 'is_ai' tell"):
        propose(study_root, str(with_table(tmp_path / "works")), label="ai")
    only = files(tmp_path / "only", "real/a.png")
    assert propose(study_root, str(only), label="human").rows["label"].tolist() == ["human"]
    cats = with_words(tmp_path / "cats", "file,label", "a.png,cat")
    assert propose(study_root, str(cats), label="ai").rows["label"].tolist() == ["ai"]


def test_words_that_indexing_would_reject_are_shown_as_rejects(
    study_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the rows that a guess is made from, a table may hold anything."""
    monkeypatch.setattr("creativity_assets.commands.catalog.guessing.ROWS", 1)
    proposal = propose(study_root, str(with_words(tmp_path / "set", "file,family", "a.png,gan", "b.png,felidae")))
    assert proposal.rows["source_key"].tolist() == ["a.png"]
    assert [line.split(";")[0].split(" is none")[0] for line in proposal.rejects] == ["unknown_word: family 'felidae'"]


HUB_ID = "huggan/wikiart"


@pytest.fixture
def snapshot(hub: HubCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set's folder in the hub's cache, with place for the blobs that its files link to."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    folder = hub.snapshot(HUB_ID, "dataset")
    (hub.repository(HUB_ID, "dataset") / "blobs").mkdir()
    return folder


def put(snapshot: Path, name: str, made: Path) -> None:
    blob = snapshot.parents[1] / "blobs" / name.replace("/", "_")
    shutil.move(made, blob)
    (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
    (snapshot / name).symlink_to(blob)


def put_shards(snapshot: Path, tmp_path: Path, total: int = 2) -> None:
    """huggan/wikiart's layout, with a label as other collections have it."""
    import datasets

    features = datasets.Features(
        {
            "image": datasets.Image(),
            "painter": datasets.ClassLabel(names=["Unknown Artist", "vincent-van-gogh"]),
            "genre": datasets.ClassLabel(names=["abstract_painting", "cityscape"]),
            "class": datasets.ClassLabel(names=["Real", "AI"]),
            "label": datasets.Value("int64"),
        }
    )
    datasets.disable_progress_bars()
    for number in range(2):
        rows = {
            "image": [{"bytes": encoded(scene(20 + n, 20)), "path": None} for n in range(3)],
            "painter": [1, 0, 1],
            "genre": [0, 1, 1],
            "class": [0, 1, number],
            "label": [4, 5, 6],
        }
        datasets.Dataset.from_dict(rows, features=features).to_parquet(tmp_path / "made.parquet")
        put(snapshot, f"data/train-{number:05}-of-{total:05}.parquet", tmp_path / "made.parquet")
    datasets.enable_progress_bars()


def test_a_hub_id_gets_its_column_map_and_is_read_from_this_machines_copy(
    study_root: Path, tmp_path: Path, snapshot: Path
) -> None:
    put_shards(snapshot, tmp_path)
    proposal = propose(study_root, HUB_ID)
    assert proposal.settings == {
        "kind": "huggingface",
        "hub_id": HUB_ID,
        "revision": COMMIT,
        "columns": {"image": "image", "artist": "painter", "genre": "genre", "label": "class"},
        "values": {"label": {"AI": "ai", "Real": "human"}},
    }
    assert proposal.rows["artist"].tolist()[:2] == ["vincent-van-gogh", "Unknown Artist"]
    assert proposal.rows["label"].tolist() == ["human", "ai", "human", "human", "ai", "ai"]
    write(study_root, proposal)
    entry = load_catalog(study_root).dataset("wikiart")
    records = [item for item in sources.read(entry, study_root) if isinstance(item, SourceRecord)]
    assert [record.key for record in records] == [f"train:{n}" for n in range(6)]
    assert records[0].uri == f"hf://datasets/{HUB_ID}@{COMMIT}/train/0"


def test_files_of_a_hub_s_copy_have_the_keys_they_have_on_the_hub(
    study_root: Path, tmp_path: Path, snapshot: Path
) -> None:
    for name in ("ai/a.png", "real/b.png"):
        put(snapshot, f"train/{name}", write_file(tmp_path / "made.png"))
    proposal = propose(study_root, HUB_ID)
    assert proposal.settings["columns"] == {"image": "image", "label": "label"}
    assert proposal.rows[["source_key", "label"]].to_numpy().tolist() == [
        ["train/ai/a.png", "ai"],
        ["train/real/b.png", "human"],
    ]


def test_a_copy_that_lacks_shards_is_not_taken_for_the_data_set(
    study_root: Path, tmp_path: Path, snapshot: Path
) -> None:
    put_shards(snapshot, tmp_path, total=72)
    command = f"hf download {HUB_ID} --repo-type dataset --revision {COMMIT}"
    with pytest.raises(
        SourceError, match=rf"wikiart: 2 of 72 files data/train-\*.parquet of {HUB_ID} are .* {command}"
    ):
        propose(study_root, HUB_ID)


def test_an_archive_on_a_hub_is_proposed_from_this_machines_copy_when_offline(
    study_root: Path, tmp_path: Path, hub: HubCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    hub_id = "Dant33/Wikiart_with_StableDiffusion"
    for offline in (False, True):
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
        monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # where nobody answers
        with pytest.raises(SourceError, match="the hub tells nothing of Dant33/Wikiart_with_StableDiffusion") as caught:
            propose(study_root, hub_id)
        assert "\n" not in str(caught.value)
    folder = hub.snapshot(hub_id, "dataset")
    shutil.move(tar(tmp_path / "made.tar.gz", ai_members()), folder / "dataset.tar.gz")
    proposal = propose(study_root, hub_id, label="ai")
    assert proposal.name == "wikiart-with-stablediffusion"
    assert proposal.settings == {
        "kind": "archive",
        "hub_id": hub_id,
        "revision": COMMIT,
        "file": "dataset.tar.gz",
        "metadata": "data.csv",
        "columns": {"file": "generated_image", "caption": "prompt"},
        "file_names": "wikiart",
        "constants": {"label": "ai"},
    }
    assert len(proposal.rows) == len(WORKS) - 1


def test_what_is_lost_is_counted_with_near_names_before_anything_is_written(study_root: Path, tmp_path: Path) -> None:
    source = with_words(tmp_path / "prints", "file,artist", "a.png,Ann")
    files(source, "b.png", "c.png")
    with (source / "metadata.csv").open("a") as table:
        table.write("B.gif,Ben\n")
    told = CliRunner().invoke(app, ["catalog", "add", "dataset", str(source)], input="n\n").output
    assert (
        "by names and tables: 4 read, 1 kept: 2 of 3 pictures have no row; 1 rows name no file that is here; "
        "1 differ in case, ending or punctuation alone: b.png and B.gif\n"
    ) in told
    assert (
        "by names and tables: 3 read, all kept"
        in CliRunner()
        .invoke(
            app, ["catalog", "add", "dataset", str(files(tmp_path / "all", "a.png", "b.png", "c.png"))], input="n\n"
        )
        .output
    )


def test_the_command_asks_before_it_writes_and_never_overwrites(study_root: Path, tmp_path: Path) -> None:
    source = str(files(tmp_path / "prints", "Anna/a.png"))
    (tmp_path / "prints" / "b.pdf").write_bytes(b"%PDF-1.7")
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
