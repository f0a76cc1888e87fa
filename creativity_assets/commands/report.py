"""`creativity report`: tables, warehouse and page, rebuilt from the parts."""

import typer

from creativity_assets.commands.terminal import say_failed_checks
from creativity_assets.paths import data_root


def report() -> None:
    """Rebuild tables, warehouse and report from the parts, and say where the page is. Example: creativity report"""
    from creativity_assets.workflow.steps.step import Step
    from creativity_assets.workflow.study import Study
    from creativity_assets.workflow.tables.checks import failed_checks
    from creativity_assets.workflow.tables.collected import Collected
    from creativity_assets.workflow.tables.report import write_report
    from creativity_assets.workflow.tables.warehouse import write_warehouse

    step = Step(Study(data_root()), run_id="command-line")
    write_warehouse(step, Collected(step.study.lineage))
    page, size = write_report(step)
    typer.echo(f"{page} ({size / 2**20:.1f} MB)")
    if failed := failed_checks(step.study):
        say_failed_checks(failed)
        raise typer.Exit(1)
