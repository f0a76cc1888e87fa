"""What a reconstruction is scored by, against its original: each score declared once.

From here follow the columns of `image_metrics` and of the view `scores`, the parts that hold floors and ceilings, the
metrics of the statistics, the ranges that checks hold scores to, what `creativity score` prints, and the report's
headings. Which scores a suite computes is said in `metrics.suites.SUITES`; the others are null in its rows.

To add a metric: declare it at the end of SCORES, and give its function in a file of `metrics/`.
"""

import math
from dataclasses import dataclass, replace

from creativity_assets.vocabulary.columns import Column, Type

LARGEST_MSE = 255**2
"""Of black against white."""


@dataclass(frozen=True)
class Score(Column):
    """A score. compared: whether it has a floor and a ceiling, and stands in the statistics.

    title: its name in the report's tables and figures; short: in a narrow heading.
    """

    type: Type = "DOUBLE"
    meaning: str = ""
    compared: bool = True
    title: str = ""
    short: str = ""


SCORES: dict[str, Score] = {
    score.name: score
    for score in (
        Score(
            "dino_distance",
            meaning="1 - cosine of the semantic embeddings of original and reconstruction",
            low=0.0,
            high=2.0,
            title="DINO distance (1 − cosine)",
            short="DINO",
        ),
        # With non-negative heads it has no upper bound.
        Score(
            "lpips",
            meaning="Perceptual distance of original and reconstruction",
            low=0.0,
            title="LPIPS",
            short="LPIPS",
        ),
        # Not compared: the study compares its logarithm.
        Score(
            "mse",
            meaning="Mean squared difference of the 8-bit images",
            unit="squared grey levels",
            low=0.0,
            high=float(LARGEST_MSE),
            compared=False,
            title="MSE",
            short="MSE",
        ),
        Score(
            "log_mse",
            meaning="log10(1 + mse)/5",
            low=0.0,
            high=math.log10(1 + LARGEST_MSE) / 5,
            title="log-MSE",
            short="log-MSE",
        ),
        Score(
            "composite",
            meaning="The creativity score: the mean of dino_distance, lpips and log_mse, or of what its suite names",
            low=0.0,
            title="Composite score",
            short="composite",
        ),
    )
}
"""By name, in order. What is added at run time, by a researcher's own module say, goes to the end."""

FIRST = ("dino_distance", "lpips", "mse", "log_mse", "composite")
"""The scores that `image_metrics` has side by side; each later one stands at its end, its floor beside it."""

STUDY_SCORES = ("composite", "dino_distance", "lpips", "log_mse")
"""What the study prints figures of."""


def compared_scores() -> tuple[str, ...]:
    """The scores that are compared, and that an image's floor and ceiling are measured of: the composite first."""
    return "composite", *(name for name, score in SCORES.items() if score.compared and name != "composite")


def floored_scores() -> tuple[str, ...]:
    """The same scores in the order in which `image_metrics` has their floors."""
    compared = [name for name, score in SCORES.items() if score.compared]
    return *(name for name in compared if name in FIRST), *(name for name in compared if name not in FIRST)


def floor_of(score: str) -> Score:
    """The column of a score's floor."""
    meaning = f"{score} of decode(encode(x)): what the autoencoder alone loses"
    return replace(SCORES[score], name=f"floor_{score}", meaning=meaning)


def title_of(score: str) -> str:
    """A score's name in tables and figures; that of one which is no longer declared as it stands in the data."""
    return (SCORES[score].title if score in SCORES else "") or score


def first_columns() -> tuple[Score, ...]:
    """The scores of FIRST side by side, then their floors."""
    return *(SCORES[name] for name in FIRST), *(floor_of(name) for name in FIRST if SCORES[name].compared)


def later_columns() -> tuple[Score, ...]:
    """Each later score with its floor beside it."""
    later = [score for name, score in SCORES.items() if name not in FIRST]
    return tuple(c for score in later for c in (score, *([floor_of(score.name)] if score.compared else [])))


def score_columns() -> tuple[Score, ...]:
    """All scores and floors of `image_metrics`, in their order."""
    return *first_columns(), *later_columns()
