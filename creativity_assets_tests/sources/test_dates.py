import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creativity_assets.sources.dates import EARLIEST, PLAIN, decade_of, parse_year, year_from_file_name

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
    ([1889], None, "none"),
]


@pytest.mark.parametrize(("date", "year", "source"), DATES, ids=[repr(date) for date, _, _ in DATES])
def test_dates_as_curators_write_them(date: Any, year: int | None, source: str) -> None:
    assert parse_year(date, latest=2026) == (year, source)


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
