"""Where weights and images lie: a path, or a repository of a hub at a commit."""

import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from creativity_assets.catalog.entry import PathText, Strict

HubId = Annotated[str, Field(pattern=r"^\w[\w.-]*/\w[\w.-]*$")]


class Located(Strict):
    """A path, or a hub's repository at a pinned commit.

    A branch or tag is refused: what it points to changes, and the numbers would no longer be traceable.
    """

    path: PathText | None = None
    hub_id: HubId | None = None
    revision: str | None = None

    @model_validator(mode="after")
    def _one_location(self) -> Self:
        if (self.hub_id is None) == (self.path is None):
            raise ValueError("give exactly one of hub_id and path")
        if self.hub_id is not None and not _is_commit(self.revision):
            raise ValueError(
                f"{self.hub_id} needs a pinned revision (a commit of 40 hex digits, from the page's history), "
                "so that the numbers stay traceable"
            )
        return self


def _is_commit(revision: str | None) -> bool:
    return re.fullmatch(r"[0-9a-f]{40}", revision or "") is not None
