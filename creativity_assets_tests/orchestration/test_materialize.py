import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from creativity_assets.orchestration import work
from creativity_assets.orchestration.assets import collection_images, dataset_index, measurements
from creativity_assets.orchestration.instance import open_instance
from creativity_assets.orchestration.outcome import Outcome
from creativity_assets.orchestration.reporting import ON_DEMAND
from creativity_assets.orchestration.resources import RESOURCES
from creativity_assets.store.layout import Collection, Store
from creativity_assets.workflow.parts import IMAGE_METRICS
from creativity_assets.workflow.pieces import pieces_of
from creativity_assets.workflow.study import Study
from creativity_assets_tests.running import assert_same_tables, bring_up_to_date, partitions, recorded, table
from creativity_assets_tests.studies import (
    CATALOG,
    EXPERIMENT,
    WORKS,
    only_paintings,
    replace_works,
    save_picture,
    write_catalog,
)

CELLS = 4
ARTISTS = ("lucja-unal", "vincent-van-gogh")


def records(root: Path, asset: str) -> list[dg.EventLogRecord]:
    with open_instance(root) as instance:
        return list(instance.fetch_materializations(dg.AssetKey(asset), limit=1000).records)


def test_each_partition_is_recorded_once_with_its_numbers_and_data_version(measured_root: Path) -> None:
    study = Study(measured_root)
    events = {r.partition_key: r.asset_materialization for r in records(measured_root, "image_metrics")}
    assert len(records(measured_root, "image_metrics")) == len(events) == CELLS
    for event in events.values():
        assert event is not None
        assert {"n_images", "mean_composite", "mean_floor_composite", "seconds_per_image"} <= event.metadata.keys()
        sheet = event.metadata["contact_sheet"]
        assert isinstance(sheet, dg.MarkdownMetadataValue)
        assert "data:image/jpeg;base64," in str(sheet.value)
        assert len(str(sheet.value)) < 150_000
    entry = study.catalog.experiment(EXPERIMENT)
    pieces = pieces_of(study.lineage, study.lineage.collections("paintings"), entry)
    expected = {piece.hash_of(IMAGE_METRICS) for piece in pieces}
    versions = {event.tags["dagster/data_version"] for event in events.values() if event and event.tags}
    assert expected <= versions


def test_a_second_materialisation_runs_nothing(measured_root: Path) -> None:
    assert bring_up_to_date(measured_root) == Outcome()
    with open_instance(measured_root) as instance:
        assert len(instance.get_runs()) == 1


def test_a_new_experiment_is_measured_alone(measured_root: Path) -> None:
    before = table(measured_root, "image_metrics")
    added = {"tiny.ddim2": {"model": "tiny", "method": "ddim2", "suite": "embedded", "datasets": ["paintings"]}}
    write_catalog(measured_root, CATALOG | {"experiments": {**CATALOG["experiments"], **added}})  # type: ignore[dict-item]
    outcome = bring_up_to_date(measured_root)
    assert outcome.made == ("measure", "tables")
    after = table(measured_root, "image_metrics")
    assert after[after["experiment"] == EXPERIMENT].reset_index(drop=True).equals(before)
    assert len(after) == len(before) + len(WORKS)
    floors = after[after["dataset"] == "paintings"].groupby("sample_id")["floor_composite"].nunique()
    assert (floors == 1).all(), "a floor is measured once per image, model and suite"


def test_a_part_that_dagster_does_not_know_of_is_recorded_without_being_made_again(measured_root: Path) -> None:
    with open_instance(measured_root) as instance:
        instance.wipe_assets([dg.AssetKey("image_metrics")])
    before = {path: path.stat().st_mtime_ns for path in (measured_root / "store" / "metrics").rglob("*.parquet")}
    bring_up_to_date(measured_root)
    assert len(records(measured_root, "image_metrics")) == CELLS
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_a_reader_that_never_lets_go_neither_waits_nor_makes_others_wait(measured_root: Path) -> None:
    reader = duckdb.connect(str(Store(measured_root).database), read_only=True)
    save_picture(measured_root.parent / "pictures" / "paintings" / "a" / "one.png", seed=7)
    bring_up_to_date(measured_root)
    assert reader.execute("SELECT count(*) FROM image_metrics").fetchone() == (2 * len(WORKS),)
    reader.close()


COMMAND = "from creativity_assets.cli import main; import sys; sys.argv = ['creativity', 'materialize']; main()"


