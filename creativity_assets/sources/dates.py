"""Dates as curators write them -> one year, and how it was come by.

A date that names several years becomes the midpoint of its first and last year, rounded down.
A century's thirds are early (years 0-33), mid (33-66) and late (67-99), a decade's 0-3, 3-6 and 6-9; `16th century` is
1500-1599. Centuries may be written as words, in Roman numerals, or in French or German. Years before Christ are none.
Precedence of year_source where a text is several things at once: century, circa, range, stated.
"""

import datetime
import re
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

YearSource = Literal["stated", "circa", "range", "century", "filename", "none"]
EARLIEST = 1
PLAIN = 1000  # a smaller number that no word makes a year is more likely a catalogue number


class Year(NamedTuple):
    """A year from EARLIEST to the current one, or None with source `none`."""

    year: int | None
    source: YearSource


NO_YEAR = Year(None, "none")

_WORDS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
    " sixteenth seventeenth eighteenth nineteenth twentieth twenty-first"
)
_ORDINALS = {word: f"{number}th" for number, word in enumerate(_WORDS.split(), start=1)}
_ORDINAL_WORD = re.compile(rf"\b(?:{'|'.join(reversed(_ORDINALS))})\b(?!\s+(?:half|quarter))")
_NUMERALS = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx xxi"
_ROMANS = {numeral: f"{number}th" for number, numeral in enumerate(_NUMERALS.split(), start=1)}
_ROMAN = re.compile(rf"\b({'|'.join(reversed(_ROMANS))})(?:er?|ème|th)?(?=\s*(?:-|cent|si[eè]cle))")
_PART = r"((?:(?:early|mid|late|beginning|end)[\s-]*(?:of\s+(?:the\s+)?)?)?)"  # of the second of two periods
_CENTURY = re.compile(
    r"(?<!\d)([1-9]\d?)(?:st|nd|rd|th|e|ème|\.)?"
    rf"(?:\s*(?:-|to|or|and|/)\s*{_PART}([1-9]\d?)(?:st|nd|rd|th|e|ème|\.)?)?"
    r"\s*(?:(?<=st|nd|rd|th)\s*(?:cent\b|c\b(?!\.?\s*\d))|century|centuries|si[eè]cles?|jahrhunderts?|jh\b)"
)
_HUNDREDS = re.compile(r"(?<!\d)(\d\d)00'?s\b")
_DECADES = re.compile(rf"(?<!\d)(\d{{3}})0(?:'?s)?\s*(?:-|to|and|or|/)\s*{_PART}(\d{{4}}|\d{{2}})'?s\b")
_DECADE = re.compile(r"(?<!\d)(\d{3})0(?:'?s|ies|er)\b")
_WHOLE_DATE = re.compile(r"(?<!\d)(\d{4})([-/.])\d{1,2}\2\d{1,2}(?!\d)")
_RANGE = re.compile(r"(?<!\d)(\d{4})\s*\??\s*(?:-|/|to\b|until\b|and\b|or\b)\s*(?:c\w*\.?\s*)?(\d{4}|\d{1,2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_EARLY_YEAR = re.compile(
    r"^(?=.*[a-z])(?:(?:ad|ca?|circa|about|around|um|vers)\.?\s*)*(\d{3})(?:\s*-\s*(\d{3}))?(?:\s*ad)?$"
)
_BEFORE_CHRIST = re.compile(
    r"\bb\.?\s?c\.?(?:\s?e\.?)?(?![a-z])|\bv\.?\s?(?:chr|u\.?\s?z)\b|\bav(?:ant)?\.?\s?j\.?-?\s?c\b"
)
_AFTER_CHRIST = re.compile(r"\b(?:a\.?\s?d|c\.?\s?e|n\.?\s?chr)\b\.?")
_UNSURE = re.compile(
    r"\bc(?:a|irca)?\b\.?|(?<![a-z])c(?:a|irca)?\.?(?=\d)|\?|\babout\b|\baround\b|\bapprox|\bbefore\b|\bafter\b"
    r"|\b(?:probably|possibly|perhaps|maybe)\b|\bor (?:later|earlier)\b|\bvers\b|\bum\b"
)
_FILE_NAME = re.compile(r"-(\d{4})(?:-\d+)?(?:\(\d+\))?(?:_resize\d+)?(?:_generated)?(?:\.\w+)?$")

