"""Who paints in the atelier: names, eras, dates, and who is in training."""

import re
from collections import Counter

import pytest

from creativity_assets.atelier import ERAS, PAINTERS, Painter, paint, works
from creativity_assets.atelier.painters import APPRENTICES, with_membership


def test_there_are_enough_painters_with_unique_names_and_safe_slugs() -> None:
    assert len(PAINTERS) >= 24
    assert len({p.name for p in PAINTERS}) == len({p.slug for p in PAINTERS}) == len(PAINTERS)
    for painter in PAINTERS:
        assert re.fullmatch("[a-z0-9-]+", painter.slug)


def test_some_names_carry_accents() -> None:
    assert sum(not p.name.isascii() for p in PAINTERS) >= 4


@pytest.mark.parametrize("painter", PAINTERS, ids=lambda p: p.slug)
def test_a_painter_is_active_inside_the_era(painter: Painter) -> None:
    first, last = ERAS[painter.era]
    assert first <= painter.active[0] <= painter.active[1] < last


def test_two_thirds_are_in_training_and_every_era_holds_both_kinds() -> None:
    trained = [p for p in PAINTERS if p.in_training]
    assert len(trained) == APPRENTICES == 2 * len(PAINTERS) // 3
    for era in ERAS:
        assert {p.in_training for p in PAINTERS if p.era == era} == {True, False}


def test_who_is_in_training_is_drawn_by_lot_and_never_changes() -> None:
    assert with_membership(PAINTERS) == PAINTERS
    assert [p.slug for p in PAINTERS if not p.in_training] == [
        "elsa-marant", "lucia-fontebruna", "ines-valdoro", "heinrich-tallmann", "marijke-voss", "greta-halvorsen",
        "otto-kiraly", "dana-whitlock",
    ]  # fmt: skip


def test_decades_and_eras_are_filled_by_ten_works_each() -> None:
    show = list(works("show", per_painter=10, size=8))
    decades = Counter(work.year // 10 * 10 for work in show)
    eras = Counter(work.painter.era for work in show)
    assert sum(count >= 10 for count in decades.values()) >= 8
    assert set(eras) == set(ERAS)
    assert min(eras.values()) >= 10
    assert all(1400 <= work.year <= 2019 for work in show)


@pytest.mark.parametrize("painter", PAINTERS, ids=lambda p: p.slug)
def test_membership_follows_the_series_and_the_index(painter: Painter) -> None:
    shown = [paint(painter, "show", index, size=8).membership for index in range(4)]
    assert shown == (["train", "held_out"] * 2 if painter.in_training else ["unseen"] * 4)
    for series in ("suite", "validation"):
        assert paint(painter, series, 0, size=8).membership == ("held_out" if painter.in_training else "unseen")
    if painter.in_training:
        assert paint(painter, "training", 1, size=8).membership == "train"
    else:
        with pytest.raises(ValueError, match=f"{painter.slug} is not in training"):
            paint(painter, "training", 1, size=8)
