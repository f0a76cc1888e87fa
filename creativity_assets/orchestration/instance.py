"""The project's own Dagster home below the data root, unless DAGSTER_HOME names another."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from filelock import FileLock
from sqlalchemy.exc import SQLAlchemyError

from creativity_assets.errors import StoreError
from creativity_assets.orchestration.records import EventRecords
from creativity_assets.orchestration.runs import LANE_TAG
from creativity_assets.store.files import replacing


def dagster_home(data_root: Path) -> Path:
    """`$DAGSTER_HOME`, else `<data root>/dagster_home`, made and configured where it is missing.

    Raises StoreError for settings that cannot be read.
    """
    home = Path(os.environ.get("DAGSTER_HOME") or data_root / "dagster_home")
    settings = home / "dagster.yaml"
    try:
        wanted = f"{OURS}\n{yaml.safe_dump(SETTINGS | _event_log(home), sort_keys=False)}"
        text = settings.read_text(encoding="utf-8") if settings.is_file() else OURS
        if text != wanted and text.startswith(OURS):
            text = wanted
            with replacing(settings) as temporary:
                temporary.write_text(text, encoding="utf-8")
        found = yaml.safe_load(text)
        problem = None if found is None or isinstance(found, dict) else "it holds no settings"
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        problem = " ".join(str(getattr(error, "strerror", None) or error).split())[:120]
    if problem:
        raise StoreError(f"{settings}: {problem}; correct it, or remove it: it is then written again")
    return home


@contextmanager
def open_instance(data_root: Path) -> Iterator[dg.DagsterInstance]:
    """The instance in which all runs are recorded: the command line's, the sensor's and the UI's.

    Raises StoreError, with the remedy, where Dagster's records cannot be read or written, also from within the block.
    """
    home = dagster_home(data_root)
    os.environ["DAGSTER_HOME"] = str(home)
    with _faults_of_records(home), _opened(home) as instance:
        yield instance


def _opened(home: Path) -> dg.DagsterInstance:
    # Two first commands at once would both make Dagster's tables, and one of them would fail.
    with FileLock(home / "opening.lock"):
        try:
            instance = dg.DagsterInstance.from_config(str(home))
        except (dg.DagsterInvalidConfigError, dg.DagsterInvariantViolationError) as error:
            first = str(error).strip().splitlines()[0]
            raise StoreError(
                f"{home / 'dagster.yaml'}: {first} correct it, or remove it: it is then written again"
            ) from error
        instance.get_runs(limit=1)
        instance.get_dynamic_partitions("dataset")
        instance.daemon_cursor_storage.get_cursor_values({"none"})
        instance.all_instigator_state()
    return instance


@contextmanager
def _faults_of_records(home: Path) -> Iterator[None]:
    """What the disk or SQLite says of Dagster's records, in one line with the remedy."""
    try:
        yield
    except Exception as error:
        if line := _fault_of_records(home, error):
            raise StoreError(line) from error
        raise


def _fault_of_records(home: Path, error: BaseException | None) -> str | None:
    """The line for an error of SQLite or of a file below `home`, wherever it is among an error's causes."""
    seen = set[int]()  # an error may be among its own causes
    while error is not None and id(error) not in seen and not isinstance(error, StoreError):
        seen.add(id(error))
        if isinstance(error, SQLAlchemyError | sqlite3.Error):
            return _line(home, str(getattr(error, "orig", None) or error))
        if isinstance(error, OSError) and str(error.filename or "").startswith(str(home)):
            return _line(home, error.strerror or str(error))
        error = error.__cause__ or error.__context__
    return None


def _line(home: Path, what: str) -> str:
    what = " ".join(what.split())[:120]
    if any(words in what for words in ("disk is full", "disk I/O error", "No space left", "File too large")):
        return f"{home}: {what}; free space for Dagster's records, then run the same command"
    if "database is locked" in what:
        return f"{home}: {what}; another process is writing Dagster's records, run the same command later"
    if "readonly" in what or "Permission denied" in what or "Read-only" in what or not os.access(home, os.W_OK):
        return f"{home}: {what}; make Dagster's records writable, then run the same command"
    return (
        f"{home}: Dagster's records are damaged ({what}); move them away (mv {home} {home}.damaged) and run the same "
        f"command: nothing is measured again, the parts are the record"
    )


def _event_log(home: Path) -> dict[str, Any]:
    """The event log lies where Dagster puts it by itself."""
    folder = str(home.absolute() / "history" / "runs")
    of_class = {"module": EventRecords.__module__, "class": EventRecords.__name__, "config": {"base_dir": folder}}
    return {"event_log_storage": of_class}


OURS = "# Kept up to date by the creativity command; take this line away to keep settings of your own."

SETTINGS = {
    "telemetry": {"enabled": False},
    "nux": {"enabled": False},
    "concurrency": {
        # One step at a time on a device; raise it to the number of devices. A pool counts, the lease assigns.
        "pools": {"default_limit": 1},
        # One run at a time in each lane of the queue: arrivals beside all else.
        "runs": {
            "tag_concurrency_limits": [{"key": LANE_TAG, "value": {"applyLimitPerUniqueValue": True}, "limit": 1}]
        },
    },
    "run_monitoring": {"enabled": True, "start_timeout_seconds": 300},
}
