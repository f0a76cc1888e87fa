"""What the sensor and the schedule ask for, tick by tick, on a real instance."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from creativity_assets.orchestration.instance import open_instance
from creativity_assets.orchestration.resources import StudyResource
from creativity_assets.orchestration.runs import ASKS_TAG, LANE_TAG, SCOPE_TAG
from creativity_assets.orchestration.schedules import nightly
from creativity_assets.orchestration.sensors import new_data
from creativity_assets.sources import incoming
from creativity_assets.workflow.plan import plan
from creativity_assets.workflow.study import Study
from creativity_assets_tests.studies import CATALOG, save_picture, write_catalog


@pytest.fixture(autouse=True)
def _copied_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "SETTLE_SECONDS", 0.0)


class Daemon:
    """Ticks the sensor as the daemon does: cursor kept, run keys asked for once, runs put into the queue."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.cursor: str | None = None
        self.keys = set[str | None]()

    def tick(self) -> list[dg.DagsterRun]:
        """The runs that this tick put into the queue."""
        context = dg.build_sensor_context(self.instance, cursor=self.cursor, resources={"study": StudyResource()})
        answer = new_data(context)
        self.cursor = context.cursor if isinstance(answer, dg.SkipReason) else answer.cursor
        requested = [] if isinstance(answer, dg.SkipReason) else answer.run_requests or []
        new = [request for request in requested if request.run_key not in self.keys]
        self.keys |= {request.run_key for request in new}
        return [self._queued(request) for request in new]

    def run(self, queued: dg.DagsterRun) -> None:
        """Take a run out of the queue and do all of it."""
        from creativity_assets.definitions import defs

        self.instance.delete_run(queued.run_id)
        done = defs.resolve_job_def("materialize").execute_in_process(
            instance=self.instance, run_config=queued.run_config, tags=queued.tags, raise_on_error=False
        )
        assert done.success

    def _queued(self, request: dg.RunRequest) -> dg.DagsterRun:
        from creativity_assets.orchestration.materialize import materialize_job

        return self.instance.create_run_for_job(
            materialize_job,
            run_config=request.run_config,
            tags=request.tags,
            status=dg.DagsterRunStatus.QUEUED,
            remote_job_origin=_origin(),
        )


def _origin() -> Any:
    """Queued runs must say where their job is defined."""
    from dagster._core.remote_origin import (
        InProcessCodeLocationOrigin,
        RemoteJobOrigin,
        RemoteRepositoryOrigin,
    )
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

    location = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="creativity_assets.definitions"))
    return RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), "materialize")


@pytest.fixture
def daemon(study_root: Path) -> Iterator[Daemon]:
    with open_instance(study_root) as instance:
        yield Daemon(instance)


@pytest.fixture
def late_daemon(measured_root: Path) -> Iterator[Daemon]:
    """Over a study in which everything is fresh."""
    with open_instance(measured_root) as instance:
        yield Daemon(instance)


def drop(root: Path, name: str, images: int = 2) -> None:
    for number in range(images):
        save_picture(root / "incoming" / name / "somebody" / f"{number}.png", seed=50 + number)


def asked(runs: list[dg.DagsterRun]) -> list[tuple[str, str]]:
    return [(run.tags[LANE_TAG], run.tags[ASKS_TAG]) for run in runs]


def test_work_is_asked_for_once_however_often_the_sensor_looks(daemon: Daemon, study_root: Path) -> None:
    """A small data set first, by itself; then one run for what is derived from it; then nothing."""
    [first] = daemon.tick()
    assert asked([first]) == [("arrivals", "paintings: 5 images, under tiny.ddim4, time unknown before the first run")]
    assert [daemon.tick() for _ in range(5)] == [[]] * 5
    daemon.run(first)
    [second] = daemon.tick()
    assert second.tags[LANE_TAG] == "bulk"
    assert [daemon.tick() for _ in range(5)] == [[]] * 5
    daemon.run(second)
    assert [daemon.tick() for _ in range(3)] == [[]] * 3
    assert not plan(Study(study_root).lineage)


