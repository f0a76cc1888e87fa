"""`limit`, `seed` and `stratify` of a dataset entry: the same reproducible sample whatever kind of source it is."""

from collections import Counter
from collections.abc import Iterable, Mapping

from creativity_assets.hashing import digest_of_text


def rank(key: str, seed: int) -> str:
    """The place of a key in the random order that a seed stands for: hex sha256 of `seed:key`."""
    return digest_of_text(f"{seed}:{key}")


def subsample(
    keys: Iterable[str], limit: int | None, seed: int, strata: Mapping[str, str] | None = None
) -> frozenset[str]:
    """The `limit` keys that come first in the seed's order; all of them where limit is None.

    The sample depends neither on the order of the keys nor on their number of repetitions, and without strata a key
    that is added to the source displaces at most one of the sample.
    strata: the stratum of each key; then every stratum gives as many as `shares` says, first in its own order.
    """
    distinct = set(keys)
    if limit is None or limit >= len(distinct):
        return frozenset(distinct)
    ranked = sorted(distinct, key=lambda key: rank(key, seed))
    if strata is None:
        return frozenset(ranked[:limit])
    left = shares(Counter(strata[key] for key in distinct), limit)
    chosen = []
    for key in ranked:
        if left[strata[key]] > 0:
            left[strata[key]] -= 1
            chosen.append(key)
    return frozenset(chosen)


def shares(sizes: Mapping[str, int], limit: int) -> dict[str, int]:
    """`limit` parted in proportion to the sizes of strata, by largest remainders (Hamilton's method).

    Each share is its exact quota rounded down or up; among equal remainders the larger stratum comes first, then
    the name. limit: at most the sum of sizes.
    """
    total = sum(sizes.values())
    parted = {name: size * limit // total for name, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda name: (-(sizes[name] * limit % total), -sizes[name], name))
    for name in by_remainder[: limit - sum(parted.values())]:
        parted[name] += 1
    return parted
