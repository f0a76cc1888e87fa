"""The Dagster UI in headless Chromium: what can be asserted of what a person sees there."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from creativity_assets_tests.running import bring_up_to_date
from creativity_assets_tests.studies import new_study

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS = 120

pytestmark = [
    pytest.mark.ui,
    pytest.mark.timeout(900),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed; on Debian: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Iterator[str]:
    """`creativity ui` over a measured study; yields its address."""
    root = new_study(tmp_path_factory.mktemp("served"), weights)
    bring_up_to_date(root)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = f"from creativity_assets.cli import main; import sys; sys.argv = ['creativity', 'ui', '--port', '{port}']; main()"
    environment = os.environ | {"CREATIVITY_DATA": str(root), "OMP_NUM_THREADS": "1"}
    environment.pop("DAGSTER_HOME", None)
    log = (root / "ui.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-c", command], env=environment, stdout=log, stderr=log, start_new_session=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(lambda: _answers(address), f"the UI did not come up: {(root / 'ui.log').read_text()[-2000:]}")
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        finally:
            with contextlib.suppress(ProcessLookupError):  # nobody is left, as it should be
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
            log.close()


@pytest.fixture(scope="module")
def page(served: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(base_url=served, viewport={"width": 1500, "height": 1000})
        page.set_default_timeout(SECONDS * 1000)
        yield page
        browser.close()


def test_the_graph_shows_the_lineage(page: Any, tmp_path: Path) -> None:
    page.goto("/asset-groups")
    for group in ("collect", "measure", "evidence"):
        page.get_by_text(group, exact=True).first.wait_for()
    _picture(page, tmp_path, "groups")
    page.goto("/assets/image_metrics?view=lineage")
    for name in ("reconstructions", "image_metrics", "stats_overall"):
        page.get_by_text(name, exact=True).first.wait_for()
    _picture(page, tmp_path, "graph")


def test_a_metrics_partition_shows_its_contact_sheet_and_numbers(page: Any, tmp_path: Path) -> None:
    page.goto("/assets/image_metrics?view=partitions&partition=paintings/lucja-unal/tiny.ddim4")
    page.get_by_text("mean_composite").first.wait_for()
    page.get_by_text("contact_sheet").first.wait_for()
    _picture(page, tmp_path, "partition")


def test_the_checks_are_shown(page: Any, tmp_path: Path) -> None:
    page.goto("/assets/image_metrics?view=checks")
    for name in ("every_record_accounted", "composite_is_mean", "pairs_complete"):
        page.get_by_text(name).first.wait_for()
    _picture(page, tmp_path, "checks")


def test_sensor_and_schedules_are_listed(page: Any, tmp_path: Path) -> None:
    page.goto("/automation")
    for name in ("new_data", "nightly"):
        page.get_by_text(name).first.wait_for()
    _picture(page, tmp_path, "automation")


def test_an_asset_can_be_materialized_from_the_browser(page: Any, served: str, tmp_path: Path) -> None:
    before = _latest_run(served, "paper_reference")
    page.goto("/assets/paper_reference")
    page.get_by_role("button", name="Materialize").first.click()
    _wait(lambda: _latest_run(served, "paper_reference") != before, "the run from the browser did not succeed")
    _picture(page, tmp_path, "materialized")


def _latest_run(address: str, asset: str) -> str | None:
    query = "query($path: [String!]!) { assetOrError(assetKey: {path: $path}) { ... on Asset { assetMaterializations(limit: 1) { runId } } } }"
    body = json.dumps({"query": query, "variables": {"path": [asset]}}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        found = json.load(answer)["data"]["assetOrError"]["assetMaterializations"]
    return found[0]["runId"] if found else None


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/server_info", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _wait(condition: Any, complaint: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(1)


def _picture(page: Any, folder: Path, name: str) -> None:
    """For a person to look at, in pytest's temporary folder."""
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / f"{name}.png")
