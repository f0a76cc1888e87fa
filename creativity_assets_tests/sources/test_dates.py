import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creativity_assets.sources.columns.dates import EARLIEST, PLAIN, Year, decade_of, parse_year, year_from_file_name

DATES: list[tuple[Any, int | None, str]] = [
    ("1889", 1889, "stated"),
    (1889, 1889, "stated"),
    (1889.0, 1889, "stated"),
    ("1889.0", 1889, "stated"),
    (np.int64(1889), 1889, "stated"),
    (np.float32(1889), 1889, "stated"),
    (datetime.date(1889, 6, 1), 1889, "stated"),
    (datetime.datetime(1889, 6, 1), 1889, "stated"),
    (" (1889) ", 1889, "stated"),
    ("12 June 1889", 1889, "stated"),
    ("1889-06-12", 1889, "stated"),
    ("1901/05/12", 1901, "stated"),
    ("1899-02", 1899, "stated"),
    ("1889, printed 1920", 1889, "stated"),
    ("c. 1880-85", 1882, "circa"),
    ("c. 1880", 1880, "circa"),
    ("c1880", 1880, "circa"),
    ("ca.1880", 1880, "circa"),
    ("circa 1880", 1880, "circa"),
    ("about 1880", 1880, "circa"),
    ("after 1880", 1880, "circa"),
    ("1889?", 1889, "circa"),
    ("1503-1519", 1511, "range"),
    ("1503–1519", 1511, "range"),
    ("1503 - 1519", 1511, "range"),
    ("1503/1519", 1511, "range"),
    ("1503 to 1519", 1511, "range"),
    ("between 1503 and 1519", 1511, "range"),
    ("1519-1503", 1511, "range"),
    ("1880-85", 1882, "range"),
    ("1880-5", 1882, "range"),
    ("1880s", 1884, "range"),
    ("1880's", 1884, "range"),
    ("early 1880s", 1881, "range"),
    ("mid-1880s", 1884, "range"),
    ("late 1880s", 1887, "range"),
    ("Ende der 1880er", 1887, "range"),
    ("first half of the 1880s", 1882, "range"),
    ("late 1880s-early 1890s", 1889, "range"),  # 1886 to 1893
    ("late 1880s to 1890s", 1892, "range"),
    ("c. late 1880s", 1887, "circa"),
    ("2020s", 2024, "range"),
    ("2010s-20s", 2019, "range"),
    ("late 2020s", 2026, "range"),
    ("possibly 1889", 1889, "circa"),
    ("perhaps 1889", 1889, "circa"),
    ("probably 1889", 1889, "circa"),
    ("maybe 1880-85", 1882, "circa"),
    ("16th century", 1549, "century"),
    ("early 16th century", 1516, "century"),
    ("mid-16th century", 1549, "century"),
    ("late 16th century", 1583, "century"),
    ("Late 16th Century", 1583, "century"),
    ("first half of the 16th century", 1524, "century"),
    ("2nd half 16th c.", 1574, "century"),
    ("third quarter of the 16th century", 1562, "century"),
    ("16th-17th century", 1599, "century"),
    ("16th century?", 1549, "century"),
    ("end of the 18th century", 1783, "century"),
    ("beginning of the 18th century", 1716, "century"),
    ("Anfang 18. Jahrhundert", 1716, "century"),
    ("fin du XVIIIe siècle", 1783, "century"),
    ("end of the 18th-beginning of the 19th century", 1800, "century"),  # 1767 to 1833
    ("21st c.", 2026, "century"),
    ("1st c.", 50, "century"),
    ("2nd half of the 3rd c", 274, "century"),
    ("31st c. 1889", 1889, "circa"),
    ("5 cent stamp, 1889", 1889, "stated"),
    ("twenty-first century", 2026, "century"),
    ("second half of the second century", 174, "century"),
    ("22nd century", None, "none"),
    ("9th century", 849, "century"),
    ("1st century", 50, "century"),
    ("early 1st century", 17, "century"),
    ("first century", 50, "century"),
    ("ninth century", 849, "century"),
    ("IX century", 849, "century"),
    ("VIIIe siècle", 749, "century"),
    ("0th century", None, "none"),
    ("c. 850", 850, "circa"),
    ("c.850", 850, "circa"),
    ("ca. 850-900", 875, "circa"),
    ("um 850", 850, "circa"),
    ("850 AD", 850, "stated"),
    ("A.D. 850", 850, "stated"),
    ("c. 850 C.E.", 850, "circa"),
    ("850 n. Chr.", 850, "stated"),
    ("1250 C.E.", 1250, "stated"),
    ("850", None, "none"),
    ("c. 12", None, "none"),
    ("c. 120 cm", None, "none"),
    (850, None, "none"),
    ("0850", None, "none"),
    ("1503-0005", None, "none"),
    ("late 15th-early 16th century", 1500, "century"),  # 1467 to 1533
    ("late 15th – early 16th century", 1500, "century"),
    ("early 17th-18th century", 1699, "century"),  # 1600 to 1799
    ("nineteenth century", 1849, "century"),
    ("early nineteenth century", 1816, "century"),
    ("XVI century", 1549, "century"),
    ("XVIIe siècle", 1649, "century"),
    ("late XIX cent.", 1883, "century"),
    ("17. Jahrhundert", 1649, "century"),
    ("1970s-80s", 1979, "range"),
    ("1890s to 1900s", 1899, "range"),
    ("1660 c.", 1660, "circa"),
    ("16th c", 1549, "century"),
    ("12 cm x 17 cm, 1889", 1889, "stated"),
    ("1880er", 1884, "range"),
    ("vers 1870-1875", 1872, "circa"),
    ("um 1500", 1500, "circa"),
    ("1889 or later", 1889, "circa"),
    ("Album of 1889", 1889, "stated"),
    ("XXL 1889", 1889, "stated"),
    ("1600s", 1649, "century"),
    ("21st century", 2026, "century"),
    ("", None, "none"),
    ("  ", None, "none"),
    (None, None, "none"),
    ("n.d.", None, "none"),
    ("undated", None, "none"),
    ("unknown", None, "none"),
    (float("nan"), None, "none"),
    (float("inf"), None, "none"),
    (True, None, "none"),
    (1889.5, None, "none"),
    ("500 BC", None, "none"),
    ("1200 B.C.E.", None, "none"),
    ("1500 v. Chr.", None, "none"),
    ("um 1500 v.Chr.", None, "none"),
    ("1500 v. u. Z.", None, "none"),
    ("1500 av. J.-C.", None, "none"),
    ("IIe siècle avant J.-C.", None, "none"),
    ("999", None, "none"),
    (18890, None, "none"),
    ("18890", None, "none"),
    ("2031", None, "none"),
    ("1999-2050", None, "none"),
    ("Late 19th Century or Early 20th Century", 1900, "century"),
    ("late 18th century-early 19th century", 1800, "century"),
    ("Mid 19th Century-Late 20th Century", 1916, "century"),
    ("17th century-18th century", 1699, "century"),
    ("2e moitié 17e siècle", 1674, "century"),
    ("4e quart 18e siècle", 1787, "century"),
    ("2. Hälfte 19. Jahrhundert", 1874, "century"),
    ("entre 1880 et 1890", 1885, "range"),
    ("1880 bis 1890", 1885, "range"),
    ("vor 1600", 1600, "circa"),
    ("turn of the 20th century", 1900, "century"),
    ("19th century (1850-1870)", 1860, "range"),
    ("188-?", 1884, "circa"),
    ("18--", 1849, "century"),
    ("zwischen 1880 und 1890", 1885, "range"),
    ("Ende 18. Jahrhundert bis Anfang 19. Jahrhundert", 1800, "century"),
    ("fin du XVIIIe siècle - début du XIXe siècle", 1800, "century"),
    ("fin XVIIIe-début XIXe siècle", 1800, "century"),
    ("fine XVIII secolo - inizio XIX secolo", 1800, "century"),
    ("finales del siglo XVIII - principios del siglo XIX", 1800, "century"),
    ("tweede helft 17e eeuw", 1674, "century"),
    ("seconda metà del XVII secolo", 1674, "century"),
    ("segunda mitad del siglo XVII", 1674, "century"),
    ("siglo XIX", 1849, "century"),
    ("siglos XVIII-XIX", 1799, "century"),
    ("eerste kwart 18e eeuw", 1712, "century"),
    ("erstes Viertel des 18. Jahrhunderts", 1712, "century"),
    ("1. Viertel 18. Jh.", 1712, "century"),
    ("letztes Drittel 19. Jh.", 1883, "century"),
    ("dernier quart du 19e siècle", 1887, "century"),
    ("18./19. Jahrhundert", 1799, "century"),
    ("18e-19e siècle", 1799, "century"),
    ("XVIIIe et XIXe siècles", 1799, "century"),
    ("de 1880 à 1890", 1885, "range"),
    ("von 1880 bis 1890", 1885, "range"),
    ("dal 1880 al 1890", 1885, "range"),
    ("tussen 1880 en 1890", 1885, "range"),
    ("entre 1880 y 1890", 1885, "range"),
    ("1880 tot 1890", 1885, "range"),
    ("nach 1600", 1600, "circa"),
    ("avant 1600", 1600, "circa"),
    ("voor 1600", 1600, "circa"),
    ("antes de 1600", 1600, "circa"),
    ("prima del 1600", 1600, "circa"),
    ("before 1600", 1600, "circa"),
    ("tournant du XXe siècle", 1900, "century"),
    ("turn of the 19th-20th century", 1900, "century"),
    ("Wende zum 20. Jahrhundert", 1900, "century"),
    ("188-", 1884, "range"),
    ("[188-?]", 1884, "circa"),
    ("1880s (1885-1887)", 1886, "range"),
    ("18th century (?)", 1749, "century"),
    ("19th century (acquired 1889)", 1849, "century"),
    ("1889 (19th century)", 1889, "stated"),
    ("[ca. 1880]", 1880, "circa"),
    ("18xx", 1849, "century"),
    ("18--?", 1849, "century"),
    ("between late 19th and early 20th century", 1900, "century"),
    ("late 19th to early 20th century", 1900, "century"),
    ("mid-18th to mid-19th century", 1799, "century"),
    ("first quarter of the 19th century", 1812, "century"),
    ("4e quart 18e siècle;1er quart 19e siècle", 1799, "century"),
    ("début 19e siècle", 1816, "century"),
    ("Mitte 19. Jahrhundert", 1849, "century"),
    ("Mitte des 19. bis Anfang des 20. Jahrhunderts", 1883, "century"),
    ("spätes 19. Jahrhundert", 1883, "century"),
    ("frühes 17. Jh.", 1616, "century"),
    ("late 1880s or early 1890s", 1889, "range"),
    ("années 1880", 1884, "range"),
    ("1880er bis 1890er", 1889, "range"),
    ("1880er Jahre", 1884, "range"),
    ("1850 to early 20th century", 1891, "century"),
    ("milieu du XVIe siècle", 1549, "century"),
    ("sec. XVIII", 1749, "century"),
    ("s. XIX", 1849, "century"),
    ("1e helft 17e eeuw", 1624, "century"),
    ("19de eeuw", 1849, "century"),
    ("um 1600/1610", 1605, "circa"),
    ("1889/90", 1889, "range"),
    ("1889, 19th century", 1889, "stated"),
    ("16th century, inv. 1234", 1549, "century"),
    ("12.05.1901", 1901, "stated"),
    ("31.12.1899 - 01.01.1900", 1899, "stated"),
    ("3rd quarter 19th century", 1862, "century"),
    ("2nd half 19th-1st half 20th century", 1899, "century"),
    ("second half of the 19th century to first half of the 20th century", 1899, "century"),
    ("1880 ou 1890", 1885, "range"),
    ("1880-?", 1880, "circa"),
    ("1880-", 1880, "stated"),
    ("c.1600-c.1610", 1605, "circa"),
    ("late Edo period, 1850", 1850, "stated"),
    ("Han dynasty", None, "none"),
    ("1. Hälfte 17. Jh. - 2. Hälfte 18. Jh.", 1699, "century"),
    ("metà del XVII secolo", 1649, "century"),
    ("nineteenth-twentieth century", 1899, "century"),
    ("late nineteenth or early twentieth century", 1900, "century"),
    ("XIX-XX century", 1899, "century"),
    ("n. 12, 1889", 1889, "stated"),
    ("by 1600", 1600, "circa"),
    ("bis 1600", 1600, "circa"),
    ("1600 oder später", 1600, "circa"),
    ("early 1st century AD", 17, "century"),
    ("2nd-1st century BC", None, "none"),
    ("20e siècle", 1949, "century"),
    ("Louis XIV, 17e siècle", 1649, "century"),
    ("c. 1880 - c. 1890", 1885, "circa"),
    ("1880s to early 1900s", 1891, "range"),
    ("16th or 17th century", 1599, "century"),
    ("XVI-XVII век", None, "none"),
    ("early to mid 19th century", 1833, "century"),
    ("early-mid 19th century", 1833, "century"),
    ("mid to late 19th century", 1866, "century"),
    ("Anfang bis Mitte 19. Jahrhundert", 1833, "century"),
    ("second or third quarter 19th century", 1849, "century"),
    ("début-milieu XIXe siècle", 1833, "century"),
    ("late 19th century - 1920", 1893, "century"),
    ("1st-2nd century AD", 100, "century"),
    ("ca. 19. Jh.", 1849, "century"),
    ("latter half of the 19th century", 1874, "century"),
    ("earlier half of the 19th century", 1824, "century"),
    ("18...", 1849, "century"),
    ("188x", 1884, "range"),
    ("170-185 cm", None, "none"),
    ("inv. 188-A", None, "none"),
    ([1889], None, "none"),
]


