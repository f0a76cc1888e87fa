"""The sections of the page after the comparisons, in order. A new one is a function in a file, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from creativity_assets.report import calibration
from creativity_assets.report.data import Evidence
from creativity_assets.report.exhibit import Exhibit


@dataclass(frozen=True)
class Section:
    """A heading with its anchor, a text before the exhibits, what is said where there are none, and what makes them."""

    anchor: str
    title: str
    lead: str
    empty: str
    exhibits: Callable[[Evidence], Iterable[Exhibit]]


SECTIONS = (
    Section(
        "membership",
        "Calibration: training membership",
        "Where it is known which works a model was trained on, the study's hypothesis can be tested directly: works it "
        "has learned should reconstruct better, that is, score lower. The finding is printed whatever its sign.",
        "No measured work has a known training membership.",
        calibration.membership,
    ),
    Section(
        "dial",
        "Calibration: known novelty",
        "Works painted at known distances from the training range. If the score measures novelty, it rises with it; on "
        "an axis that leaves entropy, edges and contrast alone, complexity cannot be the reason. The levels of a dial "
        "may repeat the same motifs, so take the p values as a guide.",
        "No measured work has a known novelty.",
        calibration.dials,
    ),
)
