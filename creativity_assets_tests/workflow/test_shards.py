"""Shards: bounded pieces of large collections, that a further image moves least, and that cost the memory of one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creativity_assets.store.layout import Collection
from creativity_assets.store.sql.query import query
from creativity_assets.workflow import contents
from creativity_assets.workflow.contents import BITS, _bits, _split
from creativity_assets.workflow.parts import IMAGE_METRICS, KINDS
from creativity_assets.workflow.pieces import pieces_of
from creativity_assets.workflow.plan import plan
from creativity_assets.workflow.study import Study
from creativity_assets_tests.running import assert_same_tables, bring_up_to_date
from creativity_assets_tests.studies import only_paintings, replace_works, save_picture

ONE = Collection("paintings", "one")
EXPERIMENT = "tiny.ddim2"


def shards_of(ids: list[str], most: int) -> dict[str, set[str]]:
    rows = [(row, _bits(name)) for row, name in enumerate(ids)]
    return {bits: {ids[row] for row in some} for bits, some in _split(rows, most)}


@given(ids=st.sets(st.text(min_size=1, max_size=6), max_size=60), most=st.integers(1, 9))
def test_shards_hold_every_sample_once_and_none_too_many(ids: set[str], most: int) -> None:
    shards = shards_of(sorted(ids), most)
    assert sorted(sample for held in shards.values() for sample in held) == sorted(ids)
    assert all(len(held) <= most for held in shards.values())
    assert all(_bits(sample).startswith(bits) for bits, held in shards.items() for sample in held)
    assert len(_bits("x")) == BITS


@given(ids=st.sets(st.text(min_size=1, max_size=6), min_size=2, max_size=60), most=st.integers(1, 9))
def test_a_further_sample_touches_one_shard(ids: set[str], most: int) -> None:
    """Wherever it stands in the index: its own shard grows, or is split."""
    ordered = sorted(ids)
    before, after = shards_of(ordered[1:], most), shards_of(ordered, most)
    touched = [bits for bits, held in before.items() if after.get(bits) != held]
    assert len(touched) <= 1
    assert all(bits.startswith(tuple(touched)) for bits in after.keys() - before.keys() if touched)


@pytest.fixture
def one_artist(study_root: Path) -> Path:
    """Nine works under one name."""
    replace_works(study_root, ["One"] * 9)
    assert only_paintings(study_root, "ddim2") == EXPERIMENT
    return study_root


def copy_of(root: Path, folder: Path) -> Path:
    """A data root and the pictures beside it, once more."""
    shutil.copytree(root.parent, folder / "copy")
    return folder / "copy" / root.name


def test_a_study_in_shards_has_the_same_tables(
    one_artist: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = copy_of(one_artist, tmp_path_factory.mktemp("whole"))
    bring_up_to_date(whole)
    monkeypatch.setattr(contents, "SHARD_IMAGES", 4)
    assert bring_up_to_date(one_artist).problems == ()
    lineage = Study(one_artist).lineage
    pieces = pieces_of(lineage, [ONE], lineage.catalog.experiment(EXPERIMENT))
    assert len(pieces) > 2
    assert {piece.part(IMAGE_METRICS).rows for piece in pieces} <= set(range(1, 5))
    assert all(piece.part(kind).is_there for piece in pieces for kind in KINDS if kind.name != "ceilings")
    assert not plan(lineage)
    assert_same_tables(whole, one_artist, "samples", "image_metrics", "readouts", "reconstructions")


def test_a_further_work_measures_its_own_shard_again(one_artist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "SHARD_IMAGES", 4)
    bring_up_to_date(one_artist)
    lineage = Study(one_artist).lineage
    entry = lineage.catalog.experiment(EXPERIMENT)
    written = {
        p.part(IMAGE_METRICS).path: p.part(IMAGE_METRICS).path.stat().st_mtime_ns
        for p in pieces_of(lineage, [ONE], entry)
    }
    folder = one_artist.parent / "pictures" / "paintings"
    save_picture(folder / "0000.png", seed=99)  # the first of the index
    with (folder / "metadata.csv").open("a", encoding="utf-8") as table:
        table.write("0000.png,One,New,1900,red\n")
    assert bring_up_to_date(one_artist).problems == ()
    kept = [path for path, when in written.items() if path.is_file() and path.stat().st_mtime_ns == when]
    assert len(kept) >= len(written) - 1
    frame = query(
        Study(one_artist).store.database, "SELECT count(*) AS n FROM image_metrics WHERE dataset = 'paintings'"
    )
    assert frame["n"].tolist() == [10]


PEAK = """
import json, resource, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
from creativity_assets.store.layout import Collection
from creativity_assets.workflow.steps.dataset_index import dataset_index
from creativity_assets.workflow.steps.image_metrics import image_metrics
from creativity_assets.workflow.steps.preprocessed_tensors import preprocessed_tensors
from creativity_assets.workflow.steps.raw_samples import raw_samples
from creativity_assets.workflow.steps.reconstructions import reconstructions
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.collected import Collected
from creativity_assets.workflow.tables.warehouse import write_warehouse

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

study = Study(Path(sys.argv[1]))
step, one, peaks = Step(study, "run"), [Collection("paintings", "one")], {}
dataset_index(step, "paintings")
peaks["dataset_index"] = peak()
list(raw_samples(step, one))
peaks["raw_samples"] = peak()
list(preprocessed_tensors(step, one))
peaks["preprocessed_tensors"] = peak()
with study.workbench() as workbench:
    done = list(reconstructions(step, workbench, "tiny.autoencoder", one))
    peaks["reconstructions"] = peak()
    done += list(image_metrics(step, workbench, "tiny.autoencoder", one))
    peaks["image_metrics"] = peak()
write_warehouse(step, Collected(study.lineage))
peaks["warehouse"] = peak()
print(json.dumps({"peaks": peaks, "images": [of.numbers["n_images"] for of in done]}))
"""


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_three_thousand_works_of_one_artist_cost_the_memory_of_a_thousand(
    study_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """At 256 px, where a thousand pictures are 200 MB decoded: every stage within 10 % of the peak of 1,000 works."""
    peaks = {}
    for count in (1000, 3000):
        root = copy_of(study_root, tmp_path_factory.mktemp(str(count)))
        replace_works(root, ["One"] * count, size=(256, 256))
        only_paintings(root, "autoencoder", resolution=256)
        done = subprocess.run(
            [sys.executable, "-c", PEAK, str(root)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "CREATIVITY_DATA": str(root)},
        )
        found = json.loads(done.stdout.splitlines()[-1])
        assert found["images"] == [count, count]
        peaks[count] = found["peaks"]
    for stage, peak in peaks[3000].items():
        assert peak <= 1.1 * peaks[1000][stage], (stage, peaks)
