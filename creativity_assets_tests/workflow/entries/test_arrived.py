from pathlib import Path

import pytest

from creativity_assets.sources import incoming
from creativity_assets.workflow.plan import Scope
from creativity_assets.workflow.study import Study
from creativity_assets_tests.running import bring_up_to_date, table
from creativity_assets_tests.studies import save_picture


@pytest.fixture(autouse=True)
def _copied_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "SETTLE_SECONDS", 0.0)


def drop(root: Path, name: str, rows: list[tuple[str, str, str]]) -> None:
    """Pictures with a table of file, artist and label."""
    folder = root / "incoming" / name
    for number, (file, _, _) in enumerate(rows):
        save_picture(folder / file, seed=70 + number)
    lines = ["file,artist,label", *(",".join(row) for row in rows)]
    (folder / "metadata.csv").write_text("\n".join(lines) + "\n")


def test_a_dropped_folder_with_both_labels_is_compared_by_itself(measured_root: Path) -> None:
    rows = [(f"{n}.png", f"Painter {n % 2}", "human" if n < 3 else "ai") for n in range(6)]
    drop(measured_root, "dropped", rows)
    bring_up_to_date(measured_root, Scope(("dropped",)))
    overall = table(measured_root, "stats_overall")
    mine = overall[(overall["comparison"] == "dropped") & (overall["metric"] == "composite")]
    assert mine[["n_human", "n_ai"]].to_numpy().tolist() == [[3, 3]]
    members = table(measured_root, "comparison_members")
    assert sorted(members.loc[members["comparison"] == "dropped", "side"]) == ["ai"] * 3 + ["human"] * 3
    assert Study(measured_root).catalog.comparisons["dropped"].pairing == "artist"


def test_one_label_alone_gets_the_entry_that_would_compare_it(measured_root: Path) -> None:
    drop(measured_root, "only-ai", [("a.png", "A", "ai"), ("b.png", "B", "ai")])
    outcome = bring_up_to_date(measured_root, Scope(("only-ai",)))
    [line] = [line for line in outcome.skipped if "only-ai" in line]
    assert "`only-ai: {ai: {dataset: only-ai}, human: {dataset: NAME}, pairing: none}`" in line
    entry = "comparisons:\n  only-ai: {ai: {dataset: only-ai}, human: {dataset: paintings}, pairing: none}\n"
    (measured_root / "catalog" / "mine.yaml").write_text(entry)
    assert not [line for line in bring_up_to_date(measured_root).skipped if "only-ai" in line]
    assert "only-ai" in set(table(measured_root, "stats_overall")["comparison"])