def start(root: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"CREATIVITY_DATA": str(root), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_killed_in_the_middle_then_the_same_command_gives_the_same_tables(
    study_root: Path, measured_root: Path
) -> None:
    killed = start(study_root)
    deadline = time.monotonic() + 120
    while not list((study_root / "store" / "reconstructions").rglob("*.parquet")):
        assert killed.poll() is None, killed.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert not Store(study_root).database.exists()
    bring_up_to_date(study_root)
    assert_same_tables(study_root, measured_root, "samples", "image_metrics", "reconstructions")
    assert not list(study_root.rglob("*.tmp*"))


def test_two_at_once_make_everything_once(study_root: Path, measured_root: Path) -> None:
    both = [start(study_root), start(study_root)]
    outputs = [process.communicate(timeout=240) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert_same_tables(study_root, measured_root, "samples", "image_metrics", "reconstructions")


def test_everything_is_made_in_one_run(measured_root: Path) -> None:
    with open_instance(measured_root) as instance:
        runs = instance.get_runs()
    assert [(run.job_name, run.status.value) for run in runs] == [("materialize", "SUCCESS")]


def test_only_what_is_wanted_is_a_partition_and_what_left_the_catalogue_is_none(measured_root: Path) -> None:
    """A grid would show as missing all that two lists cross at."""
    cells = {f"{dataset}/{artist}/{EXPERIMENT}" for dataset in ("paintings", "copies") for artist in ARTISTS}
    assert partitions(measured_root)["cell"] == cells == recorded(measured_root, "image_metrics")
    only = {EXPERIMENT: {"model": "tiny", "method": "ddim4", "suite": "embedded", "datasets": ["paintings"]}}
    write_catalog(measured_root, {**CATALOG, "experiments": only})
    bring_up_to_date(measured_root)
    assert partitions(measured_root) == {
        "dataset": {"paintings"},
        "collection": {f"paintings/{artist}" for artist in ARTISTS},
        "cell": {f"paintings/{artist}/{EXPERIMENT}" for artist in ARTISTS},
    }
    write_catalog(measured_root, CATALOG)
    assert bring_up_to_date(measured_root).made == ()
    assert partitions(measured_root)["cell"] == cells


def test_what_is_up_to_date_is_not_called_out_of_step(measured_root: Path) -> None:
    """Dagster's own verdict on every recorded partition, which the UI shows as "Unsynced" where it is stale."""
    from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
    from dagster._core.loader import LoadingContextForTest

    from creativity_assets.definitions import defs

    with open_instance(measured_root) as instance:
        graph = defs.resolve_asset_graph()
        resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
        verdicts = {
            (name, partition): resolver.get_status(dg.AssetKey(name), partition)
            for name in ("raw_samples", "preprocessed_tensors", "reconstructions", "image_metrics")
            for partition in instance.get_materialized_partitions(dg.AssetKey(name))
        }
        verdicts |= {(n, None): resolver.get_status(dg.AssetKey(n), None) for n in ("stats_overall", "warehouse")}
    assert len(verdicts) == 2 * 4 + 2 * 4 + 2
    assert {key: verdict for key, verdict in verdicts.items() if verdict is not StaleStatus.FRESH} == {}


def test_beyond_some_contact_sheets_the_others_are_made_on_demand(
    study_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By materialising a partition itself, which measures nothing again."""
    monkeypatch.setattr(work, "SHEETS", 1)
    replace_works(study_root, ["One", "Two"])
    experiment = only_paintings(study_root, "autoencoder")
    bring_up_to_date(study_root)
    sheets = {r.partition_key: _sheet(r) for r in records(study_root, "image_metrics")}
    (without,) = [cell for cell, sheet in sheets.items() if sheet == ON_DEMAND]
    assert [sheet.count("data:image/jpeg") for sheet in sheets.values() if sheet != ON_DEMAND] == [1]
    measured = Store(study_root).part("image_metrics", Collection("paintings", without.split("/")[1]), experiment)
    before = measured.stat().st_mtime_ns
    with open_instance(study_root) as instance:
        dg.materialize(
            [dataset_index, collection_images, measurements],
            selection=["image_metrics"],
            partition_key=without,
            instance=instance,
            resources=RESOURCES,
        )
    latest = max(records(study_root, "image_metrics"), key=lambda record: record.storage_id)
    assert latest.partition_key == without and "data:image/jpeg" in _sheet(latest)
    assert measured.stat().st_mtime_ns == before


def _sheet(record: dg.EventLogRecord) -> str:
    assert record.asset_materialization is not None
    return str(record.asset_materialization.metadata["contact_sheet"].value)
