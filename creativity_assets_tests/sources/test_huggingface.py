import csv
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from creativity_assets import sources
from creativity_assets.catalog.datasets import HuggingFaceDataset
from creativity_assets.errors import SourceError
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets_tests.images.pictures import encoded, scene, write

IMAGES = [encoded(scene(20 + n, 20)) for n in range(6)] + [b"no picture at all", b""]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies that `datasets` makes when it does not stream stay in the test's folder."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))


def entry(path: Path, **settings: Any) -> HuggingFaceDataset:
    return HuggingFaceDataset(name="hub-set", kind="huggingface", path=str(path), **settings)


def read(path: Path, **settings: Any) -> list[SourceRecord | SourceReject]:
    return list(sources.read(entry(path, **settings), path.parent))


@pytest.fixture
def embedded(tmp_path: Path) -> Path:
    """huggan/wikiart's layout: Parquet shards with embedded images and integer class labels."""
    import datasets

    features = datasets.Features(
        {
            "image": datasets.Image(),
            "artist": datasets.ClassLabel(names=["Unknown Artist", "vincent-van-gogh"]),
            "date": datasets.Value("string"),
        }
    )
    rows = {
        "image": [{"bytes": data, "path": "image.png"} for data in IMAGES],
        "artist": [n % 2 for n in range(8)],
        "date": ["1889", None, "c. 1900", "", "x", "y", "z", "w"],
    }
    table = datasets.Dataset.from_dict(rows, features=features)
    for shard in range(2):
        path = tmp_path / "set" / "data" / f"train-{shard:05}-of-00002.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        datasets.disable_progress_bars()
        table.shard(2, shard, contiguous=True).to_parquet(path)
        datasets.enable_progress_bars()
    write(tmp_path / "set" / "README.md", b"---\nlicense: cc0-1.0\n---\n# A data set\n")
    return tmp_path / "set"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """An imagefolder with metadata.csv."""
    folder = tmp_path / "imagefolder"
    for number, data in enumerate(IMAGES):
        write(folder / "train" / f"é {number}.png", data)
    with (folder / "train" / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["file_name", "painter"], *([f"é {n}.png", f"Painter {n}"] for n in range(8))])
    return folder


@pytest.mark.parametrize("streaming", [True, False])
def test_embedded_images_come_back_with_their_original_bytes(embedded: Path, streaming: bool) -> None:
    records = read(embedded, columns={"year": "date"}, constants={"label": "human"}, streaming=streaming)
    assert [record.image for record in records] == IMAGES
    assert [record.key for record in records] == [f"train:{n}" for n in range(8)]
    assert [record.fields["artist"] for record in records] == ["Unknown Artist", "vincent-van-gogh"] * 4
    assert [record.fields.get("year") for record in records][:4] == ["1889", None, "c. 1900", None]
    assert all(record.fields["label"] == "human" for record in records)


@pytest.mark.parametrize("streaming", [True, False])
def test_folders_of_images_are_read_by_file(files: Path, streaming: bool) -> None:
    records = read(files, columns={"artist": "painter"}, streaming=streaming)
    assert [record.image for record in records] == IMAGES
    assert [record.key for record in records] == [f"train/é {n}.png" for n in range(8)]
    assert [record.fields["artist"] for record in records] == [f"Painter {n}" for n in range(8)]
    assert all(Path(record.uri).read_bytes() == record.image for record in records)


def test_a_mapped_key_is_used_and_repeats_are_rejects(embedded: Path) -> None:
    items = read(embedded, columns={"key": "artist"})
    assert [item.key for item in items if isinstance(item, SourceRecord)] == ["0", "1"]
    assert {item.reason for item in items if isinstance(item, SourceReject)} == {"duplicate_key"}


@pytest.mark.parametrize("columns", [{}, {"key": "date"}])
def test_limit_and_seed_for_embedded_images(embedded: Path, columns: dict[str, str]) -> None:
    def sample(seed: int) -> tuple[str, ...]:
        items = read(embedded, columns=columns, limit=3, seed=seed)
        return tuple(item.key for item in items if isinstance(item, SourceRecord))

    samples = [sample(seed) for seed in range(4)]
    assert {len(keys) for keys in samples} == {3}
    assert samples[0] == sample(0)
    assert len(set(samples)) > 1


def test_limit_and_seed_for_files(files: Path) -> None:
    records = read(files, limit=3, seed=5)
    assert len(records) == 3
    assert all(IMAGES[int(record.key.removesuffix(".png")[-1])] == record.image for record in records)


def test_loading_is_silent_and_leaves_no_switch_turned(embedded: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import datasets

    level, bars = logging.getLogger("datasets").level, datasets.are_progress_bars_disabled()
    assert len(read(embedded, streaming=False)) == 8
    assert capfd.readouterr() == ("", "")
    assert (logging.getLogger("datasets").level, datasets.are_progress_bars_disabled()) == (level, bars)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split": "test"}, "check path and split"),
        ({"columns": {"artist": "painter"}}, "no column 'painter'"),
        ({"columns": {"image": "picture"}}, "no column 'picture'"),
    ],
)
def test_what_cannot_be_loaded_is_named(embedded: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match="hub-set: ") as caught:
        read(embedded, **settings)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    for function in (sources.read, sources.fingerprint):
        with pytest.raises(SourceError, match="does not exist"):
            function(entry(tmp_path / "gone"), tmp_path)


@pytest.mark.parametrize("limit", [None, 3])
def test_a_hub_is_asked_for_the_entrys_revision_each_time(
    embedded: Path, monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    import datasets

    load, asked = datasets.load_dataset, []

    def from_the_folder(source: str, *, revision: str | None = None, **settings: Any) -> Any:
        asked.append((source, revision))
        return load(str(embedded), **settings)

    monkeypatch.setattr(datasets, "load_dataset", from_the_folder)
    far = HuggingFaceDataset(name="far", kind="huggingface", hub_id="some/where", revision="0" * 40, limit=limit)
    items = list(sources.read(far, embedded.parent))
    assert len(items) == (limit or 8)
    assert asked == [("some/where", "0" * 40)] * (1 if limit is None else 2)  # the sample's pass over the keys


def test_a_hub_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    program = """if True:
        from pathlib import Path
        from creativity_assets import sources
        from creativity_assets.catalog.datasets import HuggingFaceDataset
        from creativity_assets.errors import SourceError
        entry = HuggingFaceDataset(name="far", kind="huggingface", hub_id="some/where", revision="0" * 40)
        print(sources.fingerprint(entry, Path("data")))
        try:
            sources.read(entry, Path("data"))
        except SourceError as error:
            print(error)
    """
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    fingerprint, message = done.stdout.splitlines()
    assert len(fingerprint) == 64
    assert message.startswith(f"far: cannot load some/where at {'0' * 40}: ")
    assert "check hub_id, revision, split and the connection" in message
    assert done.stderr == ""


def test_the_fingerprint_changes_with_files_and_entry(embedded: Path) -> None:
    root = embedded.parent
    before = sources.fingerprint(entry(embedded), root)
    assert before == sources.fingerprint(entry(embedded, streaming=False), root)
    assert before != sources.fingerprint(entry(embedded, split="test"), root)
    write(embedded / "data" / "more.parquet", b"x")
    assert before != sources.fingerprint(entry(embedded), root)
