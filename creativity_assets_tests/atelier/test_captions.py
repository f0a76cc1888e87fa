"""Captions say what is painted, by whom, in words of a closed vocabulary; titles vary."""

from itertools import pairwise

import pytest

from creativity_assets.atelier import PAINTERS, Painter, paint, vocabulary
from creativity_assets.atelier.canvas import PIGMENTS
from creativity_assets.atelier.captions import words

MAX_WORDS = 40  # words and commas; room for both ends of a text in a context of 77, or of 48


@pytest.mark.parametrize("painter", PAINTERS, ids=lambda p: p.slug)
def test_captions_are_closed_and_name_the_painter(painter: Painter) -> None:
    known = set(vocabulary())
    for index in range(40):
        caption = paint(painter, "suite", index, size=8).caption
        assert caption == " ".join(caption.lower().split())
        assert set(words(caption)) <= known
        assert len(words(caption)) <= MAX_WORDS
        for article, noun in pairwise(words(caption)):
            assert article not in ("a", "an") or (article == "an") == (noun[0] in "aeiou")
        assert f", by {painter.name.lower()}, " in caption
        assert caption.endswith(f"{painter.style} style")


def test_captions_consist_of_nothing_but_words_blanks_and_commas() -> None:
    for painter in PAINTERS:
        caption = paint(painter, "show", 0, size=8).caption
        assert caption.replace(",", " ,").split() == words(caption)


def test_the_vocabulary_is_small_sorted_and_free_of_repeats() -> None:
    listed = vocabulary()
    assert len(listed) < 600
    assert list(listed) == sorted(set(listed))
    assert "," in listed


def test_captions_name_colours_that_are_there() -> None:
    """A caption's field colours are those of the picture: the upper field of a colour-field painting."""
    painter = next(p for p in PAINTERS if p.staging.abstraction == "fields")
    for index in range(8):
        work = paint(painter, "suite", index)
        upper = words(work.caption)[5]
        seen = work.image[14:20, 24:40].reshape(-1, 3).mean(0)
        named = PIGMENTS[upper]
        assert max(abs(seen - named)) < 75


@pytest.mark.parametrize("painter", PAINTERS, ids=lambda p: p.slug)
def test_titles_vary_and_look_like_titles(painter: Painter) -> None:
    titles = [paint(painter, "show", index, size=8).title for index in range(10)]
    assert len(set(titles)) >= 4
    for title in titles:
        assert title == title.strip() != ""
        assert title[0] == title[0].upper()


def test_the_show_holds_many_genres() -> None:
    genres = {paint(p, "show", i, size=8).genre for p in PAINTERS for i in range(10)}
    assert genres == {
        "landscape", "seascape", "cityscape", "portrait", "figure", "interior", "still life", "abstraction",
    }  # fmt: skip
