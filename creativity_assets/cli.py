"""The `creativity` command. Errors are one line and exit code 2; long work shows a bar."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from creativity_assets.errors import CreativityError, QueryError, escaped, one_line
from creativity_assets.faults import UNFORESEEN, refusal, unforeseen
from creativity_assets.paths import data_root
from creativity_assets.store.layout import Store

if TYPE_CHECKING:
    from creativity_assets.orchestration.outcome import Outcome

app = typer.Typer(
    help="How far images lie from what a diffusion model has learned.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
catalog_app = typer.Typer(
    help="What is studied: data sets, models, methods, experiments, comparisons.", no_args_is_help=True
)
train_app = typer.Typer(
    help="Train the embedded models; each command goes on where it was stopped.", no_args_is_help=True
)
app.add_typer(catalog_app, name="catalog")
app.add_typer(train_app, name="train")


console = Console(stderr=True, highlight=False)


class Format(StrEnum):
    """How `sql` writes its result."""

    table = "table"
    csv = "csv"
    json = "json"
    jsonl = "jsonl"
    markdown = "markdown"
    parquet = "parquet"


class Addable(StrEnum):
    """What `catalog add` can propose."""

    dataset = "dataset"


class Label(StrEnum):
    """Who made an image."""

    human = "human"
    ai = "ai"


@app.command()
def demo() -> None:
    """Materialize the embedded study and show its main table. Example: creativity demo"""
    from creativity_assets.orchestration.demo import run_demo

    _end(run_demo(data_root(), console))


@app.command()
def materialize(
    dataset: Annotated[list[str] | None, typer.Option(help="Only this data set; may be given again.")] = None,
    experiment: Annotated[list[str] | None, typer.Option(help="Only this experiment; may be given again.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and its estimated time.")] = False,
) -> None:
    """Measure what is wanted and not fresh. Example: creativity materialize --dataset masters --dry-run"""
    from creativity_assets.orchestration.command import materialize_with_bar, show_plan
    from creativity_assets.workflow.plan import Scope

    scope = Scope(tuple(dataset or ()), tuple(experiment or ()))
    if dry_run:
        if show_plan(data_root(), scope, console).problems:
            raise typer.Exit(2)
    else:
        _end(materialize_with_bar(data_root(), scope, console))


@app.command()
def score(
    images: Annotated[list[Path], typer.Argument(help="Image files.")],
    experiment: Annotated[str, typer.Option(help="Which experiment of the catalogue measures.")] = "tiny-sd.ddim20",
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    save_reconstruction: Annotated[Path | None, typer.Option(help="Folder for <stem>.png of each.")] = None,
) -> None:
    """Score single images, without Dagster. Example: creativity score painting.jpg --json"""
    from creativity_assets.commands.score import score_files

    rows, problems = score_files(data_root(), images, experiment, save_reconstruction)
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif rows:
        shown = [{name: value for name, value in row.items() if name != "note"} for row in rows]
        _print_table(list(shown[0]), [list(row.values()) for row in shown])
        if note := rows[0]["note"]:
            typer.echo(note)
    for line in problems:
        console.print(one_line(line), style="red", soft_wrap=True, markup=False)
    if problems:
        raise typer.Exit(2)


@app.command()
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
    from creativity_assets.commands.sql import Answering, run

    run(Answering(Store(data_root()).database, output.value, limit, out, console), query, file)


@app.command()
def report() -> None:
    """Rebuild tables, warehouse and report from the parts, and say where the page is. Example: creativity report"""
    from creativity_assets.workflow.steps.step import Step
    from creativity_assets.workflow.study import Study
    from creativity_assets.workflow.tables.checks import failed_checks
    from creativity_assets.workflow.tables.report import write_report
    from creativity_assets.workflow.tables.warehouse import write_warehouse

    step = Step(Study(data_root()), run_id="command-line")
    write_warehouse(step)
    page, size = write_report(step)
    typer.echo(f"{page} ({size / 2**20:.1f} MB)")
    if failed := failed_checks(step.study):
        for line in failed:
            console.print(f"check failed: {line}", style="red", soft_wrap=True, markup=False)
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Say what this machine has and what is missing. Example: creativity doctor"""
    from creativity_assets.commands.doctor import examine

    for line in examine(data_root()):
        typer.echo(escaped(line))


@app.command()
def clean(
    yes: Annotated[bool, typer.Option("--yes", help="Take it away; without this it is only shown.")] = False,
) -> None:
    """Show what the store holds of things that have left the catalogue, and with --yes free it.
    Example: creativity clean"""
    from creativity_assets.commands.clean import leftovers, remove
    from creativity_assets.workflow.study import Study

    study = Study(data_root())
    found = leftovers(study)
    for leftover in found:
        typer.echo(f"{leftover.path}  {leftover.files} files, {leftover.size / 2**20:.1f} MB")
    if yes:
        remove(found)
    size, files = sum(leftover.size for leftover in found), sum(leftover.files for leftover in found)
    total = f"{size / 2**20:.1f} MB in {files} files"
    typer.echo(f"freed {total}" if yes else f"{total} would be freed by creativity clean --yes")


@catalog_app.command("list")
def catalog_list() -> None:
    """Show every entry of the catalogue. Example: creativity catalog list"""
    from creativity_assets.catalog import load_catalog
    from creativity_assets.catalog.listing import listing

    for section, rows in listing(load_catalog(data_root())).items():
        typer.echo(section)
        width = max((len(name) for name, _ in rows), default=0)
        for name, text in rows:
            typer.echo(f"  {name:<{width}}  {text}")


