"""`limit` and `seed` of a dataset entry: the same reproducible sample whatever kind of source it is."""

import hashlib
from collections.abc import Iterable


def rank(key: str, seed: int) -> str:
    """The place of a key in the random order that a seed stands for: hex sha256 of `seed:key`."""
    return hashlib.sha256(f"{seed}:{key}".encode("utf-8", "surrogateescape")).hexdigest()


def draw(keys: Iterable[str], limit: int | None, seed: int) -> frozenset[str]:
    """The `limit` keys that come first in the seed's order; all of them where limit is None.

    The draw depends neither on the order of the keys nor on their number of repetitions, and a key that
    is added to the source displaces at most one of the sample.
    """
    distinct = set(keys)
    if limit is None or limit >= len(distinct):
        return frozenset(distinct)
    return frozenset(sorted(distinct, key=lambda key: rank(key, seed))[:limit])
