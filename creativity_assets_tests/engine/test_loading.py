from pathlib import Path

import pytest

from creativity_assets.diffusion.weights.model_files import ModelSource
from creativity_assets.engine.devices import CPU
from creativity_assets.engine.loading import Instrument
from creativity_assets.errors import ModelError


def test_what_was_loaded_last_is_kept(data_root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    instrument = Instrument(data_root)
    source = ModelSource("tiny", data_root / "tiny-sd")
    loaded, suite = instrument.backbone(source), instrument.suite("embedded")
    assert instrument.backbone(ModelSource("tiny", data_root / "tiny-sd")) is loaded
    assert instrument.suite("embedded") is suite
    other = instrument.backbone(ModelSource("tiny", data_root / "tiny-sd", resolution=48))
    assert other is not loaded
    assert other.resolution == 48
    assert capfd.readouterr().err == "", "progress bars of tiny files would clutter every log"


def test_a_model_that_fails_leaves_no_other_in_its_place(data_root: Path) -> None:
    instrument = Instrument(data_root)
    source = ModelSource("tiny", data_root / "tiny-sd")
    instrument.backbone(source)
    with pytest.raises(ModelError, match="typo: folder"):
        instrument.backbone(ModelSource("typo", data_root / "nowhere"))
    assert instrument.backbone(source).name == "tiny"


def test_batches_fit_the_device(data_root: Path) -> None:
    assert Instrument(data_root, CPU).batch(64).current == 32
