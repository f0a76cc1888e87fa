import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import creativity_assets
from creativity_assets import CreativityError, open_study
from creativity_assets.images.preprocess import preprocess
from creativity_assets_tests.studies import EXPERIMENT, RESOLUTION, WORKS


def test_a_study_is_made_asked_and_looked_at(study_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a path of its own, whatever the environment says, which is left as it was."""
    monkeypatch.setenv("CREATIVITY_DATA", str(study_root / "elsewhere"))
    study = open_study(study_root)
    with pytest.raises(CreativityError, match="not built yet"):
        study.sql("SELECT 1")
    assert study.plan().indexes
    with creativity_assets.Instrument("tiny", "ddim4", data_root=study_root):  # what is loaded is in nobody's way
        outcome = study.materialize(["paintings"], quiet=True)
    assert outcome.problems == ()
    assert outcome.made
    assert os.environ["CREATIVITY_DATA"] == str(study_root / "elsewhere")
    assert "DAGSTER_HOME" not in os.environ
    assert not study.plan(["paintings"])
    assert study.plan()
    assert study.materialize(["paintings"], quiet=True).made == ()
    samples = study.table("samples")
    assert len(samples) == len(WORKS)
    scores = study.sql("SELECT sample_id, score FROM scores WHERE score > 0 ORDER BY score")
    assert set(scores["sample_id"]) == set(samples["sample_id"])


def test_pictures_are_the_sources_and_the_stores(measured_root: Path) -> None:
    study = open_study()
    assert study.data_root == measured_root
    samples = study.table("samples").set_index("title")
    one = samples.loc["One"]
    one = one[one["label"] == "human"].iloc[0]
    original = study.original(one["sample_id"])
    with Image.open(measured_root.parent / "pictures" / "paintings" / "a" / "one.png") as picture:
        np.testing.assert_array_equal(original, np.asarray(picture.convert("RGB")))
    again = study.reconstruction(one["sample_id"], EXPERIMENT)
    assert (again.shape, again.dtype) == ((RESOLUTION, RESOLUTION, 3), np.uint8)
    measured = study.sql(f"SELECT mse FROM image_metrics WHERE sample_id = '{one['sample_id']}'")["mse"][0]
    seen = preprocess(Image.fromarray(original), RESOLUTION).astype(float)
    assert np.mean((seen - again) ** 2) == pytest.approx(measured)


def test_what_is_not_there_is_one_line(measured_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = open_study(measured_root)
    sample = study.table("samples")["sample_id"][0]
    for look, words in (
        (lambda: study.sql("SELECT * FROM nothing"), "Table with name nothing does not exist"),
        (lambda: study.sql("DROP TABLE samples"), "DROP is refused"),
        (lambda: study.table("nothing"), "no table 'nothing'; have samples"),
        (lambda: study.plan(["nothing"]), "no data set 'nothing'; have"),
        (lambda: study.materialize(experiments=["nothing"], quiet=True), "no experiment 'nothing'; have"),
        (lambda: study.original("it's"), 'no sample "it\'s"'),
        (lambda: study.reconstruction(sample, "no.such"), "no reconstruction under 'no.such'"),
        (lambda: study.reconstruction(sample, "../../x"), "cannot name a file of the store"),
        (lambda: open_study(tmp_path), "no catalog/ there"),
    ):
        with pytest.raises(CreativityError, match=words):
            look()
    monkeypatch.delenv("CREATIVITY_DATA")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CreativityError, match="set CREATIVITY_DATA"):
        open_study()
