"""The place of a score between its bounds."""

import numpy as np
import pytest

from creativity_assets.statistics.bounds import MIN_ROOM, normalised


def test_the_bounds_are_0_and_1_and_bound_nothing() -> None:
    scores = [0.2, 0.5, 0.35, 0.1, 0.8]
    np.testing.assert_allclose(normalised(scores, 0.2, 0.5), [0, 1, 0.5, -1 / 3, 2])


def test_it_does_not_change_with_unit_or_origin() -> None:
    random = np.random.default_rng(0)
    score, floor, room = random.random((3, 50))
    plain = normalised(score, floor, floor + 0.1 + room)
    np.testing.assert_allclose(normalised(3 * score + 7, 3 * floor + 7, 3 * (floor + 0.1 + room) + 7), plain)


@pytest.mark.parametrize(
    ("room", "known"), [(MIN_ROOM + 1e-9, True), (MIN_ROOM - 1e-9, False), (0, False), (-1, False)]
)
def test_it_is_unknown_without_room(room: float, known: bool) -> None:
    assert np.isfinite(normalised(0.3, 0.25, 0.25 + room)) == known
    assert normalised(MIN_ROOM, 0.0, MIN_ROOM) == 1.0, "the bound itself is room enough"


def test_what_is_missing_stays_missing() -> None:
    assert np.isnan(normalised([0.3, np.nan, 0.3], [0.1, 0.1, np.nan], [np.nan, 0.9, 0.9])).all()
