"""The gathered rows are those of the parts, whatever changed in whatever order, and only what changed is read."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creativity_assets.errors import DamagedPart, StoreError
from creativity_assets.store.gathered import Gathered, Source
from creativity_assets.store.layout import Store
from creativity_assets.store.parts import healed

COLUMNS = {"samples": pa.schema([("sample_id", pa.string())]), "scores": pa.schema([("score", pa.float64())])}
KINDS = tuple(COLUMNS)


def nothing_doubted(_connection: object, _parts: Mapping[int, Source]) -> set[int]:
    return set()


def rows_of(kind: str, state: int) -> pa.Table:
    """What a part of a kind holds in one of its states."""
    values = [f"{state}-{n}" for n in range(state % 4)] if kind == "samples" else [state / 8] * (state % 3)
    return pa.table({COLUMNS[kind].names[0]: values}, schema=COLUMNS[kind])


class Parts:
    """Parts that count how often they are read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def source(self, name: str, state: int) -> Source:
        kind = KINDS[len(name) % 2]

        def read() -> pa.Table:
            self.read.append(name)
            return rows_of(kind, state)

        return Source(kind, name, (1, state, 1), read)


held = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 9), max_size=6)


@settings(max_examples=8, deadline=None)
@given(history=st.lists(held, min_size=2, max_size=4), shuffled=st.randoms(use_true_random=False))
def test_the_rows_are_those_of_the_parts_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, history: list[dict[str, int]], shuffled: object
) -> None:
    gathered = Gathered(Store(tmp_path_factory.mktemp("store")), COLUMNS)
    before: dict[str, int] = {}
    for wanted in history:
        parts, names = Parts(), list(wanted)
        shuffled.shuffle(names)  # type: ignore[attr-defined]
        assert gathered.refresh([parts.source(name, wanted[name]) for name in names], nothing_doubted) == len(
            parts.read
        )
        assert sorted(parts.read) == sorted(name for name in wanted if before.get(name) != wanted[name])
        for kind in KINDS:
            tables = [rows_of(kind, wanted[name]) for name in names if KINDS[len(name) % 2] == kind]
            assert gathered.table(kind) == pa.concat_tables([COLUMNS[kind].empty_table(), *tables]).combine_chunks()
        before = wanted


@pytest.fixture
def gathered(tmp_path: Path) -> Gathered:
    """Of three parts."""
    made = Gathered(Store(tmp_path), COLUMNS)
    assert made.refresh([Parts().source(name, 2) for name in ("a", "bb", "c")], nothing_doubted) == 3
    return made


def test_another_witness_is_read_again(gathered: Gathered) -> None:
    parts = Parts()
    source = parts.source("a", 2)
    again = Source(source.kind, source.path, source.state, source.read, witness="other")
    gathered.refresh([again, parts.source("bb", 2), parts.source("c", 2)], nothing_doubted)
    gathered.refresh([again, parts.source("bb", 2), parts.source("c", 2)], nothing_doubted)
    assert parts.read == ["a"]


def test_a_part_that_cannot_be_read_leaves_everything_as_it_was(gathered: Gathered) -> None:
    def broken() -> pa.Table:
        raise DamagedPart("a: damaged", Path("a"), healable=True)

    before = [gathered.table(kind) for kind in KINDS]
    with pytest.raises(DamagedPart):
        gathered.refresh([Parts().source("bb", 3), Source("samples", "a", (1, 3, 1), broken)], nothing_doubted)
    assert [gathered.table(kind) for kind in KINDS] == before


def test_what_does_not_fit_is_asked_about_again_until_it_does(gathered: Gathered) -> None:
    asked: list[list[str]] = []

    def prove(_connection: object, parts: Mapping[int, Source]) -> set[int]:
        asked.append([source.path for source in parts.values()])
        return {number for number, source in parts.items() if source.path == "dd"}

    parts = Parts()
    wanted = [parts.source(name, 2) for name in ("a", "bb", "c", "dd")]
    gathered.refresh(wanted, prove)
    gathered.refresh(wanted, prove)
    gathered.refresh(wanted, nothing_doubted)
    gathered.refresh(wanted, prove)
    assert asked == [["dd"], ["dd"]]
    assert parts.read == ["dd"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def flip(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    for place in range(12288, len(whole), 997):
        whole[place] ^= 4
    path.write_bytes(whole)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "no database": lambda path: path.write_bytes(b"no database" * 1000),
    "cut": cut,
    "bits": flip,
    "gone": Path.unlink,
    "stray log": lambda path: path.with_name(f"{path.name}.wal").write_bytes(b"\xff" * 100),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_database_is_made_anew(gathered: Gathered, damage: Callable[[Path], object]) -> None:
    before = {kind: gathered.table(kind) for kind in KINDS}
    damage(gathered.path)
    wanted = [Parts().source(name, 2) for name in ("a", "bb", "c")]

    def read_again() -> dict[str, pa.Table]:
        gathered.refresh(wanted, nothing_doubted)
        return {kind: gathered.table(kind) for kind in KINDS}

    # What is not found as the file is opened is found as it is read, and set aside then.
    assert healed(read_again) == before


def test_other_columns_make_it_anew(gathered: Gathered) -> None:
    wider = {**COLUMNS, "scores": COLUMNS["scores"].append(pa.field("floor", pa.float64()))}
    other = Gathered(Store(gathered.path.parents[1]), wider)
    assert other.table("scores") == wider["scores"].empty_table()
    assert other.table("samples").num_rows == 0


def test_a_database_that_another_program_has_open_is_named_and_kept(gathered: Gathered) -> None:
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(gathered.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(StoreError, match=r"gathered\.duckdb: .*close what else has it open"):
            gathered.table("samples")
        other.communicate()
    assert gathered.table("samples").num_rows == 2 or gathered.table("scores").num_rows
