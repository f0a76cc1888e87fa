"""One warehouse -> one HTML page: no scripts, no requests, nothing beside it on the disk."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

from creativity_assets.errors import StoreError
from creativity_assets.report import comparison_tables, figures, formats, overview_tables
from creativity_assets.report.data import Contrast, Evidence, read_evidence
from creativity_assets.report.gallery import LoadImages, Row, gallery, per_end
from creativity_assets.report.sections import SECTIONS
from creativity_assets.report.table import Table
from creativity_assets.vocabulary import EMBEDDED_NOTE

BANNER = EMBEDDED_NOTE

QUERIES: Sequence[tuple[str, str]] = (
    (
        "The main table",
        "SELECT comparison, experiment, suite, n_ai, n_human, mean_ai, mean_human,\n"
        "       difference, p_value, cohens_d, auroc\nFROM stats_overall;",
    ),
    (
        "The ten works furthest from what a model has learned",
        "SELECT experiment, artist, title, year, label, score, floor\nFROM scores ORDER BY score DESC LIMIT 10;",
    ),
    (
        "Is it the autoencoder? Scores above the floor, by comparison and side",
        "SELECT comparison, experiment, sides[comparison] AS side, count(score) AS n,\n"
        "       avg(score) AS mean, avg(above_floor) AS above_floor\n"
        "FROM scores, unnest(map_keys(sides)) AS c(comparison)\nGROUP BY ALL ORDER BY ALL;",
    ),
    (
        "Ours beside the study's, where both have the group",
        "SELECT comparison, experiment, suite, table_number, group_label, metric,\n"
        "       ours_difference, paper_difference, same_sign\n"
        "FROM paper_comparison WHERE ours_difference IS NOT NULL;",
    ),
)
"""Queries to try; every one runs on a finished warehouse."""


@dataclass(frozen=True)
class Chapter:
    """Everything the page says about one comparison in one experiment."""

    contrast: Contrast
    finding: str
    tables: tuple[Table, ...]
    pictures: dict[str, figures.Figure]
    further: tuple[Table, ...]
    gallery: tuple[Row, ...]


def build_report(database: Path, out: Path, *, load_images: LoadImages | None = None) -> Path:
    """Write the page for `database` to `out`, replacing it in one step; returns `out`.

    `load_images(sample_ids, experiment)` gives sample_id -> (original, reconstruction) as encoded pictures for the
    gallery; without it, or for images it does not give, the page says that none are stored.
    Raises StoreError when the database is missing or damaged, or the page cannot be written.
    """
    page = render(read_evidence(database), load_images)
    temporary = out.with_name(f".{out.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(page, encoding="utf-8")
        os.replace(temporary, out)  # noqa: PTH105  the atomic step, by its plain name
    except OSError as error:
        raise StoreError(f"{out}: {error.strerror or error}; free space or check permissions") from error
    finally:
        temporary.unlink(missing_ok=True)
    return out


def render(evidence: Evidence, load_images: LoadImages | None = None) -> str:
    """The page as text; the same evidence gives the same page."""
    contrasts = list(evidence.contrasts())
    works = per_end(len(contrasts))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html.j2").render(
        style=Markup(Path(__file__).with_name("page.css").read_text(encoding="utf-8")),
        svg=Markup,
        banner=BANNER,
        evidence=evidence,
        embedded="embedded" in set(evidence.tables["image_metrics"]["suite"]),
        headline=overview_tables.headline(evidence),
        datasets=overview_tables.datasets(evidence),
        rejected=overview_tables.rejected(evidence),
        duplicates=overview_tables.duplicates(evidence),
        experiments=overview_tables.experiments(evidence),
        scores=overview_tables.scores_by_dataset(evidence),
        chapters=[_chapter(evidence, contrast, load_images, works) for contrast in contrasts],
        has_images=load_images is not None,
        gallery_works=works,
        sections=[(section, list(section.exhibits(evidence))) for section in SECTIONS],
        queries=QUERIES,
    )
    return page.strip() + "\n"


def _chapter(evidence: Evidence, contrast: Contrast, load_images: LoadImages | None, works: int) -> Chapter:
    sides = {"ai": contrast.ai, "human": contrast.human}
    shown = gallery(sides, contrast.experiment, load_images, works) if load_images and works else ()
    return Chapter(
        contrast=contrast,
        finding=finding(contrast),
        tables=(
            comparison_tables.table_3(evidence, contrast),
            comparison_tables.table_3_effect(evidence, contrast),
            comparison_tables.table_4(evidence, contrast),
            comparison_tables.table_5(evidence, contrast),
            comparison_tables.table_6(evidence, contrast),
            comparison_tables.table_7(evidence, contrast),
        ),
        pictures=_pictures(evidence, contrast),
        further=(
            *comparison_tables.further(evidence, contrast),
            comparison_tables.confounds(contrast),
            comparison_tables.bounds(evidence, contrast),
            comparison_tables.readouts(evidence, contrast),
        ),
        gallery=shown,
    )


def _pictures(evidence: Evidence, contrast: Contrast) -> dict[str, figures.Figure]:
    """The chapter's drawings by name; groups that no two sides share have none."""
    name, suite = re.sub(r"[^a-z0-9]+", "-", contrast.anchor), contrast.suite
    drawn = {
        "distributions": figures.distributions(contrast.human, contrast.ai, name, suite),
        "floor": figures.score_against_floor(contrast.human, contrast.ai, f"{name}-floor", suite),
    }
    eras, decades = comparison_tables.eras(evidence, contrast), comparison_tables.decades(evidence, contrast)
    artists = comparison_tables.composite(evidence, contrast, "stats_by_artist")
    if len(eras):
        titles = comparison_tables.era_titles(evidence, contrast, eras["era"])
        theirs = comparison_tables.paper_differences(evidence, contrast, 5, eras["era"])
        drawn["eras"] = figures.by_group(eras, titles, theirs, f"{name}-eras", suite)
    if len(decades):
        titles = [f"{int(d)}s" for d in decades["decade"]]
        theirs = comparison_tables.paper_differences(evidence, contrast, 7, decades["decade"])
        drawn["decades"] = figures.by_group(decades, titles, theirs, f"{name}-decades", suite)
    if len(artists):
        drawn["artists"] = figures.by_artist(artists, f"{name}-artists", suite)
    return drawn


def finding(contrast: Contrast) -> str:
    """The study's main table in two sentences, with no more certainty than the numbers have."""
    row = contrast.overall
    if formats.is_missing(row["p_value"]):
        return "There are too few works on one side, or no spread in the scores, for a test."
    side, other = ("ai", "human") if row["difference"] > 0 else ("human", "ai")
    settled = row["difference_low"] * row["difference_high"] > 0
    sentence = (
        f"On average {side} images score higher than {other} ones"
        if settled
        else "The two sides cannot be told apart by their mean score"
    )
    numbers = (
        f"difference {formats.signed(row['difference'])}, 95 % interval "
        f"{formats.interval(row['difference_low'], row['difference_high'])}, p {formats.p_value(row['p_value'])}, "
        f"Cohen's d {formats.effect_size(row['cohens_d'])}, AUROC {formats.effect_size(row['auroc'])}"
    )
    above = row["difference_above_floor"]
    floor = (
        ""
        if formats.is_missing(above)
        else f" With the autoencoder's own cost taken off each work, the difference is {formats.signed(above)} "
        f"(p {formats.p_value(row['p_value_above_floor'])})."
    )
    return f"{sentence}: {numbers}.{floor}"
