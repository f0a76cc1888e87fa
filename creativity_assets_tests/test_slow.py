"""What is recorded as slow exists, and marks the tests that it should."""

import ast

import pytest

from creativity_assets_tests.slow import PROJECT, is_slow, recorded

TESTS, FIXTURES = recorded()


def names_in(place: str) -> set[str]:
    file = PROJECT / place
    file = file / "conftest.py" if file.is_dir() else file
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", sorted(TESTS | FIXTURES))
def test_what_is_recorded_exists(name: str) -> None:
    place, *_, function = name.split("::")
    assert function in names_in(place), f"{name}: rename or remove its line in slow.txt"


def test_a_fixture_marks_the_tests_that_it_is_meant_for() -> None:
    slow = {"tests/a::study"}
    assert is_slow("tests/a/test_x.py::test_y[1]", {"study", "tmp_path"}, set(), slow)
    assert not is_slow("tests/b/test_x.py::test_y", {"study"}, set(), slow)
    assert not is_slow("tests/a/test_x.py::test_y", {"other"}, set(), slow)
    assert is_slow("tests/b/test_x.py::test_y[2]", set(), {"tests/b/test_x.py::test_y"}, slow)
