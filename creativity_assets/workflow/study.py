"""A study: one data root with its catalogue, store and weights."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from creativity_assets.catalog import Catalog, load_sound_entries
from creativity_assets.sources.incoming import look
from creativity_assets.store.layout import Store
from creativity_assets.store.parts import Provenance
from creativity_assets.workflow.entries.arrived import with_comparisons
from creativity_assets.workflow.entries.plugins import load_plugins
from creativity_assets.workflow.entries.revisions import Revisions
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.parts import adopt_old_names

if TYPE_CHECKING:
    from creativity_assets.engine.devices import Device
    from creativity_assets.engine.loading import Workbench


@dataclass(frozen=True)
class Study:
    """What every asset needs to know. The catalogue is read once per study: make a new one to see changes."""

    data_root: Path

    @cached_property
    def catalog(self) -> Catalog:
        found = look(self.data_root)
        waiting = [f"incoming/{name}: still being copied; looked at again next time" for name in found.waiting]
        refused = [f"incoming/{reject.key}: {reject.detail}" for reject in found.refused]
        catalog = load_sound_entries(self.data_root, found.ready, (*refused, *waiting))
        catalog = replace(catalog, faults=(*catalog.faults, *load_plugins(catalog.plugins)))
        return with_comparisons(catalog, self.store, found.ready)

    @cached_property
    def store(self) -> Store:
        return Store(self.data_root)

    @cached_property
    def lineage(self) -> Lineage:
        adopt_old_names(self.store)
        return Lineage(self.catalog, self.store, Revisions(self.data_root))

    @contextmanager
    def workbench(self) -> Iterator["Workbench"]:
        """The measuring instrument on a device that this process holds for the block."""
        from creativity_assets.engine.devices import process_lease

        with process_lease(self.store.locks()) as device:
            yield _workbench(self.data_root, device)

    def provenance(self, input_hash: str, run_id: str) -> Provenance:
        """The stamp of a part that is made now, by this code, in this run."""
        return Provenance(input_hash=input_hash, code_version=code_version(), run_id=run_id)


@lru_cache(maxsize=1)
def _workbench(data_root: Path, device: "Device") -> "Workbench":
    """One per process and device, so that the runs of one command load a model once."""
    from creativity_assets.engine.loading import Workbench

    return Workbench(data_root, device)


@lru_cache(maxsize=1)
def code_version() -> str:
    """The package's version and, in a git checkout, the commit; recorded, and never a reason to measure again."""
    installed = version("creativity_assets")
    here = Path(__file__).parent
    try:
        answer = subprocess.run(
            ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return installed
    return f"{installed}+{answer.stdout.strip()}"
