"""Dice, mixing and the canvas."""

import numpy as np
import pytest

from creativity_assets.atelier.canvas import SUPERSAMPLING, Canvas, Dice, mix


def test_dice_depend_on_the_key_alone() -> None:
    first, second, other = Dice("a"), Dice("a"), Dice("b")
    row = [first.between(0, 1) for _ in range(5)]
    assert row == [second.between(0, 1) for _ in range(5)]
    assert row != [other.between(0, 1) for _ in range(5)]


def test_dice_golden_throw() -> None:
    """sha256 and PCG64 are the same everywhere: an exact number."""
    assert Dice("atelier").between(0, 1) == pytest.approx(0.5161778305834468, abs=1e-15)


def test_whole_numbers_reach_both_ends() -> None:
    dice = Dice("ends")
    assert {dice.whole(2, 4) for _ in range(100)} == {2, 3, 4}


def test_a_pick_avoids_what_is_taken_unless_nothing_is_left() -> None:
    dice = Dice("other")
    assert {dice.pick_other(("red", "blue"), "red") for _ in range(20)} == {"blue"}
    assert dice.pick_other(("red",), "red") == "red"


def test_shuffled_is_a_permutation() -> None:
    assert sorted(Dice("cards").shuffled(20).tolist()) == list(range(20))


def test_mix_runs_from_the_first_to_the_second_and_clips() -> None:
    assert mix((0, 10, 20), (100, 110, 120), 0) == (0, 10, 20)
    assert mix((0, 10, 20), (100, 110, 120), 1) == (100, 110, 120)
    assert mix((0, 0, 0), (200, 200, 200), 2) == (255, 255, 255)


def test_a_canvas_is_supersampled_and_in_unit_coordinates() -> None:
    canvas = Canvas(16, (0, 0, 0))
    canvas.box(0.5, 0.0, 1.0, 1.0, (255, 255, 255))
    pixels = np.asarray(canvas.image)[..., 0]
    assert pixels.shape == (16 * SUPERSAMPLING,) * 2
    assert pixels.mean() == pytest.approx(255 / 2, abs=4)
    assert pixels[:, 30].min() == 255
    assert pixels[:, 10].max() == 0


@pytest.mark.parametrize("light", [-1.0, 1.0])
def test_a_form_is_brighter_towards_the_light(light: float) -> None:
    canvas = Canvas(32, (0, 0, 0), light=light)
    canvas.form(0.5, 0.5, 0.4, 0.4, (120, 120, 120))
    pixels = np.asarray(canvas.image, dtype=float)[..., 0]
    left, right = pixels[40:56, 20:30].mean(), pixels[40:56, 66:76].mean()
    assert (right - left) * light > 20


def test_a_flat_canvas_models_nothing() -> None:
    canvas = Canvas(32, (0, 0, 0), relief=0.0)
    canvas.form(0.5, 0.5, 0.4, 0.4, (120, 120, 120))
    assert set(np.unique(np.asarray(canvas.image))) == {0, 120}
