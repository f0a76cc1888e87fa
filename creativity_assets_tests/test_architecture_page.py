"""docs/architecture.md against the code, and every file that the texts name."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from creativity_assets_tests.recipes.page import recipes
from creativity_assets_tests.test_architecture import ALLOWED, GROUND_FLOOR, PACKAGE

PROJECT = Path(__file__).parents[1]
PAGE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
TEXTS = sorted([*PROJECT.glob("docs/*.md"), PROJECT / "README.md", PROJECT / "CONTRIBUTING.md"])

ROOTS = ("creativity_assets/", "creativity_assets_tests/", "docs/", "data/catalog/", "data/embedded/", ".ci/")
FOLDERS = tuple(f"{path.name}/" for path in PACKAGE.iterdir() if path.is_dir() and not path.name.startswith("_"))
SHORT = {"architecture.md", "glossary.md"}
"""Texts that name files of the package by their path within it; in others `images/` is a folder of a source."""
OTHERS = {"data/catalog/local.yaml"}
"""Files that a user makes."""


def named_in(text: str) -> Iterator[str]:
    """Every path within the project, and every file of the package by its path within that, outside of code blocks."""
    said = re.sub(r"```python\n.*?```", "", text, flags=re.DOTALL)
    for word in re.findall(r"(?<![\w/.$-])[\w.-]+(?:/[\w.*-]+)+/?|(?<![\w/.$-])[\w-]+\.(?:md|py|toml|cfg|cff)\b", said):
        yield word.rstrip(".")


def is_there(name: str, text: Path) -> bool:
    """As a path from the text's folder, the project's or the package's; with * for any text."""
    return any(next(base.glob(name.rstrip("/")), None) for base in (text.parent, PROJECT, PACKAGE))


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_every_file_that_is_named_exists(text: Path) -> None:
    new = {change.file for changes in recipes().values() for change in changes if change.how == "new"}
    named = [name for name in named_in(text.read_text(encoding="utf-8")) if name not in OTHERS | new]
    of_package = FOLDERS if text.name in SHORT else ()
    ours = [name for name in named if name.startswith((*ROOTS, *of_package)) or "/" not in name]
    assert [name for name in ours if not is_there(name, text)] == []


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)", (PROJECT / "docs" / "index.md").read_text("utf-8")))
def test_the_index_leads_somewhere(link: str) -> None:
    assert (PROJECT / "docs" / link).exists()


def test_the_index_names_every_page() -> None:
    index = (PROJECT / "docs" / "index.md").read_text(encoding="utf-8")
    assert [page.name for page in TEXTS if page.name not in index and page.name != "index.md"] == []


def test_the_table_is_the_import_rule() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| `")
    ]
    table = {name.strip("`/"): set(allowed.split(", ")) - {"nothing"} for name, _, allowed in rows}
    assert table == ALLOWED


def test_the_ground_floor_is_named() -> None:
    (sentence,) = re.findall(r"The ground floor is (.*?):", PAGE, re.DOTALL)
    assert {Path(name).stem for name in re.findall(r"`([^`]+)`", sentence)} == GROUND_FLOOR


@pytest.mark.parametrize(("what", "most"), [("`creativity score`", 10), ("one partition of `image_metrics`", 20)])
def test_few_files_need_be_opened(what: str, most: int) -> None:
    listed = PAGE.split(f"To understand {what}:\n\n", 1)[1].split("\n\n", 1)[0]
    files = re.findall(r"^\d+\. `([^`]+)`$", listed, re.MULTILINE)
    assert len(listed.splitlines()) == len(files) <= most
    assert [file for file in files if not (PACKAGE / file).is_file()] == []


def test_the_glossary_is_in_order_and_says_each_word_once() -> None:
    lines = (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8").split("\n\n")[-1].splitlines()
    words = [re.findall(r"^- \*\*([^*]+)\*\*: .+[.?!]$", line)[0] for line in lines]
    assert words == sorted(set(words))


def test_the_readmes_tree_has_every_folder_that_a_newcomer_meets() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    tree = readme.split("\n## The tree\n", 1)[1].split("```")[1]
    folders = {*FOLDERS, "creativity_assets_tests/", "data/catalog/", "data/embedded/", "docs/"}
    assert [
        folder for folder in sorted(folders) if not re.search(rf"^\s*{re.escape(folder)}\s", tree, re.MULTILINE)
    ] == []
