"""The study that a run works on, as a resource, and the pool of what needs a device."""

from pathlib import Path
from typing import Any

import dagster as dg

from creativity_assets.paths import data_root
from creativity_assets.workflow.study import Study

GPU_POOL = "gpu"
"""The pool of every step that needs a device; `make ui` sets its limit to the number of devices."""


class StudyResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The study at a data root; an empty string means `$CREATIVITY_DATA` or the project's data folder."""

    data_root: str = ""

    def open(self) -> Study:
        """A fresh look at the catalogue and the store."""
        return Study(Path(self.data_root) if self.data_root else data_root())


RESOURCES: dict[str, Any] = {"study": StudyResource()}
"""The resources of the definitions and of the job that the command line runs."""
