"""A run of the bench as a picture: images a second of each variant, and where the time of ours goes."""

import io
from typing import Any

from creativity_assets.report.svg import LINES, MUTED, canvas, styled


@styled
def drawing(facts: dict[str, Any]) -> str:
    """An SVG file."""
    figure, (rates, times) = canvas(9.2, 2.6, 1, 2)
    figure.patch.set(facecolor="white", alpha=1)
    variants = facts["variants"][::-1]
    names, speeds = [v["name"] for v in variants], [v["images_per_second"] for v in variants]
    bars = rates.barh(names, speeds, color=[LINES[0] if name.startswith("ours") else MUTED for name in names])
    rates.bar_label(bars, [f"{speed:.3g}" for speed in speeds], padding=3, fontsize=8)
    rates.margins(x=0.15)
    rates.set_title("images a second", loc="left")
    stages = {name: seconds for name, seconds in facts["stages"].items() if name != "wall"}
    left = 0.0
    for (name, seconds), colour in zip(stages.items(), (*LINES, MUTED, "#c9a227"), strict=False):
        times.barh("ours", seconds, left=left, color=colour, label=f"{name} {1000 * seconds:.1f} ms")
        left += seconds
    times.set_title("stages of one image, in seconds", loc="left")
    figure.legend(loc="outside lower center", ncols=3)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
