"""CITATION.cff, LICENSE and the package's own description say the same."""

from pathlib import Path

import yaml

import creativity_assets

PROJECT = Path(__file__).parents[1]


def test_the_citation_is_of_this_version_under_this_licence() -> None:
    citation = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == creativity_assets.__version__
    assert (PROJECT / "LICENSE").read_text(encoding="utf-8").startswith(f"{citation['license']} License\n")
    assert citation["authors"] == [{"name": "creativity_assets authors"}]
    assert {"message", "title", "type"} <= citation.keys()


def test_the_study_is_referred_to_as_the_readme_has_it() -> None:
    (study,) = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))["references"]
    readme = " ".join((PROJECT / "README.md").read_text(encoding="utf-8").lower().split())
    assert study["title"].lower() in readme
    assert study["year"] == 2025
