"""All stats tables of one comparison and experiment, from rows in a database: seconds and memory by their number."""

# As text: DuckDB's types complain at the end of a process that something still refers to them.
from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import duckdb

from creativity_assets.statistics.tables import GROUPINGS, stats_tables
from creativity_assets.store.database import connected
from creativity_assets.store.gathered import MEMORY
from creativity_assets.vocabulary import compared_scores
from creativity_assets_tests.statistics.frames import Comparison, Side

WORKS = Comparison("works", Side("human"), Side("ai"), "work")

SIZES = (100_000, 1_000_000, 10_000_000)


def rows_in(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    """The three tables: half of the rows are works of a thousand artists, half are images made after them."""
    works = rows // 2
    connection.execute(
        f"""CREATE TABLE samples AS SELECT
            kind || '-' || i AS sample_id, kind AS dataset, 'Artist ' || i % 1000 AS artist,
            'artist-' || i % 1000 AS artist_slug, 'era ' || i % 7 AS era, 1500 + 10 * (i % 50) AS decade,
            'style ' || i % 27 AS style, if(kind = 'human', 'painting', 'diffusion') AS family
        FROM range({works}) works(i), (VALUES ('human'), ('ai')) kinds(kind)"""
    )
    numbers = ", ".join(f"random() AS {name}, random() / 2 AS floor_{name}" for name in compared_scores())
    connection.execute(
        f"CREATE TABLE image_metrics AS SELECT sample_id, 'm.ddim20' AS experiment, 'embedded' AS suite, {numbers} "
        "FROM samples"
    )
    connection.execute(
        "CREATE TABLE comparison_members AS SELECT 'works' AS comparison, sample_id, dataset AS side, "
        "replace(sample_id, 'ai-', 'human-') AS pair FROM samples"
    )


def measured(rows: int, folder: str) -> dict[str, float]:
    """Seconds, and MiB at the peak beyond those at the start, of one run in this process."""
    connection = connected(Path(folder) / "rows.duckdb", memory_limit=MEMORY)
    connection.execute("SELECT setseed(0.5)")
    rows_in(connection, rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    tables = stats_tables(connection, [WORKS])
    seconds = time.perf_counter() - started
    connection.close()
    assert set(tables) == set(GROUPINGS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"rows": rows, "seconds": seconds, "peak_mib": peak / 1024, "base_mib": before / 1024}


def alone(rows: int, folder: str) -> dict[str, float]:
    """The same in a process of its own, so that a peak is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measured, (rows, folder))


def main() -> None:
    for rows in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            found = alone(rows, folder)
        beyond = found["peak_mib"] - found["base_mib"]
        print(
            f"all stats tables, {rows:,} rows: {found['seconds']:.1f} s, peak {found['peak_mib']:,.0f} MiB "
            f"({beyond:,.0f} beyond what making the rows took)",
            flush=True,
        )
