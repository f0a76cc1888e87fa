"""A module outside the project for the tests of plugins, and a process that has never met it afterwards."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from creativity_assets.workflow.entries import plugins
from creativity_assets.workflow.entries.plugins import registries


@pytest.fixture
def forget() -> Iterator[Callable[[], None]]:
    """Let the process know no plugin; so it does afterwards too. Modules of plugins are called my_... ."""
    before = {name: dict(registry.entries) for name, registry in registries().items()}

    def forget() -> None:
        for name, registry in registries().items():
            registry.entries.clear()
            registry.entries.update(before[name])
        plugins._ADDED.clear()
        for name in [name for name in sys.modules if name.startswith("my_")]:
            del sys.modules[name]

    yield forget
    forget()


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forget: Callable[[], None]) -> Path:
    """A folder that Python imports from."""
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder
