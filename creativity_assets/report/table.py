"""A table of the page: printed cells under their headings, and the cells that several tables share."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from creativity_assets.report import formats

LONG = 30
"""More rows than this are folded away; the figure beside such a table shows the same."""


@dataclass(frozen=True)
class Head:
    """A column's heading; `group` puts columns under a common heading, `number` aligns to the right."""

    text: str
    number: bool = True
    group: str = ""


@dataclass(frozen=True)
class Table:
    """Printed cells. `suite` decides the banner; `note` stands below; `folded` hides it behind its caption."""

    caption: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[str, ...], ...]
    suite: str = ""
    note: str = ""
    folded: bool = False

    @property
    def groups(self) -> list[tuple[str, int]]:
        """(common heading, columns under it), or nothing where no column has one."""
        spans: list[tuple[str, int]] = []
        for head in self.heads:
            if spans and spans[-1][0] == head.group:
                spans[-1] = (head.group, spans[-1][1] + 1)
            else:
                spans.append((head.group, 1))
        return spans if any(name for name, _ in spans) else []

    @property
    def starts(self) -> frozenset[int]:
        """The columns that open a new group, for a rule on their left."""
        return frozenset(
            i for i in range(1, len(self.heads)) if self.heads[i].group != self.heads[i - 1].group and self.groups
        )


def side_cells(side: str, row: pd.Series) -> tuple[str, str, str, str]:
    return (
        side,
        formats.count(row[f"n_{side}"]),
        formats.score(row[f"mean_{side}"]),
        formats.score(row[f"sd_{side}"]),
    )


def effect_cells(row: pd.Series) -> tuple[str, ...]:
    return (
        formats.signed(row["difference"]),
        formats.p_value(row["p_value"]),
        formats.effect_size(row["cohens_d"]),
        formats.effect_size(row["auroc"]),
    )


def shares(values: pd.Series) -> str:
    """The commonest values with their shares: `JPEG 92 %, PNG 8 %`."""
    counts = values.dropna().value_counts()
    if counts.empty:
        return formats.MISSING
    ordered = sorted(counts.items(), key=lambda item: (-int(item[1]), str(item[0])))
    total, shown = sum(int(n) for _, n in ordered), ordered[:3]
    if len(ordered) == 1:
        return str(ordered[0][0])
    listed = ", ".join(f"{name} {formats.percent(int(n) / total)}" for name, n in shown)
    return listed + (f" and {len(ordered) - 3} more" if len(ordered) > 3 else "")


SIDE_HEADS = (Head("label", False), Head("n"), Head("mean"), Head("sd"))
EFFECT_HEADS = (Head("difference"), Head("p"), Head("Cohen's d"), Head("AUROC"))
