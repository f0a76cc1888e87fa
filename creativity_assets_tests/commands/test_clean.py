from pathlib import Path

from typer.testing import CliRunner

from creativity_assets.store.layout import Store
from creativity_assets.workflow.leftovers import leftovers
from creativity_assets.workflow.plan import plan
from creativity_assets.workflow.study import Study
from creativity_assets_tests.running import bring_up_to_date, table
from creativity_assets_tests.studies import CATALOG, EXPERIMENT, write_catalog


def clean(*arguments: str) -> str:
    from creativity_assets.cli import app

    result = CliRunner().invoke(app, ["clean", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def files_of(root: Path) -> set[Path]:
    return set((root / "store").rglob("*.parquet"))


def test_nothing_that_the_catalogue_leads_to_would_be_freed(measured_root: Path) -> None:
    assert leftovers(Study(measured_root)) == []
    assert "0.0 MB in 0 files would be freed" in clean()
    Store(measured_root).index("paintings").unlink()
    assert leftovers(Study(measured_root)) == [], "without an index it is not known what has left"


def test_what_left_the_catalogue_is_shown_first_and_freed_on_demand(measured_root: Path) -> None:
    before = files_of(measured_root)
    only = {EXPERIMENT: {"model": "tiny", "method": "ddim4", "suite": "embedded", "datasets": ["paintings"]}}
    datasets = {"paintings": CATALOG["datasets"]["paintings"]}  # type: ignore[index]
    write_catalog(measured_root, {**CATALOG, "datasets": datasets, "experiments": only, "comparisons": {}})
    shown = clean()
    assert files_of(measured_root) == before
    assert "store/index/copies" in shown
    assert "freed by creativity clean --yes" in shown
    clean("--yes")
    gone = before - files_of(measured_root)
    assert gone == {path for path in before if "copies" in path.parts}
    assert not plan(Study(measured_root).lineage)
    bring_up_to_date(measured_root)
    assert set(table(measured_root, "image_metrics")["dataset"]) == {"paintings"}


def test_an_artist_who_left_a_source_and_an_experiment_that_left_are_freed_alone(measured_root: Path) -> None:
    stranger = Store(measured_root).root / "raw_samples" / "all" / "paintings" / "somebody-else.parquet"
    stranger.write_bytes(b"PAR1")
    assert [leftover.path for leftover in leftovers(Study(measured_root))] == [stranger]
    stranger.unlink()
    renamed = {
        "tiny.ddim2": {"model": "tiny", "method": "ddim2", "suite": "embedded", "datasets": ["paintings", "copies"]}
    }
    write_catalog(measured_root, {**CATALOG, "experiments": renamed})
    root = Store(measured_root).root
    expected = [root / area / EXPERIMENT for area in ("reconstructions", "readouts", "image_metrics", "ceilings")]
    found = [leftover.path for leftover in leftovers(Study(measured_root))]
    assert found == [path for path in expected if path.is_dir()]
    assert len(found) >= 3