def test_partitions_that_a_long_run_finishes_make_nobody_ask_again(daemon: Daemon) -> None:
    """The fault this was built against: each finished partition made a new state, and a new run over the rest."""
    [first] = daemon.tick()
    for number in range(3):
        event = dg.AssetMaterialization("image_metrics", partition=f"paintings/artist-{number}/tiny.ddim4")
        daemon.instance.report_runless_asset_event(event)
        assert daemon.tick() == []
    assert [run.run_id for run in daemon.instance.get_runs()] == [first.run_id]


def test_what_is_dropped_while_a_long_run_is_at_work_goes_beside_it(late_daemon: Daemon, measured_root: Path) -> None:
    added = {"tiny.ddim2": {"model": "tiny", "method": "ddim2", "suite": "embedded", "datasets": ["copies"]}}
    write_catalog(measured_root, {**CATALOG, "experiments": {**CATALOG["experiments"], **added}})  # type: ignore[dict-item]
    [bulk] = late_daemon.tick()
    assert asked([bulk])[0][0] == "bulk"
    assert "5 images to measure, under tiny.ddim2" in asked([bulk])[0][1]
    drop(measured_root, "dropped")
    [arrival] = late_daemon.tick()
    assert arrival.tags[SCOPE_TAG] == "dropped"
    assert asked([arrival])[0][1].startswith("dropped: 2 images, under tiny.ddim4, about ")
    drop(measured_root, "dropped", images=3)
    assert late_daemon.tick() == [], "what is in flight is looked at again when it has ended"
    late_daemon.run(arrival)
    assert late_daemon.tick() == [], "the run has seen all three"
    drop(measured_root, "dropped", images=4)
    [again] = late_daemon.tick()
    assert asked([again])[0][1].startswith("dropped: 4 images")


def test_a_run_that_fails_without_progress_is_not_started_again(daemon: Daemon) -> None:
    """What has arrived and failed is tried once more with all else, and then left to the night."""
    [arrival] = daemon.tick()
    daemon.instance.report_run_failed(arrival)
    [bulk] = daemon.tick()
    assert bulk.tags[LANE_TAG] == "bulk"
    daemon.instance.report_run_failed(bulk)
    assert [daemon.tick() for _ in range(3)] == [[]] * 3


def test_a_large_folder_is_no_arrival(
    late_daemon: Daemon, measured_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creativity_assets.orchestration.arrivals.MAX_MEASUREMENTS", 3)
    drop(measured_root, "small", images=3)
    drop(measured_root, "large", images=4)
    [arrival] = late_daemon.tick()
    assert arrival.tags[SCOPE_TAG] == "small"


def test_tables_follow_scores_that_were_measured_by_hand(late_daemon: Daemon, measured_root: Path) -> None:
    """As from an asset's own page in the UI; images alone lead to measurements first."""
    assert late_daemon.tick() == []
    (measured_root / "creativity.duckdb").unlink()
    event = dg.AssetMaterialization("image_metrics", partition="paintings/lucja-unal/tiny.ddim4")
    late_daemon.instance.report_runless_asset_event(event)
    assert asked(late_daemon.tick()) == [("bulk", "tables and report")]


def test_the_night_asks_for_one_run_unless_others_are_at_work(daemon: Daemon) -> None:
    context = dg.build_schedule_context(daemon.instance, scheduled_execution_time=datetime(2026, 3, 1, 3, tzinfo=UTC))
    request = nightly(context)
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "2026-03-01"
    daemon.tick()
    assert isinstance(nightly(context), dg.SkipReason)


def test_the_cursor_is_small(daemon: Daemon) -> None:
    daemon.tick()
    assert daemon.cursor is not None
    assert len(daemon.cursor) < 500
    assert json.loads(daemon.cursor).keys() == {"facts", "finished", "runs"}
