"""`creativity catalog add`: an entry proposed from a look at its source, and written where it pleases."""

from enum import StrEnum
from typing import Annotated

import typer

from creativity_assets.commands.terminal import print_table
from creativity_assets.errors import escaped
from creativity_assets.paths import data_root


class Addable(StrEnum):
    """What `catalog add` can propose."""

    dataset = "dataset"


class Label(StrEnum):
    """Who made an image."""

    human = "human"
    ai = "ai"


def add(
    what: Annotated[Addable, typer.Argument(help="What kind of entry.")],
    source: Annotated[str, typer.Argument(help="A folder, a Parquet file, an archive, or a hub id (owner/name).")],
    name: Annotated[str | None, typer.Option(help="The entry's name; else made from the source's.")] = None,
    label: Annotated[Label | None, typer.Option(help="Who made all of the images.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
) -> None:
    """Look at a source, propose its entry, show ten rows, and write it once you agree.
    Example: creativity catalog add dataset /data/prints --name my-prints"""
    from creativity_assets.commands.catalog.proposal import propose, write

    proposal = propose(data_root(), source, name, label.value if label else None)
    typer.echo(proposal.yaml)
    rows = proposal.rows.astype(object).where(proposal.rows.notna(), None)
    print_table(list(rows.columns), rows.to_numpy().tolist())
    if proposal.losses is not None:
        typer.echo(f"by names and tables: {proposal.losses}")
    for line in (*proposal.guesses, *(f"rejected: {line}" for line in proposal.rejects[:10])):
        typer.echo(escaped(line))
    if yes or typer.confirm(f"Write this to catalog/{proposal.name}.yaml?"):
        typer.echo(f"{write(data_root(), proposal)}: name {proposal.name} in an experiment to have it measured")
