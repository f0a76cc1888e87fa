"""The catalogue that is shipped: complete, and explicit about what its numbers are made from."""

from pathlib import Path

import pytest

from creativity_assets.diffusion.inversion import INVERSIONS
from creativity_assets.engine.readouts import READOUTS
from creativity_assets_tests.shipped import shipped_catalog

CATALOG = shipped_catalog()


@pytest.mark.parametrize("name", CATALOG.methods)
def test_a_method_writes_all_its_options_out(name: str) -> None:
    """What an entry says is hashed; a default of the code, changed later, would leave old numbers fresh."""
    entry = CATALOG.methods[name]
    assert set(entry.options) == set(INVERSIONS[entry.inversion].options)


def test_every_inversion_method_is_an_entry() -> None:
    assert {entry.inversion for entry in CATALOG.methods.values()} == set(INVERSIONS)


def test_every_model_and_method_is_a_partition() -> None:
    experiments = CATALOG.experiments.values()
    assert {experiment.model for experiment in experiments} == set(CATALOG.models)
    assert {experiment.method for experiment in experiments} == set(CATALOG.methods)
    assert all(experiment.datasets for experiment in experiments)


def test_no_path_leads_out_of_the_data_root() -> None:
    paths = [
        entry.path for entry in (*CATALOG.datasets.values(), *CATALOG.models.values()) if getattr(entry, "path", "")
    ]
    assert len(paths) > 10
    for path in paths:
        assert not Path(path).is_absolute()
        assert ".." not in Path(path).parts
        assert not path.startswith("~")


def test_every_readout_is_read_somewhere() -> None:
    assert {group for experiment in CATALOG.experiments.values() for group in experiment.readouts} == set(READOUTS)
    assert set(CATALOG.experiment("tiny-sd.aidi5").readouts) == set(READOUTS)
