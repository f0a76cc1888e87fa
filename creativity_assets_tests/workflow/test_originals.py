"""The study's pair of archives through the workflow: twins, what they take over, and what is missing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from creativity_assets.catalog import load_catalog
from creativity_assets.catalog.datasets import TwinRule
from creativity_assets.sources.columns.dates import Year
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.workflow.plan import plan
from creativity_assets.workflow.steps.originals import with_originals
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.checks import CHECKS
from creativity_assets.workflow.tables.collected import Collected
from creativity_assets_tests.running import bring_up_to_date, table
from creativity_assets_tests.sources.archives import WORKS, ai_members, human_members, tar
from creativity_assets_tests.studies import CATALOG, EXPERIMENT, write_catalog

PROJECT = Path(__file__).parents[2]


def pair(root: Path, *, limit: int | None = None) -> dict[str, Any]:
    """The project's own entries of the study's pair, over small archives; `limit` as given."""
    own = load_catalog(PROJECT / "data")
    human = own.dataset("wikiart").model_copy(update={"path": str(root.parent / "wikiart.tar.gz"), "limit": limit})
    ai = own.dataset("wikiart-sd").model_copy(update={"path": str(root.parent / "wikiart-sd.tar.gz")})
    experiment = {**CATALOG["experiments"][EXPERIMENT], "datasets": ["wikiart-sd", "wikiart"]}  # type: ignore[index]
    return {
        **CATALOG,
        "datasets": {e.name: e.model_dump(exclude={"name"}, exclude_defaults=True) for e in (ai, human)},
        "experiments": {EXPERIMENT: experiment},
        "comparisons": {"wikiart": own.comparisons["wikiart"].model_dump(exclude={"name"})},
    }


@pytest.fixture
def archives_root(study_root: Path) -> Path:
    tar(study_root.parent / "wikiart.tar.gz", human_members())
    tar(study_root.parent / "wikiart-sd.tar.gz", ai_members(missing=1))
    return study_root


def test_the_studys_pair_is_measured_and_compared_by_work(archives_root: Path) -> None:
    write_catalog(archives_root, pair(archives_root))
    bring_up_to_date(archives_root)
    samples = table(archives_root, "samples")
    human, ai = (samples[samples["label"] == label].set_index("sample_id") for label in ("human", "ai"))
    assert (len(human), len(ai)) == (len(WORKS), len(WORKS) - 1)
    taken_over = ["artist", "artist_slug", "style", "title", "year", "era", "decade", "year_source"]
    works = human.loc[ai["pair_id"], taken_over].astype(str)
    assert ai[taken_over].astype(str).to_numpy().tolist() == works.to_numpy().tolist()
    assert set(human["jpeg_quality"]) == {95}
    assert set(ai["jpeg_quality"]) == {75}
    assert human["padding_fraction"].min() > 0.3
    assert human.set_index("title")["year"].dropna().astype(int).to_dict() == {
        "the seine": 1885,
        "water lilies": 1907,
        "still life": 1914,
    }
    assert set(human["year_source"]) == {"filename", "none"}
    assert set(ai["caption"]) == {f"prompt {n}" for n in range(len(ai))}
    missing = human.index.difference(ai["pair_id"])
    rejected = table(archives_root, "rejected_samples")
    assert rejected[["dataset", "source_key", "reason"]].to_numpy().tolist() == [["wikiart-sd", missing[0], "no_twin"]]
    assert CHECKS["pairs_complete"](Collected(Study(archives_root).lineage)) == []
    overall = table(archives_root, "stats_overall").set_index("metric")
    assert (overall.loc["composite", "n_human"], overall.loc["composite", "n_ai"]) == (5, 4)
    assert not plan(Study(archives_root).lineage)


def test_the_twins_follow_the_sample_that_is_drawn_of_the_originals(archives_root: Path) -> None:
    for limit in (3, 4):  # another draw of the originals makes their twins stale
        write_catalog(archives_root, pair(archives_root, limit=limit))
        bring_up_to_date(archives_root)
        samples = table(archives_root, "samples")
        human, ai = (samples[samples["label"] == label] for label in ("human", "ai"))
        assert len(human) == limit
        assert set(ai["pair_id"]) <= set(human["sample_id"])
        assert len(ai) + len(table(archives_root, "rejected_samples")) == limit


def test_an_absent_original_leaves_its_twins_out_with_one_line(archives_root: Path) -> None:
    (archives_root.parent / "wikiart.tar.gz").unlink()
    write_catalog(archives_root, pair(archives_root))
    todo = plan(Study(archives_root).lineage)
    assert not todo
    assert len(todo.skipped) == 1
    assert todo.skipped[0].startswith("skipped: wikiart: ")


def original(key: str) -> dict[str, Any]:
    row = dict.fromkeys(("title", "style", "genre", "caption", "year"))
    return {**row, "sample_id": f"id-{key}", "source_key": key, "artist": "A", "year_source": "none"}


def joined(keys: list[str], originals: list[str], *, all_of_them: bool = True) -> list[tuple[str, str]]:
    """(key, what became of it): the pair of a record, the reason of a reject."""
    twins = (SourceRecord(key, b"", f"u/{key}", {"label": "ai"}) for key in keys)
    rule = TwinRule(of="works", remove="_generated")
    items = with_originals(rule, twins, [original(key) for key in originals], all_of_them=all_of_them)
    return [(i.key, i.reason if isinstance(i, SourceReject) else i.fields["pair_key"]) for i in items]


def test_every_way_in_which_twins_and_originals_do_not_meet_is_told() -> None:
    keys = ["s/a_generated.png", "s/a_generated.jpg", "s/x_generated.jpg", "s/b.jpg"]
    assert joined(keys, ["s/a.jpg", "s/c.jpg"]) == [
        ("s/a_generated.png", "id-s/a.jpg"),
        ("s/a_generated.jpg", "duplicate_twin"),
        ("s/x_generated.jpg", "no_original"),
        ("s/b.jpg", "no_original"),
        ("id-s/c.jpg", "no_twin"),
    ]
    assert joined(["s/x_generated.jpg"], ["s/c.jpg"], all_of_them=False) == [("id-s/c.jpg", "no_twin")]


def test_what_a_twin_takes_over_and_what_stays_its_own() -> None:
    facts = {"artist": "A", "title": "T", "style": "S", "genre": "G", "caption": "C"}
    work = {**facts, "sample_id": "id", "source_key": "a.jpg", "year": 1885, "year_source": "circa"}
    own = {**dict.fromkeys(facts, "its own"), "label": "ai", "generator": "g"}
    rule = TwinRule(of="works", remove="_generated")

    def fields(**said: str) -> Mapping[str, Any]:
        twin = SourceRecord("a_generated.jpg", b"", "u", said)
        (item,) = with_originals(rule, iter([twin]), [work], all_of_them=True)
        assert isinstance(item, SourceRecord)
        return item.fields

    taken = {**facts, "year": Year(1885, "circa"), "pair_key": "id"}
    assert fields(label="ai") == {**taken, "label": "ai"}
    assert fields(**own) == {**taken, "label": "ai", "generator": "g", "caption": "its own"}


def test_only_the_name_loses_the_mark_and_not_its_folder() -> None:
    assert joined(["my_generated/a_generated.jpg"], ["my_generated/a.jpg"])[0][1] == "id-my_generated/a.jpg"
