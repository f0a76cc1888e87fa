from types import SimpleNamespace
from typing import Any

import pytest

from creativity_assets.sources.columns.dates import Year
from creativity_assets.sources.columns.paths import (
    fields_from_artists_name,
    fields_from_path,
    fields_from_wikiart_name,
    stem_of,
)


def rule(match: str, **said: Any) -> Any:
    return SimpleNamespace(match=match, set=said)


@pytest.mark.parametrize(
    ("pattern", "path", "fields"),
    [
        ("{style}/*", "Cubism/a.jpg", {"style": "Cubism"}),
        ("{style}/*", "x/Cubism/a.jpg", None),
        ("**/{style}/*", "x/y/Cubism/a.jpg", {"style": "Cubism"}),
        ("**/{style}/*", "Cubism/a.jpg", {"style": "Cubism"}),
        ("AI_LD_{style}/*", "AI_LD_art_nouveau/a.jpg", {"style": "art_nouveau"}),
        ("AI_LD_{style}/*", "AI_SD_art_nouveau/a.jpg", None),
        ("{generator}/*/ai/*", "SD V1.4/train/ai/1.png", {"generator": "SD V1.4"}),
        ("{generator}/*/ai/*", "SD V1.4/train/nature/1.png", None),
        ("{artist}_{title}.*", "a_b_c.jpg", {"artist": "a", "title": "b_c"}),  # the first underscore parts them
        ("a.b/*", "axb/1.png", None),  # a full stop is itself
        ("{style}/*", "/a.jpg", None),  # a capture is never empty
    ],
)
def test_a_pattern_matches_a_whole_path(pattern: str, path: str, fields: dict[str, str] | None) -> None:
    assert fields_from_path(path, [rule(pattern)]) == fields


def test_the_first_rule_that_matches_counts_and_says_its_constants() -> None:
    rules = [rule("BigGAN/**/ai/*", family="gan"), rule("{generator}/**/ai/*", label="ai"), rule("**/*", label="human")]
    assert fields_from_path("BigGAN/val/ai/1.png", rules) == {"family": "gan"}
    assert fields_from_path("ADM/val/ai/1.png", rules) == {"generator": "ADM", "label": "ai"}
    assert fields_from_path("ADM/val/nature/1.png", rules) == {"label": "human"}


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("images/Impressionism/claude-monet_the-seine-1885(1)_resize768.jpg", {"artist": "claude monet", "title": "the seine", "year": Year(1885, "filename")}),
        ("claude-monet_water-lilies-1907-2_resize768_generated.jpg", {"artist": "claude monet", "title": "water lilies", "year": Year(1907, "filename")}),
        ("vincent-van-gogh_the-starry-night.jpg", {"artist": "vincent van gogh", "title": "the starry night"}),
        ("henri-matisse_1911.jpg", {"artist": "henri matisse", "title": "1911"}),
        ("wassily-kandinsky_composition-8-1923.jpg", {"artist": "wassily kandinsky", "title": "composition 8", "year": Year(1923, "filename")}),
        ("mark-rothko_no-5(2).jpg", {"artist": "mark rothko", "title": "no 5"}),
        ("untitled.jpg", {"title": "untitled"}),
        ("raphael_madonna-9999.jpg", {"artist": "raphael", "title": "madonna"}),  # no year that has been
    ],
)  # fmt: skip
def test_wikiarts_file_names(path: str, fields: dict[str, Any]) -> None:
    assert fields_from_wikiart_name(path) == fields


@pytest.mark.parametrize(
    ("path", "artist"),
    [
        ("AgnesExamplePelton.png", "Agnes Example Pelton"),
        ("x/AgnesPelton_02.jpg", "Agnes Pelton"),
        ("ÉmileÖstberg.jpg!Large", "Émile Östberg"),
        ("agnes.png", None),
        ("Agnes.png", None),
        ("IMG_2041.png", None),
        ("photoOfAgnes.png", None),
        ("OpenAI.png", None),
        ("Agnes Pelton.png", None),
    ],
)
def test_artists_written_as_one_word(path: str, artist: str | None) -> None:
    assert fields_from_artists_name(path) == ({} if artist is None else {"artist": artist})


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        ("x/river-1889.jpg!Large", "river-1889"),
        ("river.jpg!PinterestLarge.jpg", "river"),
        ("river.JPEG_large", "river"),
        ("river.png:orig", "river"),
        ("river.jpg?itok=3.5&name=a.png", "river"),
        ("river!HalfHD", "river"),
        ("what-a-day!", "what-a-day!"),
        ("a.y.-jackson_barns-1926", "a.y.-jackson_barns-1926"),
        ("x.y/film.mp4", "film"),
        ("a.jpg_caption.txt", "a.jpg_caption.txt"),
        (".jpg", ".jpg"),
    ],
)
def test_a_stem_is_a_name_without_its_ending_and_what_hangs_on_it(path: str, stem: str) -> None:
    assert stem_of(path) == stem
