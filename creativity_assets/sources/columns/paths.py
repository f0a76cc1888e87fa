"""What the path of a file says of the image in it: by rules of the entry, and by WikiArt's way of naming files."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Protocol

from creativity_assets.sources.columns.dates import year_from_file_name
from creativity_assets.sources.columns.names import words_of_camel_case

_TOKEN = re.compile(r"\{(\w+)\}|(\*\*/)|(\*)")
_IMAGES = "avif|bmp|dib|gif|j2k|jfif|jp2|jpeg|jpe|jpg|mpo|pbm|pgm|png|pnm|ppm|tiff|tif|webp"
_VIDEOS = "avi|m4v|mkv|mov|mp4|mpeg|mpg|ogv|webm|wmv"
IMAGE_SUFFIXES = frozenset(f".{ending}" for ending in _IMAGES.split("|"))
VIDEO_SUFFIXES = frozenset(f".{ending}" for ending in _VIDEOS.split("|"))

IMAGE_ENDINGS = re.compile(rf"(?i)(\.(?:{_IMAGES}))(?:\?[^/]*|[!_:@~;,&-][^/.]*(?:\.(?:{_IMAGES}))?)?$")
"""An image's ending and what servers and scrapers leave behind it: `.jpg!Large`, `.jpg_large`, `.jpg?w=600`.

Group 1 is the ending itself.
"""

_VIDEO_ENDING = re.compile(rf"(?i)\.(?:{_VIDEOS})$")
_SIZE = re.compile(r"(?i)!(?:large|blog|hd|halfhd|portrait|pinterest\w*|xl\w*)$")  # WikiArt's, of a name without ending
_TAIL = re.compile(r"(?:-\d{4}(?:-\d+)?)?(?:\(\d+\))?(?:_resize\d+)?(?:_generated)?$")


class PathRuleLike(Protocol):
    """A pattern over the path of a file within its source, and the fields that hold where it matches."""

    @property
    def match(self) -> str: ...
    @property
    def set(self) -> Mapping[str, Any]: ...


def fields_from_path(path: str, rules: Iterable[PathRuleLike]) -> dict[str, Any] | None:
    """The captures and constants of the first rule that matches all of `path`; None where none does."""
    for rule in rules:
        if found := compiled(rule.match).fullmatch(path):
            return {**rule.set, **found.groupdict()}
    return None


@lru_cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression.

    `{name}` captures one or more characters of a folder's or file's name, `*` stands for any of them, and
    `**/` for any folders or none. Raises re.error for a name that is captured twice.
    """
    expression, end = "", 0
    for token in _TOKEN.finditer(pattern):
        expression += re.escape(pattern[end : token.start()])
        name, folders, _ = token.groups()
        expression += f"(?P<{name}>[^/]+?)" if name else "(?:[^/]+/)*" if folders else "[^/]*"
        end = token.end()
    return re.compile(expression + re.escape(pattern[end:]))


def stem_of(path: str) -> str:
    """A file's name without folders and without the ending that makes it an image's or a video's, and what hangs on it.

    `x/a.b-1889.jpg!PinterestLarge.jpg` -> `a.b-1889`. A full stop that begins no ending of an image belongs to the
    name: `a.y.-jackson_barns` stays whole.
    """
    name = path.rpartition("/")[2]
    return _SIZE.sub("", _VIDEO_ENDING.sub("", IMAGE_ENDINGS.sub("", name))) or name


def fields_from_wikiart_name(path: str) -> dict[str, Any]:
    """Artist, title and year of `{artist}_{title}[-year][-n][(k)][_resize768][_generated].jpg`.

    Hyphens are read as spaces. A name without an underscore has no artist; the year's source is `filename`.
    """
    stem = stem_of(path)
    artist, underscore, title = _TAIL.sub("", stem).partition("_")
    fields: dict[str, Any] = {"artist": artist, "title": title} if underscore else {"title": artist}
    fields = {name: re.sub("-+", " ", text).strip() for name, text in fields.items()}
    year = year_from_file_name(stem)
    return {name: text for name, text in fields.items() if text} | ({} if year.year is None else {"year": year})


def fields_from_artists_name(path: str) -> dict[str, Any]:
    """The artist of `AgnesExamplePelton.png`; a name that is not written so says nothing."""
    artist = words_of_camel_case(stem_of(path))
    return {} if artist is None else {"artist": artist}


FILE_NAMES: dict[str, Callable[[str], dict[str, Any]]] = {
    "wikiart": fields_from_wikiart_name,
    "artist": fields_from_artists_name,
}
"""Ways of naming files that say something: `file_names` of an entry."""
