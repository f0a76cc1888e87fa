"""The catalogue as it is shipped, whatever this machine has moved."""

import shutil
import tempfile
from pathlib import Path

import pytest

from creativity_assets.catalog import Catalog, load_catalog
from creativity_assets.catalog.loading import LOCATIONS

PROJECT = Path(__file__).parents[1]


def copy_catalog(root: Path) -> None:
    """Put the shipped catalogue, without local.yaml, into a data root."""
    shutil.copytree(PROJECT / "data" / "catalog", root / "catalog", ignore=shutil.ignore_patterns("local.yaml"))


def shipped_catalog() -> Catalog:
    """The shipped catalogue alone: no location of local.yaml or of the environment counts."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.delenv(LOCATIONS, raising=False)
        copy_catalog(Path(folder))
        return load_catalog(Path(folder))