@pytest.mark.parametrize(("date", "year", "source"), DATES, ids=[repr(date) for date, _, _ in DATES])
def test_dates_as_curators_write_them(date: Any, year: int | None, source: str) -> None:
    assert parse_year(date, latest=2026) == (year, source)


PARTS = {  # by language: how a part of a century is written, and its first and last year
    "English": {"{}th century": (0, 99), "late {}th century": (67, 99), "early {}th century": (0, 33), "mid-{}th century": (33, 66), "first half of the {}th century": (0, 49), "4th quarter {}th century": (75, 99)},
    "French": {"{}e siècle": (0, 99), "fin du {}e siècle": (67, 99), "début {}e siècle": (0, 33), "milieu {}e siècle": (33, 66), "2e moitié {}e siècle": (50, 99), "1er quart {}e siècle": (0, 24)},
    "German": {"{}. Jahrhundert": (0, 99), "Ende {}. Jh.": (67, 99), "Anfang des {}. Jahrhunderts": (0, 33), "Mitte {}. Jh.": (33, 66), "2. Hälfte {}. Jh.": (50, 99), "3. Viertel {}. Jahrhundert": (50, 74)},
    "Italian": {"{}° secolo": (0, 99), "fine del {}° secolo": (67, 99), "inizio {}° secolo": (0, 33), "metà {}° secolo": (33, 66), "prima metà del {}° secolo": (0, 49), "ultimo quarto del {}° secolo": (75, 99)},
    "Spanish": {"siglo {}": (0, 99), "finales del siglo {}": (67, 99), "principios del siglo {}": (0, 33), "mediados del siglo {}": (33, 66), "segunda mitad del siglo {}": (50, 99), "primer cuarto del siglo {}": (0, 24)},
    "Dutch": {"{}e eeuw": (0, 99), "eind {}e eeuw": (67, 99), "begin {}de eeuw": (0, 33), "midden {}e eeuw": (33, 66), "tweede helft {}e eeuw": (50, 99), "derde kwart {}e eeuw": (50, 74)},
}  # fmt: skip
TO = {
    "English": (" - ", "-", " to ", " or ", " and "),
    "French": (" - ", "-", " et ", " à "),
    "German": (" - ", "-", " bis ", " und "),
    "Italian": (" - ", "-", " e ", " a "),
    "Spanish": (" - ", "-", " y ", " al "),
    "Dutch": (" - ", "-", " en ", " tot "),
}


