"""Fixtures of the whole suite: random-weight models made once, and small studies made from them."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before torch and the hub's client are imported, which read these once.
os.environ["HF_HUB_OFFLINE"] = "1"
# One thread in each of pytest's workers: more of them than cores wait for one another at every operation.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("DAGSTER_HOME", None)
os.environ.pop("CREATIVITY_DATA", None)

from creativity_assets_tests import beside  # noqa: F401 - it asks where the masters lie before that is taken away
from creativity_assets_tests.hub_cache import HubCache
from creativity_assets_tests.slow import (  # noqa: F401 - hooks of pytest
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_terminal_summary,
)
from creativity_assets_tests.studies import new_study, save_weights

# What a script starts in the background ignores SIGINT, under nohup SIGHUP; so would the commands that tests interrupt.
for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


@pytest.fixture(scope="session", autouse=True)
def _no_locations_of_this_machine() -> Iterator[None]:
    """Catalogues of tests have other data sets than the project's, and $CREATIVITY_LOCATIONS may name no others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CREATIVITY_LOCATIONS", raising=False)
        yield


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HubCache:
    """The hub's cache, empty at first; the hub itself is never asked."""
    cache = HubCache(tmp_path / "hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache.folder))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return cache


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with embedded/tiny and embedded/suite."""
    return save_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def study_root(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data root of a study in which nothing has been made yet; the command line works on it."""
    root = new_study(tmp_path, weights)
    monkeypatch.setenv("CREATIVITY_DATA", str(root))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return root


@pytest.fixture(scope="session")
def _measured(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Path:
    from creativity_assets_tests.running import bring_up_to_date

    root = new_study(tmp_path_factory.mktemp("measured"), weights)
    bring_up_to_date(root)
    return root.parent


@pytest.fixture
def measured_root(_measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root in which everything has been materialized; a copy, to be changed at will."""
    folder = tmp_path / "copy"
    shutil.copytree(_measured, folder, symlinks=True)
    monkeypatch.setenv("CREATIVITY_DATA", str(folder / "data"))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return folder / "data"
