"""What a model needs of a machine, and what of it is there: disk, memory, files, the command that fetches them."""

import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from creativity_assets.catalog.entries import ModelEntry
from creativity_assets.diffusion.weights.model_files import ModelFiles, find_model, missing_parts
from creativity_assets.errors import CreativityError
from creativity_assets.hub import cache_folder
from creativity_assets.workflow.entries.revisions import model_source
from creativity_assets.workflow.study import Study

GIB = 2**30
CONTEXT = GIB // 2
"""Bytes beside weights and images: the device's own context, and the autoencoder, which is float32 always."""
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


@dataclass(frozen=True)
class Machine:
    """What a model must fit into.

    memory: free bytes of the device; on_gpu: whether networks run in half precision; disk: free bytes where the hub's
    files are kept.
    """

    memory: int
    on_gpu: bool
    name: str
    disk: int

    @classmethod
    def here(cls) -> "Machine":
        """The device of this machine with the most free memory."""
        import psutil

        from creativity_assets.engine.devices import find_devices, free_memory

        device = max(find_devices(), key=lambda device: free_memory(device) or 0)
        free = free_memory(device)
        memory = psutil.virtual_memory().available if free is None else free
        cache = cache_folder()
        disk = next(folder for folder in (cache, *cache.parents) if folder.is_dir())
        return cls(memory, not device.is_cpu, device.description, shutil.disk_usage(disk).free)


def examine_model(study: Study, model: ModelEntry, machine: Machine) -> Iterator[str]:
    """One line on what is there and what is needed, then a line for each command that fetches what is not there."""
    source = model_source(model, study.data_root)
    label = f"{model.name}{' (optional)' if model.optional else ''}"
    try:
        revision = study.lineage.revisions.model(model)
        files = find_model(source, local_files_only=True)
        parameters = count_parameters(files)
    except CreativityError as problem:
        problems: list[CreativityError] = [*missing_parts(source)] or [problem]
        if isinstance(source.location, Path) and not source.location.is_dir():
            problems[0] = problem  # the line that says how a folder of the catalogue may be given
        commands = [part.command for part in problems if part.command]
        reason = "; ".join(part.culprit.removeprefix(f"{model.name}: ") for part in problems)
        size = _disk(model, machine) if commands else ""
        yield f"{label}: MISSING: {reason}{size}{_memory(model, model.parameters, machine)}"
        yield from commands
        return
    held = sum(file.stat().st_size for file in _weights(files))
    where = files.place.folder if files.place.commit is None else model.hub_id
    need = _memory(model, parameters, machine)
    yield f"{label}: {revision}, {held / 1e6:,.0f} MB in {where}{need}"


def memory_needed(model: ModelEntry, parameters: int, *, half: bool) -> int:
    """Bytes to measure one image: the parameters in the network's dtype, the image's own share, and CONTEXT."""
    from creativity_assets.engine.devices import BYTES_PER_PIXEL

    automatic = "bfloat16" if half else "float32"
    each = BYTES[automatic if model.dtype == "auto" else model.dtype]
    return parameters * each + BYTES_PER_PIXEL * model.resolution**2 + CONTEXT


def count_parameters(files: ModelFiles) -> int:
    """Of all components, from the headers of their files: nothing is loaded. Sharded or not, each tensor once.

    Raises ModelError for a file that is not whole.
    """
    return sum(math.prod(shape) for part in files.components.values() for shape in part.shapes())


def _disk(model: ModelEntry, machine: Machine) -> str:
    """Some parts may be here already, so that what the entry says is a bound."""
    if model.download_gb is None:
        return ""
    verdict = "" if model.download_gb * 1e9 <= machine.disk else ", does NOT fit"
    return f", up to {model.download_gb:g} GB to fetch{verdict} ({machine.disk / 1e9:,.0f} GB free on disk)"


def _memory(model: ModelEntry, parameters: int | None, machine: Machine) -> str:
    if parameters is None:
        return ""
    need = memory_needed(model, parameters, half=machine.on_gpu)
    verdict = "fits" if need <= machine.memory else "does NOT fit"
    return (
        f"; needs {need / GIB:.1f} GiB for one image of {model.resolution} px "
        f"({parameters / 1e6:,.0f} M parameters), {verdict} into {machine.memory / GIB:.1f} GiB free on {machine.name}"
    )


def _weights(files: ModelFiles) -> list[Path]:
    own = [file for part in files.components.values() for file in part.weights()]
    return own if files.lora is None else [*own, files.lora]
