"""`creativity clean`: what has left the catalogue is shown, and taken away on demand."""

from typing import Annotated

import typer

from creativity_assets.paths import data_root


def clean(
    yes: Annotated[bool, typer.Option("--yes", help="Take it away; without this it is only shown.")] = False,
) -> None:
    """Show what the store holds of things that have left the catalogue, and with --yes free it.
    Example: creativity clean"""
    from creativity_assets.workflow.leftovers import leftovers, remove
    from creativity_assets.workflow.study import Study

    found = leftovers(Study(data_root()))
    for leftover in found:
        typer.echo(f"{leftover.path}  {leftover.files} files, {leftover.size / 2**20:.1f} MB")
    if yes:
        remove(found)
    size, files = sum(leftover.size for leftover in found), sum(leftover.files for leftover in found)
    total = f"{size / 2**20:.1f} MB in {files} files"
    typer.echo(f"freed {total}" if yes else f"{total} would be freed by creativity clean --yes")
