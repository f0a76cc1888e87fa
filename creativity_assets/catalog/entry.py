"""What all entries of the catalogue have in common, and where their paths lead."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Slug = Annotated[str, Field(pattern=r"^[a-z0-9_-]+$", max_length=80)]
Weight = Annotated[float, Field(ge=0, le=100)]
"""Of guidance. Beyond about 30 images are saturated noise."""


def _usable_path(path: str) -> str:
    if not path.strip():
        raise ValueError("is empty; name a file or folder")
    if "\0" in path:
        raise ValueError("holds a NUL, which no path has")
    if len(path.encode("utf-8", "surrogateescape")) > 4000 or any(len(part.encode()) > 255 for part in path.split("/")):
        raise ValueError("is longer than a path can be")
    try:
        Path(path).expanduser()
    except RuntimeError:
        raise ValueError(f"{path.split('/', maxsplit=1)[0]} is nobody's home here; write the path out") from None
    return path


PathText = Annotated[str, AfterValidator(_usable_path)]
"""Text that can be a path on this machine, there or not."""


class Strict(BaseModel):
    """Every part of an entry: frozen, unknown keys refused, numbers finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Entry(Strict):
    """Common to all entries: named by a slug."""

    name: str


def resolve(path: str, root: Path) -> Path:
    """A path of the catalogue: absolute, or relative to the data root."""
    return (root / Path(path).expanduser()).resolve()
