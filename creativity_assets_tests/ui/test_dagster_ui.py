"""The Dagster UI in headless Chromium: what can be asserted of what a person sees there."""

import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from creativity_assets_tests.running import bring_up_to_date
from creativity_assets_tests.studies import new_study
from creativity_assets_tests.ui.serving import SECONDS, serving, wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

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
    with serving(root) as address:
        yield address


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
    wait_until(lambda: _latest_run(served, "paper_reference") != before, "the run from the browser did not succeed")
    _picture(page, tmp_path, "materialized")


def _latest_run(address: str, asset: str) -> str | None:
    query = "query($path: [String!]!) { assetOrError(assetKey: {path: $path}) { ... on Asset { assetMaterializations(limit: 1) { runId } } } }"
    body = json.dumps({"query": query, "variables": {"path": [asset]}}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        found = json.load(answer)["data"]["assetOrError"]["assetMaterializations"]
    return found[0]["runId"] if found else None


def _picture(page: Any, folder: Path, name: str) -> None:
    """For a person to look at, in pytest's temporary folder."""
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / f"{name}.png")
