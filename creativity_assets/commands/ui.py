"""`creativity ui`: Dagster's own pages over the study."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from creativity_assets.paths import data_root


def ui_with(serve: Callable[[Path, int], None]) -> Callable[[int], None]:
    """The command that opens the UI of a data root on a port by `serve`, which knows Dagster."""

    def ui(port: Annotated[int, typer.Option(help="Port on localhost.")] = 3000) -> None:
        """Open the Dagster UI with its daemon, on localhost only. Example: creativity ui --port 3000"""
        serve(data_root(), port)

    return ui
