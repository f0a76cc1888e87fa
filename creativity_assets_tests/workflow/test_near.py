"""Pictures that look alike: every pair is found, and of those that were compared none is compared again."""

from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from creativity_assets.workflow.tables import near
from creativity_assets.workflow.tables.near import NEAR_BITS, NEAR_COLOUR, PAIR_COLUMNS, near_pictures, remembered


def pictures(count: int, seed: int = 0) -> pd.DataFrame:
    """Looks around a few centres, so that many pairs lie on either side of both bounds."""
    random = np.random.default_rng(seed)
    centres = random.integers(0, 256, (4, 48)), random.integers(0, 2, (4, 256))
    of = random.integers(0, 4, count)
    colours = np.clip(centres[0][of] + random.normal(0, 4.5, (count, 48)), 0, 255).astype(np.uint8)
    bits = centres[1][of] ^ (random.random((count, 256)) < 0.11)
    return pd.DataFrame(
        {
            "sha256": [f"{seed}-{n:04}" for n in range(count)],
            "phash": [np.packbits(row).tobytes().hex() for row in bits.astype(np.uint8)],
            "colour_fields": [row.tobytes().hex() for row in colours],
        }
    )


def by_hand(frame: pd.DataFrame) -> dict[frozenset[str], tuple[int, float]]:
    """Every pair, bit by bit and level by level."""
    rows = [(r.sha256, bytes.fromhex(r.phash), bytes.fromhex(r.colour_fields)) for r in frame.itertuples()]
    found = {}
    for number, (one, bits, colours) in enumerate(rows):
        for other, more_bits, more_colours in rows[:number]:
            distance = sum((a ^ b).bit_count() for a, b in zip(bits, more_bits, strict=True))
            # Of integers, so that both sides round once and alike.
            levels = sum(abs(a - b) for a, b in zip(colours, more_colours, strict=True)) / len(colours)
            if distance <= NEAR_BITS and levels <= NEAR_COLOUR:
                found[frozenset((one, other))] = (distance, levels)
    return found


def told(pairs: pd.DataFrame) -> dict[frozenset[str], tuple[int, float]]:
    assert not pairs.duplicated(["sha256", "other"]).any()
    rows = pairs[list(PAIR_COLUMNS)].itertuples(index=False)
    found = {frozenset((one, other)): (distance, levels) for one, other, distance, levels in rows}
    assert len(found) == len(pairs), "each pair once"
    return found


@pytest.mark.parametrize("block", [1, 7, 64])
def test_every_pair_within_both_bounds_is_found(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pictures(120)
    wanted = by_hand(frame)
    assert 100 < len(wanted) < 120 * 119 / 2 / 4
    monkeypatch.setattr(near, "BLOCK", block)
    assert told(near_pictures(frame)) == wanted


def test_with_new_ones_only_their_pairs_are_told() -> None:
    frame = pictures(90)
    new = np.random.default_rng(1).random(90) < 0.2
    names = set(frame.loc[new, "sha256"])
    wanted = {pair: of for pair, of in by_hand(frame).items() if pair & names}
    assert 0 < len(wanted) < len(by_hand(frame))
    assert told(near_pictures(frame, new)) == wanted
    assert near_pictures(frame, np.zeros(90, bool)).empty
    assert near_pictures(frame.iloc[:0]).empty


@pytest.mark.parametrize("step", [5, -5, 6, -6])
def test_the_bound_of_colour_is_within_reach(step: int) -> None:
    """Every field by as much as the mean may differ: the sums lie at the very end of what is compared."""
    one = pictures(1)
    colours = bytes([100] * 48), bytes([100 + step] * 48)
    two = pd.concat([one, one.assign(sha256="other")]).assign(colour_fields=[c.hex() for c in colours])
    assert len(near_pictures(two, np.array([True, False]))) == (abs(step) <= NEAR_COLOUR)


@pytest.fixture
def connection() -> "Iterator[duckdb.DuckDBPyConnection]":
    opened = duckdb.connect()
    yield opened
    opened.close()


def hold(connection: "duckdb.DuckDBPyConnection", frame: pd.DataFrame) -> None:
    connection.register("given", pa.Table.from_pandas(frame, preserve_index=False))
    connection.execute("CREATE OR REPLACE TABLE raw_samples AS FROM given")


def test_what_was_compared_is_remembered(
    connection: "duckdb.DuckDBPyConnection", monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []

    def watched(some: np.ndarray, others: np.ndarray) -> np.ndarray:
        compared.append(len(some))
        return differing_bits(some, others)

    differing_bits = near._differing_bits
    monkeypatch.setattr(near, "_differing_bits", watched)
    first, more = pictures(80), pictures(5, seed=0).assign(sha256=lambda f: "x" + f["sha256"])
    for frame, new in (
        (first, 80),
        (first, 0),
        (pd.concat([first, more]), 5),
        (pd.concat([first.iloc[10:], more]), 0),  # some are gone
        (first, 10),  # and come back
        (first.assign(phash=first["phash"].iloc[::-1].to_numpy()), 80),  # other looks under the same bytes
    ):
        hold(connection, frame)
        compared.clear()
        assert told(remembered(connection)) == by_hand(frame)
        assert sum(compared) == new


def test_a_picture_is_compared_once_however_many_samples_show_it(connection: "duckdb.DuckDBPyConnection") -> None:
    frame = pictures(30)
    bare = frame.iloc[:3].assign(phash=None)
    hold(connection, pd.concat([bare, frame, frame]))
    assert told(remembered(connection)) == by_hand(frame)
