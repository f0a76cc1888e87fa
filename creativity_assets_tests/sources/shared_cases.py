"""Real cases that may lie beside the project: tests on them are skipped where they do not."""

from pathlib import Path

import pytest

_CASES = Path(__file__).parents[3] / "shared" / "cases"


def case(*parts: str) -> Path:
    place = _CASES.joinpath(*parts)
    if not place.exists():
        pytest.skip(f"{place} is not here")
    return place
