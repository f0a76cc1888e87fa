"""Which compositions there are. Each one paints a canvas and says what it painted."""

from __future__ import annotations

from collections.abc import Callable

from creativity_assets.sources.atelier import abstractions, nature, objects, people
from creativity_assets.sources.atelier.canvas import Canvas, Dice
from creativity_assets.sources.atelier.painters import Painter
from creativity_assets.sources.atelier.scene import Scene

SUBJECTS: dict[str, Callable[[Canvas, Dice, Painter], Scene]] = {
    "landscape": nature.landscape, "village": nature.village, "seascape": nature.seascape,
    "harbour": nature.harbour, "pond": nature.pond, "nocturne": nature.nocturne, "garden": nature.garden,
    "wanderer": nature.wanderer, "ink landscape": nature.ink_landscape, "branch": nature.branch,
    "portrait": people.portrait, "saint": people.saint, "figures": people.figures, "drapery": people.drapery,
    "rider": people.rider, "pop portrait": people.pop_portrait,
    "still life": objects.still_life, "flowers": objects.flowers, "guitar": objects.guitar,
    "interior": objects.interior, "cityscape": objects.cityscape, "pop still life": objects.pop_still_life,
    "abstraction": abstractions.abstraction,
}  # fmt: skip
