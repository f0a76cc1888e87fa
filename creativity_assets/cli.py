"""The `creativity` command. Errors are one line and exit code 2; long work shows a bar."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from creativity_assets.errors import CreativityError, escaped, one_line
from creativity_assets.paths import data_root
from creativity_assets.store.layout import Store

if TYPE_CHECKING:
    from creativity_assets.orchestration.materialize import Outcome

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
    from creativity_assets.workflow.scoring import score_files

    rows, problems = score_files(data_root(), images, experiment, save_reconstruction)
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif rows:
        _print_table(list(rows[0]), [list(row.values()) for row in rows])
    for line in problems:
        console.print(one_line(line), style="red", soft_wrap=True, markup=False)
    if problems:
        raise typer.Exit(2)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SQL statement; nothing can be changed by it.")],
    output: Annotated[Format, typer.Option("--format", help="How to write the result.")] = Format.table,
    out: Annotated[Path | None, typer.Option(help="A file to write to instead of the screen.")] = None,
) -> None:
    """Ask the warehouse, read-only. Example: creativity sql "SELECT label, avg(composite) FROM image_metrics
    JOIN samples USING (sample_id) GROUP BY label" """
    from creativity_assets.store.sql import FORMATS, as_text
    from creativity_assets.store.sql import query as ask

    frame = ask(Store(data_root()).database, query)
    content = as_text(frame) if output is Format.table else FORMATS[output.value](frame)
    if out is not None:
        out.write_bytes(content)
    else:
        sys.stdout.buffer.write(content)


@app.command()
def report() -> None:
    """Rebuild tables, warehouse and report from the parts, and say where the page is. Example: creativity report"""
    from creativity_assets.workflow.reporting import write_report
    from creativity_assets.workflow.steps import Step
    from creativity_assets.workflow.study import Study
    from creativity_assets.workflow.tables import write_warehouse

    step = Step(Study(data_root()), run_id="command-line")
    write_warehouse(step)
    page, size = write_report(step)
    typer.echo(f"{page} ({size / 2**20:.1f} MB)")


@app.command()
def doctor() -> None:
    """Say what this machine has and what is missing. Example: creativity doctor"""
    from creativity_assets.workflow.doctor import examine

    for line in examine(data_root()):
        typer.echo(escaped(line))


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
    from creativity_assets.workflow.proposing import propose, write

    proposal = propose(data_root(), source, name, label.value if label else None)
    typer.echo(proposal.yaml)
    _print_table(list(proposal.rows.columns), proposal.rows.to_numpy().tolist())
    for line in (*proposal.guesses, *(f"rejected: {line}" for line in proposal.rejects[:10])):
        typer.echo(escaped(line))
    if yes or typer.confirm(f"Write this to catalog/{proposal.name}.yaml?"):
        typer.echo(f"{write(data_root(), proposal)}: name {proposal.name} in an experiment to have it measured")


@catalog_app.command("check")
def catalog_check() -> None:
    """Check every entry against the code and the other entries; `doctor` looks at data and weights.
    Example: creativity catalog check"""
    from creativity_assets.workflow.doctor import check_catalog

    for line in check_catalog(data_root()):
        typer.echo(escaped(line))


Minutes = Annotated[float | None, typer.Option(help="Wall time to train for; the default is the card's.")]
Seed = Annotated[int, typer.Option(help="Of the weights and of every training step.")]


@train_app.command("autoencoder")
def train_autoencoder(minutes: Minutes = None, seed: Seed = 0) -> None:
    """Train tiny-sd's autoencoder on the atelier. Example: creativity train autoencoder --minutes 40"""
    from creativity_assets.training.command import train

    train("autoencoder", data_root(), minutes, seed, console)


@train_app.command("suite")
def train_suite(minutes: Minutes = None, seed: Seed = 0) -> None:
    """Train the embedded metric suite. Example: creativity train suite --minutes 20"""
    from creativity_assets.training.command import train

    train("suite", data_root(), minutes, seed, console)


@train_app.command("denoiser")
def train_denoiser(minutes: Minutes = None, seed: Seed = 0) -> None:
    """Train tiny-sd's UNet and text encoder; needs the other two. Example: creativity train denoiser --minutes 80"""
    from creativity_assets.training.command import train

    train("denoiser", data_root(), minutes, seed, console)


@train_app.command("finetune")
def train_finetune(
    steps: Annotated[int | None, typer.Option(help="Of each of the two; the default is the card's.", min=1)] = None,
    seed: Seed = 0,
) -> None:
    """Fine-tune tiny-sd on the unseen painters, and as long on its old works. Example: creativity train finetune"""
    from creativity_assets.training.command import finetune

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
    import pandas as pd

    from creativity_assets.store.sql import as_text

    sys.stdout.buffer.write(as_text(pd.DataFrame(rows, columns=header)))


def main() -> None:
    """People's errors become one line and exit code 2; __main__ looks after signals."""
    try:
        app()
    except CreativityError as error:
        console.print(one_line(str(error)), style="red", soft_wrap=True, markup=False)
        raise SystemExit(2) from None
