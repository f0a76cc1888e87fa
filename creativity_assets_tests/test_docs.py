"""The tables of docs/ against the registries they describe."""

from pathlib import Path

import pytest

from creativity_assets.diffusion.inversion import INVERSIONS, NO_DISTANCES
from creativity_assets.engine.readouts import READOUTS

DOCS = Path(__file__).parents[1] / "docs"


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = (DOCS / page).read_text(encoding="utf-8").split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


METHODS = {cells[0].strip("`"): cells for cells in rows("methods.md", "The table")}


def test_every_method_has_a_row_in_the_order_of_the_registry() -> None:
    assert list(METHODS) == list(INVERSIONS)


@pytest.mark.parametrize("name", INVERSIONS)
def test_a_row_states_the_registry_s_options_steps_cost_and_exactness(name: str) -> None:
    spec = INVERSIONS[name]
    _, rule, options, steps, cost, exact, says = METHODS[name]
    assert rule and says
    assert options == ", ".join(f"{option} {value}" for option, value in spec.defaults.items())
    assert int(steps) == spec.steps
    assert int(cost) == spec.evaluations(spec.steps)
    assert exact == ("yes" if spec.exact else "no")


def test_methods_that_are_no_distance_are_named_with_their_reason() -> None:
    text = (DOCS / "methods.md").read_text(encoding="utf-8").split("## Not offered as scores", 1)[1].lower()
    for name in NO_DISTANCES:
        assert name.replace("_", "-").split("-")[0] in text, name


def test_every_group_of_readouts_has_a_row() -> None:
    assert [cells[0].strip("`") for cells in rows("methods.md", "Readouts")] == list(READOUTS)
