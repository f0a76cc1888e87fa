"""duplicates: pairs of samples that show the same picture, within data sets and across them."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, product
from typing import NamedTuple

import pandas as pd

from creativity_assets.vocabulary import TABLES
from creativity_assets.workflow.tables.near import PAIR_COLUMNS

COLUMNS = TABLES["duplicates"].names


class _Sample(NamedTuple):
    """What of a sample tells whether a copy of it is another picture of its own work."""

    sample_id: str
    pair_id: object  # text, or missing
    label: str


_Pair = tuple[str, str, str, int, float, bool]


def find_duplicates(samples: pd.DataFrame, near: pd.DataFrame) -> pd.DataFrame:
    """Pairs of duplicates among audited samples, each once, the one with the smaller sample_id as `duplicate_of`.

    near: pairs of pictures that look alike, by the files' bytes, as `near.near_pictures` gives them.
    kind: exact (the files' bytes are equal) or near (among files of different bytes).
    Of samples with equal bytes only the first stands for all: the others are paired with it, and it alone with what
    is near. same_work: an ai image and the human work it was made after; such pairs are told whichever comes first.
    distance: differing bits of the hash, 0..256; colour_difference: in grey levels, 0..255.
    """
    told = pd.concat([near["sha256"], near["other"], samples.loc[samples["sha256"].duplicated(), "sha256"]])
    some = samples.merge(told.drop_duplicates().to_frame("sha256"), on="sha256")  # all others are like nothing
    ordered = some.sort_values("sample_id", ignore_index=True)
    groups: dict[str, list[_Sample]] = {}  # by the files' bytes, each in the order of sample_ids
    for sha256, *sample in ordered[["sha256", "sample_id", "pair_id", "label"]].itertuples(index=False):
        groups.setdefault(sha256, []).append(_Sample(*sample))
    rows = [*_exact(groups.values()), *_near(near, groups)]
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


def _near(near: pd.DataFrame, groups: Mapping[str, list[_Sample]]) -> Iterator[_Pair]:
    for one, other, distance, levels in near[list(PAIR_COLUMNS)].itertuples(index=False):
        for number, two in enumerate(product(groups.get(one, ()), groups.get(other, ()))):
            if number == 0 or _same_work(*two):
                yield _pair(*two, "near", int(distance), float(levels))


def _pair(one: _Sample, other: _Sample, kind: str, distance: int, levels: float) -> _Pair:
    first, second = sorted((one.sample_id, other.sample_id))
    return second, first, kind, distance, levels, _same_work(one, other)


def _same_work(one: _Sample, other: _Sample) -> bool:
    """Two ai images after one work are not that, nor two scans of it."""
    paired = isinstance(one.pair_id, str) and one.pair_id == other.pair_id
    return paired and (one.label == "human") != (other.label == "human")
