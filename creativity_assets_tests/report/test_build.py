"""The page: whole, self-contained, honest about what it rests on, and safe whatever the data say."""

import base64
import io
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import scipy.stats
from PIL import Image

from creativity_assets.errors import StoreError
from creativity_assets.report import calibration, comparison_tables, formats, overview_tables
from creativity_assets.report.build import BANNER, QUERIES, build_report, render
from creativity_assets.report.data import read_evidence
from creativity_assets.report.gallery import MAX_WORKS, per_end
from creativity_assets.statistics.bounds import MIN_ROOM
from creativity_assets.store.sql.query import query
from creativity_assets_tests.report.page import Page
from creativity_assets_tests.report.warehouse import COMPARISONS, HOSTILE, build, pictures, write

TABLES = (
    "Composite score, all comparisons",
    "Data sets",
    "Rejected images",
    "Duplicates",
    "Experiments",
    "Mean scores by data set",
    "Table 3. Composite score by label",
    "The difference in table 3",
    "Table 4. By metric",
    "Table 5. By era",
    "Table 6. By artist",
    "Table 7. By decade",
    "By style",
    "By family",
    "What else differs between the sides",
    "Between floor and ceiling",
    "Readouts",
    "Composite score by training membership",
    "Composite score by known novelty",
)
FIGURES = ("Scores and floors", "Score against floor", "By era", "By artist", "By decade", "Score by known novelty")
WITHOUT_SCORES = {"Data sets", "Rejected images", "Duplicates", "Experiments", "What else differs between the sides"}
SIDES = ("ai, most", "ai, least", "human, most", "human, least")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("warehouse") / "creativity.duckdb")


@pytest.fixture(scope="module")
def text(database: Path) -> str:
    return build_report(database, database.parent / "report" / "index.html", load_images=pictures).read_text("utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


@pytest.mark.parametrize("title", [*TABLES, *FIGURES])
def test_every_table_and_figure_is_there(page: Page, title: str) -> None:
    assert any(heading.strip().startswith(title) for heading in page.headings)


def test_every_score_of_stand_ins_says_so(page: Page) -> None:
    for heading in page.headings:
        silent = any(heading.strip().startswith(title) for title in (*WITHOUT_SCORES, *SIDES))
        assert (BANNER in heading) != silent, heading


def test_scores_of_the_studys_own_suite_carry_no_banner(tmp_path: Path) -> None:
    database = build(tmp_path / "paper.duckdb", works=12, suite="paper", comparisons=COMPARISONS[:1])
    assert BANNER not in build_report(database, tmp_path / "page.html").read_text("utf-8")


def test_the_page_needs_nothing_but_itself(page: Page, text: str) -> None:
    assert not {"script", "link", "iframe", "object", "embed", "base"} & set(page.tags)
    assert all(re.match(r"#|data:image/(png|jpeg);base64,", reference) for reference in page.references)
    assert re.search(r"https?:", text) is None
    assert "@import" not in text
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))
    assert len(text.encode()) < 5_000_000


def test_references_inside_the_page_lead_somewhere(page: Page, text: str) -> None:
    assert len(set(page.identifiers)) == len(page.identifiers)
    targets = {r[1:] for r in page.references if r.startswith("#")} | set(re.findall(r"url\(#([^)]*)\)", text))
    assert targets <= set(page.identifiers)


def test_text_of_the_data_is_text(page: Page, text: str) -> None:
    assert "<script" not in text
    assert HOSTILE in "".join(page.words)
    assert "human/<broken>.jpg" in page.words


def test_printed_figures_are_those_of_the_tables(page: Page, database: Path) -> None:
    overall = query(database, "SELECT * FROM stats_overall WHERE comparison = 'atelier'").iloc[0]
    shown = [formats.score(overall[c]) for c in ("mean_ai", "mean_human", "sd_ai", "sd_human")]
    shown += [formats.signed(overall["difference"]), formats.p_value(overall["p_value"])]
    shown += [formats.interval(overall["difference_low"], overall["difference_high"])]
    assert set(shown) <= set(page.words)
    # The study's own: table 3, the DINO row of table 4, Monet of table 6, the 2000s of table 7.
    assert {"0.159", "< 1e-47", "0.817", "+0.045", "−0.053"} <= set(page.words)


