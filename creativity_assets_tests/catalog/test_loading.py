import copy
from pathlib import Path
from typing import Any

import pytest

from creativity_assets.catalog import load_catalog, load_sound_entries
from creativity_assets.catalog.listing import listing
from creativity_assets.errors import CatalogError
from creativity_assets.vocabulary import TABLES, filterable_columns
from creativity_assets_tests.studies import CATALOG, EXPERIMENT, write_catalog

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "data" / "incoming").mkdir(parents=True)
    write_catalog(tmp_path / "data", CATALOG)
    return tmp_path / "data"


def changed(**sections: dict[str, Any]) -> dict[str, Any]:
    """The test catalogue with entries replaced or added."""
    catalog: dict[str, Any] = copy.deepcopy(CATALOG)
    for section, entries in sections.items():
        catalog[section] = {**catalog[section], **entries}
    return catalog


def test_the_projects_own_catalogue_loads_and_is_listed() -> None:
    catalog = load_catalog(PROJECT / "data")
    assert "tiny-sd.ddim20" in catalog.experiments
    assert catalog.dataset("masters").optional
    sections = listing(catalog)
    assert sum(len(rows) for rows in sections.values()) == sum(
        len(entries)
        for entries in (
            catalog.datasets,
            catalog.models,
            catalog.methods,
            catalog.experiments,
            catalog.comparisons,
            catalog.eras,
        )
    )


