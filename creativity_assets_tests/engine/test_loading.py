from pathlib import Path

import pytest

from creativity_assets.diffusion.weights.model_files import ModelSource
from creativity_assets.engine.devices import CPU
from creativity_assets.engine.loading import Workbench
from creativity_assets.errors import ModelError


def test_what_was_loaded_last_is_kept(data_root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    workbench = Workbench(data_root)
    source = ModelSource("tiny", data_root / "tiny-sd")
    loaded, suite = workbench.backbone(source), workbench.suite("embedded")
    assert workbench.backbone(ModelSource("tiny", data_root / "tiny-sd")) is loaded
    assert workbench.suite("embedded") is suite
    other = workbench.backbone(ModelSource("tiny", data_root / "tiny-sd", resolution=48))
    assert other is not loaded
    assert other.resolution == 48
    assert capfd.readouterr().err == "", "progress bars of tiny files would clutter every log"


def test_a_model_that_fails_leaves_no_other_in_its_place(data_root: Path) -> None:
    workbench = Workbench(data_root)
    source = ModelSource("tiny", data_root / "tiny-sd")
    workbench.backbone(source)
    with pytest.raises(ModelError, match="typo: folder"):
        workbench.backbone(ModelSource("typo", data_root / "nowhere"))
    assert workbench.backbone(source).name == "tiny"


def test_batches_fit_the_device(data_root: Path) -> None:
    assert Workbench(data_root, CPU).batch(64).current == 32
