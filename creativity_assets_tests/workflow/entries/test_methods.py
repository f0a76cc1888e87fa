"""Methods and data sets in the plan: a new one is an entry, and what its settings mean is measured."""

from pathlib import Path
from typing import Any

import pytest

from creativity_assets.catalog.entries import MethodEntry
from creativity_assets.errors import CatalogError
from creativity_assets.orchestration.partitions import cell_key
from creativity_assets.workflow.entries.methods import inversion_settings
from creativity_assets.workflow.parts import METHOD_VERSIONS
from creativity_assets.workflow.plan import plan
from creativity_assets.workflow.study import Study
from creativity_assets_tests.running import bring_up_to_date, partitions, recorded, table
from creativity_assets_tests.studies import CATALOG, EXPERIMENT, save_picture, write_catalog


def method(**settings: Any) -> MethodEntry:
    return MethodEntry(**{"name": "m", "inversion": "ddim", "steps": 4, **settings})


def with_methods(root: Path, methods: dict[str, dict[str, Any]], **experiment: Any) -> None:
    """Add method entries and for each an experiment over both data sets of the study."""
    common = {"model": "tiny", "suite": "embedded", "datasets": ["paintings", "copies"], **experiment}
    experiments = {f"tiny.{name}": {**common, "method": name} for name in methods}
    write_catalog(
        root,
        {
            **CATALOG,
            "methods": {**CATALOG["methods"], **methods},
            "experiments": {**CATALOG["experiments"], **experiments},
        },
    )


def test_a_method_is_one_entry_and_its_experiment_one_more(measured_root: Path) -> None:
    """Exact, captioned and inversion-free ones at once; originals are not encoded or embedded again."""
    shared = [
        path
        for area in ("latents", "floor_images", "embeddings", "floor_scores")
        for path in (measured_root / "store" / area).rglob("*.parquet")
    ]
    assert len(shared) == 4 * 4
    before = {path: path.stat().st_mtime_ns for path in shared}
    methods = {
        "edict4": {"inversion": "edict", "steps": 4},
        "captioned4": {"inversion": "ddim", "steps": 4, "prompt": "caption", "guidance": 2.0},
        "autoencoder": {"inversion": "autoencoder", "steps": 0},
    }
    with_methods(measured_root, methods, readouts=["noise", "one_state"])
    wanted = plan(Study(measured_root).lineage).reconstructions
    assert {name: len(cells) for name, cells in wanted.items()} == dict.fromkeys((f"tiny.{m}" for m in methods), 4)
    known, made = partitions(measured_root), recorded(measured_root, "image_metrics")
    bring_up_to_date(measured_root)
    new = {cell_key(cell, name) for name, cells in wanted.items() for cell in cells}
    assert partitions(measured_root) == {**known, "cell": known["cell"] | new}
    assert recorded(measured_root, "image_metrics") - made == new
    assert {path: path.stat().st_mtime_ns for path in shared} == before

    metrics = table(measured_root, "image_metrics").set_index(["experiment", "sample_id"])
    plain = metrics.loc[EXPERIMENT]
    for name in ("tiny.edict4", "tiny.autoencoder"):
        excess = metrics.loc[name]["composite"] - metrics.loc[name]["floor_composite"]
        assert excess.abs().max() < 0.005, name
    assert (metrics.loc["tiny.captioned4"]["composite"] - plain["composite"]).abs().max() > 1e-3
    readouts = table(measured_root, "readouts").pivot_table(
        index="experiment", columns="readout", values="value", aggfunc="count"
    )
    assert readouts.loc["tiny.edict4", "one_state_error"] == readouts.loc["tiny.edict4", "noise_power"] == 10
    assert readouts.loc[EXPERIMENT, "noise_power"] == 10
    assert readouts.loc["tiny.autoencoder"].isna()["noise_power"]


def test_a_method_whose_numbers_changed_makes_its_own_parts_stale(
    measured_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert METHOD_VERSIONS == {"edict": 2}, "raised by hand, when a method's stored numbers change"
    monkeypatch.setitem(METHOD_VERSIONS, "edict", 3)
    assert not plan(Study(measured_root).lineage).reconstructions
    monkeypatch.setitem(METHOD_VERSIONS, "ddim", 2)
    assert set(plan(Study(measured_root).lineage).reconstructions) == {EXPERIMENT}


def test_a_data_set_is_one_entry_and_a_word_in_its_experiment(measured_root: Path) -> None:
    pictures = measured_root.parent / "pictures" / "photographs"
    for number in range(3):
        save_picture(pictures / f"artist-{number % 2}" / f"{number}.png", seed=number)
    entry = {"kind": "folder", "path": "../pictures/photographs", "constants": {"label": "human"}}
    experiment = {**CATALOG["experiments"][EXPERIMENT], "datasets": ["paintings", "copies", "photographs"]}
    write_catalog(
        measured_root,
        {**CATALOG, "datasets": {**CATALOG["datasets"], "photographs": entry}, "experiments": {EXPERIMENT: experiment}},
    )
    assert plan(Study(measured_root).lineage).indexes == ("photographs",)
    known, made = partitions(measured_root), recorded(measured_root, "image_metrics")
    bring_up_to_date(measured_root)
    cells = plan(Study(measured_root).lineage).wanted[EXPERIMENT]
    new = [cell for cell in cells if cell.dataset == "photographs"]
    assert {cell.artist for cell in new} == {"artist-0", "artist-1"}
    assert len(cells) == 6
    assert partitions(measured_root) == {
        "dataset": known["dataset"] | {"photographs"},
        "collection": known["collection"] | {cell.key for cell in new},
        "cell": known["cell"] | {cell_key(cell, EXPERIMENT) for cell in new},
    }
    assert recorded(measured_root, "image_metrics") - made == {cell_key(cell, EXPERIMENT) for cell in new}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"inversion": "edikt"}, "m: no inversion 'edikt'"),
        ({"inversion": "pnp"}, "m: pnp is no distance"),
        ({"guidance": 7.5}, "m: guidance without a caption changes nothing"),
        ({"prompt": "caption"}, "m: prompt: caption at guidance 0 never reads the caption"),
        ({"options": {"k": 3}}, "m: ddim: no option 'k'; have none"),
        ({"inversion": "aidi", "options": {"evaluations": 2.5}}, "m: aidi: option evaluations 2.5: must be a whole"),
        ({"prompt": "caption", "guidance": [{"above": 200, "weight": 3}]}, "m: guidance intervals"),
    ],
)
def test_an_entry_that_no_method_understands_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        inversion_settings(method(**settings))


def test_settings_are_those_of_the_entry() -> None:
    stages = [{"above": 600, "weight": 1}, {"above": -1, "weight": 3}]
    settings = inversion_settings(method(prompt="caption", guidance=stages, resample_guidance=7.5))
    assert [settings.guidance.weight(t) for t in (900, 600)] == [1.0, 3.0]
    assert settings.resample_guidance is not None
    assert settings.resample_guidance.weight(10) == 7.5
    assert not settings.is_distance
    assert inversion_settings(method(inversion="aidi", options={"evaluations": 7})).evaluations == 32
