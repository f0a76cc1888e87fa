"""Which compositions there are. Each one paints a canvas and says what it painted."""

from __future__ import annotations

from collections.abc import Callable

from creativity_assets.atelier import (
    abstractions,
    figures,
    inks,
    landscapes,
    portraits,
    rooms,
    seascapes,
    still_lifes,
    streets,
)
from creativity_assets.atelier.canvas import Canvas, Dice
from creativity_assets.atelier.painters import Painter
from creativity_assets.atelier.scene import Scene

SUBJECTS: dict[str, Callable[[Canvas, Dice, Painter], Scene]] = {
    "landscape": landscapes.landscape,
    "village": landscapes.village,
    "pond": landscapes.pond,
    "nocturne": landscapes.nocturne,
    "garden": landscapes.garden,
    "wanderer": landscapes.wanderer,
    "seascape": seascapes.seascape,
    "harbour": seascapes.harbour,
    "ink landscape": inks.ink_landscape,
    "branch": inks.branch,
    "portrait": portraits.portrait,
    "saint": portraits.saint,
    "pop portrait": portraits.pop_portrait,
    "figures": figures.figures,
    "drapery": figures.drapery,
    "rider": figures.rider,
    "still life": still_lifes.still_life,
    "flowers": still_lifes.flowers,
    "guitar": still_lifes.guitar,
    "pop still life": still_lifes.pop_still_life,
    "interior": rooms.interior,
    "cityscape": streets.cityscape,
    "abstraction": abstractions.abstraction,
}
