"""What hangs on show and on the dial, and under which keys."""

import pytest

from creativity_assets.atelier import LEVELS, PAINTERS, work_key, works


def test_the_show_hangs_every_painter() -> None:
    keys = [work_key(work) for work in works("show", per_painter=2, size=8)]
    assert keys == [f"show/{p.slug}/{index:03d}" for p in PAINTERS for index in range(2)]


def test_the_dial_hangs_every_motif_at_every_level_of_both_axes() -> None:
    hung = list(works("dial", per_painter=3, size=8))
    assert [(w.painter.name, w.index, w.novelty) for w in hung] == [
        (f"Dial {axis}", index, level) for axis in ("free", "matched") for index in range(3) for level in LEVELS
    ]
    assert work_key(hung[2]) == "dial/dial-free/000-050"


@pytest.mark.parametrize("collection", ["show", "dial"])
def test_keys_are_unique(collection: str) -> None:
    keys = [work_key(work) for work in works(collection, per_painter=4, size=8)]
    assert len(set(keys)) == len(keys)


def test_an_unknown_collection_is_named() -> None:
    with pytest.raises(ValueError, match="no atelier collection 'attic'"):
        works("attic", per_painter=1, size=8)
