"""The judge sees what it is there to see; and a few attacks of the cheap kinds on the real command."""

import signal
import time
from pathlib import Path
from random import Random

import duckdb
import pytest

from creativity_assets.faults import UNFORESEEN
from creativity_assets.store.layout import Store
from creativity_assets_tests.attack import damage, entries, models, queries
from creativity_assets_tests.attack.arena import MEMORY_BOUND, TABLES, Arena, Tally, own
from creativity_assets_tests.attack.commands import Command, Ended, Stop
from creativity_assets_tests.running import table


@pytest.fixture
def arena(measured_root: Path, tmp_path: Path) -> Arena:
    """An arena around a study that the whole suite has measured once, with a study in which nothing is made."""
    folder = tmp_path / "arena"
    folder.mkdir()
    (folder / "measured").symlink_to(measured_root.parent)
    (folder / "raw").symlink_to(measured_root.parent)
    reference = {name: own(table(measured_root, name)) for name in TABLES}
    return Arena(folder, Random(0), reference=reference, base={"doctor": 1000.0, "materialize": 1500.0})


def ended(code: int | None = 0, out: str = "", err: str = "", mebibytes: float = 1.0) -> Ended:
    return Ended(("doctor",), code, out, err, 1.0, mebibytes)


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        (ended(), None),
        (ended(2, err="a line"), None),
        (ended(None), "hangs"),
        (ended(1, err="Traceback (most recent call last):\n..."), "tracebacks"),
        (ended(0, out="Traceback (most recent call last):\n..."), "tracebacks"),
        (ended(UNFORESEEN, err="a fault of this program"), "tracebacks"),
        (ended(3), "others"),
        (ended(-signal.SIGABRT), "others"),
        (ended(mebibytes=1000.0 + MEMORY_BOUND + 1), "others"),
    ],
)
def test_the_judge_counts_each_fault_once(arena: Arena, what: Ended, kind: str | None) -> None:
    arena.judge("group", "an input", what)
    expected = Tally() if kind is None else Tally(**{kind: 1})
    assert arena.tallies.get("group", Tally()) == expected
    assert arena.clean is (kind is None)
    assert len(arena.findings) == (kind is not None)


def test_the_judge_sees_a_number_that_has_changed(arena: Arena, measured_root: Path) -> None:
    arena.unchanged("group", "nothing", measured_root)
    assert arena.clean
    with duckdb.connect(str(Store(measured_root).database)) as connection:
        connection.execute("UPDATE image_metrics SET lpips = lpips + 0.01 WHERE rowid = 3")
    arena.unchanged("group", "one number", measured_root)
    assert arena.tallies["group"] == Tally(silent_changes=1)
    assert "image_metrics" in arena.findings[0]


def test_a_command_that_hangs_is_killed_and_a_signal_comes_when_it_was_asked_for(tmp_path: Path) -> None:
    began = time.monotonic()
    assert Command(tmp_path, ["catalog", "list"]).run(timeout=0.01).code is None
    assert time.monotonic() - began < 10
    stopped = Command(tmp_path, ["catalog", "list"], Stop(signal.SIGKILL, 0.01)).run()
    assert stopped.code == -signal.SIGKILL
    found = Command(tmp_path, ["catalog", "list"]).run()
    assert (found.code, found.out) == (2, "")
    assert 10 < found.mebibytes < 1000


@pytest.mark.long
def test_some_of_each_cheap_kind(arena: Arena) -> None:
    entries.attack(arena, cases=4, files=3, commands=0)
    models.attack(arena, cases=1, scored=0, texts=0, headers=1)
    queries.attack(arena, [queries.WRITING[0], queries.WRITING[-1], queries.ODD[6]])
    assert {name: tally.inputs for name, tally in arena.tallies.items()} == {"entries": 7, "models": 2, "sql": 3}
    assert arena.clean, arena.findings


@pytest.mark.long  # damage to every kind of part has tests of its own
def test_a_damaged_part_is_made_again_equal_or_named(arena: Arena) -> None:
    damage.attack_parts(arena, 1)
    assert arena.tallies["damage"].inputs == 1
    assert arena.clean, arena.findings
