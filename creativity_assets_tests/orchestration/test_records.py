"""Dagster's event log through open connections: the same files, no waiting, nothing lost with the process."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from creativity_assets.orchestration.instance import dagster_home, open_instance
from creativity_assets.orchestration.partitions import AT_ONCE, COLLECTIONS, _sync
from creativity_assets.orchestration.records import OPEN_FILES, EventRecords

ASSET = dg.AssetKey("image_metrics")


@pytest.fixture(autouse=True)
def home_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance that is opened tells the process its home, which must not be the next test's."""
    monkeypatch.setenv("DAGSTER_HOME", "")


def record(instance: dg.DagsterInstance, *partitions: str) -> None:
    for partition in partitions:
        instance.report_runless_asset_event(
            dg.AssetMaterialization(ASSET, partition=partition, tags={"dagster/data_version": "a"})
        )


def test_an_event_opens_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_instance(tmp_path) as instance:
        assert isinstance(instance.event_log_storage, EventRecords)
        record(instance, "first")
        opened: list[str] = []
        connect = sqlite3.dbapi2.connect

        def counted(database: str, *args: object, **named: object) -> sqlite3.Connection:
            opened.append(database)
            return connect(database, *args, **named)  # type: ignore[call-overload, no-any-return]

        monkeypatch.setattr(sqlite3.dbapi2, "connect", counted)
        record(instance, *map(str, range(20)))
        assert len(instance.get_materialized_partitions(ASSET)) == 21
        assert opened == []


def test_an_event_commits_once_to_each_file(tmp_path: Path) -> None:
    with open_instance(tmp_path) as instance:
        record(instance, "first")
        storage = instance.event_log_storage
        assert isinstance(storage, EventRecords)
        commits: list[str] = []
        for shard, engine in storage._engines.items():
            connection = engine.raw_connection().driver_connection
            assert connection is not None
            assert connection.execute("PRAGMA synchronous").fetchone() == (1,), (
                "the order is kept, the disk not waited for"
            )
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            connection.set_trace_callback(
                lambda statement, shard=shard: commits.append(shard) if statement == "COMMIT" else None
            )
        record(instance, "second")
        assert sorted(commits) == sorted(storage._engines)


def test_dagster_s_own_class_reads_the_files_while_they_are_open(tmp_path: Path) -> None:
    with open_instance(tmp_path) as instance:
        record(instance, "a", "b")
        stock = SqliteEventLogStorage(str(dagster_home(tmp_path) / "history" / "runs"))
        assert stock.get_materialized_partitions(ASSET) == {"a", "b"}
        record(instance, "c")
        assert stock.get_materialized_partitions(ASSET) == {"a", "b", "c"}
        assert not list(dagster_home(tmp_path).glob("*.db")), "they lie where Dagster puts them"


KILLED = """
import os, signal, sys
from pathlib import Path
import dagster as dg
from creativity_assets.orchestration.instance import open_instance
with open_instance(Path(sys.argv[1])) as instance:
    for number in range(30):
        instance.report_runless_asset_event(dg.AssetMaterialization("image_metrics", partition=str(number)))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_recorded_before_a_kill_stays_recorded(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    with open_instance(tmp_path) as instance:
        assert instance.get_materialized_partitions(ASSET) == set(map(str, range(30)))


def test_a_forked_process_uses_no_connection_of_its_parent(tmp_path: Path) -> None:
    with open_instance(tmp_path) as instance:
        record(instance, "parent")
        storage = instance.event_log_storage
        assert isinstance(storage, EventRecords)
        inherited = list(storage._engines.values())
        storage._process = os.getpid() + 1  # as it is in a child
        record(instance, "child")
        assert not {id(engine) for engine in storage._engines.values()} & {id(engine) for engine in inherited}
        assert instance.get_materialized_partitions(ASSET) == {"parent", "child"}


def test_a_few_runs_are_open_at_once(tmp_path: Path) -> None:
    with open_instance(tmp_path) as instance:
        storage = instance.event_log_storage
        assert isinstance(storage, EventRecords)
        for number in range(OPEN_FILES + 2):
            assert storage.get_logs_for_run(f"run-{number}") == []
        assert len(storage._engines) == OPEN_FILES


def test_who_watches_a_run_hears_of_its_events_at_once(tmp_path: Path) -> None:
    """As the UI does: events are in SQLite's log before they are in the file that Dagster's class looks at."""
    heard: list[str] = []
    with open_instance(tmp_path) as instance:
        record(instance, "before")
        instance.event_log_storage.watch("", None, lambda event, cursor: heard.append(cursor))
        record(instance, "after")
        deadline = time.monotonic() + 20
        while len(heard) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
    assert len(heard) >= 2


def test_a_data_root_that_was_moved_has_its_records_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_instance(tmp_path / "one") as instance:
        record(instance, "a")
    (tmp_path / "one").rename(tmp_path / "two")
    monkeypatch.setenv("DAGSTER_HOME", "")
    with open_instance(tmp_path / "two") as instance:
        assert instance.get_materialized_partitions(ASSET) == {"a"}
    assert not (tmp_path / "one").exists()


def test_partitions_are_added_by_thousands_and_never_by_more_than_a_statement_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"paintings/artist-{number}" for number in range(2 * AT_ONCE + 1)]
    with open_instance(tmp_path) as instance:
        added: list[int] = []
        add = instance.add_dynamic_partitions
        monkeypatch.setattr(
            instance, "add_dynamic_partitions", lambda name, some: (added.append(len(some)), add(name, some))
        )
        _sync(instance, COLLECTIONS, keys[:1], dict.fromkeys(keys))
        _sync(instance, COLLECTIONS, keys, dict.fromkeys(keys))
        assert added == [1, AT_ONCE, AT_ONCE]
        assert instance.get_dynamic_partitions("collection") == keys
        _sync(instance, COLLECTIONS, keys, dict.fromkeys(keys[2:]))
        assert instance.get_dynamic_partitions("collection") == keys[2:]
