"""Text for a terminal: aligned columns, and nothing from the data that a terminal would obey."""

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len

from creativity_assets.errors import escaped

MISSING = "-"


def number(value: float) -> str:
    """A figure for people: four significant digits."""
    return f"{value:.4g}"


def cell(value: object) -> str:
    """One value for people: missing ones as a dash."""
    if value is None or value != value:  # noqa: PLR0124  NaN and NaT alone are unlike themselves
        return MISSING
    return number(value) if isinstance(value, float) else escaped(str(value))


def aligned(names: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> Iterator[str]:
    """Lines of a table: a head, then the rows, in columns as wide as their widest cell; `right` aligns numbers.

    Cells are as they are to be shown (`cell`); wide characters count as two columns.
    """
    widths = [max(map(cell_len, column)) for column in zip(names, *rows, strict=True)]
    for row in (names, *rows):
        yield "  ".join(map(_padded, row, widths, right)).rstrip()


def table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A whole small table as text, numbers on the right."""
    held = [list(row) for row in rows]
    right = [any(isinstance(row[i], int | float) for row in held) for i in range(len(names))]
    shown = [[cell(value) for value in row] for row in held]
    return "".join(f"{line}\n" for line in aligned([escaped(name) for name in names], shown, right))


def _padded(text: str, width: int, right: bool) -> str:
    gap = " " * (width - cell_len(text))
    return gap + text if right else text + gap
