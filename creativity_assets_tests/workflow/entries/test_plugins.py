"""A researcher's own module adds to every registry, by the catalogue alone; what does not fit costs one line."""

import sys
from pathlib import Path

import pytest
import yaml

from creativity_assets.workflow.entries.plugins import load_plugins, registries
from creativity_assets.workflow.parts import IMAGE_METRICS, READOUTS
from creativity_assets.workflow.pieces import pieces_of
from creativity_assets.workflow.study import Study
from creativity_assets_tests.running import bring_up_to_date, table
from creativity_assets_tests.studies import CATALOG, write_catalog

MODULE = """
from creativity_assets.diffusion.inversion import INVERSIONS as KNOWN
from creativity_assets.metrics.suites import SUITES as KNOWN_SUITES
from creativity_assets.sources import Reader
from creativity_assets.sources.records import SourceRecord

VERSION = {version}


def read(entry, root):
    for file in sorted((root / entry.path).glob("*/*.png")):
        yield SourceRecord(file.stem, file.read_bytes(), file.as_uri(), {{"artist": entry.options["artist"]}})


def size(trip):
    return {{"noise_size": trip.inverted.noise.abs().flatten(1).mean(1)}}


INVERSIONS = {{"my_ddim": KNOWN["ddim"]}}
READOUTS = {{"size": size}}
SUITES = {{"mine": KNOWN_SUITES["embedded"]}}
READERS = {{"my-reader": Reader(read, lambda entry, root: "never changes")}}
"""
"""Every registry but that of families, for which it would take a folder of weights."""


def study_with(root: Path) -> None:
    """The test study under all that the plugin adds."""
    experiment = {"model": "tiny", "method": "mine", "suite": "mine", "datasets": ["own"], "readouts": ["size"]}
    source = {"kind": "plugin", "reader": "my-reader", "path": "../pictures/paintings", "options": {"artist": "Me"}}
    write_catalog(
        root,
        {
            "datasets": {"own": source},
            "models": CATALOG["models"],
            "methods": {"mine": {"inversion": "my_ddim", "steps": 4}},
            "experiments": {"tiny.mine": experiment},
        },
    )
    (root / "catalog" / "local.yaml").write_text(yaml.safe_dump({"plugins": ["my_module"]}), encoding="utf-8")


def test_method_readout_suite_and_reader_of_a_plugin_are_measured_with(modules: Path, study_root: Path) -> None:
    (modules / "my_module.py").write_text(MODULE.format(version=1), encoding="utf-8")
    study_with(study_root)
    assert bring_up_to_date(study_root).problems == ()
    scored = table(study_root, "image_metrics")
    assert set(scored["suite"]) == {"mine"}
    assert set(scored["artist_slug"]) == {"me"}
    assert len(scored) >= 3
    sizes = table(study_root, "readouts").query("readout == 'noise_size'")
    assert len(sizes) == len(scored)
    assert bring_up_to_date(study_root).made == ()


def hashes(root: Path) -> dict[str, str | None]:
    lineage = Study(root).lineage
    (piece,) = pieces_of(lineage, lineage.collections("own"), lineage.catalog.experiment("tiny.mine"))
    index = lineage.index(lineage.catalog.dataset("own"))
    return {"index": index, **{kind.name: piece.hash_of(kind) for kind in (IMAGE_METRICS, READOUTS)}}


def test_its_version_enters_every_hash(modules: Path, study_root: Path) -> None:
    module = modules / "my_module.py"
    module.write_text(MODULE.format(version=1), encoding="utf-8")
    study_with(study_root)
    bring_up_to_date(study_root)
    before = hashes(study_root)
    del sys.modules["my_module"]
    module.write_text(MODULE.format(version=22), encoding="utf-8")
    after = hashes(study_root)
    assert all(after[name] != before[name] for name in before)


BAD = {
    "import torch_of_nowhere": "ModuleNotFoundError: No module named 'torch_of_nowhere'; correct or uninstall it",
    "1 / 0": "ZeroDivisionError: division by zero; correct or uninstall it",
    "INVERSIONS = {}": "has no VERSION; write one, and raise it when its numbers change",
    "VERSION = 1": "adds nothing; give it one of INVERSIONS, READOUTS",
    "VERSION = 1\nINVERSIONS = []": "INVERSIONS must be a dictionary",
    "VERSION = 1\nINVERSIONS = {'x': 3}": "INVERSIONS['x'] is int, not a MethodSpec",
    "VERSION = 1\nREADOUTS = {'x': 'y'}": "READOUTS['x'] is str, not a function of a RoundTrip",
    "VERSION = 1\nLAYOUTS = {'x': int}": "LAYOUTS['x'] is type, not a Layout",
    "VERSION = 1\nREADOUTS = {3: print}": "READOUTS has the key 3; write a name",
    "VERSION = 1\nREADOUTS = {'noise': print}": "READOUTS has 'noise' already, from the project; rename it",
    "VERSION = 1\nREADOUTS = {'new': print}\nSUITES = {'x': 1}": "SUITES['x'] is int, not a SuiteSpec",
}


@pytest.mark.parametrize("number", range(len(BAD)))
def test_what_does_not_fit_is_one_line_and_adds_nothing(modules: Path, number: int) -> None:
    content, expected = list(BAD.items())[number]
    name = f"my_module{number}"
    (modules / f"{name}.py").write_text(content, encoding="utf-8")
    before = {registry: list(known.entries) for registry, known in registries().items()}
    (line,) = load_plugins([name])
    assert line.startswith(f"plugins: {name}: ")
    assert expected in line and "\n" not in line
    assert {registry: list(known.entries) for registry, known in registries().items()} == before


def test_a_plugin_that_is_not_there_harms_no_other_entry(study_root: Path) -> None:
    (study_root / "catalog" / "local.yaml").write_text("plugins: [nowhere_to_be_found]", encoding="utf-8")
    outcome = bring_up_to_date(study_root)
    (line,) = outcome.problems
    assert line.startswith("plugins: nowhere_to_be_found: ModuleNotFoundError")
    assert len(table(study_root, "image_metrics")) > 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plugins: my_module", "local.yaml: plugins must be a list of modules, as [my_module]"),
        ("plugins: [../evil]", "local.yaml: plugins: '../evil' is no name of a module"),
        ("plugins: [3]", "local.yaml: plugins: 3 is no name of a module"),
        ("plugins: {a: b}", "local.yaml: plugins must be a list"),
    ],
)
def test_a_list_that_is_none_is_one_line(study_root: Path, text: str, expected: str) -> None:
    (study_root / "catalog" / "local.yaml").write_text(text, encoding="utf-8")
    (line,) = Study(study_root).catalog.faults
    assert line.startswith(expected)
