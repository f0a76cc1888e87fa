"""`creativity materialize`: what is wanted and not fresh is made, or only shown."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creativity_assets.commands.terminal import console, end, say_failed_checks, say_wrong
from creativity_assets.errors import one_line
from creativity_assets.paths import data_root

if TYPE_CHECKING:
    from creativity_assets.workflow.plan import Plan, Scope


def materialize(
    dataset: Annotated[list[str] | None, typer.Option(help="Only this data set; may be given again.")] = None,
    experiment: Annotated[list[str] | None, typer.Option(help="Only this experiment; may be given again.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and its estimated time.")] = False,
) -> None:
    """Measure what is wanted and not fresh. Example: creativity materialize --dataset masters --dry-run"""
    from creativity_assets.front.opened import OpenStudy
    from creativity_assets.workflow.plan import Scope

    if dry_run:
        if show_plan(data_root(), Scope(tuple(dataset or ()), tuple(experiment or ()))).problems:
            raise typer.Exit(2)
    else:
        end(OpenStudy(data_root()).materialize(dataset or (), experiment or ()))


def show_plan(root: Path, scope: "Scope") -> "Plan":
    """Print what would be made, and how long it would take where that was measured before."""
    from creativity_assets.workflow.costs import seconds_per_image
    from creativity_assets.workflow.plan import plan
    from creativity_assets.workflow.progress import duration
    from creativity_assets.workflow.study import Study
    from creativity_assets.workflow.tables.checks import failed_checks

    study = Study(root)
    todo = plan(study.lineage, scope)
    for name in todo.indexes:
        console.print(f"index       {name} (its collections are known once it is indexed)")
    if todo.samples:
        console.print(f"samples     {len(todo.samples)} collections")
    if todo.tensors:
        console.print(f"tensors     {len(todo.tensors)} collections")
    for experiment, collections in todo.metrics.items():
        cost = seconds_per_image(study.store, experiment)
        images = todo.images[experiment]
        estimate = "time unknown before its first run" if cost is None else f"about {duration(images * cost)}"
        console.print(f"measure     {experiment}: {images} images in {len(collections)} collections, {estimate}")
    if not todo and not todo.problems:
        failed = failed_checks(study)
        say_failed_checks(failed)
        console.print("nothing to do" if failed else "everything is fresh, nothing to do")
    for line in todo.skipped:
        console.print(one_line(line), soft_wrap=True, markup=False)
    say_wrong(todo.problems)
    return todo
