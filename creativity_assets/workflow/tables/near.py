"""Pairs of pictures that look alike, whatever their files: by perceptual hash and colours, each pair compared once.

What was compared is remembered beside the gathered rows, so that a new picture is held against all others and no others
against each other again.
"""

# As text: DuckDB's types complain at the end of a process that something still refers to them.
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creativity_assets.store.database import handed, transaction

if TYPE_CHECKING:
    import duckdb

NEAR_BITS = 52
"""Of the 256 bits of `perceptual_hash.phash`: at most so many differ between near duplicates."""

NEAR_COLOUR = 5.0
"""Grey levels, 0..255: near duplicates differ by at most this in the mean of their
`perceptual_hash.colour_fields`.

Found on the atelier (240 works at 64 px) and on 442 paintings and ai images of the masters. Copies recompressed at
JPEG quality 75 or resized: at most 44 bits and 1.1 levels. Cropped by 1 % on each side 98 in 100 are near, by 2 %
93; the others differ in colour. Other works: by hash alone two scans of one poster (48 bits, 12 levels) and nine
pairs of the atelier, one composition in two palettes (from 28 bits and 6.6 levels); by both no pair at all.
"""

VERSION = 1
"""Of the two bounds, and of how they are held: raised by hand, so that everything is compared again."""

BLOCK = 64
"""Pictures compared with all that are about as bright at a time: among 80,000 they take 40 MB."""

PAIR_COLUMNS = ("sha256", "other", "distance", "colour_difference")

_COMPARED, _PAIRS = f"near_compared_{VERSION}", f"near_pairs_{VERSION}"
_LOOKS = "sha256, phash, colour_fields"


def near_pictures(pictures: pd.DataFrame, new: NDArray[np.bool_] | None = None) -> pd.DataFrame:
    """PAIR_COLUMNS of the pairs among pictures that look alike; with `new` (N,) only of those with a new one.

    pictures: sha256 of the file, each once, phash and colour_fields, in hex. distance: differing bits, 0..256;
    colour_difference: in grey levels, 0..255.
    """
    new = np.ones(len(pictures), np.bool_) if new is None else new
    pairs = list(_pairs(pictures, new)) if new.any() else []
    one, other, distance, levels = (
        (np.concatenate(of) for of in zip(*pairs, strict=True)) if pairs else np.empty((4, 0))
    )
    names = pictures["sha256"].to_numpy(object)
    columns = (names[one.astype(int)], names[other.astype(int)], distance.astype(np.int64), levels.astype(np.float64))
    return pd.DataFrame(dict(zip(PAIR_COLUMNS, columns, strict=True)))


def remembered(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The same of all pictures of the table `raw_samples`, of which those that are new are compared."""
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_COMPARED} (sha256 VARCHAR, phash VARCHAR, colour_fields VARCHAR)")
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {_PAIRS} "
        "(sha256 VARCHAR, other VARCHAR, distance BIGINT, colour_difference DOUBLE)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE pictures AS "
        "SELECT sha256, any_value(phash) AS phash, any_value(colour_fields) AS colour_fields FROM raw_samples "
        "WHERE phash IS NOT NULL AND colour_fields IS NOT NULL GROUP BY sha256"  # some were audited before these were
    )
    new = f"SELECT {_LOOKS}, c.sha256 IS NULL AS new FROM pictures p LEFT JOIN {_COMPARED} c USING ({_LOOKS})"
    (news,), (gone,) = (
        connection.execute(sql).fetchall()[0]
        for sql in (
            f"SELECT count(*) FROM ({new}) WHERE new",
            f"SELECT count(*) FROM {_COMPARED} ANTI JOIN pictures USING ({_LOOKS})",
        )
    )
    with transaction(connection):
        if gone:
            left = f"SELECT sha256 FROM {_COMPARED} ANTI JOIN pictures USING ({_LOOKS})"
            connection.execute(f"DELETE FROM {_PAIRS} WHERE sha256 IN ({left}) OR other IN ({left})")
            connection.execute(f"DELETE FROM {_COMPARED} WHERE sha256 IN ({left})")
        if news:
            pictures = connection.sql(new).to_arrow_table().to_pandas()
            with handed(connection, "new_pairs", near_pictures(pictures, pictures["new"].to_numpy(bool))):
                connection.execute(f"INSERT INTO {_PAIRS} FROM new_pairs")
            connection.execute(
                f"INSERT INTO {_COMPARED} SELECT {_LOOKS} FROM pictures ANTI JOIN {_COMPARED} USING (sha256)"
            )
    found: pd.DataFrame = connection.execute(f"FROM {_PAIRS}").df()
    return found


def _pairs(
    pictures: pd.DataFrame, new: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.integer], NDArray[np.float64]]]:
    """(places, places, differing bits, grey levels) of pairs that look alike, a block of new pictures at a time."""
    hashes = _unpacked(pictures["phash"]).view(np.uint64)  # (N, 4)
    colours = _unpacked(pictures["colour_fields"]).astype(np.int16)  # (N, 48)
    # Pictures that differ by so many levels in the mean differ by no more in their sum: only those are compared.
    sums = colours.sum(axis=1, dtype=np.int64)
    order = np.argsort(sums, kind="stable")
    bright, reach = sums[order], int(NEAR_COLOUR * colours.shape[1])
    places = np.flatnonzero(new[order])
    for start in range(0, len(places), BLOCK):
        some = places[start : start + BLOCK]
        low = np.searchsorted(bright, bright[some[0]] - reach)
        high = np.searchsorted(bright, bright[some[-1]] + reach, side="right")
        one, other = order[some], order[low:high]
        distances = _differing_bits(hashes[one], hashes[other])
        rows, columns = np.nonzero(distances <= NEAR_BITS)
        ones, others = one[rows], other[columns]
        # A pair of two new ones is met from both sides.
        once = (ones != others) & (~new[others] | (ones < others))
        ones, others, bits = ones[once], others[once], distances[rows, columns][once]
        levels = np.abs(colours[ones] - colours[others]).mean(axis=1)
        near = levels <= NEAR_COLOUR
        yield ones[near], others[near], bits[near], levels[near]


def _unpacked(column: pd.Series) -> NDArray[np.uint8]:
    """Hex digits as bytes: (N, digits / 2)."""
    return np.frombuffer(bytes.fromhex("".join(column)), np.uint8).reshape(len(column), -1)


def _differing_bits(some: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Hamming distances (A, B) of hashes (A, 4) and (B, 4)."""
    total = np.zeros((len(some), len(others)), np.uint16)
    for word in range(some.shape[1]):
        total += np.bitwise_count(some[:, word, None] ^ others[None, :, word])
    return total
