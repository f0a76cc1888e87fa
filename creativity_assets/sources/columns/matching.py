"""Which file a cell of a table means: a path, a bare name, a name without its ending, a URL."""

import itertools
import re
import unicodedata
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from creativity_assets.sources.columns.fields import is_missing
from creativity_assets.sources.columns.paths import IMAGE_ENDINGS, stem_of
from creativity_assets.sources.records import NEAR, SourceReject

IMAGES = "images"
"""A subfolder that a table's paths may leave out."""

_MANY = 500  # of the files whose names are alike so many are looked at, which bounds the time for a row
_DIGITS = 18  # of a number that is compared as one
_URL = re.compile(r"(?i)^[a-z][a-z0-9+.-]*://")
_SAME_FORMAT = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif", ".dib": ".bmp"}


class Match(NamedTuple):
    """A file of the source. exact: named by its path, and not by what is left of it."""

    file: str
    exact: bool


class Files:
    """The files of a source, to be found by what tables write.

    A path from the table's folder, from the source's or from its `images` names its file exactly. What is left of a
    path names the file that it belongs to where that is one alone: a tail of it, in another case, with another ending
    of the same format, without an ending; the last part of a URL; a number whose zeros a spreadsheet has dropped.
    """

    def __init__(self, files: Iterable[str], holds: Callable[[str], bool]) -> None:
        """holds: whether a file is one of those that the source is made of."""
        self._holds = holds
        self._by_spelling: dict[str, str] = {}
        self.repeated: list[SourceReject] = []
        for file in files:
            first = self._by_spelling.setdefault(same_spelling(file), file)
            if first != file:
                detail = f"{file}: its name differs from another file's in its Unicode form alone; rename one"
                self.repeated.append(SourceReject(file, "duplicate_key", detail))

    @cached_property
    def _alike(self) -> dict[str, dict[str, list[str]]]:
        """The source's own files by the key of their stem, then by the folder that they lie in; made when a row
        names none exactly."""
        found: dict[str, dict[str, list[str]]] = {}
        for spelling, file in self._by_spelling.items():
            if self._holds(file):
                folder = spelling.rpartition("/")[0].rpartition("/")[2].casefold()
                found.setdefault(_key(stem_of(spelling)), {}).setdefault(folder, []).append(file)
        return found

    @cached_property
    def _by_number(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for file in self._by_spelling.values():
            stem = stem_of(file)
            if stem.isascii() and stem.isdigit() and len(stem) <= _DIGITS and self._holds(file):
                found.setdefault(int(stem), []).append(file)
        return found

    @property
    def names(self) -> Iterable[str]:
        return self._by_spelling.values()

    def of_row(self, cell: Any, line: str, base: PurePosixPath) -> Match | SourceReject:
        """The file that a row names, or why there is none. base: the folder that the table lies in."""
        name = "" if is_missing(cell) else str(cell).strip().replace("\\", "/")
        if not name:
            return SourceReject(place_of(line), "missing_file", f"{line}: names no file")
        url = bool(_URL.match(name))
        if url:
            name = urllib.parse.unquote(re.split("[?#]", name.partition("://")[2])[0])
        spelling = same_spelling(name)
        for place in (str(base / spelling), spelling, f"{IMAGES}/{spelling}"):
            if place in self._by_spelling:
                return Match(self._by_spelling[place], True)
        outside = leaves_the_source(name) and not url
        found = [] if ".." in PurePosixPath(name).parts else self._fitting(spelling, url=url)
        if len(found) == 1:
            return Match(found[0], False)
        if found:
            shown = " or ".join(found[:3]) + (f" or {len(found) - 3} more" if len(found) > 3 else "")
            return SourceReject(name, "ambiguous_file", f"{line}: {name} may be {shown}; write its path")
        if outside:
            return SourceReject(name, "path_outside_source", f"{line}: {name} lies outside the source")
        near = self.near(name)
        told = f"{NEAR}{near[0]}" if near else ""
        return SourceReject(name, "missing_file", f"{line}: {name} is not in the source{told}")

    def column_of(self, rows: Sequence[Mapping[str, Any]], header: Iterable[str], base: PurePosixPath) -> str | None:
        """The column that names a file in most rows, in at least every second one; None where there is none."""
        hits = {
            column: sum(isinstance(self.of_row(row.get(column), "", base), Match) for row in rows) for column in header
        }
        best = max(hits, key=lambda column: hits[column], default=None)
        return best if best is not None and 2 * hits[best] >= max(len(rows), 1) else None

    def near(self, name: str, most: int = 20) -> list[str]:
        """Files, at most so many, whose names differ in case, ending, accents and punctuation alone, in any folder."""
        alike = (by_folder.values() for by_folder in self._alike_to(name))
        return list(itertools.islice(itertools.chain.from_iterable(itertools.chain.from_iterable(alike)), most))

    def _alike_to(self, name: str) -> list[dict[str, list[str]]]:
        base = name.rpartition("/")[2]
        return [self._alike[key] for key in dict.fromkeys((_key(stem_of(base)), _key(base))) if key in self._alike]

    def _fitting(self, spelling: str, *, url: bool) -> list[str]:
        """The files that a spelling fits best; several fit equally well, none does not fit at all."""
        whole = spelling.strip("/").split("/")
        if len(whole) == 1:
            candidates = self.near(spelling, _MANY)
        else:  # one path is the tail of the other: they share the last folder, or the file lies in none
            folders = ("", whole[-2].casefold())
            candidates = [
                file for by_folder in self._alike_to(spelling) for at in folders for file in by_folder.get(at, ())
            ]
        if found := _best(whole, candidates):
            return found
        if url and (found := _best(whole[-1:], self.near(spelling, _MANY))):
            return found
        if spelling.isascii() and spelling.isdigit() and len(spelling) <= _DIGITS:
            return self._by_number.get(int(spelling), [])
        return []


def _best(path: list[str], candidates: Sequence[str]) -> list[str]:
    """The files among the candidates that a path fits in the first of _WAYS in which it fits any."""
    split = [(file, same_spelling(file).split("/")) for file in candidates]
    for fits in _WAYS:
        if found := [file for file, parts in split if _is_tail(path, parts, fits)]:
            return found
    return []


def _same(cell: str, name: str) -> bool:
    return cell == name


def _same_in_any_case(cell: str, name: str) -> bool:
    return cell.casefold() == name.casefold()


def _without_its_ending(cell: str, name: str) -> bool:
    return cell == stem_of(name)


def _without_its_ending_in_any_case(cell: str, name: str) -> bool:
    return cell.casefold() == stem_of(name).casefold()


def _with_another_ending(cell: str, name: str) -> bool:
    """An ending of the same format, or with what a server appends: `a.jpeg` and `a.jpg`, `a.jpg` and `a.jpg!Large`."""
    return _format_of(cell) == _format_of(name) != "" and stem_of(cell).casefold() == stem_of(name).casefold()


_WAYS = (_same, _same_in_any_case, _without_its_ending, _without_its_ending_in_any_case, _with_another_ending)


def _is_tail(cell: list[str], file: list[str], fits: Callable[[str, str], bool]) -> bool:
    """Whether one path is the other's tail, its last part compared by `fits`."""
    if not fits(cell[-1], file[-1]):
        return False
    folders = zip(reversed(cell[:-1]), reversed(file[:-1]), strict=False)
    return all(one.casefold() == other.casefold() for one, other in folders)


def _format_of(name: str) -> str:
    found = IMAGE_ENDINGS.search(name)
    ending = found[1].lower() if found else ""
    return _SAME_FORMAT.get(ending, ending)


def _key(stem: str) -> str:
    """What stays of a name without case, accents and punctuation, or the name where nothing does."""
    plain = unicodedata.normalize("NFKD", stem).casefold()
    return "".join(c for c in plain if c.isalnum()) or stem


def place_of(line: str) -> str:
    """A key for a row without one: `metadata.csv:7` of `metadata.csv line 7`."""
    place, _, number = line.rpartition(" ")
    return f"{place.rpartition(' ')[0]}:{number}"


def leaves_the_source(name: str) -> bool:
    """Whether a path with slashes is absolute, or climbs out of the folder that it starts at."""
    place = PurePosixPath(name)
    return place.is_absolute() or ".." in place.parts or re.match(r"^[A-Za-z]:/", name) is not None


def same_spelling(name: str) -> str:
    """A file name in one Unicode form: tables are mostly written composed, some disks decompose."""
    return unicodedata.normalize("NFC", str(PurePosixPath(name)))
