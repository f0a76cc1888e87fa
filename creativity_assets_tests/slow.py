"""Which tests are slow: those that took over a second, and those that ask for a fixture whose making did.

`slow.txt` holds what was found, and such tests get the marker `slow`; `pytest --record-slow` finds them anew, in one
process, for the tests that it runs. A recorded line is `test FILE::FUNCTION` or `fixture BASE::NAME`, where BASE is
the file or folder whose tests may ask for it.
"""

import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).with_name("slow.txt")
PROJECT = Path(__file__).parents[1]
LIMIT = 1.0
"""Seconds of a test with the fixtures that are made for it alone, or of a fixture that several share."""


def recorded() -> tuple[set[str], set[str]]:
    """The slow tests and the slow fixtures, as in FILE."""
    lines = [line.split(" ", 1) for line in FILE.read_text(encoding="utf-8").splitlines()]
    return {name for kind, name in lines if kind == "test"}, {name for kind, name in lines if kind == "fixture"}


def is_slow(nodeid: str, fixtures: set[str], slow_tests: set[str], slow_fixtures: set[str]) -> bool:
    """Whether a test is among the slow ones, or asks for a slow fixture that is meant for it."""
    asked = (name.rpartition("::") for name in slow_fixtures)
    return _function(nodeid) in slow_tests or any(
        name in fixtures and nodeid.startswith(base) for base, _, name in asked
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-slow", action="store_true", help=f"write what takes over {LIMIT:g} s to {FILE.name}")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--record-slow"):
        config.pluginmanager.register(_Recorder(), "creativity-slow")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests, fixtures = recorded()
    for item in items:
        if is_slow(item.nodeid, set(getattr(item, "fixturenames", ())), tests, fixtures):
            item.add_marker("slow")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say which tests have become slow, where only quick ones were asked for."""
    if "not slow" not in config.getoption("markexpr"):
        return
    passed = [report for report in terminalreporter.stats.get("passed", []) if report.when == "call"]
    for report in sorted(passed, key=lambda report: -report.duration):
        if report.duration > LIMIT:
            terminalreporter.write_line(f"slow: {report.nodeid} took {report.duration:.1f} s; see CONTRIBUTING.md")


class _Recorder:
    def __init__(self) -> None:
        self.ran: set[str] = set()
        self.made: set[str] = set()
        self.slow_tests: set[str] = set()
        self.slow_fixtures: set[str] = set()
        self.spent = 0.0

    def pytest_runtest_logstart(self) -> None:
        self.spent = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        start = time.perf_counter()
        value = yield
        taken = time.perf_counter() - start
        if fixturedef.scope == "function":
            self.spent += taken
        else:
            name = f"{fixturedef.baseid}::{fixturedef.argname}"
            self.made.add(name)
            if taken > LIMIT:
                self.slow_fixtures.add(name)
        return value

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.ran.add(_function(report.nodeid))
            if self.spent + report.duration > LIMIT:
                self.slow_tests.add(_function(report.nodeid))

    def pytest_sessionfinish(self) -> None:
        tests, fixtures = recorded()
        tests = {name for name in tests - self.ran if _is_there(name)} | self.slow_tests
        fixtures = {name for name in fixtures - self.made if _is_there(name)} | self.slow_fixtures
        FILE.write_text("".join(f"{line}\n" for line in _lines(tests, fixtures)), encoding="utf-8")


def _lines(tests: set[str], fixtures: set[str]) -> Iterator[str]:
    yield from (f"fixture {name}" for name in sorted(fixtures))
    yield from (f"test {name}" for name in sorted(tests))


def _is_there(name: str) -> bool:
    return (PROJECT / name.partition("::")[0]).exists()


def _function(nodeid: str) -> str:
    return nodeid.partition("[")[0]
