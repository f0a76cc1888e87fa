"""What a section of the page shows: a finding with the table it rests on, and a drawing where there is one."""

from __future__ import annotations

from dataclasses import dataclass

from creativity_assets.report.figures import Figure
from creativity_assets.report.table import Table


@dataclass(frozen=True)
class Exhibit:
    """findings: sentences, whatever their sign; none where there is too little to say. figure: with its title."""

    title: str
    findings: tuple[str, ...]
    table: Table
    figure: tuple[str, Figure] | None = None