@pytest.mark.parametrize("language", PARTS)
def test_both_ends_of_a_range_are_read_by_one_grammar_in_every_language(language: str) -> None:
    for one, (start, _) in PARTS[language].items():
        for other, (_, end) in PARTS[language].items():
            for to in TO[language]:
                text = one.format(17) + to + other.format(19)
                assert parse_year(text) == ((1600 + start + 1800 + end) // 2, "century"), text
    for one, (start, end) in PARTS[language].items():
        assert parse_year(one.format(18)) == ((1700 + start + 1700 + end) // 2, "century"), one


@given(st.text() | st.from_regex(r"[c0-9a-z?\-/. ]{0,20}") | st.floats() | st.integers())
def test_any_value_gives_a_year_in_bounds_or_none(date: Any) -> None:
    year, source = parse_year(date)
    if year is None:
        assert source == "none"
    else:
        assert source != "none"
        assert EARLIEST <= year <= datetime.date.today().year


@given(st.integers(PLAIN, 2000), st.integers(0, 26))
def test_a_range_lies_midway_and_turns_with_its_ends(first: int, length: int) -> None:
    year = parse_year(f"{first}-{first + length}", latest=2026).year
    assert year == first + length // 2
    assert year == parse_year(f"{first + length} - {first}", latest=2026).year


@pytest.mark.parametrize(
    ("name", "year"),
    [
        ("claude-monet_water-lilies-1919.jpg", 1919),
        ("claude-monet_water-lilies-1919-3.jpg", 1919),
        ("claude-monet_water-lilies-1919(2).jpg", 1919),
        ("claude-monet_water-lilies-1919-3(2)_resize768.jpg", 1919),
        ("claude-monet_water-lilies-1919_resize768_generated.jpg", 1919),
        ("claude-monet_water-lilies-1919", 1919),
        ("claude-monet_water-lilies.jpg", None),
        ("william-merritt-chase_still-life-with-cockatoo_resize768.jpg", None),
        ("barnett-newman_the-1942-cycle-part-two.jpg", None),
        ("on-kawara_date-painting-9999.jpg", None),
    ],
)
def test_years_at_the_tail_of_wikiart_file_names(name: str, year: int | None) -> None:
    assert year_from_file_name(name) == (year, "none" if year is None else "filename")


def test_decades() -> None:
    assert [decade_of(year) for year in (1880, 1889, 1890, None)] == [1880, 1880, 1890, None]


@pytest.mark.parametrize("date", ["9" * 5000, 10**4000, -(10**4000), float("inf"), float("nan"), b"x", {"year": 1}])
def test_what_is_no_date_of_any_kind_gives_no_year(date: object) -> None:
    assert parse_year(date).year is None


@pytest.mark.parametrize(
    ("date", "year", "source"),
    [
        ("AD 812", 812, "stated"),
        ("812 AD", 812, "stated"),
        ("about 950", 950, "circa"),
        ("AD 812-830", 821, "range"),
        ("AD 812-812", 812, "stated"),
    ],
)
def test_years_of_three_digits_beside_a_word(date: str, year: int, source: str) -> None:
    assert parse_year(date) == Year(year, source)


def test_a_year_of_a_file_name_is_not_to_come() -> None:
    assert year_from_file_name("a_b-2030.jpg", latest=2029).year is None
    assert year_from_file_name("a_b-2030.jpg", latest=2030).year == 2030