_PARTS = (
    (re.compile(r"\b(?:first|1st) half\b"), (0, 49)),
    (re.compile(r"\b(?:second|2nd|last) half\b"), (50, 99)),
    (re.compile(r"\b(?:first|1st) quarter\b"), (0, 24)),
    (re.compile(r"\b(?:second|2nd) quarter\b"), (25, 49)),
    (re.compile(r"\b(?:third|3rd) quarter\b"), (50, 74)),
    (re.compile(r"\b(?:fourth|4th|last) quarter\b"), (75, 99)),
    (re.compile(r"\b(?:early|beginning|anfang|début)\b"), (0, 33)),
    (re.compile(r"\b(?:mid|middle|mitte|milieu)\b"), (33, 66)),
    (re.compile(r"\b(?:late|end|ende|fin)\b"), (67, 99)),
)


def parse_year(date: Any, *, latest: int | None = None) -> Year:
    """One year from a date of a metadata table: text, number, date or nothing.

    `c. 1880-85` -> (1882, circa); `1503-1519` -> (1511, range); `late 16th century` -> (1583, century);
    `1889?` -> (1889, circa); `1889`, 1889 and 1889.0 -> (1889, stated); `n.d.` -> (None, none).
    `c. 850` and `850 AD` are years, a plain 850 is none.
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
    earliest, newest = (EARLIEST, first) if span.named else (PLAIN, last)
    if first < earliest or newest > latest:
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
    """First and last year that a date names, not yet checked.

    named: by words, as a century, a decade or a year AD. It may lie before PLAIN, and need not have ended yet.
    """

    first: int
    last: int
    source: YearSource
    named: bool = False


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
    text = _ROMAN.sub(lambda numeral: _ROMANS[numeral[1]], text)
    if _BEFORE_CHRIST.search(text):
        return None
    text = _AFTER_CHRIST.sub("ad", text)
    for pattern, reading in _FORMS:
        if (found := pattern.search(text)) and (span := reading(found)):
            doubtful = span.source != "century" and _UNSURE.search(text)
            return span._replace(source="circa") if doubtful else span
    return None


def _century(found: re.Match[str]) -> _Span:
    first = _first_of_century(found[1])
    if found[3] is None:
        return _part_of(found.string, first, 100)
    return _from_to(found, first, _first_of_century(found[3]), 100)


def _first_of_century(number: str) -> int:
    """There is no year 0: the first century is 1-100."""
    return max((int(number) - 1) * 100, 1)


def _hundreds(found: re.Match[str]) -> _Span:
    return _part_of(found.string, int(found[1]) * 100, 100)


def _decade(found: re.Match[str]) -> _Span:
    return _part_of(found.string, int(found[1]) * 10, 10)


def _decades(found: re.Match[str]) -> _Span | None:
    """None where the second is no later decade: `1880-85s`."""
    first = int(found[1]) * 10
    base = 10 ** len(found[3])
    last = first // base * base + int(found[3])
    return _from_to(found, first, last, 10) if last % 10 == 0 and last > first else None


def _part_of(text: str, first: int, length: int) -> _Span:
    """The half, quarter or third of a century or decade that the text names, or all of it."""
    source: YearSource = "century" if length == 100 else "range"
    for words, (start, end) in _PARTS:
        if words.search(text):
            return _Span(first + start * length // 100, first + end * length // 100, source, named=True)
    return _Span(first, first + length - 1, source, named=True)


def _from_to(found: re.Match[str], first: int, last: int, length: int) -> _Span:
    """`late 15th-early 16th century`: each end by its own word."""
    end = _part_of(found[2], last, length)
    return end._replace(first=_part_of(found.string[: found.start()], first, length).first)


def _range(found: re.Match[str]) -> _Span | None:
    """None where the shorter number does not count on: `1899-02` is a month."""
    first, base = int(found[1]), int(10 ** len(found[2]))
    last = int(found[2]) if base == 10_000 else first // base * base + int(found[2])
    return _Span(first, last, "range") if base == 10_000 or last > first else None


def _single(found: re.Match[str]) -> _Span:
    return _Span(int(found[1]), int(found[1]), "stated")


def _early_year(found: re.Match[str]) -> _Span:
    first, last = int(found[1]), int(found[2] or found[1])
    return _Span(first, last, "stated" if first == last else "range", named=True)


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], _Span | None]], ...] = (
    (_CENTURY, _century),
    (_DECADES, _decades),
    (_HUNDREDS, _hundreds),
    (_DECADE, _decade),
    (_WHOLE_DATE, _single),
    (_RANGE, _range),
    (_YEAR, _single),
    (_EARLY_YEAR, _early_year),
)
