"""What the README and the tutorial say of Python works as it stands there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from creativity_assets.atelier import PAINTERS, paint

PROJECT = Path(__file__).parents[1]


def run(code: str, folder: Path, data_root: Path) -> str:
    environment = {**os.environ, "CREATIVITY_DATA": str(data_root), "MPLBACKEND": "Agg", "PYTHONWARNINGS": "ignore"}
    environment.pop("DAGSTER_HOME", None)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture
def data_root(tmp_path: Path) -> Path:
    """The shipped catalogue and weights, with a store of its own."""
    root = tmp_path / "data"
    root.mkdir()
    for name in ("catalog", "embedded"):
        (root / name).symlink_to(PROJECT / "data" / name)
    return root


@pytest.mark.long
def test_the_lines_of_the_readme_run(tmp_path: Path, data_root: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (PROJECT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in block.splitlines() if line.strip()]) <= 12
    (tmp_path / "pictures").mkdir()
    for number, painter in enumerate(PAINTERS[:2]):
        Image.fromarray(paint(painter, "show", 0, 64).image).save(tmp_path / "pictures" / f"{number}.png")
    Image.fromarray(paint(PAINTERS[2], "show", 0, 64).image).save(tmp_path / "painting.jpg")
    shown = run(block, tmp_path, data_root)
    assert "painting.jpg" in shown
    assert "tiny-sd.autoencoder" in shown


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_tutorial_runs_from_its_first_cell_to_its_last(tmp_path: Path, data_root: Path) -> None:
    notebook = json.loads((PROJECT / "docs" / "tutorial.ipynb").read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    run("\n".join(code), tmp_path, data_root)
