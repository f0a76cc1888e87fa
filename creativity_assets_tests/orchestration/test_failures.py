"""One data set, entry or file that fails harms nothing but itself, and ends as one line."""

import os
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from creativity_assets.store.layout import Store
from creativity_assets_tests.running import bring_up_to_date, table
from creativity_assets_tests.studies import CATALOG, EXPERIMENT, save_picture, write_catalog

RUNNER = CliRunner()


def with_broken_entries(root: Path) -> None:
    """Beside the sound entries: a source that is not there, an archive that is none, a readout that is unknown."""
    (root / "broken.tar").write_bytes(b"this is no archive" * 100)
    datasets = {
        **CATALOG["datasets"],  # type: ignore[dict-item]
        "gone": {"kind": "folder", "path": "nowhere"},
        "broken": {"kind": "archive", "path": "broken.tar"},
    }
    tiny = {"model": "tiny", "suite": "embedded"}
    experiments = {
        EXPERIMENT: {**tiny, "method": "ddim4", "datasets": ["gone", "broken", "paintings", "copies"]},
        "tiny.ddim2": {**tiny, "method": "ddim2", "datasets": ["paintings"], "readouts": ["horoscope"]},
    }
    write_catalog(root, {**CATALOG, "datasets": datasets, "experiments": experiments})


def test_what_is_sound_is_measured_beside_what_is_broken(study_root: Path) -> None:
    with_broken_entries(study_root)
    outcome = bring_up_to_date(study_root)
    assert len(outcome.problems) == 3
    assert [any(name in line for line in outcome.problems) for name in ("gone", "broken.tar", "horoscope")] == [
        True
    ] * 3
    assert set(table(study_root, "image_metrics")["dataset"]) == {"paintings", "copies"}
    assert len(table(study_root, "image_metrics")) == 10
    again = bring_up_to_date(study_root)
    assert again.problems == outcome.problems, "a fault is named until it is cured"
    assert again.made == ("index",), "and only what failed is tried again"


def test_the_command_ends_with_a_line_each_and_exit_code_2(measured_root: Path) -> None:
    from creativity_assets.cli import app

    with_broken_entries(measured_root)
    for arguments in (["materialize"], ["materialize", "--dry-run"]):
        result = RUNNER.invoke(app, arguments)
        assert result.exit_code == 2
        assert "horoscope" in result.output
        assert "gone" in result.output
        assert "Traceback" not in result.output


def test_a_collection_whose_stored_pictures_are_damaged_does_not_stop_the_others(measured_root: Path) -> None:
    """What was measured before stays, and the others are measured."""
    store = Store(measured_root)
    damaged = store.part("preprocessed_tensors", next(iter(_collections(measured_root))), "32")
    damaged.write_bytes(b"PAR1" + b"\0" * 100 + b"PAR1")
    os.utime(damaged)
    added = {"tiny.ddim2": {"model": "tiny", "method": "ddim2", "suite": "embedded", "datasets": ["paintings"]}}
    write_catalog(measured_root, {**CATALOG, "experiments": {**CATALOG["experiments"], **added}})  # type: ignore[dict-item]
    outcome = bring_up_to_date(measured_root)
    assert outcome.problems == ()
    assert len(table(measured_root, "image_metrics")) == 15


def test_what_a_data_set_loses_is_told_when_it_is_read_and_not_again(measured_root: Path) -> None:
    folder = measured_root.parent / "pictures" / "paintings"
    (folder / "a" / "one.png").write_bytes(b"no picture")
    save_picture(folder / "a" / "seven.png", seed=3)
    outcome = bring_up_to_date(measured_root)
    [line] = [line for line in outcome.losses if line.startswith("paintings: ")]
    assert line.startswith("paintings: 6 read, 4 kept: ")
    assert "1 of 5 pictures have no row" in line
    assert bring_up_to_date(measured_root).losses == ()


def test_a_comparison_whose_sides_overlap_is_a_failed_check_and_no_other_is_lost(measured_root: Path) -> None:
    wrong = {"human": {"dataset": "paintings"}, "ai": {"dataset": "paintings"}, "pairing": "none"}
    write_catalog(measured_root, {**CATALOG, "comparisons": {**CATALOG["comparisons"], "wrong": wrong}})  # type: ignore[dict-item]
    outcome = bring_up_to_date(measured_root)
    assert outcome.problems == ()
    assert [
        line.startswith("comparisons_hold: wrong: 5 samples stand on both sides") for line in outcome.failed_checks
    ] == [True]
    assert set(table(measured_root, "stats_overall")["comparison"]) == {"works"}
    assert bring_up_to_date(measured_root).failed_checks == outcome.failed_checks


def test_a_model_without_weights_is_one_line_however_many_collections(study_root: Path) -> None:
    added = {"wrong": {"path": "embedded/wrong", "resolution": 32}}
    wrong = study_root.parent / "wrong"
    wrong.mkdir()
    (wrong / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    added["wrong"]["path"] = str(wrong)
    experiments = {
        **CATALOG["experiments"],  # type: ignore[dict-item]
        "wrong.ddim4": {"model": "wrong", "method": "ddim4", "suite": "embedded", "datasets": ["paintings"]},
    }
    models = {**CATALOG["models"], **added}  # type: ignore[dict-item]
    write_catalog(study_root, {**CATALOG, "models": models, "experiments": experiments})
    save_picture(study_root.parent / "pictures" / "paintings" / "c" / "six.png", seed=9)
    outcome = bring_up_to_date(study_root)
    assert len(outcome.problems) == 1
    assert "wrong" in outcome.problems[0]
    assert set(table(study_root, "image_metrics")["experiment"]) == {EXPERIMENT}


def _collections(root: Path) -> list[Any]:
    from creativity_assets.workflow.study import Study

    return list(Study(root).lineage.collections("paintings"))
