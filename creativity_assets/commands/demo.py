"""`creativity demo`: the embedded study from nothing to its main table."""

import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from creativity_assets.commands.terminal import end
from creativity_assets.paths import data_root
from creativity_assets.store.layout import Store

if TYPE_CHECKING:
    from creativity_assets.front.opened import OpenStudy

EXPERIMENT = "tiny-sd.ddim20"
DATASETS = ("atelier", "atelier-ai", "atelier-dial", "atelier-damaged")

MAIN_TABLE = f"""
SELECT label, n, mean, sd, difference, p_value, cohens_d, auroc FROM (
  SELECT 1 AS line, 'ai' AS label, n_ai AS n, mean_ai AS mean, sd_ai AS sd, difference, p_value, cohens_d, auroc
  FROM stats_overall WHERE comparison = 'atelier' AND experiment = '{EXPERIMENT}' AND metric = 'composite'
  UNION ALL
  SELECT 2, 'human', n_human, mean_human, sd_human, NULL, NULL, NULL, NULL
  FROM stats_overall WHERE comparison = 'atelier' AND experiment = '{EXPERIMENT}' AND metric = 'composite'
) ORDER BY line
"""

QUERIES = (
    "SELECT comparison, experiment, sides[comparison] AS side, count(score) AS n, avg(score) AS mean, "
    "avg(above_floor) AS above_floor FROM scores, unnest(map_keys(sides)) AS c(comparison) GROUP BY ALL ORDER BY ALL",
    "SELECT comparison, experiment, era, n_ai, n_human, difference, p_value FROM stats_by_era "
    "WHERE metric = 'composite'",
    "SELECT experiment, membership, count(score) AS n, avg(above_floor) AS above_floor FROM scores "
    "JOIN membership USING (sample_id, model) WHERE membership <> 'unknown' AND novelty IS NULL "
    "GROUP BY ALL ORDER BY experiment, above_floor",
    "SELECT experiment, artist, title, year, score FROM scores "
    f"WHERE experiment = '{EXPERIMENT}' AND label = 'human' ORDER BY score DESC LIMIT 5",
)


def demo() -> None:
    """Materialize the embedded study and show its main table. Example: creativity demo"""
    from creativity_assets.front.opened import OpenStudy

    started = time.monotonic()
    study = OpenStudy(data_root())
    outcome = study.materialize(DATASETS, (EXPERIMENT,))
    _show(study, time.monotonic() - started)
    end(outcome)


def _show(study: "OpenStudy", seconds: float) -> None:
    """The study's main table, where things are, and what to try."""
    store = Store(study.data_root)
    screen = Console(highlight=False, soft_wrap=True)
    screen.print()
    screen.print(_table(study))
    screen.print("embedded model: tiny-sd and the embedded suite are stand-ins that only know the atelier;")
    screen.print("these numbers are not comparable with the study's.\n")
    screen.print(f"study     {seconds:.0f} s, without the installation")
    screen.print(f"database  {store.database}")
    screen.print(f"report    {store.report}\n")
    screen.print("queries to try:")
    for text in QUERIES:
        screen.print(f'  .venv/bin/creativity sql "{text}"', markup=False)
    screen.print("\nthe Dagster UI: make ui, then http://127.0.0.1:3000")


def _table(study: "OpenStudy") -> Table:
    frame = study.sql(MAIN_TABLE)
    table = Table(title=f"atelier, {EXPERIMENT}, composite score (embedded model)", title_justify="left")
    for column in frame.columns:
        table.add_column(str(column), justify="left" if column == "label" else "right")
    for row in frame.to_dict("records"):
        table.add_row(*(_cell(value) for value in row.values()))
    return table


def _cell(value: object) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN is the one value unlike itself
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
