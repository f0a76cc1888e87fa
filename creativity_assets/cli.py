"""The `creativity` command. Errors are one line and exit code 2; long work shows a bar."""

from pathlib import Path
from typing import Annotated

import typer

from creativity_assets import __version__
from creativity_assets.commands import train
from creativity_assets.commands.catalog.add import add
from creativity_assets.commands.catalog.check import check
from creativity_assets.commands.catalog.list import list_entries
from creativity_assets.commands.clean import clean
from creativity_assets.commands.demo import demo
from creativity_assets.commands.doctor import doctor
from creativity_assets.commands.materialize import materialize
from creativity_assets.commands.report import report
from creativity_assets.commands.score import score
from creativity_assets.commands.sql.command import sql
from creativity_assets.commands.terminal import console, say_wrong
from creativity_assets.commands.ui import ui_with
from creativity_assets.errors import CreativityError, QueryError
from creativity_assets.faults import UNFORESEEN, refusal, unforeseen

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


def _serve(data_root: Path, port: int) -> None:
    from creativity_assets.orchestration.command import serve

    serve(data_root, port)


for command in (demo, materialize, score, sql, report, doctor, clean, ui_with(_serve)):
    app.command()(command)
app.add_typer(catalog_app, name="catalog")
catalog_app.command("list")(list_entries)
catalog_app.command()(add)
catalog_app.command()(check)
app.add_typer(train_app, name="train")
for command in (train.autoencoder, train.suite, train.denoiser, train.finetune, train.cards):
    train_app.command()(command)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"creativity {__version__}")
        raise typer.Exit


@app.callback()
def _all(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Options without a command; Typer takes the help from `app`."""


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
        say_wrong([str(error)])
        raise SystemExit(2) from None
    except OSError as error:
        line = refusal(error)
        console.print(line or unforeseen(error), style="red", soft_wrap=True, markup=False)
        raise SystemExit(2 if line else UNFORESEEN) from None
    except Exception as error:  # the last place where a fault can be shown to people as one line
        console.print(unforeseen(error), style="red", soft_wrap=True, markup=False)
        raise SystemExit(UNFORESEEN) from None
