"""What the command line does with Dagster: a materialisation with a progress bar, the UI."""

import os
import socket
import sys
import time
import warnings
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from creativity_assets.commands.terminal import say_failed_checks, say_wrong
from creativity_assets.errors import CreativityError, one_line
from creativity_assets.interrupts import raise_if_interrupted
from creativity_assets.orchestration.instance import dagster_home, open_instance
from creativity_assets.orchestration.materialize import materialize
from creativity_assets.orchestration.outcome import Outcome
from creativity_assets.orchestration.recovery import closing_own_runs
from creativity_assets.workflow.plan import Scope
from creativity_assets.workflow.progress import Meter, listening
from creativity_assets.workflow.study import Study


def materialize_with_bar(data_root: Path, scope: Scope, console: Console) -> Outcome:
    """Make what `scope` wants, showing images per second and the time left; ends with a line of what was done."""
    started = time.monotonic()
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    study = Study(data_root)
    _ = study.catalog  # a wrong entry is one line: without a bar, and before anything is made for a run
    with open_instance(data_root) as instance, closing_own_runs(instance), Progress(*columns, console=console) as bar:
        bars = _Bars(bar)
        with warnings.catch_warnings(), listening(bars):
            warnings.simplefilter("ignore")  # Dagster warns of every beta parameter in every run
            outcome = materialize(study, instance, scope)
    for line in (*outcome.losses, *outcome.skipped):
        console.print(one_line(line), soft_wrap=True, markup=False)
    say_wrong(outcome.problems, console)
    say_failed_checks(outcome.failed_checks, console)
    if outcome.made:
        console.print(f"{', '.join(outcome.made)}: {bars.scored} images scored in {time.monotonic() - started:.0f} s")
    elif not outcome.problems and not outcome.failed_checks:
        console.print(f"everything is fresh, nothing to do, after {time.monotonic() - started:.0f} s")
    return outcome


def serve(data_root: Path, port: int) -> None:
    """Become the Dagster UI and daemon, on localhost, in the project's own Dagster home; does not return.

    The terminal shows the address, then warnings alone. Raises CreativityError where the port is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CreativityError(f"port {port}: {error.strerror}; give another one with --port") from None
    with open_instance(data_root):
        pass  # what is damaged is one line here, and a page of Dagster's own there
    # Python's own warnings are for those who develop Dagster; its log is not touched by this.
    environment = {"PYTHONWARNINGS": "ignore"} | os.environ
    environment |= {"DAGSTER_HOME": str(dagster_home(data_root)), "CREATIVITY_DATA": str(data_root)}
    arguments = [
        "dev",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--module-name",
        "creativity_assets.definitions",
        "--log-level",
        "warning",
    ]
    print(f"Dagster UI: http://127.0.0.1:{port} in a few seconds; Ctrl-C stops it", flush=True)
    print("the sensor new_data is on unless you switched it off: it measures what the catalogue wants", flush=True)
    dagster = str(Path(sys.executable).parent / "dagster")
    # In the place of this process, so that an interrupt reaches Dagster itself and it ends its children.
    os.execve(dagster, [dagster, *arguments], environment)


class _Bars:
    """A progress bar for each kind of work of what is begun."""

    def __init__(self, bar: Progress) -> None:
        self.bar = bar
        self.scored = 0
        self._tasks: dict[str, tuple[TaskID, Meter]] = {}
        self._total: int | None = None

    def on_begin(self, title: str, images: int | None) -> None:
        raise_if_interrupted()
        self._tasks.clear()
        self._total = images
        self.bar.console.print(title, markup=False)

    def on_progress(self, what: str, images: int) -> None:
        raise_if_interrupted()
        if what not in self._tasks:
            task = self.bar.add_task(what, total=self._total, rate="")
            self._tasks[what] = (task, Meter(self._total, time.monotonic()))
        task, meter = self._tasks[what]
        meter.done += images
        self.bar.update(task, advance=images, rate=f"{meter.rate(time.monotonic()):.1f} images/s")
        if what == "score":
            self.scored += images
