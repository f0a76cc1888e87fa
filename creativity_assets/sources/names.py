"""One canonical slug per artist, however a data set writes the name."""

import hashlib
import re
import unicodedata

from slugify import slugify

UNKNOWN_ARTIST = "unknown-artist"
MAX_LENGTH = 80  # of a slug; partitions keys and file names are made of it

_SUFFIX = re.compile(r"(?i)^(jr|sr|junior|senior|i{1,3}|iv|v|(the )?(elder|younger))\.?$")
_LIFE_DATES = re.compile(r"\s*[(\[][^()\[\]]*\d{3,4}[^()\[\]]*[)\]]\s*$")
_NATIONS = (
    "american australian austrian belgian british canadian chinese danish dutch english finnish flemish french german"
)
_NATIONS += " greek hungarian indian irish italian japanese korean mexican norwegian polish portuguese russian scottish"
_NATIONS += " spanish swedish swiss ukrainian"
_NATION_AND_DATES = re.compile(
    rf"(?i)\s*[,\n]\s*(?:(?:{'|'.join(_NATIONS.split())})\s*,?\s*)?(?:b\.|born)?\s*\d{{4}}\b.*$"
)
_APOSTROPHES = str.maketrans(dict.fromkeys("‘’ʼ´`", "'"))
_UNKNOWN = {
    "",
    "-",
    "anonymous",
    "artist unknown",
    "n/a",
    "nan",
    "none",
    "unidentified",
    "unidentified artist",
    "unknown",
}
_UNKNOWN |= {"unknown artist", "unknown painter"}


def artist_slug(name: str | None) -> str:
    """The slug of an artist's display name; matches `[a-z0-9_-]+` and has at most MAX_LENGTH characters.

    `van Gogh, Vincent` and `Vincent van Gogh` give `vincent-van-gogh`; accents and case make no difference, nor
    do nationality and dates as museums add them.
    No name gives UNKNOWN_ARTIST; a name without any letter or digit gives a slug by its hash.
    """
    plain = _LIFE_DATES.sub("", unicodedata.normalize("NFKC", name or "")).strip().translate(_APOSTROPHES)
    plain = _NATION_AND_DATES.sub("", plain)
    if re.sub(r"[\s_-]+", " ", plain).strip().lower() in _UNKNOWN or plain in _UNKNOWN:
        return UNKNOWN_ARTIST
    slug: str = slugify(given_name_first(plain))
    if not slug:
        return f"artist-{_short_hash(plain)}"
    return slug if len(slug) <= MAX_LENGTH else f"{slug[: MAX_LENGTH - 9].rstrip('-')}-{_short_hash(slug)}"


def given_name_first(name: str) -> str:
    """`Surname, Given[, Suffix]` turned into `Given Surname[ Suffix]`; any other name unchanged.

    A comma before Jr., Sr., III or `the Elder` belongs to the suffix: `Wyeth, Jr.` is no inversion.
    """
    parts = [part.strip() for part in name.split(",")]
    names = [part for part in parts if not _SUFFIX.match(part)]
    suffixes = [part for part in parts if _SUFFIX.match(part)]
    inverted = len(names) == 2 and len(suffixes) <= 1 and names[0] == parts[0]
    if not inverted or not all(any(c.isalpha() for c in part) for part in names) or re.search(r"\d|&", name):
        return name
    return " ".join([names[1], names[0], *suffixes])


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]
