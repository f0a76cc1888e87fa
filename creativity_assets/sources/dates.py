"""Dates as curators write them -> one year, and how it was come by.

A date that names several years becomes the midpoint of its first and last year, rounded down.
A century's thirds are early (years 0-33), mid (33-66) and late (67-99); `16th century` is 1500-1599. Centuries may
be written as words, in Roman numerals, or in French or German.
Precedence of year_source where a text is several things at once: century, circa, range, stated.
"""

import datetime
import re
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

YearSource = Literal["stated", "circa", "range", "century", "filename", "none"]
EARLIEST = 1000  # before that a number of a metadata table is more likely a catalogue number


class Year(NamedTuple):
    """A year from EARLIEST to the current one, or None with source `none`."""

    year: int | None
    source: YearSource


NO_YEAR = Year(None, "none")

_WORDS = "eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
_ORDINALS = {word: f"{number}th" for number, word in enumerate(_WORDS.split(), start=11)}
_ORDINAL_WORD = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b")
_ROMANS = {
    "xi": 11,
    "xii": 12,
    "xiii": 13,
    "xiv": 14,
    "xv": 15,
    "xvi": 16,
    "xvii": 17,
    "xviii": 18,
    "xix": 19,
    "xx": 20,
    "xxi": 21,
}
_ROMAN = re.compile(r"\b(x{1,2}(?:iv|ix|v?i{0,3}))(?:e|ème|th)?(?=\s*(?:-|cent|si[eè]cle))")
_CENTURY = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|e|ème|\.)?"
    r"(?:\s*(?:-|to|or|and|/)\s*((?:(?:early|mid|late)[\s-]*)?)(\d{1,2})(?:st|nd|rd|th|e|ème|\.)?)?"
    r"\s*(?:(?<=th)\s*c\b|century|centuries|cent\b|si[eè]cles?|jahrhunderts?|jh\b)"
)
_HUNDREDS = re.compile(r"(?<!\d)(\d\d)00'?s\b")
_DECADES = re.compile(r"(?<!\d)(\d{3})0(?:'?s)?\s*(?:-|to|and|or|/)\s*(\d{4}|\d{2})'?s\b")
_DECADE = re.compile(r"(?<!\d)(\d{3})0(?:'?s|ies|er)\b")
_WHOLE_DATE = re.compile(r"(?<!\d)(\d{4})([-/.])\d{1,2}\2\d{1,2}(?!\d)")
_RANGE = re.compile(r"(?<!\d)(\d{4})\s*\??\s*(?:-|/|to\b|until\b|and\b|or\b)\s*(?:c\w*\.?\s*)?(\d{4}|\d{1,2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_BEFORE_CHRIST = re.compile(r"\bb\.?\s?c\.?(?:\s?e\.?)?(?![a-z])")
_UNSURE = re.compile(
    r"\bc(?:a|irca)?\b\.?|(?<![a-z])c(?:a|irca)?\.?(?=\d)|\?|\babout\b|\baround\b|\bapprox|\bbefore\b|\bafter\b|\bprobably\b"
    r"|\bor (?:later|earlier)\b|\bvers\b|\bum\b"
)
_FILE_NAME = re.compile(r"-(\d{4})(?:-\d+)?(?:\(\d+\))?(?:_resize\d+)?(?:_generated)?(?:\.\w+)?$")

_PARTS = (
    (re.compile(r"\b(?:first|1st) half\b"), (0, 49)),
    (re.compile(r"\b(?:second|2nd|last) half\b"), (50, 99)),
    (re.compile(r"\b(?:first|1st) quarter\b"), (0, 24)),
    (re.compile(r"\b(?:second|2nd) quarter\b"), (25, 49)),
    (re.compile(r"\b(?:third|3rd) quarter\b"), (50, 74)),
    (re.compile(r"\b(?:fourth|4th|last) quarter\b"), (75, 99)),
    (re.compile(r"\bearly\b"), (0, 33)),
    (re.compile(r"\b(?:mid|middle)\b"), (33, 66)),
    (re.compile(r"\blate\b"), (67, 99)),
)


def parse_year(date: Any, *, latest: int | None = None) -> Year:
    """One year from a date of a metadata table: text, number, date or nothing.

    `c. 1880-85` -> (1882, circa); `1503-1519` -> (1511, range); `late 16th century` -> (1583, century);
    `1889?` -> (1889, circa); `1889`, 1889 and 1889.0 -> (1889, stated); `n.d.` -> (None, none).
    `1899-02` is a month, `1880-85` a range: the shorter number counts on only where it is the larger one.
    A Year that a reader has come by otherwise stays what it is.
    latest: the last year accepted, the current one unless told.
    """
    if isinstance(date, Year):
        return date
    latest = datetime.date.today().year if latest is None else latest
    span = _span_of(date)
    if span is None:
        return NO_YEAR
    first, last = sorted(span[:2])
    still_open = 99 if span.source == "century" else 0  # the century we are in has not ended
    if first < EARLIEST or last > latest + still_open:
        return NO_YEAR
    return Year(min((first + last) // 2, latest), span.source)


def year_from_file_name(name: str, *, latest: int | None = None) -> Year:
    """The year at the tail of a WikiArt-style file name: `{artist}_{title}[-year][-n][(k)].jpg`.

    Only for sources whose names are known to be of that kind: elsewhere such a number may be anything.
    """
    if found := _FILE_NAME.search(name):
        year = parse_year(found[1], latest=latest).year
        if year is not None:
            return Year(year, "filename")
    return NO_YEAR


def decade_of(year: int | None) -> int | None:
    """The first year of a year's decade: 1889 -> 1880."""
    return None if year is None else year // 10 * 10


class _Span(NamedTuple):
    """First and last year that a date names, not yet checked."""

    first: int
    last: int
    source: YearSource


def _span_of(date: Any) -> _Span | None:
    if date is None or isinstance(date, bool):
        return None
    if isinstance(date, str):
        return _span_of_text(date)
    if isinstance(date, datetime.date):
        return _Span(date.year, date.year, "stated")
    try:
        number = float(date)
    except (TypeError, ValueError):
        return None
    return _Span(int(number), int(number), "stated") if number.is_integer() else None


def _span_of_text(date: str) -> _Span | None:
    """What the first form that fits makes of a text; doubt turns all but centuries into circa."""
    text = re.sub(r"[\u2010-\u2015\u2212]", "-", date).strip().lower()
    text = re.sub(r"(?<=\d)\.0+$", "", text)  # a table read as floats and written again
    text = _ORDINAL_WORD.sub(lambda word: _ORDINALS[word[0]], text)
    text = _ROMAN.sub(lambda numeral: f"{_ROMANS.get(numeral[1], 0)}th" if numeral[1] in _ROMANS else numeral[0], text)
    if _BEFORE_CHRIST.search(text):
        return None
    for pattern, reading in _FORMS:
        if (found := pattern.search(text)) and (span := reading(found)):
            doubtful = span.source != "century" and _UNSURE.search(text)
            return span._replace(source="circa") if doubtful else span
    return None


def _century(found: re.Match[str]) -> _Span:
    first = (int(found[1]) - 1) * 100
    if found[3] is None:
        return _part_of(found.string, first, first + 99)
    # `late 15th-early 16th century`: each end by its own word.
    last = (int(found[3]) - 1) * 100
    start = _part_of(found.string[: found.start()], first, first + 99).first
    return _Span(start, _part_of(found[2], last, last + 99).last, "century")


def _hundreds(found: re.Match[str]) -> _Span:
    first = int(found[1]) * 100
    return _part_of(found.string, first, first + 99)


def _part_of(text: str, first: int, last: int) -> _Span:
    """The half, quarter or third of a century that the text names, or all of it."""
    for words, (start, end) in _PARTS:
        if words.search(text):
            return _Span(first + start, first + end, "century")
    return _Span(first, last, "century")


def _decade(found: re.Match[str]) -> _Span:
    first = int(found[1]) * 10
    return _Span(first, first + 9, "range")


def _decades(found: re.Match[str]) -> _Span | None:
    """None where the second is no later decade: `1880-85s`."""
    first = int(found[1]) * 10
    base = 10 ** len(found[2])
    last = first // base * base + int(found[2])
    return _Span(first, last + 9, "range") if last % 10 == 0 and last > first else None


def _range(found: re.Match[str]) -> _Span | None:
    """None where the shorter number does not count on: `1899-02` is a month."""
    first, base = int(found[1]), int(10 ** len(found[2]))
    last = int(found[2]) if base == 10_000 else first // base * base + int(found[2])
    return _Span(first, last, "range") if base == 10_000 or last > first else None


def _single(found: re.Match[str]) -> _Span:
    return _Span(int(found[1]), int(found[1]), "stated")


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], _Span | None]], ...] = (
    (_CENTURY, _century),
    (_DECADES, _decades),
    (_HUNDREDS, _hundreds),
    (_DECADE, _decade),
    (_WHOLE_DATE, _single),
    (_RANGE, _range),
    (_YEAR, _single),
)
