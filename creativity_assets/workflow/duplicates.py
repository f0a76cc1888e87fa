"""duplicates: pairs of samples that show the same picture, within data sets and across them."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NEAR_BITS = 52
"""Of the 256 bits of `likeness.phash`: at most so many differ between near duplicates."""

NEAR_COLOUR = 5.0
"""Grey levels, 0..255: the mean absolute difference of `likeness.colour_fields` of near duplicates is at most this.

Found on the atelier (240 works at 64 px) and on 442 paintings and ai images of the masters. Copies recompressed at
JPEG quality 75 or resized: at most 44 bits and 1.1 levels. Cropped by 1 % on each side 98 in 100 are near, by 2 %
93; the others differ in colour. Other works: by hash alone two scans of one poster (48 bits, 12 levels) and nine
pairs of the atelier, one composition in two palettes (from 28 bits and 6.6 levels); by both no pair at all.
"""

BLOCK = 64
"""Rows compared with all others at a time: 80,000 samples take 40 MB for it, and about a minute."""

COLUMNS = ("sample_id", "duplicate_of", "kind", "distance", "colour_difference", "same_work")


def find_duplicates(samples: pd.DataFrame) -> pd.DataFrame:
    """Pairs of duplicates among audited samples, each once, the one with the smaller sample_id as `duplicate_of`.

    kind: exact (the files' bytes are equal; each is paired with the first of its kind only) or near (by NEAR_BITS
    and NEAR_COLOUR; among files of different bytes). distance: differing bits of the hash, 0..256;
    colour_difference: in grey levels, 0..255. same_work: an ai image and the human work it was made after.
    """
    ordered = samples.sort_values("sample_id", ignore_index=True)
    rows = [*_exact(ordered), *_near(ordered.drop_duplicates("sha256", ignore_index=True))]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    kinds = {"distance": "int64", "colour_difference": "float64", "same_work": "bool"}
    return table.astype(kinds).sort_values(["sample_id", "duplicate_of"], ignore_index=True)


def _exact(ordered: pd.DataFrame) -> Iterator[tuple[str, str, str, int, float, bool]]:
    for _, group in ordered[ordered.duplicated("sha256", keep=False)].groupby("sha256"):
        first, *others = zip(group["sample_id"], group["pair_id"], strict=True)
        for other, pair in others:
            yield other, first[0], "exact", 0, 0.0, _same_work(first[1], pair)


def _near(ordered: pd.DataFrame) -> Iterator[tuple[str, str, str, int, float, bool]]:
    ordered = ordered.dropna(subset=["phash", "colour_fields"])  # audited before these were
    if ordered.empty:
        return
    hashes = _unpacked(ordered["phash"]).view(np.uint64)  # (N, 4)
    colours = _unpacked(ordered["colour_fields"]).astype(np.int16)  # (N, 48)
    ids, pairs = ordered["sample_id"].to_numpy(), ordered["pair_id"].to_numpy()
    for start, end in pairwise([*range(0, len(ids), BLOCK), len(ids)]):
        distances = _differing_bits(hashes[start:end], hashes[start:])
        for row, column in np.argwhere(distances <= NEAR_BITS):
            first, other = start + row, start + column
            if first < other:
                levels = float(np.abs(colours[first] - colours[other]).mean())
                if levels <= NEAR_COLOUR:
                    same = _same_work(pairs[first], pairs[other])
                    yield ids[other], ids[first], "near", int(distances[row, column]), levels, same


def _same_work(pair: object, other: object) -> bool:
    return isinstance(pair, str) and pair == other


def _unpacked(column: pd.Series) -> NDArray[np.uint8]:
    """Hex digits as bytes: (N, digits / 2)."""
    return np.array([np.frombuffer(bytes.fromhex(digits), np.uint8) for digits in column])


def _differing_bits(some: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Hamming distances (A, B) of hashes (A, 4) and (B, 4)."""
    total = np.zeros((len(some), len(others)), np.uint16)
    for word in range(some.shape[1]):
        total += np.bitwise_count(some[:, word, None] ^ others[None, :, word])
    return total
