"""Creativity assets: how far an image lies from what a diffusion model has learned.

`score` measures pictures, an `Instrument` keeps its model loaded between calls, `open_study` opens what
`creativity materialize` made. Nothing is imported before it is used. What goes wrong is a CreativityError of one line.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from creativity_assets.errors import CreativityError
    from creativity_assets.front.instrument import Instrument, score
    from creativity_assets.front.opened import OpenStudy, open_study

__all__ = ["CreativityError", "Instrument", "OpenStudy", "__version__", "open_study", "score"]
__version__ = "0.1.0"

_HOMES = {
    "CreativityError": "errors",
    "Instrument": "front.instrument",
    "OpenStudy": "front.opened",
    "open_study": "front.opened",
    "score": "front.instrument",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
