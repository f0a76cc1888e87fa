"""What the command line does with Dagster: a materialisation with a progress bar, the plan on paper, the UI."""

import os
import sys
import time
import warnings
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from creativity_assets.interrupts import raise_if_interrupted
from creativity_assets.orchestration.instance import dagster_home, open_instance
from creativity_assets.orchestration.materialize import Outcome, materialize
from creativity_assets.orchestration.recovery import closing_own_runs
from creativity_assets.orchestration.stages import Stage
from creativity_assets.workflow.costs import seconds_per_image
from creativity_assets.workflow.plan import Plan, Scope, plan
from creativity_assets.workflow.progress import listening
from creativity_assets.workflow.study import Study


def materialize_with_bar(data_root: Path, scope: Scope, console: Console) -> Outcome:
    """Make what `scope` wants, showing images per second and the time left; ends with a line of what was done."""
    started = time.monotonic()
    study = Study(data_root)
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with open_instance(data_root) as instance, closing_own_runs(instance), Progress(*columns, console=console) as bar:
        stages = _Bars(bar)
        with warnings.catch_warnings(), listening(stages.hear):
            warnings.simplefilter("ignore")  # Dagster warns of every beta parameter in every run
            outcome = materialize(study, instance, scope, stages.announce)
    for line in outcome.skipped:
        console.print(line, soft_wrap=True, markup=False)
    for name in outcome.failed_checks:
        console.print(f"check failed: {name}; see it in the UI under image_metrics", style="red")
    seconds = time.monotonic() - started
    done = f"{stages.images} images, {outcome.runs} runs" if outcome.runs else "everything is fresh, nothing to do"
    console.print(f"{done} in {seconds:.0f} s")
    return outcome


def show_plan(data_root: Path, scope: Scope, console: Console) -> None:
    """Print what would be made, and how long it would take where that was measured before."""
    study = Study(data_root)
    todo = plan(study.lineage, scope)
    for name in todo.indexes:
        console.print(f"index       {name} (its collections are known once it is indexed)")
    if todo.samples:
        console.print(f"samples     {len(todo.samples)} collections")
    if todo.tensors:
        console.print(f"tensors     {len(todo.tensors)} collections")
    for experiment, collections in todo.metrics.items():
        cost = seconds_per_image(study.store, experiment)
        images = todo.images[experiment]
        estimate = "time unknown before its first run" if cost is None else f"about {images * cost:.0f} s"
        console.print(f"measure     {experiment}: {images} images in {len(collections)} collections, {estimate}")
    if not todo:
        console.print("everything is fresh, nothing to do")
    for line in todo.skipped:
        console.print(line, soft_wrap=True, markup=False)


def serve(data_root: Path, port: int) -> None:
    """Become the Dagster UI and daemon, on localhost, in the project's own Dagster home; does not return."""
    environment = os.environ | {"DAGSTER_HOME": str(dagster_home(data_root)), "CREATIVITY_DATA": str(data_root)}
    arguments = [
        "dev",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--module-name",
        "creativity_assets.definitions",
    ]
    dagster = str(Path(sys.executable).parent / "dagster")
    # In the place of this process, so that an interrupt reaches Dagster itself and it ends its children.
    os.execve(dagster, [dagster, *arguments], environment)


class _Bars:
    """One bar for each kind of work of each stage."""

    def __init__(self, bar: Progress) -> None:
        self.bar = bar
        self.images = 0
        self._tasks: dict[str, tuple[TaskID, float]] = {}
        self._stage = ""
        self._expected: int | None = None

    def announce(self, stage: Stage, todo: Plan) -> None:
        raise_if_interrupted()
        self._tasks.clear()
        self._stage = stage.job.removesuffix("_job")
        self._expected = stage.images or None
        about = stage.experiment or f"{stage.first}{' ...' if len(stage.keys) > 1 else ''}"
        self.bar.console.print(f"{self._stage} {about}", markup=False)

    def hear(self, what: str, images: int) -> None:
        raise_if_interrupted()
        if what not in self._tasks:
            task = self.bar.add_task(what, total=self._expected, rate="")
            self._tasks[what] = (task, time.monotonic())
        task, since = self._tasks[what]
        self.bar.advance(task, images)
        done = self.bar.tasks[self.bar.task_ids.index(task)].completed
        seconds = max(time.monotonic() - since, 1e-6)
        self.bar.update(task, rate=f"{done / seconds:.1f} images/s")
        if what == "score":
            self.images += images
