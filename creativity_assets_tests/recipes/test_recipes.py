"""CONTRIBUTING.md's recipes cost what they say, and what they add is measured with."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from creativity_assets_tests.recipes.page import PROJECT, Change, recipes

RECIPES = recipes()


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_two_files_that_are_there_or_new(recipe: str) -> None:
    files = {change.file for change in RECIPES[recipe]}
    assert 1 <= len(files) <= 2
    for change in RECIPES[recipe]:
        assert (PROJECT / change.file).exists() is (change.how != "new")


def test_everything_that_can_be_added_has_its_recipe() -> None:
    assert set(RECIPES) == {
        "An inversion method",
        "A readout",
        "A metric",
        "A suite",
        "An audit column",
        "A table of statistics",
        "A kind of source",
        "A model family",
        "A section of the report",
        "A kind of part",
    }


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> dict[str, Any]:
    """What a small study gives with all recipes taken, in a copy of the package."""
    copy = tmp_path_factory.mktemp("recipes")
    shutil.copytree(PROJECT / "creativity_assets", copy / "creativity_assets", ignore=shutil.ignore_patterns("__py*"))
    for changes in RECIPES.values():
        for change in changes:
            change.take(copy)
    command = [sys.executable, "-m", "creativity_assets_tests.recipes.study", str(copy / "study"), str(weights)]
    environment = os.environ | {"PYTHONPATH": f"{copy}{os.pathsep}{PROJECT}", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr[-1500:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


EXPECTED = {
    "problems": [],
    "made again": [],
    "method": [[11]],
    "readout": [[11, True]],
    "metric": [[True, True]],
    "suite": [["embedded-ssim"]],
    "other suite": [[0]],
    "audit": [[11, True]],
    "table": [["portrait", 5]],
    "source": [["ada", 40]],
    "reject": [["torn.npy", "unreadable"]],
    "family": [[5]],
    "section": 2,
    "part": 5,
}


@pytest.mark.parametrize("what", EXPECTED)
def test_what_the_recipes_add_is_measured_with(measured: dict[str, Any], what: str) -> None:
    assert measured[what] == EXPECTED[what]


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("X = 1\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"a\.py has no line 'Y = 1'"):
        Change("a.py", "after the line", "Y = 1", "Z = 2\n").take(tmp_path)
