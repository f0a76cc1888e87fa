"""One canonical slug per artist, however a data set writes the name."""

import re
import unicodedata

from slugify import slugify

from creativity_assets.hashing import digest_of_text

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
_NATION_IN_BRACKETS = re.compile(rf"(?i)\s*[(\[]\s*(?:{'|'.join(_NATIONS.split())})(?:\s+school)?\s*[)\]]\s*$")
_APOSTROPHES = str.maketrans(dict.fromkeys("‘’ʼ´`", "'"))
_NOTHING = {"", "-", "?", "n/a", "nan", "none", "null", "s.n.", "佚名", "作者不詳", "作者不详"}
_NOBODY = (
    "anon anonym anonyme anonymer anonymes anonymous anonymus anoniem anonieme anonimo anonima anonym anonyma anonimowy"
    " unknown unidentified unattributed unnamed unbekannt unbekannte unbekannter unbekanntes inconnu inconnue"
    " ignoto ignota sconosciuto sconosciuta desconocido desconocida desconhecido onbekend onbekende okand okant ukjent"
    " ukendt nieznany neznamy tuntematon neizvestnyi neizvestnyy neizvesten"
)
_ROLES = (
    "artist artists artista artiste artisan author auteur autor autore craftsman creator designer draftsman draughtsman"
    " engraver fotograaf fotograf fotografo hand hersteller illustrator khudozhnik konstnar kunstenaar kunstler"
    " kunstlerin maitre maker makers maler malerin master meester meister painter peintre people person photographe"
    " photographer pintor pittore printmaker schilder sculptor vervaardiger"
)
_QUALIFIERS = (
    "a after an attributed by circle copy ein eine follower manner of possibly presumably probably school the to un une"
    " von workshop early mid late th st nd rd c ca century siecle jahrhundert eeuw secolo"
)
_SAYING_NOTHING = {*_ROLES.split(), *_QUALIFIERS.split(), *_NATIONS.split()}


def artist_slug(name: str | None) -> str:
    """The slug of an artist's display name; matches `[a-z0-9_-]+` and has at most MAX_LENGTH characters.

    `van Gogh, Vincent` and `Vincent van Gogh` give `vincent-van-gogh`; accents and case make no difference, nor
    do nationality and dates as museums add them. No name gives UNKNOWN_ARTIST, and so does one that says that there
    is none, whatever qualifies it: `Anon.`, `[Unknown]`, `Anonymous (Dutch)`, `Unbekannter Meister`. A name without
    any letter or digit gives a slug by its hash.
    """
    if _is_nobody(name or ""):
        return UNKNOWN_ARTIST
    plain = _LIFE_DATES.sub("", unicodedata.normalize("NFKC", name or "")).strip().translate(_APOSTROPHES)
    plain = _NATION_IN_BRACKETS.sub("", _NATION_AND_DATES.sub("", plain))
    if not plain:
        return UNKNOWN_ARTIST
    slug: str = slugify(given_name_first(plain))
    if _says_nobody(slug):
        return UNKNOWN_ARTIST
    if not slug:
        return f"artist-{digest_of_text(plain)[:8]}"
    return slug if len(slug) <= MAX_LENGTH else f"{slug[: MAX_LENGTH - 9].rstrip('-')}-{digest_of_text(slug)[:8]}"


def words_of_camel_case(name: str) -> str | None:
    """`AgnesExamplePelton` -> `Agnes Example Pelton`, also with a number behind it; None for any other form."""
    found = re.fullmatch(r"((?:[^\W\d_][^\W\d_A-Z]*)+?)[\s_-]*\d*", name)
    words = re.findall(r"[A-Z\u00c0-\u00de][^A-Z\u00c0-\u00de]*", found[1]) if found else []
    long = [word for word in words if len(word) > 1]
    return " ".join(words) if found and len(long) > 1 and "".join(words) == found[1] else None


def _is_nobody(name: str) -> bool:
    """Whether a name, or what stands in it before its qualifiers, names nobody."""
    plain = unicodedata.normalize("NFKC", name).strip()
    if re.sub(r"[\s_]+", " ", plain).lower() in _NOTHING:
        return True
    unqualified = re.sub(r"[(\[][^()\[\]]*[)\]]", " ", plain)
    if not unqualified.strip():  # all of it stands in brackets
        unqualified = re.sub(r"[()\[\]]", " ", plain)
    return _says_nobody(slugify(re.split(r"[,;\n]", unqualified.strip())[0]))


def _says_nobody(slug: str) -> bool:
    """Whether one word of a slug is for nobody, and every other names no one either."""
    words = [word for word in re.split(r"[-_]+|\d+", slug) if word]
    nobody = {*_NOBODY.split()}
    return any(word in nobody for word in words) and all(word in nobody or word in _SAYING_NOTHING for word in words)


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
