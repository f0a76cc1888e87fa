"""What assets do for their partitions: an event for each piece that is finished, a line for each that fails.

The assets themselves and the job `materialize` go through the same functions. A piece that fails harms no other.
"""

import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from creativity_assets.errors import CreativityError, DamagedPart
from creativity_assets.orchestration.partitions import cell_key
from creativity_assets.orchestration.reporting import SHEETS, finished, newest_event, score_metadata
from creativity_assets.store.layout import Collection
from creativity_assets.workflow.parts import upstream
from creativity_assets.workflow.progress import begin
from creativity_assets.workflow.steps.step import Finished, Step

Events = Iterator[dg.AssetMaterialization]

UPSTREAM = {
    asset: upstream(asset)[0] for asset in ("raw_samples", "preprocessed_tensors", "reconstructions", "image_metrics")
}
"""The asset before each."""
IMAGES = ("raw_samples", "preprocessed_tensors")
MEASUREMENTS = ("reconstructions", "image_metrics")
Piece = tuple[str, str]
ALIKE = 3
"""So many pieces that fail in a row with the same words are enough: it is not the pieces' fault."""


@dataclass
class Work:
    """The work of one run. Pieces are (asset, partition).

    problems: one line for each piece that failed. tried: pieces that need not be tried again. failed: those that are
    not tried again in this run. put_off: pieces that wait for the next round. mended: damaged parts set aside.
    read: data sets of which something was indexed or decoded, in order. sheets: cells shown, by experiment.
    """

    step: Step
    instance: dg.DagsterInstance
    log: dg.DagsterLogManager
    problems: list[str] = field(default_factory=list)
    tried: set[Piece] = field(default_factory=set)
    failed: set[Piece] = field(default_factory=set)
    put_off: set[Piece] = field(default_factory=set)
    mended: set[Path] = field(default_factory=set)
    read: dict[str, None] = field(default_factory=dict)
    sheets: Counter[str] = field(default_factory=Counter)

    def begin_round(self, step: Step) -> None:
        """Go on with a fresh look at the study."""
        self.step = step
        self.put_off.clear()

    def index(self, names: Sequence[str]) -> Events:
        """dataset_index of the data sets, in this order."""
        from creativity_assets.workflow.steps.dataset_index import dataset_index

        for name in names:
            begin(f"index {name}")
            self.read[name] = None
            self.tried.add(("dataset_index", name))
            try:
                provenance, numbers = dataset_index(self.step, name)
            except Exception as problem:
                self.fail("dataset_index", name, problem)
            else:
                self.log.info(f"{name}: {numbers['items']}")
                yield finished("dataset_index", name, provenance, dict(numbers))

    def images(self, collections: Sequence[Collection], assets: Sequence[str] = IMAGES) -> Events:
        """raw_samples and preprocessed_tensors of the collections."""
        from creativity_assets.workflow.steps.preprocessed_tensors import preprocessed_tensors
        from creativity_assets.workflow.steps.raw_samples import raw_samples

        work = {"raw_samples": raw_samples, "preprocessed_tensors": preprocessed_tensors}
        self.read |= dict.fromkeys(c.dataset for c in collections)
        for asset in (name for name in IMAGES if name in assets):
            begin(f"{asset} of {_named(collections)}")
            newest = newest_event(self.instance, UPSTREAM[asset])

            def make(some: Sequence[Collection], asset: str = asset) -> Iterator[Finished]:
                return work[asset](self.step, some)

            for done in self._apart(asset, make, {c: c.key for c in self._left(asset, collections)}):
                made = (UPSTREAM[asset], done.made_from, newest)
                yield finished(asset, done.collection.key, done.provenance, dict(done.numbers), made)

    def measure(
        self,
        experiment: str,
        slices: Sequence[Sequence[Collection]],
        assets: Sequence[str] = MEASUREMENTS,
        between: Callable[[], None] = lambda: None,
    ) -> Events:
        """reconstructions and image_metrics of an experiment's collections.

        slices: what is measured with one hold of the device. between: called before each slice, with nothing held.
        All is reconstructed before anything is scored, because ceilings need the whole reference panel.
        """
        from creativity_assets.workflow.steps.image_metrics import image_metrics
        from creativity_assets.workflow.steps.reconstructions import reconstructions

        work = {"reconstructions": reconstructions, "image_metrics": image_metrics}
        for asset in (name for name in MEASUREMENTS if name in assets):
            newest = newest_event(self.instance, UPSTREAM[asset])

            def make(some: Sequence[Collection], asset: str = asset) -> Iterator[Finished]:
                with self.step.study.workbench() as workbench:
                    yield from work[asset](self.step, workbench, experiment, some)

            for some in slices:
                between()
                keys = {c: cell_key(c, experiment) for c in self._left(asset, some, experiment)}
                for done in self._apart(asset, make, keys):
                    metadata: dict[str, Any] = dict(done.numbers)
                    if asset == "image_metrics":
                        self.sheets[experiment] += 1
                        sheet = self.sheets[experiment] <= SHEETS
                        metadata = score_metadata(self.step.study, experiment, done, sheet=sheet)
                    made = (UPSTREAM[asset], done.made_from, newest)
                    yield finished(asset, keys[done.collection], done.provenance, metadata, made)

    def _left(self, asset: str, collections: Sequence[Collection], experiment: str = "") -> list[Collection]:
        """The collections whose piece before this one has not failed in this run; those of the others are done with."""
        before, left = UPSTREAM[asset], []
        for c in collections:
            key = cell_key(c, experiment) if asset in MEASUREMENTS else c.key
            key_before = cell_key(c, experiment) if before in MEASUREMENTS else c.key
            if (before, key_before) not in self.put_off:
                left.append(c)
            elif (before, key_before) in self.failed:
                self.tried.add((asset, key))
        return left

    def _apart(
        self, asset: str, make: Callable[[Sequence[Collection]], Iterator[Finished]], keys: Mapping[Collection, str]
    ) -> Iterator[Finished]:
        """The finished pieces of all collections at once; where that fails, of those left, one by one.

        keys: the partition of each. A collection that fails alone is recorded with its problem.
        """
        left, alike = dict(keys), list[str]()
        self.tried |= {(asset, key) for key in keys.values()}
        for some in (list(left), *([c] for c in keys)):
            some = [c for c in some if c in left]  # noqa: PLW2901 - what was made meanwhile
            if not some:
                continue
            try:
                for done in make(some):
                    left.pop(done.collection, None)
                    yield done
            except Exception as problem:
                if self._mends(problem):
                    # All that is left waits for the next round, which makes the damaged part again.
                    self.put_off |= {(asset, key) for key in left.values()}
                    return
                if len(some) > 1:
                    continue
                self.fail(asset, left.pop(some[0]), problem)
                alike = [*(line for line in alike if line == str(problem)), str(problem)]
                if len(alike) == ALIKE:
                    self.put_off |= {(asset, key) for key in left.values()}
                    return

    def _mends(self, problem: Exception) -> bool:
        """Whether the problem is a part that was set aside as damaged, for the first time in this run."""
        if not isinstance(problem, DamagedPart) or not problem.healable or problem.path in self.mended:
            return False
        self.log.warning(str(problem))
        self.mended.add(problem.path)
        self.tried &= self.failed  # whatever is stale now may be made again, but for what has failed
        return True

    def fail(self, asset: str, key: str, problem: Exception) -> None:
        """Record that a piece failed; it is tried again where a damaged part was the reason, which is made anew."""
        self.put_off.add((asset, key))
        if self._mends(problem):
            return
        self.failed.add((asset, key))
        text = str(problem) if isinstance(problem, CreativityError) else f"{type(problem).__name__}: {problem}"
        line = " ".join(text.split())
        if not isinstance(problem, CreativityError):
            self.log.error("".join(traceback.format_exception(problem)))
            line += f" (a fault of the program: the log of run {self.step.run_id} has the details)"
        # A model or a disk that fails says so of every piece: once is enough.
        if not any(line in known for known in self.problems):
            self.problems.append(line if key.partition("/")[0] in line else f"{key}: {line}")
            self.log.error(self.problems[-1])


def _named(collections: Sequence[Collection]) -> str:
    names = list(dict.fromkeys(c.dataset for c in collections))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
