"""duplicates: pairs of samples that show the same picture, within data sets and across them."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, pairwise, product
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creativity_assets.vocabulary import TABLES

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

BLOCK = 64
"""Rows compared with all others at a time: 80,000 samples take 40 MB for it, and about a minute."""

COLUMNS = TABLES["duplicates"].names


class _Sample(NamedTuple):
    """What of a sample tells whether a copy of it is another picture of its own work."""

    sample_id: str
    pair_id: object  # text, or missing
    label: str


_Pair = tuple[str, str, str, int, float, bool]


def find_duplicates(samples: pd.DataFrame) -> pd.DataFrame:
    """Pairs of duplicates among audited samples, each once, the one with the smaller sample_id as `duplicate_of`.

    kind: exact (the files' bytes are equal) or near (by NEAR_BITS and NEAR_COLOUR; among files of different bytes).
    Of samples with equal bytes only the first stands for all: the others are paired with it, and it alone with what
    is near. same_work: an ai image and the human work it was made after; such pairs are told whichever comes first.
    distance: differing bits of the hash, 0..256; colour_difference: in grey levels, 0..255.
    """
    ordered = samples.sort_values("sample_id", ignore_index=True)
    groups: dict[str, list[_Sample]] = {}  # by the files' bytes, each in the order of sample_ids
    for sha256, *sample in ordered[["sha256", "sample_id", "pair_id", "label"]].itertuples(index=False):
        groups.setdefault(sha256, []).append(_Sample(*sample))
    rows = [*_exact(groups.values()), *_near(ordered.drop_duplicates("sha256", ignore_index=True), groups)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    kinds = {"distance": "int64", "colour_difference": "float64", "same_work": "bool"}
    return table.astype(kinds).sort_values(["sample_id", "duplicate_of"], ignore_index=True)


def _exact(groups: Iterable[list[_Sample]]) -> Iterator[_Pair]:
    for first, *others in groups:
        yield from (_pair(first, other, "exact", 0, 0.0) for other in others)
        of_work: dict[object, list[_Sample]] = {}
        for sample in others:
            of_work.setdefault(sample.pair_id, []).append(sample)
        for made in of_work.values():
            yield from (_pair(*two, "exact", 0, 0.0) for two in combinations(made, 2) if _same_work(*two))


def _near(ordered: pd.DataFrame, groups: Mapping[str, list[_Sample]]) -> Iterator[_Pair]:
    ordered = ordered.dropna(subset=["phash", "colour_fields"])  # audited before these were
    if ordered.empty:
        return
    hashes = _unpacked(ordered["phash"]).view(np.uint64)  # (N, 4)
    colours = _unpacked(ordered["colour_fields"]).astype(np.int16)  # (N, 48)
    equal = [groups[sha256] for sha256 in ordered["sha256"]]
    for start, end in pairwise([*range(0, len(equal), BLOCK), len(equal)]):
        distances = _differing_bits(hashes[start:end], hashes[start:])
        for row, column in np.argwhere(distances <= NEAR_BITS):
            first, other = start + row, start + column
            if first < other:
                levels = float(np.abs(colours[first] - colours[other]).mean())
                if levels <= NEAR_COLOUR:
                    for number, two in enumerate(product(equal[first], equal[other])):
                        if number == 0 or _same_work(*two):
                            yield _pair(*two, "near", int(distances[row, column]), levels)


def _pair(one: _Sample, other: _Sample, kind: str, distance: int, levels: float) -> _Pair:
    first, second = sorted((one.sample_id, other.sample_id))
    return second, first, kind, distance, levels, _same_work(one, other)


def _same_work(one: _Sample, other: _Sample) -> bool:
    """Two ai images after one work are not that, nor two scans of it."""
    paired = isinstance(one.pair_id, str) and one.pair_id == other.pair_id
    return paired and (one.label == "human") != (other.label == "human")


def _unpacked(column: pd.Series) -> NDArray[np.uint8]:
    """Hex digits as bytes: (N, digits / 2)."""
    return np.array([np.frombuffer(bytes.fromhex(digits), np.uint8) for digits in column])


def _differing_bits(some: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Hamming distances (A, B) of hashes (A, 4) and (B, 4)."""
    total = np.zeros((len(some), len(others)), np.uint16)
    for word in range(some.shape[1]):
        total += np.bitwise_count(some[:, word, None] ^ others[None, :, word])
    return total
