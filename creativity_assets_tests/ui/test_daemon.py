"""A real daemon over a stage that takes its time: what is wanted is asked for once, and what arrives goes beside it."""

import sqlite3
import time
from pathlib import Path

import duckdb
import pytest

from creativity_assets.store.layout import Store
from creativity_assets_tests.studies import CATALOG, new_study, save_picture, write_catalog
from creativity_assets_tests.ui.serving import serving, wait_until

pytestmark = [pytest.mark.ui, pytest.mark.timeout(900)]

TICK = 15
SLOW = {"inversion": "aidi", "steps": 500, "options": {"evaluations": 20}}
"""Ten thousand evaluations an image: the stage outlasts several ticks of the sensor."""


def runs(root: Path) -> list[tuple[str, str]]:
    """(status, lane) of every run that Dagster has a record of, in order."""
    database = root / "dagster_home" / "history" / "runs.db"
    if not database.is_file():
        return []
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT r.status, t.value FROM runs r JOIN run_tags t ON t.run_id = r.run_id AND t.key = 'creativity/lane' "
            "ORDER BY r.id"
        ).fetchall()
    return [(str(status), str(lane)) for status, lane in rows]


def measured(root: Path, dataset: str) -> int:
    """How many images of a data set the warehouse has scores of."""
    database = Store(root).database
    if not database.is_file():
        return 0
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("SELECT count(*) FROM image_metrics WHERE dataset = ?", [dataset]).fetchone()
    return int(found[0]) if found else 0


def test_each_piece_of_work_is_one_run_and_what_arrives_goes_first(tmp_path: Path, weights: Path) -> None:
    root = new_study(tmp_path, weights)
    experiments = {
        **CATALOG["experiments"],  # type: ignore[dict-item]
        "tiny.slow": {"model": "tiny", "method": "slow", "suite": "embedded", "datasets": ["copies"]},
    }
    methods = {**CATALOG["methods"], "slow": SLOW}  # type: ignore[dict-item]
    write_catalog(root, {**CATALOG, "methods": methods, "experiments": experiments})
    with serving(root):
        wait_until(lambda: runs(root)[:2] == [("SUCCESS", "arrivals"), ("STARTED", "bulk")], f"{runs(root)}", 240)
        for number in range(6):
            save_picture(root / "incoming" / "dropped" / "somebody" / f"{number}.png", seed=90 + number)
        dropped = time.monotonic()
        wait_until(lambda: measured(root, "dropped") == 6, f"not measured: {runs(root)}", 300)
        seconds = time.monotonic() - dropped
        wait_until(lambda: runs(root)[1][0] == "SUCCESS", f"the long run did not end well: {runs(root)}", 400)
        time.sleep(3 * TICK)
        assert runs(root) == [("SUCCESS", "arrivals"), ("SUCCESS", "bulk"), ("SUCCESS", "arrivals")]
        assert measured(root, "copies") == 10
    print(f"six images were measured {seconds:.0f} s after they were dropped, beside a long run")
    lines = [line for line in (root / "ui.log").read_text().splitlines() if line.strip()]
    assert lines[0].startswith("Dagster UI: http://127.0.0.1:")
    assert len(lines) < 40, "\n".join(lines[:60])
    assert "Traceback" not in "\n".join(lines)
