"""Dates as curators write them -> one year, and how it was come by.

A date that names several years becomes the midpoint of its first and last year, rounded down.
A century's thirds are early (years 0-33), mid (33-66) and late (67-99), a decade's 0-3, 3-6 and 6-9; `16th century` is
1500-1599. Centuries may be written as words, in Roman numerals, or in any language of `date_words`. Both ends of a
range are read by the same grammar: `late 18th century-early 19th century`. Years before Christ are none.
Precedence of year_source where a text is several things at once: century, circa, range, stated.
"""

import datetime
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from creativity_assets.sources.columns.date_words import OR, in_english, is_unsure

YearSource = Literal["stated", "circa", "range", "century", "filename", "none"]
EARLIEST = 1
MAX_RANGE = 500
"""Years; `2nd - 19th century` is no range of centuries but two numbers."""
PLAIN = 1000  # a smaller number that no word makes a year is more likely a catalogue number


class Year(NamedTuple):
    """A year from EARLIEST to the current one, or None with source `none`."""

    year: int | None
    source: YearSource


NO_YEAR = Year(None, "none")

_EARLY_YEAR = re.compile(
    r"^(?=.*[a-z])(?:(?:ad|ca?|circa|about|around|um|vers)\.?\s*)*(\d{3})(?:\s*-\s*(\d{3}))?(?:\s*ad)?$"
)
_WHOLE_DATE = re.compile(r"(?<!\d)(\d{4})([-/.])\d{1,2}\2\d{1,2}(?!\d)")
_FILE_NAME = re.compile(r"-(\d{4})(?:-\d+)?(?:\(\d+\))?(?:_resize\d+)?(?:_generated)?(?:\.\w+)?$")
_ASIDE = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_DATE_ALONE = re.compile(
    r"(?:[\d\s?./,;-]|\b(?:ca?|circa|about|um|vers|to|bis|and|et|early|mid|late|century|\d+(?:s|th))\b)*"
)

_PARTS = {"early": (0, 33), "mid": (33, 66), "late": (67, 99), "h1": (0, 49), "h2": (50, 99), "turn": (-5, 5)}
_PARTS |= {"q1": (0, 24), "q2": (25, 49), "q3": (50, 74), "q4": (75, 99)}
"""First and last year of a century's parts; a decade's are a tenth."""

_PART = rf"((?:\b(?:{'|'.join(_PARTS)})\b[\s,]*(?:(?:{OR})\s*)?)*)"
_NTH = r"(?<![\d.])([1-9]\d?)(?:st|nd|rd|th|ste|de|eme|er|re|e|\.|o|a|°)"
_END = (
    rf"{_PART}(?:{_NTH}?\s*century|(?<!\d)(\d\d)00'?s\b|(?<!\d)(1\d|20)(?:--|\.\.+|uu|xx|__|\?\?)(?![\w.-])"
    r"|(?<!\d)(\d{3})0(?:'?s|ies|er)\b|(?<!\d)(1\d\d|20\d)(?:-\??|\?|[ux_])(?![\w-])|(?<!\d)(\d{4})(?!\d)\??)"
)
_ORDINAL = rf"{_PART}{_NTH}"
_SHORT = rf"{_PART}(?<!\d)(?:(\d\d)'?s\b|(\d\d?)(?!\d))"
_TO = rf"\s*(?:{OR})\s*(?:ca?\b\.?\s*)?"
_FORM = re.compile(rf"(?:{_END}|{_ORDINAL})(?:{_TO}(?:{_END}|{_ORDINAL}|{_SHORT}))?")
"""A date of one end or two.

Groups of an end: its part and century; hundreds; 18--; a decade; 188-; a year; then the part and number of an ordinal
that takes its century from the other end; of a second one also the part and number of `80s`, or the 85 of `1880-85`.
"""
_GROUPS = 9


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
    except (TypeError, ValueError, OverflowError):
        return None
    return _Span(int(number), int(number), "stated") if number.is_integer() else None


@lru_cache(maxsize=4096)  # tables say the same many times
def _span_of_text(date: str) -> _Span | None:
    """What a text says; doubt turns all but centuries into circa.

    What stands in brackets and is a date alone is heard where it is the narrower one: `19th century (1850-1870)`.
    """
    text = in_english(date)
    if text is None:
        return None
    rest = _ASIDE.sub(" ", text)
    asides = [aside for aside in _ASIDE.findall(text) if not rest.strip() or _DATE_ALONE.fullmatch(aside)]
    spans = [span for phrase in (rest, *asides) if (span := _span_of_phrase(phrase))]
    if not spans:
        return None
    span = min(spans, key=lambda span: abs(span.last - span.first))
    return span._replace(source="circa") if span.source != "century" and is_unsure(date) else span


