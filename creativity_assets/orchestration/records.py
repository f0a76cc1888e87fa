"""Dagster's event log in its own SQLite files, written through one open connection to each.

Dagster's class opens and closes a file for every look at it, and SQLite, each time the last connection is closed,
copies its log into the file and waits for the disk. Here a connection stays open and a commit does not wait for the
disk: the death of the process loses nothing, a loss of power at most the latest events, which the next run records
anew, since the parts are the record. The files and what is in them are as Dagster's class makes them, and it may read
them at any time.
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    SqliteEventLogStorage,
    SqliteEventLogStorageWatchdog,
)
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, NullPool, Pool, StaticPool, create_engine, event
from watchdog.events import FileSystemEvent

OPEN_FILES = 4
"""The index and the runs that were looked at last; the UI looks at any number of runs in turn."""


class EventRecords(SqliteEventLogStorage):
    """The event log of a Dagster home; `dagster.yaml` names it by module and class."""

    def __init__(self, *args: Any, **named: Any) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._process = os.getpid()
        self._tables: set[str] = set()
        self._columns: set[str] = set()
        super().__init__(*args, **named)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "EventRecords":
        """As Dagster makes it from its settings."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._initialized_dbs:
                self._initdb(self._new_engine(shard, NullPool))
                self._initialized_dbs.add(shard)
            with self._engine(shard).connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> Engine:
        """The engine of a file, with its one connection; of those that are open, the longest unused is closed."""
        if self._process != os.getpid():  # SQLite's connections must not be used across a fork
            self._engines, self._process = OrderedDict(), os.getpid()
        if shard not in self._engines:
            while len(self._engines) >= OPEN_FILES:
                self._engines.popitem(last=False)[1].dispose()
            # One connection, whichever thread asks: the lock lets one in at a time.
            self._engines[shard] = self._new_engine(shard, StaticPool)
        self._engines.move_to_end(shard)
        return self._engines[shard]

    def _new_engine(self, shard: str, pool: type[Pool]) -> Engine:
        settings = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
        engine = create_engine(self.conn_string_for_shard(shard), poolclass=pool, connect_args=settings)
        event.listen(engine, "connect", _do_not_wait)
        return engine

    def has_table(self, table_name: str) -> bool:
        """Asked several times for every event; a table that is there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        if column_name not in self._columns and super()._has_asset_key_col_on_connection(conn, column_name):
            self._columns.add(column_name)
        return column_name in self._columns

    def watch(self, run_id: str, cursor: str | None, callback: Callable[..., Any]) -> None:
        """Tell `callback` of a run's new events: they are in SQLite's log before they are in its file."""
        if not self._obs:
            super().watch(run_id, cursor, callback)  # it makes the observer
            super().end_watch(run_id, callback)
        watchdog = _Watchdog(self, run_id, callback, cursor)
        observer: Any = self._obs
        watch = observer.schedule(watchdog, self._base_dir, recursive=True)
        self._watchers[run_id][callback] = (watchdog, watch)

    def wipe(self) -> None:
        """Remove all events; the files of runs must not be open then."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Close all files: SQLite then copies its logs into them."""
        self._close()
        super().dispose()

    def _close(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


class _Watchdog(SqliteEventLogStorageWatchdog):
    """It looks at SQLite's log too, which is where events are first."""

    def __init__(self, storage: EventRecords, run_id: str, callback: Callable[..., Any], cursor: str | None) -> None:
        super().__init__(storage, run_id, callback, cursor)
        self._patterns = [self._log_path, f"{self._log_path}-wal"]

    def on_modified(self, event: FileSystemEvent) -> None:
        self._process_log()


def _do_not_wait(connection: Any, _record: object) -> None:
    """In write-ahead mode, which Dagster too puts its files in, the order of commits is kept all the same."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