@pytest.mark.parametrize(
    ("sections", "culprit"),
    [
        ({"methods": {"x": {"inversion": "ddim", "steps": 5, "stepz": 6}}}, "x: no setting 'stepz'"),
        ({"methods": {"x": {"inversion": "ddim", "steps": 0}}}, "x: steps are 0 for"),
        ({"methods": {"x": {"inversion": "autoencoder", "steps": 5}}}, "x: steps are 0 for"),
        ({"methods": {"x": {"inversion": "ddim", "steps": 5, "guidance": [{"above": 1}]}}}, "x: guidance"),
        ({"methods": {"Upper Case": {"inversion": "ddim", "steps": 5}}}, "Upper Case: name"),
        ({"datasets": {"d": {"kind": "folder", "path": "x", "columns": {"painter": "y"}}}}, "d: "),
        ({"datasets": {"d": {"kind": "ftp", "path": "x"}}}, "d: "),
        ({"datasets": {"d": {"kind": "huggingface", "hub_id": "a/b"}}}, "pinned revision"),
        ({"datasets": {"d": {"kind": "huggingface", "hub_id": "a/b", "revision": "main"}}}, "d: a/b needs a pinned revision"),
        ({"datasets": {"d": {"kind": "archive", "hub_id": "a/b", "revision": "v1", "file": "x.tar"}}}, "d: a/b needs a pinned revision"),
        ({"datasets": {"d": {"kind": "huggingface"}}}, "exactly one of hub_id and path"),
        ({"models": {"m": {"path": "x", "hub_id": "a/y", "resolution": 64}}}, "exactly one of hub_id and path"),
        ({"experiments": {"tiny.other": {"model": "tiny", "method": "ddim4", "suite": "paper", "datasets": []}}}, "tiny.ddim4"),
        ({"experiments": {"no.ddim4": {"model": "no", "method": "ddim4", "suite": "paper", "datasets": []}}}, "no.ddim4: no model 'no'"),
        ({"experiments": {"tiny.no": {"model": "tiny", "method": "no", "suite": "paper", "datasets": []}}}, "tiny.no: no method 'no'"),
        ({"eras": {"late": {"title": "Late", "start": 1840, "end": 1900}}}, "eras old and late overlap"),
        ({"eras": {"late": {"title": "Late", "start": 1840, "end": 1840}}}, "start 1840 is not before end 1840"),
        ({"datasets": {"copies": {"kind": "generated", "originals": "copies", "model": "tiny", "guidance": 1, "steps": 1}}}, "derived from itself"),
        ({"comparisons": {"c": {"human": {"dataset": "paintings", "where": {"labl": "human"}}, "ai": {"dataset": "copies"}, "pairing": "none"}}}, "c: human: samples have no column 'labl'; have sample_id"),
        ({"datasets": {"incoming": {"kind": "folder", "path": "x"}}}, "incoming: in an experiment this word stands for"),
        ({"datasets": {"d": {"kind": "folder", "path": "x", "paths": [{"match": "{artist"}]}}}, "d: paths.0: '{artist' has a brace without its other"),
        ({"datasets": {"d": {"kind": "folder", "path": "x", "paths": [{"match": "artist}/*"}]}}}, "has a brace without its other"),
        ({"datasets": {"d": {"kind": "folder", "path": "x", "paths": [{"match": "{}/*"}]}}}, "no column ''; have file"),
        ({"datasets": {"d": {"kind": "parquet", "path": "x", "columns": {"image": None}}}}, "d: `columns`: image says where a picture is and cannot be null"),
        ({"comparisons": {"c": {"human": {"dataset": "x"}, "ai": {"dataset": "y"}, "pairing": "none"}}}, "c: no dataset 'x'"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_named_in_one_line(root: Path, sections: dict[str, Any], culprit: str) -> None:
    write_catalog(root, changed(**sections))
    with pytest.raises(CatalogError, match=culprit) as error:
        load_catalog(root)
    assert "\n" not in str(error.value)


NUMBERS = {
    "guidance of a method": ("methods", "m: {inversion: ddim, steps: 20, guidance: NUMBER, prompt: caption}", "m: guidance"),
    "resample_guidance": ("methods", "m: {inversion: ddim, steps: 20, resample_guidance: NUMBER}", "m: resample_guidance"),
    "above of a stage": ("methods", "m: {inversion: ddim, steps: 20, guidance: [{above: NUMBER, weight: 1}]}", "m: guidance.0.above"),
    "weight of a stage": ("methods", "m: {inversion: ddim, steps: 20, guidance: [{above: -1, weight: NUMBER}]}", "m: guidance.0.weight"),
    "an option": ("methods", "m: {inversion: edict, steps: 20, options: {p: NUMBER}}", "m: options.p"),
    "steps": ("methods", "m: {inversion: ddim, steps: NUMBER}", "m: steps"),
    "guidance of a data set": ("datasets", "d: {kind: generated, originals: o, model: m, guidance: NUMBER, steps: 20}", "d: guidance"),
    "scenes": ("datasets", "d: {kind: video, path: v, frames: {every: NUMBER}}", "d: frames.every"),
    "limit": ("datasets", "d: {kind: folder, path: v, limit: NUMBER}", "d: limit"),
    "a constant": ("datasets", "d: {kind: folder, path: v, constants: {novelty: NUMBER}}", "d: constants.novelty"),
    "a value": ("datasets", "d: {kind: folder, path: v, values: {label: {a: NUMBER}}}", "d: values.label.a"),
    "a path rule": ("datasets", "d: {kind: folder, path: v, paths: [{match: '*', set: {novelty: NUMBER}}]}", "d: paths.0.set.novelty"),
    "scale of a LoRA": ("models", "m: {path: p, resolution: 64, overrides: {lora: {path: l, scale: NUMBER}}}", "m: overrides.lora.scale"),
    "download_gb": ("models", "m: {path: p, resolution: 64, download_gb: NUMBER}", "m: download_gb"),
    "resolution": ("models", "m: {path: p, resolution: NUMBER}", "m: resolution"),
    "start of an era": ("eras", "e: {title: E, start: NUMBER, end: 1900}", "e: start"),
}  # fmt: skip


@pytest.mark.parametrize("number", [".inf", "-.inf", ".nan", "1.0e+999"])
@pytest.mark.parametrize("where", NUMBERS)
def test_a_number_that_is_not_finite_is_refused_with_entry_and_key(root: Path, where: str, number: str) -> None:
    section, entry, named = NUMBERS[where]
    (root / "catalog" / "more.yaml").write_text(f"{section}:\n  {entry.replace('NUMBER', number)}\n")
    with pytest.raises(CatalogError) as caught:
        load_catalog(root)
    key = f"{section}.{named.replace(': ', '.')}"
    assert str(caught.value) == f"more.yaml: line 2: {key}: {number!r} is no finite number; give one"


@pytest.mark.parametrize(
    ("section", "entry", "named"),
    [
        ("methods", "m: {inversion: ddim, steps: 20, guidance: '1e999', prompt: caption}", "m: guidance"),
        ("methods", "m: {inversion: edict, steps: 20, options: {p: 'nan'}}", "m: options.p"),
        ("methods", "m: {inversion: ddim, steps: 20, guidance: 1000, prompt: caption}", "m: guidance"),
        ("models", "m: {path: p, resolution: 100000}", "m: resolution"),
        ("models", "m: {path: p, resolution: 64, training_cutoff: 20220301}", "m: training_cutoff"),
        ("models", "m: {path: p, resolution: 64, overrides: {lora: {path: l, scale: 1000}}}", "m: overrides.lora.scale"),
    ],
)  # fmt: skip
def test_a_number_that_nobody_means_is_refused(root: Path, section: str, entry: str, named: str) -> None:
    """Text that pydantic would read as infinity, and values outside of any use."""
    (root / "catalog" / "more.yaml").write_text(f"{section}:\n  {entry}\n")
    with pytest.raises(CatalogError) as caught:
        load_catalog(root)
    assert str(caught.value).startswith(f"more.yaml: {named}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["m: &a [*a]", "m: &a {inversion: *a}"])
def test_an_entry_that_holds_itself_is_refused(root: Path, text: str) -> None:
    (root / "catalog" / "more.yaml").write_text(f"methods:\n  {text}\n")
    with pytest.raises(CatalogError, match=r"more.yaml: line 2: methods.m.*or in itself"):
        load_catalog(root)


def test_a_name_given_twice_is_refused_within_a_file_and_across_files(root: Path) -> None:
    (root / "catalog" / "a.yaml").write_text(
        "methods:\n  m: {inversion: ddim, steps: 1}\n  m: {inversion: ddim, steps: 2}\n"
    )
    with pytest.raises(CatalogError, match=r"a\.yaml: line 3: methods: 'm' is there twice"):
        load_catalog(root)
    (root / "catalog" / "a.yaml").write_text("methods:\n  ddim4: {inversion: ddim, steps: 1}\n")
    with pytest.raises(CatalogError, match=r"study\.yaml: methods has 'ddim4' twice"):
        load_catalog(root)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [", "wrong.yaml"),
        ("- x", "must map sections"),
        ("mehods: {}", "no section 'mehods'"),
        ("methods: 3", "map names"),
    ],
)
def test_a_broken_file_is_named(root: Path, text: str, problem: str) -> None:
    (root / "catalog" / "wrong.yaml").write_text(text)
    with pytest.raises(CatalogError, match=problem):
        load_catalog(root)


def test_what_is_sound_stands_without_what_is_wrong(root: Path) -> None:
    """A fault costs its file or entry and what cannot be without it; a list loses the one name."""
    (root / "catalog" / "broken.yaml").write_text("methods: [")
    (root / "catalog" / "mine.yaml").write_text(
        "datasets:\n  unread: {kind: folder}\n  derived: {kind: generated, originals: unread, model: tiny, guidance: 1, steps: 2}\n"
        "experiments:\n  tiny.ddim2: {model: tiny, method: ddim2, suite: embedded, datasets: [derived, paintings]}\n"
        "  tiny.nowhere: {model: tiny, method: nowhere, suite: embedded, datasets: [paintings]}\n"
    )
    catalog = load_sound_entries(root)
    assert len(catalog.faults) == 5
    for line, named in zip(
        catalog.faults, ("broken.yaml", "unread", "tiny.ddim2: no dataset", "nowhere", "derived"), strict=False
    ):
        assert "\n" not in line
        assert any(word in line for word in (named, "derived", "nowhere")), line
    assert catalog.experiment("tiny.ddim2").datasets == ("paintings",)
    assert "tiny.nowhere" not in catalog.experiments
    assert "derived" not in catalog.datasets
    assert catalog.experiment(EXPERIMENT).datasets == ("paintings", "copies")


def test_a_file_that_is_not_utf_8_is_named(root: Path) -> None:
    (root / "catalog" / "wrong.yaml").write_bytes("datasets: {} # Dürer\n".encode("latin-1"))
    with pytest.raises(CatalogError, match=r"wrong\.yaml: is not UTF-8 \(byte 16\); save it as UTF-8"):
        load_catalog(root)


def test_a_comparison_may_choose_by_every_column_of_samples() -> None:
    assert filterable_columns() == TABLES["samples"].names


def test_without_a_catalogue_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="copy the project's data/catalog"):
        load_catalog(tmp_path)


def test_a_location_of_this_machine_replaces_the_path(root: Path) -> None:
    (root / "catalog" / "local.yaml").write_text("locations: {paintings: /elsewhere}")
    assert load_catalog(root).dataset("paintings").local_path == "/elsewhere"
    (root / "catalog" / "local.yaml").write_text("locations: {copies: /elsewhere}")
    with pytest.raises(CatalogError, match="'copies' is no data set or model with a path"):
        load_catalog(root)


def test_the_environment_moves_over_the_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "catalog" / "local.yaml").write_text("locations: {paintings: /elsewhere, tiny: /models/tiny}")
    monkeypatch.setenv("CREATIVITY_LOCATIONS", "{paintings: '/with: a colon'}")
    catalog = load_catalog(root)
    assert catalog.dataset("paintings").local_path == "/with: a colon"
    assert catalog.model("tiny").path == "/models/tiny"


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("/data", "CREATIVITY_LOCATIONS: must map names to paths"),
        ("{paintings", "CREATIVITY_LOCATIONS: "),
        ("{paintings: 3}", "CREATIVITY_LOCATIONS: paintings: Input should be a valid string"),
        ("{paintigs: /x}", "locations: 'paintigs' is no data set or model with a path"),
    ],
)
def test_a_location_of_the_environment_that_is_wrong_costs_no_more_than_itself(
    root: Path, monkeypatch: pytest.MonkeyPatch, value: str, line: str
) -> None:
    monkeypatch.setenv("CREATIVITY_LOCATIONS", value)
    (fault,) = load_sound_entries(root).faults
    assert fault.startswith(line)
    assert "\n" not in fault


def test_a_training_list_may_name_a_data_set_that_is_not_there(root: Path) -> None:
    listed = {**CATALOG["models"]["tiny"], "training_lists": ["paintings", "left-out"]}
    write_catalog(root, changed(models={"tiny": listed}))
    assert load_catalog(root).model("tiny").training_lists == ("paintings", "left-out")


def test_an_incoming_folder_is_a_data_set_of_the_experiments_that_want_it(root: Path) -> None:
    catalog = load_catalog(root, ["new-works", "paintings"], ["a line"])
    assert catalog.experiment(EXPERIMENT).datasets == ("paintings", "copies", "new-works")
    assert catalog.dataset("new-works").local_path == str(root / "incoming" / "new-works")
    assert catalog.problems == ("a line", "incoming/paintings: a data set of this name exists; rename the folder")


@pytest.mark.parametrize(("year", "era"), [(1399, None), (1400, "old"), (1849, "old"), (1850, "new"), (None, None)])
def test_eras_are_half_open(root: Path, year: int | None, era: str | None) -> None:
    assert load_catalog(root).era_of(year) == era