def _span_of_phrase(text: str) -> _Span | None:
    """A century, wherever it is told, or years within it that stand before it; else the first form that fits."""
    if found := _EARLY_YEAR.search(text.strip()):
        return _early_year(found)
    spans = [span for found in _FORM.finditer(_WHOLE_DATE.sub(r"\1", text)) if (span := _read(found))]
    if not spans:
        return None
    century = next((span for span in spans if span.source == "century"), spans[0])
    return spans[0] if century.first <= spans[0].first and spans[0].last <= century.last else century


class _End(NamedTuple):
    """One end of a date. length: of its period in years, 1, 10 or 100. parts: names of _PARTS, the first and the last
    of which count, or nothing."""

    first: int
    length: int
    parts: tuple[str, ...]

    @property
    def years(self) -> tuple[int, int]:
        if not self.parts or self.length == 1:
            return self.first, self.first + self.length - 1
        start, end = _PARTS[self.parts[0]][0], _PARTS[self.parts[-1]][1]
        return self.first + start * self.length // 100, self.first + end * self.length // 100


def _read(found: re.Match[str]) -> _Span | None:
    """A form as years; None for an ordinal without a century. A second end that does not count on is none."""
    left, right = found.groups()[:_GROUPS], found.groups()[_GROUPS:]
    first, last = _end(left), _end(right)
    if first is not None and first.length == 10 and right[2]:  # after the 1890s the 1900s are ten years
        last = _End(int(right[2]) * 100, 10, _part(right[0]))
    if last is None and first is not None:
        last = _second(first, right)
    if first is None and last is not None and left[8] and last.length == 100:
        start = _End(_first_of_century(left[8]), 100, _part(left[7]))
        first = start if abs(last.first - start.first) <= MAX_RANGE else None
    if first is None:
        return None if last is None else _span(last, last, found.string)
    if last is None:
        return _span(first, first, found.string)
    if first.parts == ("turn",) and not last.parts:  # of the 19th to the 20th century
        first = last = last._replace(parts=first.parts)
    return _span(first, last, found.string)


def _span(first: _End, last: _End, text: str) -> _Span:
    """From the first year of one end to the last of the other; the part of a single one may stand anywhere."""
    if first == last and not first.parts:
        first = last = first._replace(parts=_part(text))
    longest = max(first.length, last.length)
    source: YearSource = "century" if longest == 100 else "stated" if first == last and longest == 1 else "range"
    return _Span(first.years[0], last.years[1], source, named=longest > 1)


def _end(groups: Sequence[str | None]) -> _End | None:
    part, century, hundreds, blank_century, decade, blank_decade, year = groups[:7]
    if century:
        return _End(_first_of_century(century), 100, _part(part))
    if told := hundreds or blank_century:
        return _End(int(told) * 100, 100, _part(part))
    if told := decade or blank_decade:
        return _End(int(told) * 10, 10, _part(part))
    return _End(int(year), 1, ()) if year else None


def _second(first: _End, groups: Sequence[str | None]) -> _End | None:
    """A second end that counts on from the first: the 19th of `18th century to 19th`, `80s`, the 85 of `1880-85`.

    None where the shorter number is not the larger one: `1899-02` is a month.
    """
    ordinal_part, ordinal, short_part, decade, year = groups[7:]
    if ordinal and first.length == 100:
        return _End(_first_of_century(ordinal), 100, _part(ordinal_part))
    if decade and first.length in (1, 10) and decade.endswith("0"):
        last = first.first // 100 * 100 + int(decade)
        return _End(last, 10, _part(short_part)) if last > first.first else None
    if year and first.length == 1:
        base = 10 ** len(year)
        last = first.first // base * base + int(year)
        return _End(last, 1, ()) if last > first.first else None
    return None


def _part(told: str | None) -> tuple[str, ...]:
    return tuple(re.findall(rf"\b(?:{'|'.join(_PARTS)})\b", told or ""))


def _first_of_century(number: str) -> int:
    """There is no year 0: the first century is 1-100."""
    return max((int(number) - 1) * 100, 1)


def _early_year(found: re.Match[str]) -> _Span:
    first, last = int(found[1]), int(found[2] or found[1])
    return _Span(first, last, "stated" if first == last else "range", named=True)
