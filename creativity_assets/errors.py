"""The exception tree. Every message is one line that names the culprit and the remedy.

CreativityError
 |- CatalogError    a YAML entry is wrong, unknown or named twice
 |- SourceError     a data set cannot be read at all (single images are rejected as rows instead)
 |- ModelError      weights or configuration of a model are missing, refused or do not fit
 |  |- NotFiniteError   a model computed NaN or infinity
 |- MetricError     a metric suite cannot be loaded or was given unusable images
 |- StoreError      a part, a payload or the warehouse cannot be written or read
 |   |- QueryError   a statement of SQL is wrong or refused; DuckDB's own words, which may be several lines
 |   |- DamagedPart    a part's bytes are not those that were written; it was set aside and is made again
 |- TrainingError   a training run cannot start, resume or export
"""

import re
import unicodedata
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


class NotFiniteError(ModelError):
    """A model computed NaN or infinity. position: of the first such image in its batch; who knows its name says it."""

    def __init__(self, what: str, position: int) -> None:
        super().__init__(f"{what} is NaN or infinite; set `dtype: float32` for the model, or choose other settings")
        self.position = position


class MetricError(CreativityError):
    """A metric suite cannot be loaded or applied."""


class StoreError(CreativityError):
    """The store cannot be written or read."""


class QueryError(StoreError):
    """A statement of SQL is wrong or refused. The one error of several lines: DuckDB points at the place."""


class DamagedPart(StoreError):
    """A part is not as it was written. healable: it was set aside, so that the next pass makes it again."""

    def __init__(self, message: str, path: Path, *, healable: bool) -> None:
        super().__init__(message)
        self.path = path
        self.healable = healable


class TrainingError(CreativityError):
    """A training run cannot start, resume or export."""


_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Lone surrogates that stand for no byte of a file name."""
_JOINERS = "\u200c\u200d"
"""Zero-width, but part of how Persian, Indic scripts and emoji are written; terminals do nothing else with them."""
_UNSEEN = {"Cc", "Cf", "Zl", "Zp"}
"""What a terminal would act upon instead of showing it: escapes, line ends, changes of direction."""


def escaped(text: object) -> str:
    """What comes from outside, to be shown: control, format and line-breaking characters become escapes.

    Bytes that are not UTF-8, which Python carries in surrogates, become `\\xff`; the result can always be encoded.
    """
    line = str(text)
    if line.isprintable():
        return line
    line = _HALVES.sub(lambda half: f"\\u{ord(half[0]):04x}", line)
    line = line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(map(_shown, line))


def _shown(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _UNSEEN:
        return character
    return character.encode("unicode_escape").decode()


def one_line(message: str) -> str:
    """A message on one line, with nothing in it that a terminal would act upon."""
    return escaped(" ".join(message.split()))
