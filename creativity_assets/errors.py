"""The exception tree. Every message is one line that names the culprit and the remedy.

CreativityError
 |- CatalogError    a YAML entry is wrong, unknown or named twice
 |- SourceError     a data set cannot be read at all (single images are rejected as rows instead)
 |- ModelError      weights or configuration of a model are missing, refused or do not fit
 |- MetricError     a metric suite cannot be loaded or was given unusable images
 |- StoreError      a part, a payload or the warehouse cannot be written or read
 |   |- DamagedPart    a part's bytes are not those that were written; it was set aside and is made again
 |- TrainingError   a training run cannot start, resume or export
"""

from pathlib import Path

FETCH = "; fetch it with: "
"""Stands between what is missing and the command that fetches it, which may be long."""


class CreativityError(Exception):
    """Base of all errors meant for people; the command line prints it as one line and exits with 2."""

    @property
    def culprit(self) -> str:
        """What is wrong, without the command that fetches what is missing."""
        return str(self).partition(FETCH)[0]

    @property
    def command(self) -> str:
        """The command that fetches what is missing; empty where none does."""
        return str(self).partition(FETCH)[2]

    @property
    def brief(self) -> str:
        """The line without the command that fetches what is missing: for lists of much that is missing."""
        return f"{self.culprit}; `creativity doctor` says what fetches it" if self.command else self.culprit


class CatalogError(CreativityError):
    """A catalogue entry is wrong, unknown or named twice."""


class SourceError(CreativityError):
    """A whole data set cannot be read."""


class ModelError(CreativityError):
    """A model cannot be loaded."""


class MetricError(CreativityError):
    """A metric suite cannot be loaded or applied."""


class StoreError(CreativityError):
    """The store cannot be written or read."""


class DamagedPart(StoreError):
    """A part is not as it was written. healable: it was set aside, so that the next pass makes it again."""

    def __init__(self, message: str, path: Path, *, healable: bool) -> None:
        super().__init__(message)
        self.path = path
        self.healable = healable


class TrainingError(CreativityError):
    """A training run cannot start, resume or export."""
