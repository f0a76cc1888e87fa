"""What a column is, and the words that text columns are held to."""

from dataclasses import dataclass
from typing import Literal

Type = Literal["VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP WITH TIME ZONE", "MAP(VARCHAR, VARCHAR)"]
"""DuckDB's names of the types that public columns have."""

LABELS = ("human", "ai")
AUTOMATIONS = ("manual", "camera", "ai")
FAMILIES = (
    "painting",
    "photograph",
    "sketch",
    "film_frame",
    "gan",
    "autoregressive",
    "diffusion",
    "style_transfer",
    "video_frame",
)
MEMBERSHIPS = ("train", "held_out", "unseen", "unknown")

EMBEDDED = "embedded"
"""The metric suite of stand-ins that the project carries."""

EMBEDDED_NOTE = "embedded model: stand-in metrics; numbers are not comparable with the study"
"""Said wherever a score of the suite EMBEDDED is shown."""


@dataclass(frozen=True)
class Column:
    """A column: its DuckDB type, one sentence of meaning, and where they apply its unit, range and words.

    low, high: the bounds of its values, both included; None where it has none on that side.
    """

    name: str
    type: Type
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()

    @property
    def comment(self) -> str:
        """The meaning with unit, range and words: one line."""
        bounds = {
            (True, True): f"from {_number(self.low)} to {_number(self.high)}",
            (True, False): f"from {_number(self.low)} up",
            (False, True): f"up to {_number(self.high)}",
        }.get((self.low is not None, self.high is not None), "")
        facts = [
            f"in {self.unit}" if self.unit else "",
            bounds,
            f"one of {', '.join(self.words)}" if self.words else "",
        ]
        told = "; ".join(fact for fact in facts if fact)
        return f"{self.meaning} ({told})" if told else self.meaning

    @property
    def is_number(self) -> bool:
        return self.type in {"BIGINT", "DOUBLE"}

    @property
    def range(self) -> tuple[float, float]:
        """The bounds, infinite where it has none."""
        return -float("inf") if self.low is None else self.low, float("inf") if self.high is None else self.high


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def text(name: str, meaning: str, words: tuple[str, ...] = ()) -> Column:
    return Column(name, "VARCHAR", meaning, words=words)


def count(name: str, meaning: str, low: int = 0) -> Column:
    return Column(name, "BIGINT", meaning, low=low)


def real(name: str, meaning: str, low: float | None = None, high: float | None = None, unit: str = "") -> Column:
    return Column(name, "DOUBLE", meaning, unit, low, high)
