"""`creativity doctor`: what this machine has, and what is missing."""

import platform
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from creativity_assets.errors import CreativityError, escaped
from creativity_assets.paths import data_root

if TYPE_CHECKING:
    from creativity_assets.workflow.study import Study

_MISSING = "MISSING: "
PACKAGES = ("dagster", "torch", "diffusers", "transformers", "lpips", "duckdb", "datasets")


def doctor() -> None:
    """Say what this machine has and what is missing. Example: creativity doctor"""
    for line in examine(data_root()):
        typer.echo(escaped(line))


def examine(root: Path) -> Iterator[str]:
    """Lines about device, memory, disk, versions, weights and what they need, data sets and the store."""
    import psutil

    from creativity_assets.commands.model_needs import Machine, examine_model
    from creativity_assets.engine.devices import find_devices
    from creativity_assets.metrics.suites import find_suite
    from creativity_assets.workflow.study import Study, code_version

    study = Study(root)
    yield f"creativity_assets {code_version()}, Python {platform.python_version()}"
    yield "packages    " + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield "device      " + ", ".join(device.description for device in find_devices())
    memory = psutil.virtual_memory()
    yield f"memory      {memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free"
    yield f"disk        {shutil.disk_usage(root).free / 2**30:.0f} GiB free at {root}"
    machine = Machine.here()
    for model in study.catalog.models.values():
        state, *commands = examine_model(study, model, machine)
        yield f"model       {state}"
        yield from (f"  fetch it  {command}" for command in commands)
    for suite in sorted({e.suite for e in study.catalog.experiments.values()}):
        yield f"suite       {suite}: {_state(partial(find_suite, suite, root))}"
    wanted = {dataset.name for _, dataset in study.catalog.wanted()}
    offered = []
    for dataset in study.catalog.datasets.values():
        state = _state(partial(_dataset_state, study, dataset.name))
        if dataset.optional and dataset.name not in wanted and state.startswith(_MISSING):
            offered.append(dataset.name)
        else:
            optional = " (optional)" if dataset.optional else ""
            yield f"data set    {dataset.name}{optional}: {state}"
    if offered:
        yield f"offered     {', '.join(offered)}: absent, and wanted by no experiment; see `catalog list`"
    yield from (f"ignored     {problem}" for problem in study.catalog.problems)
    yield from (f"wrong       {fault}" for fault in study.catalog.faults)
    size = study.store.database.stat().st_size / 2**20 if study.store.database.is_file() else None
    yield f"warehouse   {'not built yet' if size is None else f'{study.store.database}, {size:.1f} MB'}"


def _dataset_state(study: "Study", name: str) -> str:
    study.lineage.index(study.catalog.dataset(name))
    held = study.lineage.collections(name)
    images = sum(contents.size for contents in held.values())
    return f"{images} images in {len(held)} collections" if held else "present, not indexed yet"


def _state(look: Callable[[], object]) -> str:
    try:
        return str(look())
    except CreativityError as problem:
        return f"{_MISSING}{problem}"
