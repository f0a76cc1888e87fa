"""What a materialisation came to, for people and for Dagster's records."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg


@dataclass(frozen=True)
class Outcome:
    """What a materialisation came to.

    made: the stages that had work. losses: a line for each data set that was read and of which something was rejected,
    or in which nothing was.
    skipped: lines about absent entries. problems: lines about what failed. failed_checks: lines about checks that do
    not hold.
    """

    made: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    failed_checks: tuple[str, ...] = ()

    @property
    def metadata(self) -> dict[str, Any]:
        """As Dagster records it with the end of the run."""
        return {name: list(lines) for name, lines in vars(self).items()}

    @classmethod
    def of(cls, metadata: Mapping[str, dg.MetadataValue[Any]]) -> "Outcome":
        """From what Dagster recorded."""
        return cls(**{name: tuple(value.value) for name, value in metadata.items()})
