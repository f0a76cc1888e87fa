"""What all entries of the catalogue have in common, and where their paths lead."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Slug = Annotated[str, Field(pattern=r"^[a-z0-9_-]+$", max_length=80)]


class Entry(BaseModel):
    """Common to all entries: frozen, unknown keys refused, named by a slug."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str


def resolve(path: str, root: Path) -> Path:
    """A path of the catalogue: absolute, or relative to the data root."""
    return (root / Path(path).expanduser()).resolve()
