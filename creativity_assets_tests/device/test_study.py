"""A whole study and `creativity score` on a second device: what a GPU would be asked, by the real way to it."""

import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest
from torch.nn.attention import SDPBackend, sdpa_kernel
from typer.testing import CliRunner

from creativity_assets.cli import app
from creativity_assets.orchestration.instance import open_instance
from creativity_assets.workflow import study as studies
from creativity_assets_tests.device.second_device import Machine, second_device
from creativity_assets_tests.running import bring_up_to_date, table
from creativity_assets_tests.studies import CATALOG, new_study, save_picture, write_catalog

TOLERANCE = 1e-5
TABLES = ("image_metrics", "readouts", "samples", "reconstructions", "stats_overall")


@pytest.fixture(scope="module", autouse=True)
def plain_attention() -> Iterator[None]:
    """The CPU's fused attention is the CPU's alone."""
    with sdpa_kernel(SDPBackend.MATH):
        yield


def root_of(folder: Path, weights: Path) -> Path:
    """The small study with readouts, and works of enough painters for a panel and so for ceilings."""
    root = new_study(folder, weights)
    pictures = folder / "pictures" / "paintings"
    with (pictures / "metadata.csv").open("a", encoding="utf-8") as metadata:
        for number in range(5):
            save_picture(pictures / "c" / f"{number}.png", seed=20 + number)
            metadata.write(f"c/{number}.png,Painter {number},Work,1900,\n")
    readouts = ["noise", "defect", "one_state", "denoising_error"]
    experiment = {"model": "tiny", "method": "ddim2", "suite": "embedded", "readouts": readouts}
    models = {"tiny": CATALOG["models"]["tiny"] | {"dtype": "float32"}}  # not the device's own halves
    write_catalog(
        root,
        CATALOG | {"models": models, "experiments": {"tiny.ddim2": experiment | {"datasets": ["paintings", "copies"]}}},
    )
    return root


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Path:
    root = root_of(tmp_path_factory.mktemp("here"), weights)
    bring_up_to_date(root)
    return root


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> tuple[Path, Machine]:
    root = root_of(tmp_path_factory.mktemp("there"), weights)
    gc.collect()  # what other tests left on the device in cycles
    with second_device() as machine:
        outcome = bring_up_to_date(root)
        peak = machine.max_memory_allocated()
        studies._workbench.cache_clear()
    assert outcome.failed_checks == ()
    assert peak > 2**20, "nothing was computed on the device"
    return root, machine


def test_a_study_on_a_device_is_that_of_the_cpu(here: Path, there: tuple[Path, Machine]) -> None:
    for name in TABLES:
        frames = [table(root, name).drop(columns=["source_uri", "path"], errors="ignore") for root in (there[0], here)]
        assert len(frames[1]) > 0, name
        pd.testing.assert_frame_equal(*frames, atol=TOLERANCE, rtol=TOLERANCE)


def test_score_on_a_device_is_that_of_the_cpu(
    here: Path, there: tuple[Path, Machine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command, on two pictures, by the same weights."""
    files = [str(save_picture(tmp_path / f"{seed}.png", seed=seed)) for seed in (40, 41)]
    monkeypatch.setenv("CREATIVITY_DATA", str(here))
    studies._workbench.cache_clear()

    def scored() -> list[dict[str, Any]]:
        done = CliRunner().invoke(app, ["score", *files, "--experiment", "tiny.ddim2", "--json"])
        assert done.exit_code == 0, done.output
        rows: list[dict[str, Any]] = json.loads(done.stdout)
        return rows

    expected = scored()
    with second_device() as machine:
        found = scored()
        assert machine.max_memory_allocated() > 2**20, "nothing was computed on the device"
        studies._workbench.cache_clear()
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(expected), atol=TOLERANCE, rtol=TOLERANCE)


def test_the_peak_of_a_step_is_its_own(there: tuple[Path, Machine]) -> None:
    """What Dagster plots: the device's peak since the step began, not the process's resident set."""
    with open_instance(there[0]) as instance:
        events = [
            record.asset_materialization
            for name in ("reconstructions", "image_metrics")
            for record in instance.fetch_materializations(dg.AssetKey(name), limit=100).records
        ]
    peaks = [float(e.metadata["peak_memory_mb"].value) for e in events if e is not None]  # type: ignore[arg-type]
    assert len(peaks) == len(events) > 10
    assert all(0.1 < peak < 200 for peak in peaks), f"the process itself holds more than 300 MiB; told: {peaks}"


def test_doctor_names_the_devices(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREATIVITY_DATA", str(here))
    with second_device(2):
        assert "device      Soft device, 1 GiB, Soft device, 1 GiB\n" in CliRunner().invoke(app, ["doctor"]).stdout
