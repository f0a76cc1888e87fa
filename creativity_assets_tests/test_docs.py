"""The tables of docs/ against the registries they describe."""

import re
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


@pytest.mark.parametrize("name", NO_DISTANCES)
def test_a_method_that_is_no_distance_is_named_with_its_reason(name: str) -> None:
    """In the clause of the page that names it stand three words in a row of the reason it is refused with."""
    section = (DOCS / "methods.md").read_text(encoding="utf-8").split("\n## Not offered as scores\n", 1)[1]
    clauses = [words(clause) for clause in re.split(r"[,:.]", section.split("\n## ", 1)[0])]
    (clause,) = [clause for clause in clauses if sequences(words(name)) <= sequences(clause, len(words(name)))]
    assert sequences(words(NO_DISTANCES[name]), 3) & sequences(clause, 3), clause


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def sequences(text: list[str], length: int | None = None) -> set[tuple[str, ...]]:
    """Every `length` words in a row, all of them where no length is given."""
    length = length or len(text)
    return {tuple(text[i : i + length]) for i in range(len(text) - length + 1)}


def test_every_group_of_readouts_has_a_row() -> None:
    assert [cells[0].strip("`") for cells in rows("methods.md", "Readouts")] == list(READOUTS)
