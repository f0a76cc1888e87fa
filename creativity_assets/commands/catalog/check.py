"""`creativity catalog check`: whether entries hold."""

from pathlib import Path

import typer

from creativity_assets.commands.terminal import say_wrong
from creativity_assets.errors import escaped
from creativity_assets.paths import data_root


def check() -> None:
    """Check every entry against the code and the other entries; `doctor` looks at data and weights.
    Example: creativity catalog check"""
    lines, faults = check_catalog(data_root())
    for line in lines:
        typer.echo(escaped(line))
    say_wrong(faults)
    if faults:
        raise typer.Exit(2)


def check_catalog(root: Path) -> tuple[list[str], list[str]]:
    """Check every entry against the code and the others: lines to be read, and a line for each fault."""
    from creativity_assets.workflow.entries.methods import inversion_settings
    from creativity_assets.workflow.entries.validation import wrong_entries
    from creativity_assets.workflow.study import Study

    study = Study(root)
    catalog = study.catalog
    faults = list(dict.fromkeys((*catalog.faults, *wrong_entries(study.lineage))))
    lines = [f"ignored: {problem}" for problem in catalog.problems]
    if faults:
        return lines, faults
    lines += [
        f"warning: {method.name} inverts and samples under different guidance: what it gives is no distance, "
        "since the way back is not the way there reversed"
        for method in catalog.methods.values()
        if not inversion_settings(method).is_distance
    ]
    lines += [
        f"warning: {model.name}: training_lists names {name!r}, which is no data set here and says nothing"
        for model in catalog.models.values()
        for name in model.training_lists
        if name not in catalog.datasets
    ]
    counted = (
        f"{len(catalog.datasets)} data sets, {len(catalog.models)} models, {len(catalog.methods)} methods, "
        f"{len(catalog.experiments)} experiments, {len(catalog.comparisons)} comparisons: all entries hold"
    )
    return [*lines, counted], []
