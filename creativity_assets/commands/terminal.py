"""What commands write for people: results to standard output, remarks and errors to standard error."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from creativity_assets.errors import one_line

if TYPE_CHECKING:
    from creativity_assets.orchestration.outcome import Outcome

console = Console(stderr=True, highlight=False)


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Aligned columns on standard output."""
    from creativity_assets.store.sql.screen import table

    sys.stdout.buffer.write(table(header, rows).encode())


def say_wrong(lines: Iterable[str], to: Console = console) -> None:
    """A red line for each."""
    for line in lines:
        to.print(one_line(line), style="red", soft_wrap=True, markup=False)


def say_failed_checks(lines: Iterable[str], to: Console = console) -> None:
    """A red line for each check that does not hold."""
    say_wrong((f"check failed: {line}" for line in lines), to)


def end(outcome: "Outcome") -> None:
    """Exit as the outcome says: the tables can be looked at, but nobody should take them for whole or sound."""
    if outcome.problems:
        raise typer.Exit(2)
    if outcome.failed_checks:
        raise typer.Exit(1)
