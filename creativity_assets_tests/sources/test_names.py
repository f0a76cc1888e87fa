import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creativity_assets.sources.columns.names import MAX_LENGTH, UNKNOWN_ARTIST, artist_slug

SAFE = re.compile(r"[a-z0-9_-]+")


NOBODY = (
    "Anon.", "anon", "Unknown maker", "[Unknown]", "Anonymous (Dutch)", "Unbekannt", "UNBEKANNT", "(unknown)", "Unknown.",
    "[Unidentified photographer]", "Anonymous, Dutch, 17th century", "Unknown Artist (French School)", "unknown_painter",
    "Anonymous Dutch painter", "Artist unknown", "artist: unknown", "Unbekannter Meister", "Künstler unbekannt", "Anonyme",
    "Artiste inconnu", "Auteur inconnu, École française", "Anonimo", "Autore ignoto", "Anónimo", "Autor desconocido",
    "Onbekend", "Onbekende kunstenaar", "Attributed to an unknown artist", "After Unknown", "Possibly unknown maker (Italian, 1600–1650)",
    "Unknown, late 19th century", "Anonymous 18th century", "佚名", "?", "null", "Dutch, Unknown", "Unknown; after Rembrandt",
    "Неизвестный художник", "unidentified artist\nAmerican, 19th century",
)  # fmt: skip
SOMEBODY = {
    "Anonymous Bosch": "anonymous-bosch",
    "Unknown Mortal Orchestra": "unknown-mortal-orchestra",
    "Master of the Embroidered Foliage": "master-of-the-embroidered-foliage",
    "Ann On": "ann-on",
    "Anon Pitsuwan": "anon-pitsuwan",
    "French, Jared (American)": "jared-french",
    "Nobody": "nobody",
}


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("../../etc", "etc"),
        ("Łódź | Ünïcode, Jr.", "lodz-unicode-jr"),
        ("Vincent van Gogh", "vincent-van-gogh"),
        ("van Gogh, Vincent", "vincent-van-gogh"),
        ("VAN GOGH,VINCENT", "vincent-van-gogh"),
        ("vincent_van_gogh", "vincent-van-gogh"),
        ("Vincent van Gogh (1853–1890)", "vincent-van-gogh"),
        ("Gogh, Vincent van (Dutch, 1853-1890)", "vincent-van-gogh"),
        ("Albrecht Dürer", "albrecht-durer"),
        ("Wyeth, Jr.", "wyeth-jr"),
        ("Frank Stella III", "frank-stella-iii"),
        ("Brueghel, Jan, the Elder", "jan-brueghel-the-elder"),
        ("Doe, John, Jr., III", "doe-john-jr-iii"),
        ("King, Jr., Martin Luther", "martin-luther-king-jr"),
        ("Jr., King, Martin Luther", "jr-king-martin-luther"),  # a suffix ends a surname, it begins none
        ("III, Stella, Frank", "iii-stella-frank"),
        ("Georgia O'Keeffe", "georgia-o-keeffe"),
        ("Georgia O’Keeffe", "georgia-o-keeffe"),
        ("齐白石", "qi-bai-shi"),
        ("Gilbert, George, and friends", "gilbert-george-and-friends"),
        ("Smith & Sons, London", "smith-sons-london"),
        ("", UNKNOWN_ARTIST),
        (None, UNKNOWN_ARTIST),
        (" \n", UNKNOWN_ARTIST),
        ("Unknown Artist", UNKNOWN_ARTIST),
        ("unknown", UNKNOWN_ARTIST),
        ("unknown-artist", UNKNOWN_ARTIST),
        ("Anonymous", UNKNOWN_ARTIST),
        ("nan", UNKNOWN_ARTIST),
        ("-", UNKNOWN_ARTIST),
        ("Vincent van Gogh, Dutch, 1853–1890", "vincent-van-gogh"),
        ("Vincent van Gogh\nDutch, 1853–1890", "vincent-van-gogh"),
        ("van Gogh, Vincent, 1853-1890", "vincent-van-gogh"),
        ("Yayoi Kusama, Japanese, born 1929", "yayoi-kusama"),
        ("French, Jared", "jared-french"),  # a name that is a nation's
        ("vincent-van-gogh", "vincent-van-gogh"),
        ("A. Y. Jackson", "a-y-jackson"),
        ("a.y. jackson", "a-y-jackson"),
        *[(name, UNKNOWN_ARTIST) for name in NOBODY],
        *SOMEBODY.items(),
    ],
)
def test_slugs(name: str | None, slug: str) -> None:
    assert artist_slug(name) == slug


@given(st.text())
def test_every_name_gives_a_safe_bounded_stable_slug(name: str) -> None:
    slug = artist_slug(name)
    assert SAFE.fullmatch(slug)
    assert len(slug) <= MAX_LENGTH
    assert artist_slug(slug) == slug


@given(st.text())
def test_unicode_forms_make_no_difference(name: str) -> None:
    assert artist_slug(unicodedata.normalize("NFD", name)) == artist_slug(unicodedata.normalize("NFC", name))


def test_long_names_are_cut_but_stay_apart() -> None:
    one, other = (artist_slug("Maximilian " * 20 + end) for end in "ab")
    assert one != other
    assert len(one) == len(other) <= MAX_LENGTH


def test_names_without_letters_stay_apart() -> None:
    assert artist_slug("☃") != artist_slug("♞")
    assert UNKNOWN_ARTIST not in (artist_slug("☃"), artist_slug("♞"))


def test_a_slug_is_kept_at_the_bound_and_cut_with_a_digest_beyond_it() -> None:
    assert artist_slug("a" * MAX_LENGTH) == "a" * MAX_LENGTH
    cut = artist_slug("b" * (MAX_LENGTH - 10) + " " + "c" * 30)  # the cut falls right behind a hyphen, which goes
    assert re.fullmatch(rf"b{{{MAX_LENGTH - 10}}}-[0-9a-f]{{8}}", cut)
    assert artist_slug("b" * (MAX_LENGTH - 10) + " " + "c" * 31) != cut
    assert re.fullmatch(r"artist-[0-9a-f]{8}", artist_slug("\u2603\u2603"))
