"""`creativity catalog list`: every entry, a line each."""

import typer

from creativity_assets.paths import data_root


def list_entries() -> None:
    """Show every entry of the catalogue. Example: creativity catalog list"""
    from creativity_assets.catalog import load_catalog
    from creativity_assets.catalog.listing import listing

    for section, rows in listing(load_catalog(data_root())).items():
        typer.echo(section)
        width = max((len(name) for name, _ in rows), default=0)
        for name, text in rows:
            typer.echo(f"  {name:<{width}}  {text}")
