"""What all entries of the catalogue have in common, and where their paths lead."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Slug = Annotated[str, Field(pattern=r"^[a-z0-9_-]+$", max_length=80)]
Weight = Annotated[float, Field(ge=0, le=100)]
"""Of guidance. Beyond about 30 images are saturated noise."""


class Strict(BaseModel):
    """Every part of an entry: frozen, unknown keys refused, numbers finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Entry(Strict):
    """Common to all entries: named by a slug."""

    name: str


def resolve(path: str, root: Path) -> Path:
    """A path of the catalogue: absolute, or relative to the data root."""
    return (root / Path(path).expanduser()).resolve()
