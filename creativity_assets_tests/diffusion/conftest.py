"""A tiny random Stable Diffusion for this folder's tests, made once."""

from pathlib import Path

import pytest

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets_tests.tiny_models import save_tiny_sd


@pytest.fixture(scope="session")
def sd_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_sd(tmp_path_factory.mktemp("tiny-sd"))


@pytest.fixture(scope="session")
def backbone(sd_folder: Path) -> Backbone:
    return Backbone.load(sd_folder, name="tiny")
