import os
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from creativity_assets.errors import CatalogError
from creativity_assets.store.ledger import ledger_of
from creativity_assets.workflow import contents
from creativity_assets.workflow.plan import Plan, Scope, plan
from creativity_assets.workflow.study import Study
from creativity_assets_tests.running import bring_up_to_date, table
from creativity_assets_tests.studies import (
    CATALOG,
    EXPERIMENT,
    only_paintings,
    replace_works,
    save_picture,
    save_weights,
    write_catalog,
)


def plan_of(root: Path, scope: Scope | None = None) -> Plan:
    return plan(Study(root).lineage, scope)


def changed(section: str, name: str, **settings: Any) -> dict[str, Any]:
    """The test catalogue with some settings of one entry."""
    entries: dict[str, Any] = CATALOG[section]  # type: ignore[assignment]
    return {**CATALOG, section: {**entries, name: {**entries.get(name, {}), **settings}}}


def test_at_first_only_the_indexes_are_known_to_be_wanted(study_root: Path) -> None:
    todo = plan_of(study_root)
    assert todo.indexes == ("paintings", "copies")
    assert not todo.samples
    assert not todo.metrics
    assert bool(todo)


def test_when_all_is_made_nothing_is_planned(measured_root: Path) -> None:
    todo = plan_of(measured_root)
    assert not todo
    assert sum(len(cells) for cells in todo.wanted.values()) == 4


def test_touched_files_are_indexed_again_but_not_measured_again(measured_root: Path) -> None:
    picture = measured_root.parent / "pictures" / "paintings" / "a" / "one.png"
    os.utime(picture, (1, 1))
    assert plan_of(measured_root).indexes == ("paintings",)
    before = table(measured_root, "image_metrics")
    assert bring_up_to_date(measured_root).made == ("index",)
    assert table(measured_root, "image_metrics").equals(before)


def test_a_changed_picture_makes_its_own_collection_stale_and_no_other(measured_root: Path) -> None:
    save_picture(measured_root.parent / "pictures" / "paintings" / "a" / "one.png", seed=99)
    study = Study(measured_root)
    from creativity_assets.workflow.steps.dataset_index import dataset_index
    from creativity_assets.workflow.steps.step import Step

    dataset_index(Step(study, "run"), "paintings")
    todo = plan_of(measured_root)
    assert [c.key for c in todo.tensors] == ["paintings/lucja-unal"]
    assert [c.key for c in todo.metrics[EXPERIMENT]] == ["paintings/lucja-unal"]


def test_a_changed_title_is_no_reason_to_measure(measured_root: Path) -> None:
    rows = measured_root.parent / "pictures" / "paintings" / "metadata.csv"
    rows.write_text(rows.read_text(encoding="utf-8").replace('"Five"', '"Fifth"'), encoding="utf-8")
    study = Study(measured_root)
    from creativity_assets.workflow.steps.dataset_index import dataset_index
    from creativity_assets.workflow.steps.step import Step

    dataset_index(Step(study, "run"), "paintings")
    todo = plan_of(measured_root)
    assert [c.key for c in todo.samples] == ["paintings/vincent-van-gogh"]
    assert not todo.tensors
    assert not todo.metrics


@pytest.mark.parametrize(
    ("section", "name", "settings", "stale"),
    [
        ("methods", "ddim4", {"steps": 5}, 4),
        ("methods", "ddim4", {"description": "other words"}, 0),
        ("experiments", "tiny.ddim2", {"model": "tiny", "method": "ddim2", "suite": "embedded", "datasets": ["paintings"]}, 2),
        ("models", "tiny", {"licence": "MIT"}, 0),
    ],
)  # fmt: skip
def test_what_a_changed_entry_makes_stale(
    measured_root: Path, section: str, name: str, settings: dict[str, Any], stale: int
) -> None:
    write_catalog(measured_root, changed(section, name, **settings))
    todo = plan_of(measured_root)
    assert sum(len(cells) for cells in todo.metrics.values()) == stale


def test_other_weights_make_all_cells_stale(measured_root: Path, tmp_path: Path) -> None:
    from creativity_assets_tests.tiny_models import save_tiny_sd

    other = save_weights(tmp_path / "other")
    save_tiny_sd(other / "embedded" / "tiny", resolution=32, seed=1)
    (measured_root / "embedded").unlink()
    (measured_root / "embedded").symlink_to(other / "embedded")
    todo = plan_of(measured_root)
    assert "copies" in todo.indexes
    assert {c.dataset for c in todo.metrics[EXPERIMENT]} == {"paintings"}


def test_an_unknown_name_in_the_scope_is_named(study_root: Path) -> None:
    with pytest.raises(CatalogError, match="no data set 'paintingz'; have paintings, copies"):
        plan_of(study_root, Scope(datasets=("paintingz",)))
    with pytest.raises(CatalogError, match="no experiment 'x'"):
        plan_of(study_root, Scope(experiments=("x",)))


def test_an_absent_source_is_skipped_with_a_line_if_optional_and_an_error_if_asked_for(study_root: Path) -> None:
    write_catalog(study_root, changed("datasets", "paintings", optional=True) | {"comparisons": {}})
    shutil.rmtree(study_root.parent / "pictures")
    experiments = {EXPERIMENT: {"model": "tiny", "method": "ddim4", "suite": "embedded", "datasets": ["paintings"]}}
    catalog = {**changed("datasets", "paintings", optional=True), "comparisons": {}, "experiments": experiments}
    write_catalog(study_root, catalog)
    todo = plan_of(study_root)
    assert not todo
    assert [line.split(":")[:2] for line in todo.skipped] == [["skipped", " paintings"]]
    asked = plan_of(study_root, Scope(datasets=("paintings",)))
    assert [line.partition(":")[0] for line in asked.problems] == ["paintings"]
    assert "does not exist" in asked.problems[0]


def test_missing_weights_are_named_with_the_remedy(study_root: Path) -> None:
    write_catalog(study_root, changed("models", "tiny", path="embedded/nowhere"))
    todo = plan_of(study_root)
    assert not todo
    assert len(todo.problems) == 1
    assert re.search(r"tiny: no folder .*embedded/nowhere", todo.problems[0])


def test_a_plan_counts_the_images_that_were_accepted(measured_root: Path) -> None:
    """Progress ends at its total also where some records were rejected."""
    folder = measured_root.parent / "pictures" / "paintings"
    (folder / "a" / "one.png").write_bytes(b"no picture")
    bring_up_to_date(measured_root)
    write_catalog(measured_root, changed("methods", "ddim4", steps=5))
    todo = plan_of(measured_root)
    assert todo.images == {EXPERIMENT: 8}  # of 5 paintings and their 5 copies one each is gone
    assert sum(todo.sizes.values()) == 8


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_plan_over_500_fresh_collections_takes_under_a_second(study_root: Path) -> None:
    """It looks at the state of files, not into them; the first plan of a process, and a later one."""
    replace_works(study_root, (f"Artist {number}" for number in range(500)))
    only_paintings(study_root, "autoencoder")
    bring_up_to_date(study_root)
    ledger_of.cache_clear()
    contents._held.cache_clear()  # as in a process of its own
    for _ in range(2):
        started = time.perf_counter()
        todo = plan(Study(study_root).lineage)
        assert time.perf_counter() - started < 1
        assert not todo
        assert len(todo.sizes) == 500
