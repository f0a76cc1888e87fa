"""The project's own Dagster home below the data root, unless DAGSTER_HOME names another."""

import os
from pathlib import Path

import dagster as dg
import yaml
from filelock import FileLock

from creativity_assets.orchestration.runs import LANE_TAG
from creativity_assets.store.parts import replacing


def dagster_home(data_root: Path) -> Path:
    """`$DAGSTER_HOME`, else `<data root>/dagster_home`, made and configured where it is missing."""
    home = Path(os.environ.get("DAGSTER_HOME") or data_root / "dagster_home")
    settings = home / "dagster.yaml"
    wanted = f"{OURS}\n{yaml.safe_dump(SETTINGS, sort_keys=False)}"
    found = settings.read_text(encoding="utf-8") if settings.is_file() else OURS
    if found != wanted and found.startswith(OURS):
        with replacing(settings) as temporary:
            temporary.write_text(wanted, encoding="utf-8")
    return home


def open_instance(data_root: Path) -> dg.DagsterInstance:
    """The instance in which all runs are recorded: the command line's, the sensor's and the UI's."""
    home = dagster_home(data_root)
    os.environ["DAGSTER_HOME"] = str(home)
    # Two first commands at once would both make Dagster's tables, and one of them would fail.
    with FileLock(home / "opening.lock"):
        instance = dg.DagsterInstance.from_config(str(home))
        instance.get_runs(limit=1)
        instance.get_dynamic_partitions("dataset")
        instance.daemon_cursor_storage.get_cursor_values({"none"})
    return instance


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
