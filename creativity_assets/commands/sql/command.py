"""The options of `creativity sql`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from creativity_assets.commands.terminal import console
from creativity_assets.paths import data_root
from creativity_assets.store.layout import Store


class Format(StrEnum):
    """How `sql` writes its result."""

    table = "table"
    csv = "csv"
    json = "json"
    jsonl = "jsonl"
    markdown = "markdown"
    parquet = "parquet"


def sql(
    query: Annotated[
        str | None, typer.Argument(help="One SQL statement, or - for standard input; without it, a prompt.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A file with the statement.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How to write the result.")] = Format.table,
    limit: Annotated[
        int | None, typer.Option(min=0, help="Rows to write, 0 for all; a table on the screen has 40.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A file to write to instead of the screen.")] = None,
) -> None:
    """Ask the warehouse, read-only. Example: creativity sql "SELECT experiment, sides['atelier'] AS side,
    avg(score) AS mean FROM scores WHERE sides['atelier'] IS NOT NULL GROUP BY ALL ORDER BY ALL" """
    from creativity_assets.commands.sql.answering import Answering, run

    run(Answering(Store(data_root()).database, output.value, limit, out, console), query, file)