@catalog_app.command("add")
def catalog_add(
    what: Annotated[Addable, typer.Argument(help="What kind of entry.")],
    source: Annotated[str, typer.Argument(help="A folder, a Parquet file, an archive, or a hub id (owner/name).")],
    name: Annotated[str | None, typer.Option(help="The entry's name; else made from the source's.")] = None,
    label: Annotated[Label | None, typer.Option(help="Who made all of the images.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
) -> None:
    """Look at a source, propose its entry, show ten rows, and write it once you agree.
    Example: creativity catalog add dataset /data/prints --name my-prints"""
    from creativity_assets.commands.proposing import propose, write

    proposal = propose(data_root(), source, name, label.value if label else None)
    typer.echo(proposal.yaml)
    rows = proposal.rows.astype(object).where(proposal.rows.notna(), None)
    _print_table(list(rows.columns), rows.to_numpy().tolist())
    if proposal.losses is not None:
        typer.echo(f"by names and tables: {proposal.losses}")
    for line in (*proposal.guesses, *(f"rejected: {line}" for line in proposal.rejects[:10])):
        typer.echo(escaped(line))
    if yes or typer.confirm(f"Write this to catalog/{proposal.name}.yaml?"):
        typer.echo(f"{write(data_root(), proposal)}: name {proposal.name} in an experiment to have it measured")


@catalog_app.command("check")
def catalog_check() -> None:
    """Check every entry against the code and the other entries; `doctor` looks at data and weights.
    Example: creativity catalog check"""
    from creativity_assets.commands.doctor import check_catalog

    lines, faults = check_catalog(data_root())
    for line in lines:
        typer.echo(escaped(line))
    for line in faults:
        console.print(one_line(line), style="red", soft_wrap=True, markup=False)
    if faults:
        raise typer.Exit(2)


Minutes = Annotated[float | None, typer.Option(help="Wall time to train for; the default is the card's.")]
Seed = Annotated[int, typer.Option(help="Of the weights and of every training step.")]


@train_app.command("autoencoder")
def train_autoencoder(minutes: Minutes = None, seed: Seed = 0) -> None:
    """Train tiny-sd's autoencoder on the atelier. Example: creativity train autoencoder --minutes 40"""
    from creativity_assets.commands.train import train

    train("autoencoder", data_root(), minutes, seed, console)


@train_app.command("suite")
def train_suite(minutes: Minutes = None, seed: Seed = 0) -> None:
    """Train the embedded metric suite. Example: creativity train suite --minutes 20"""
    from creativity_assets.commands.train import train

    train("suite", data_root(), minutes, seed, console)


@train_app.command("denoiser")
def train_denoiser(minutes: Minutes = None, seed: Seed = 0) -> None:
    """Train tiny-sd's UNet and text encoder; needs the other two. Example: creativity train denoiser --minutes 80"""
    from creativity_assets.commands.train import train

    train("denoiser", data_root(), minutes, seed, console)


@train_app.command("finetune")
def train_finetune(
    steps: Annotated[int | None, typer.Option(help="Of each of the two; the default is the card's.", min=1)] = None,
    seed: Seed = 0,
) -> None:
    """Fine-tune tiny-sd on the unseen painters, and as long on its old works. Example: creativity train finetune"""
    from creativity_assets.commands.train import finetune

    finetune(data_root(), steps, seed, console)


@train_app.command("cards")
def train_cards() -> None:
    """Write the model cards from the measured quality. Example: creativity train cards"""
    from creativity_assets.training.cards import write_cards

    for card in write_cards(data_root()):
        typer.echo(card)


@app.command()
def ui(port: Annotated[int, typer.Option(help="Port on localhost.")] = 3000) -> None:
    """Open the Dagster UI with its daemon, on localhost only. Example: creativity ui --port 3000"""
    from creativity_assets.orchestration.command import serve

    serve(data_root(), port)


def _end(outcome: "Outcome") -> None:
    """The tables are there and can be looked at, but nobody should take them for whole or sound."""
    if outcome.problems:
        raise typer.Exit(2)
    if outcome.failed_checks:
        raise typer.Exit(1)


def _print_table(header: list[str], rows: list[list[object]]) -> None:
    from creativity_assets.store.screen import table

    sys.stdout.buffer.write(table(header, rows).encode())


def main() -> None:
    """People's errors become one line and exit code 2, faults of the program one line and a log; __main__ looks after
    signals."""
    try:
        app()
    except QueryError as error:
        # DuckDB points at the place in the statement with a line of its own.
        console.print(str(error), style="red", soft_wrap=True, markup=False)
        raise SystemExit(2) from None
    except CreativityError as error:
        console.print(one_line(str(error)), style="red", soft_wrap=True, markup=False)
        raise SystemExit(2) from None
    except OSError as error:
        line = refusal(error)
        console.print(line or unforeseen(error), style="red", soft_wrap=True, markup=False)
        raise SystemExit(2 if line else UNFORESEEN) from None
    except Exception as error:  # the last place where a fault can be shown to people as one line
        console.print(unforeseen(error), style="red", soft_wrap=True, markup=False)
        raise SystemExit(UNFORESEEN) from None
