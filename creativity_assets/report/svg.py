"""A matplotlib figure as inline SVG that takes its colours and its typeface from the page."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, MUTED, GRID = "#101112", "#707172", "#d0d1d2"
HUMAN, AI, STUDY = "#2f6db3", "#c8641b", "#7a4fa3"
LINES = ("#2f6db3", "#c8641b", "#7a4fa3", "#3b8a5a")

_VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
    HUMAN: "var(--human)",
    AI: "var(--ai)",
    STUDY: "var(--study)",
    LINES[3]: "var(--fourth)",
}
"""Colours of the drawing -> colours of the style sheet, which differ between a light and a dark page."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": 9.5,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
}


P = ParamSpec("P")
T = TypeVar("T")


def styled(draw: Callable[P, T]) -> Callable[P, T]:
    """Let a drawing function work in the page's style, without touching matplotlib's own settings."""

    @functools.wraps(draw)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> T:
        with mpl.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return in_style


def canvas(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """A transparent figure of width x height inches, and its axes in reading order."""
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat:
        ax.patch.set_alpha(0)
    return figure, list(axes.flat)


def inline(figure: Figure, name: str) -> str:
    """The figure as an <svg> element. `name` makes its identifiers unique on the page ([a-z0-9-])."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    drawing = buffer.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"<!--.*?-->\n?", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>", r'<svg viewBox="\1" aria-hidden="true">', drawing)
    drawing = re.sub(r'\bid="([^"]*)"', rf'id="{name}-\1"', drawing)
    drawing = re.sub(r'(?:xlink:)?href="#([^"]*)"', rf'href="#{name}-\1"', drawing)
    drawing = re.sub(r"url\(#([^)]*)\)", rf"url(#{name}-\1)", drawing)
    # The shorthand would name matplotlib's typeface; without a family the text takes that of the page.
    drawing = re.sub(r"\bfont: (?:[a-z0-9]+ )*?([\d.]+px)[^;\"]*", r"font-size: \1", drawing)
    for colour, variable in _VARIABLES.items():
        drawing = drawing.replace(colour, variable)
    return drawing.strip()
