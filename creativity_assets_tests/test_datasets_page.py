"""docs/datasets.md against the registries, the entries and the code."""

import ast
import re
from pathlib import Path

import creativity_assets
from creativity_assets.catalog import load_catalog
from creativity_assets.catalog.datasets import CANONICAL_COLUMNS, ArchiveDataset, FileDataset, VideoDataset
from creativity_assets.sources import READERS
from creativity_assets.vocabulary import grouping_words
from creativity_assets.workflow.tables import near

PROJECT = Path(__file__).parents[1]
PAGE = (PROJECT / "docs" / "datasets.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> set[str]:
    """The names in the first column of the table below a heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def reasons_in_the_code() -> set[str]:
    """Every reason that a reject is made with, read from the syntax trees of the package."""
    place = {"SourceReject": 1, "FileKind": 1, "ImageRejected": 0}
    found: set[str] = set()
    for module in Path(creativity_assets.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", None)
            if isinstance(node, ast.Call) and (index := place.get(str(name))) is not None:
                found |= {c.value for c in ast.walk(node.args[index]) if isinstance(c, ast.Constant) and c.value}
    return found


def test_every_kind_of_source_is_there() -> None:
    assert first_cells("Kinds of source") == {*READERS, "generated"}


def test_every_setting_of_a_file_source_is_there() -> None:
    told = {name.split(":")[0] for name in first_cells("Settings")}
    fields = set(FileDataset.model_fields) - {"name", "optional", "description", "licence"}
    assert told == fields
    others = (set(VideoDataset.model_fields) | set(ArchiveDataset.model_fields)) - set(FileDataset.model_fields)
    for name in others - {"kind"}:
        assert f"`{name}" in PAGE.split("\n## Settings")[0]


def test_every_data_set_of_the_catalogue_is_there() -> None:
    assert first_cells("Collections") == set(load_catalog(PROJECT / "data").datasets)


def test_every_reason_is_there() -> None:
    assert first_cells("Rejects") == reasons_in_the_code()


def test_columns_words_and_thresholds_are_those_of_the_code() -> None:
    for column in CANONICAL_COLUMNS:
        assert f"`{column}`" in PAGE
    for words in grouping_words().values():
        assert f"({', '.join(words)})" in " ".join(PAGE.split())
    text = " ".join(PAGE.split())
    assert f"at most {near.NEAR_BITS} of the 256 bits" in text
    assert f"at most {near.NEAR_COLOUR:g} of 255 levels" in text
