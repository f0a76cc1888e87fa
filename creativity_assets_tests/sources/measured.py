"""Reads sources in a process of its own and says what came, how long it took and how far memory rose.

python -m creativity_assets_tests.sources.measured '[{"kind": "archive", "path": ...}, ...]'
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

BOUND = 512
"""MiB above the base: the stated bound of a reader."""


class Measured(NamedTuple):
    """lines: the records' keys, the rejects as `reason: detail`, and what stopped the reading. rise: MiB of the peak."""

    lines: list[str]
    seconds: float
    rise: float


def measured(entries: list[dict[str, Any]], user: int | None = None) -> list[Measured]:
    """user: the number of the user who reads; root alone can become another."""
    command = [sys.executable, "-W", "error", "-m", __name__, json.dumps(entries), str(user or 0)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return [Measured(**one) for one in json.loads(done.stdout)]


def _main(entries: list[dict[str, Any]], user: int) -> None:
    from pydantic import TypeAdapter

    from creativity_assets import sources
    from creativity_assets.catalog.datasets import DatasetEntry
    from creativity_assets.errors import SourceError
    from creativity_assets.sources.records import SourceRecord

    adapter: TypeAdapter[Any] = TypeAdapter(DatasetEntry)
    if user:
        import av  # noqa: F401  # what is imported later may be closed to that user

        os.setuid(user)
    base = _peak()
    found = []
    for settings in entries:
        entry = adapter.validate_python({"name": "claims", **settings})
        start, lines = time.monotonic(), []
        try:
            sources.fingerprint(entry, Path("/"))
            for item in sources.read(entry, Path("/")):
                lines.append(item.key if isinstance(item, SourceRecord) else f"{item.reason}: {item.detail}")
        except SourceError as error:
            lines.append(str(error))
        found.append({"lines": lines, "seconds": time.monotonic() - start, "rise": _peak() - base})
    print(json.dumps(found))


def _peak() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]), int(sys.argv[2]))