def test_groups_that_nobody_shares_are_explained(page: Page) -> None:
    notes = " ".join(page.words)
    assert "No era has works on both sides: 9 of 9 ai and 0 of 28 human works have none." in notes
    assert "Left out: 7 human whose artist the other side lacks." in notes


def test_readouts_compare_the_sides(database: Path) -> None:
    """Made up so that the ai side lies one below, but for the same spread; a readout without values has no row."""
    evidence = read_evidence(database)
    for contrast in evidence.contrasts():
        (row,) = comparison_tables.readouts(evidence, contrast).rows
        of_ai, of_human = (
            query(database, f"SELECT value FROM readouts WHERE readout = 'noise_power' AND sample_id IN {ids}")["value"]
            for ids in (tuple(contrast.ai["sample_id"]), tuple(contrast.human["sample_id"]))
        )
        tested = scipy.stats.ttest_ind(of_ai, of_human, equal_var=False)
        assert row[:3] == ("noise_power", formats.count(len(of_ai)), formats.count(len(of_human)))
        assert row[3:7] == (
            formats.score(of_ai.mean()),
            formats.score(of_human.mean()),
            formats.signed(of_ai.mean() - of_human.mean()),
            formats.p_value(tested.pvalue),
        )
        assert row[-1] == "0.00"


def test_bounds_are_ratios_of_means(database: Path) -> None:
    """Every ceiling is 0.9 for LPIPS and 0.2 for the composite, where some floors leave no room."""
    evidence = read_evidence(database)
    contrast = next(evidence.contrasts())
    rows = {row[:2]: row[2:] for row in comparison_tables.bounds(evidence, contrast).rows}
    assert list(rows) == [("Composite score", "ai"), ("Composite score", "human"), ("LPIPS", "ai"), ("LPIPS", "human")]
    floor, score = contrast.ai["floor_lpips"].mean(), contrast.ai["lpips"].mean()
    expected = (floor, score, 0.9, (score - floor) / (0.9 - floor))
    assert rows["LPIPS", "ai"] == (formats.count(len(contrast.ai)), *map(formats.score, expected))
    tight = 0.2 - contrast.ai["floor_composite"].mean() < MIN_ROOM
    assert (rows["Composite score", "ai"][-1] == formats.MISSING) == tight


def test_duplicates_are_counted_by_data_set(database: Path) -> None:
    rows = overview_tables.duplicates(read_evidence(database)).rows
    assert [row[:5] for row in rows] == [
        ("atelier", "atelier-ai", "near", "1", "1"),
        ("masters", "masters", "near", "2", "0"),
    ]
    assert rows[1][5] == "Étude, Étude"


def test_calibration_prints_its_finding(page: Page) -> None:
    findings = " ".join(page.words)
    assert re.search(
        r"Dial matched: rank correlation of novelty and score 0\.\d\d \(p [^)]*\)\. As the hypothesis", findings
    )
    assert re.search(r"Unseen works against training works, score above the floor: [+−]?0\.\d+", findings)


def test_an_unwelcome_finding_is_printed_too(tmp_path: Path) -> None:
    database = build(tmp_path / "turned.duckdb", works=12)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "UPDATE image_metrics SET composite = floor_composite + 1 - 0.5 * novelty "
            "FROM samples WHERE samples.sample_id = image_metrics.sample_id AND novelty IS NOT NULL"
        )
    findings = " ".join(line for item in calibration.dials(read_evidence(database)) for line in item.findings)
    assert re.search(
        r"Dial free: rank correlation of novelty and score −\d.\d\d \(p [^)]*\)\. Against the hyp", findings
    )


def test_the_gallery_shows_both_ends(page: Page, database: Path) -> None:
    assert [h.strip() for h in page.headings if h.startswith(SIDES)] == [f"{s} reconstructable" for s in SIDES] * 2
    ends = query(
        database,
        "SELECT min(composite) AS low, max(composite) AS high FROM image_metrics WHERE dataset = 'atelier'",
    ).iloc[0]
    assert {formats.score(ends["low"]), formats.score(ends["high"])} <= set(page.words)
    assert page.words.count("image not stored") == 2  # one per comparison, see `pictures`
    images = [r for r in page.references if r.startswith("data:image/png")]
    original, reconstruction, difference = (
        Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) for uri in images[:3]
    )
    x, y, d = (image.getpixel((20, 40)) for image in (original, reconstruction, difference))
    assert d == tuple(min(255, 3 * abs(a - b)) for a, b in zip(x, y, strict=True))


