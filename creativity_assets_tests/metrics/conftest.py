"""A tiny random suite for this folder's tests, made once, and images that differ in known ways."""

from pathlib import Path

import numpy as np
import pytest

from creativity_assets.metrics.suites import EMBEDDED_FOLDER, Suite, load_suite
from creativity_assets_tests.tiny_models import save_tiny_suite


@pytest.fixture(scope="session")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    save_tiny_suite(root / EMBEDDED_FOLDER)
    return root


@pytest.fixture(scope="session")
def suite(data_root: Path) -> Suite:
    return load_suite("embedded", data_root)


@pytest.fixture(scope="session")
def originals() -> np.ndarray:
    """Four noise images of 64 px."""
    return np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def noisy(originals: np.ndarray) -> np.ndarray:
    """The originals plus noise of 20 levels."""
    noise = np.random.default_rng(1).normal(0, 20, originals.shape)
    return (originals + noise).clip(0, 255).round().astype(np.uint8)
