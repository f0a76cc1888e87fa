"""Resources: the study that a run works on, and the accelerator that it measures with."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from creativity_assets.paths import data_root
from creativity_assets.workflow.study import Study

if TYPE_CHECKING:
    from creativity_assets.engine.loading import Instrument

GPU_POOL = "gpu"
"""The pool of every step that needs a device; `make ui` sets its limit to the number of devices."""


class StudyResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The study at a data root; an empty string means `$CREATIVITY_DATA` or the project's data folder."""

    data_root: str = ""

    def open(self) -> Study:
        """A fresh look at the catalogue and the store."""
        return Study(Path(self.data_root) if self.data_root else data_root())


class AcceleratorResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Finds the devices, leases one per process while it measures, and keeps one model and one suite loaded.

    The batch follows from the device's free memory and is halved when that runs out; without a GPU the same
    work runs on the CPU.
    """

    def instrument(self, study: Study) -> "AbstractContextManager[Instrument]":
        """The instrument on a device that this process holds for the block."""
        return study.instrument()


RESOURCES: dict[str, Any] = {"study": StudyResource(), "accelerator": AcceleratorResource()}
"""The resources of the definitions and of the job that the command line runs."""