@pytest.mark.parametrize("contrasts", [1, 6, 7, 24, 25, 500])
def test_many_comparisons_still_fit(contrasts: int) -> None:
    assert per_end(contrasts) * 4 * contrasts <= MAX_WORKS


def test_the_same_warehouse_gives_the_same_page(database: Path, text: str) -> None:
    assert render(read_evidence(database), pictures) == text


def test_suggested_queries_run(database: Path) -> None:
    for title, sql in QUERIES:
        assert len(query(database, sql)) > 0, title


def test_the_database_is_left_alone_and_closed(tmp_path: Path) -> None:
    database = build(tmp_path / "creativity.duckdb", works=6, ai=False, dial=False)
    before = database.read_bytes()
    with duckdb.connect(str(database), read_only=True):  # beside a reader only a reader is let in
        build_report(database, tmp_path / "page.html")
    assert database.read_bytes() == before
    with duckdb.connect(str(database)) as connection:  # a writer is let in at once
        connection.execute("CREATE TABLE mine (x INTEGER)")


def test_only_one_side_is_not_an_error(tmp_path: Path) -> None:
    database = build(tmp_path / "creativity.duckdb", works=6, ai=False, dial=False)
    words = " ".join(Page(build_report(database, tmp_path / "page.html").read_text("utf-8")).words)
    assert "No comparison has measurements on both sides yet" in words
    assert "No measured work has a known novelty." in words
    assert "masters" in words


def test_a_work_on_each_side_is_enough_for_a_page(tmp_path: Path) -> None:
    database = build(tmp_path / "creativity.duckdb", works=1, dial=False, comparisons=COMPARISONS[:1])
    shown = Page(build_report(database, tmp_path / "page.html").read_text("utf-8"))
    assert "There are too few works on one side, or no spread in the scores, for a test." in shown.words
    assert shown.words.count("No images were at hand when the page was made.") == 1
    assert "img" not in shown.tags


def test_an_empty_warehouse_gives_a_page(tmp_path: Path) -> None:
    empty = write(tmp_path / "empty.duckdb", [], [], [], [])
    bare = tmp_path / "bare.duckdb"
    duckdb.connect(str(bare)).close()
    for database in (empty, bare):
        words = " ".join(Page(build_report(database, tmp_path / "page.html").read_text("utf-8")).words)
        assert "No comparison has measurements on both sides yet" in words
        assert "No measured work has a known training membership." in words
        assert "No image was rejected." in words
        assert "No two images show the same picture." in words


def test_an_older_warehouse_without_a_column_is_read(tmp_path: Path) -> None:
    database = build(tmp_path / "creativity.duckdb", works=6)
    with duckdb.connect(str(database)) as connection:
        connection.execute("ALTER TABLE stats_overall DROP COLUMN n_pairs")
        connection.execute("ALTER TABLE image_metrics DROP COLUMN scored_at")
    evidence = read_evidence(database)
    assert evidence.last_scored == ""
    assert [pd.isna(contrast.overall["n_pairs"]) for contrast in evidence.contrasts()] == [True, True]


def test_missing_and_damaged_databases_are_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"none\.duckdb: not built yet; run `creativity demo`"):
        build_report(tmp_path / "none.duckdb", tmp_path / "page.html")
    damaged = tmp_path / "damaged.duckdb"
    damaged.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match=r"damaged\.duckdb: .*; build the warehouse again"):
        build_report(damaged, tmp_path / "page.html")


def test_a_page_that_cannot_be_written_leaves_no_trace(tmp_path: Path) -> None:
    database, taken = tmp_path / "bare.duckdb", tmp_path / "index.html"
    duckdb.connect(str(database)).close()
    taken.mkdir()
    with pytest.raises(StoreError, match=r"index\.html: .*; free space or check permissions"):
        build_report(database, taken)
    assert [path.name for path in tmp_path.glob("*index*")] == ["index.html"]


def test_evidence_holds_the_sides_that_the_statistics_counted(database: Path) -> None:
    for contrast in read_evidence(database).contrasts():
        assert (len(contrast.human), len(contrast.ai)) == (contrast.overall["n_human"], contrast.overall["n_ai"])
        assert pd.Series(contrast.ai["label"]).unique().tolist() == ["ai"]
