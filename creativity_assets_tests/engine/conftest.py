"""A tiny random model and suite for this folder's tests, made once."""

from pathlib import Path

import numpy as np
import pytest

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.metrics.suites import EMBEDDED_FOLDER, Suite, load_suite
from creativity_assets_tests.tiny_models import save_tiny_sd, save_tiny_suite

Items = list[tuple[str, np.ndarray]]


@pytest.fixture(scope="session")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    save_tiny_suite(root / EMBEDDED_FOLDER)
    save_tiny_sd(root / "tiny-sd")
    return root


@pytest.fixture(scope="session")
def backbone(data_root: Path) -> Backbone:
    return Backbone.load(data_root / "tiny-sd", name="tiny")


@pytest.fixture(scope="session")
def suite(data_root: Path) -> Suite:
    return load_suite("embedded", data_root)


@pytest.fixture(scope="session")
def items() -> Items:
    """Seven images of 32 px with their ids."""
    images = np.random.default_rng(0).integers(0, 256, (7, 8, 8, 3), dtype=np.uint8)
    return [(f"image-{i}", np.kron(image, np.ones((4, 4, 1), np.uint8))) for i, image in enumerate(images)]
