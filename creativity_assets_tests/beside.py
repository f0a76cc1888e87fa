"""Real input that lies outside the project, on its authors' machines: tests on it are skipped where it is absent."""

from pathlib import Path

import pytest

from creativity_assets.catalog import load_catalog
from creativity_assets.catalog.entry import resolve

_DATA = Path(__file__).parents[1] / "data"
_BESIDE = Path(__file__).parents[2] / "shared"


def _masters_folder() -> Path:
    """Where the catalogue has the masters: local.yaml and $CREATIVITY_LOCATIONS move them; else beside the project."""
    place = resolve(load_catalog(_DATA).dataset("masters").local_path or "", _DATA)
    return place if place.is_dir() else _BESIDE / "masters"


_MASTERS = _masters_folder()
"""Found when the tests are collected: the variable is taken away before the first of them runs."""


def masters(*parts: str) -> Path:
    """A place within the data set `masters`; the test that asks is skipped where that is absent."""
    return _there(_MASTERS.joinpath(*parts))


def move_masters(root: Path) -> None:
    """Say in the copy of the catalogue at a data root where the masters lie."""
    text = f"locations: {{masters: {masters()}, masters-24: {masters()}}}\n"
    (root / "catalog" / "local.yaml").write_text(text, encoding="utf-8")


def case(*parts: str) -> Path:
    """One of the authors' malformed or unusual inputs; the test that asks is skipped where it is absent."""
    return _there(_BESIDE.joinpath("cases", *parts))


def _there(place: Path) -> Path:
    if not place.exists():
        pytest.skip(f"{place} is not here")
    return place
