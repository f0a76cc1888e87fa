"""`creativity doctor` and `catalog check`: what this machine has, what is missing, and whether entries hold."""

import platform
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path

from creativity_assets.commands.model_needs import Machine, examine_model
from creativity_assets.errors import CreativityError
from creativity_assets.workflow.study import Study, code_version

_MISSING = "MISSING: "
PACKAGES = ("dagster", "torch", "diffusers", "transformers", "lpips", "duckdb", "datasets")


def examine(data_root: Path) -> Iterator[str]:
    """Lines about device, memory, disk, versions, weights and what they need, data sets and the store."""
    import psutil

    from creativity_assets.engine.devices import find_devices
    from creativity_assets.metrics.suites import find_suite

    study = Study(data_root)
    yield f"creativity_assets {code_version()}, Python {platform.python_version()}"
    yield "packages    " + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield "device      " + ", ".join(device.description for device in find_devices())
    memory = psutil.virtual_memory()
    yield f"memory      {memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free"
    yield f"disk        {shutil.disk_usage(data_root).free / 2**30:.0f} GiB free at {data_root}"
    machine = Machine.here()
    for model in study.catalog.models.values():
        state, *commands = examine_model(study, model, machine)
        yield f"model       {state}"
        yield from (f"  fetch it  {command}" for command in commands)
    for suite in sorted({e.suite for e in study.catalog.experiments.values()}):
        yield f"suite       {suite}: {_state(partial(find_suite, suite, data_root))}"
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


def check_catalog(data_root: Path) -> tuple[list[str], list[str]]:
    """Check every entry against the code and the others: lines to be read, and a line for each fault."""
    from creativity_assets.workflow.methods import inversion_settings
    from creativity_assets.workflow.validation import wrong_entries

    study = Study(data_root)
    catalog = study.catalog
    faults = list(dict.fromkeys((*catalog.faults, *wrong_entries(study.lineage))))
    lines = [f"ignored: {problem}" for problem in catalog.problems]
    if faults:
        return lines, faults
    lines += [
        f"warning: {method.name} inverts and samples under different guidance: what it gives is no distance, "
        "since the way back is not the way there reversed"
        for method in catalog.methods.values()
        if not inversion_settings(method).is_distance
    ]
    counted = (
        f"{len(catalog.datasets)} data sets, {len(catalog.models)} models, {len(catalog.methods)} methods, "
        f"{len(catalog.experiments)} experiments, {len(catalog.comparisons)} comparisons: all entries hold"
    )
    return [*lines, counted], []


def _dataset_state(study: Study, name: str) -> str:
    study.lineage.index(study.catalog.dataset(name))
    held = study.lineage.collections(name)
    images = sum(contents.size for contents in held.values())
    return f"{images} images in {len(held)} collections" if held else "present, not indexed yet"


def _state(look: Callable[[], object]) -> str:
    try:
        return str(look())
    except CreativityError as problem:
        return f"{_MISSING}{problem}"
