"""A diffusion model's files in diffusers' layout: its own folder, the parts that replace some of it, a LoRA.

Imports neither torch nor diffusers, so that a plan can ask for a revision without loading a model.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from creativity_assets.diffusion.weights.component_files import (
    ComponentFiles,
    component_patterns,
    read_json,
    refuse_pickles,
)
from creativity_assets.diffusion.weights.inputs import check_inputs
from creativity_assets.diffusion.weights.layouts import LAYOUTS, Component, Layout
from creativity_assets.diffusion.weights.lora_file import read_lora
from creativity_assets.errors import ModelError, escaped
from creativity_assets.hub import Location, Place, locate, offline

MODEL_INDEX = "model_index.json"
SCHEDULER_CONFIG = "scheduler/scheduler_config.json"


@dataclass(frozen=True)
class Override:
    """A component taken from elsewhere, such as another autoencoder or a fine-tuned UNet.

    subfolder: where it lies in that folder or repository; empty where it is all of it.
    """

    component: str
    location: Location
    revision: str | None = None
    variant: str | None = None
    subfolder: str = ""


@dataclass(frozen=True)
class Lora:
    """Low-rank updates (Hu et al. 2021) in diffusers' or Kohya's keys, added to the weights `scale` times."""

    location: Location
    revision: str | None = None
    file: str = "pytorch_lora_weights.safetensors"
    scale: float = 1.0


@dataclass(frozen=True)
class ModelSource:
    """Where a model comes from; frozen, so that it can be the key of what is loaded.

    name: the catalogue entry, for messages; location: a folder (Path) or a hub id (str);
    revision: the hub commit; variant: diffusers' file variant, such as `fp16`;
    dtype: the network's (`float32`, `bfloat16`, `float16`), None for the device's own;
    resolution: pixels a side, None for what the model's configuration says;
    pipeline: diffusers' class, None for what model_index.json says; stated, it shortens the list of files to fetch;
    prediction_type: instead of what the scheduler's configuration says;
    extra: optional components of the family to load, such as Stable Diffusion 3's `text_encoder_3`.
    """

    name: str
    location: Location
    revision: str | None = None
    variant: str | None = None
    dtype: str | None = None
    resolution: int | None = None
    pipeline: str | None = None
    prediction_type: str | None = None
    extra: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    lora: Lora | None = None


@dataclass(frozen=True)
class ModelFiles:
    """Checked files: everything the family needs is there, in safetensors, of the expected architecture."""

    source: ModelSource
    pipeline: str  # diffusers' class, a key of LAYOUTS
    place: Place
    components: Mapping[str, ComponentFiles]
    lora: Path | None

    def model_index(self) -> dict[str, Any]:
        return read_json(self.source.name, self.place.folder / MODEL_INDEX, self.place.remedy)

    def scheduler_config(self) -> dict[str, Any]:
        """As the folder states it, with the entry's own prediction type."""
        config = read_json(self.source.name, self.place.folder / SCHEDULER_CONFIG, self.place.remedy)
        stated = self.source.prediction_type
        return {**config, "prediction_type": stated} if stated else config


def find_model(source: ModelSource, *, local_files_only: bool | None = None) -> ModelFiles:
    """The checked files of a model. What is not in the hub's cache is downloaded, unless offline or told otherwise.

    Raises ModelError: folder or file missing, pickled weights, another pipeline or architecture, inputs that are not
    given.
    """
    stay_local = offline() if local_files_only is None else local_files_only
    try:
        return _find(source, local_only=True)
    except ModelError:
        if stay_local:
            raise
    return _find(source, local_only=False)


def known_of(source: ModelSource) -> tuple[str | None, dict[str, Any]]:
    """A model's pipeline, and its scheduler's configuration, as far as they are known without fetching anything.

    Of what is not on this machine that is the pipeline its entry states, if it does, and an empty configuration.
    Raises ModelError for a configuration that is there and cannot be read.
    """
    try:
        place, pipeline, _ = base_files(source, local_only=True)
    except ModelError:
        return source.pipeline, {}  # what is missing is named, with its remedy, where it is needed
    file = place.folder / SCHEDULER_CONFIG
    return pipeline, read_json(source.name, file, place.remedy) if file.exists() else {}


def missing_parts(source: ModelSource) -> list[ModelError]:
    """Why the model's own files, an override or the LoRA cannot be used on this machine, a problem for each.

    The command of each problem fetches that part; it is empty where the part lies in a folder.
    """
    looks: list[Callable[[], object]] = [partial(_own_files, source, local_only=True)]
    for override in source.overrides:
        component = next(
            layout.components[override.component]
            for layout in LAYOUTS.values()
            if override.component in layout.components
        )
        looks.append(partial(_checked_override, source, component, override, local_only=True))
    if source.lora is not None:
        looks.append(partial(lora_file, source, source.lora, local_only=True))
    problems = []
    for look in looks:
        try:
            look()
        except ModelError as problem:
            problems.append(problem)
    return problems


def _find(source: ModelSource, *, local_only: bool) -> ModelFiles:
    place, pipeline, own = _own_files(source, local_only=local_only)
    layout = LAYOUTS[pipeline]
    replaced = {
        override.component: _checked_override(
            source, layout.components[override.component], override, local_only=local_only
        )
        for override in source.overrides
    }
    components = {name: replaced.get(name) or own[name] for name in chosen_components(source, layout)}
    check_inputs(source.name, pipeline, layout.network, components)
    lora = None if source.lora is None else lora_file(source, source.lora, local_only=local_only)[0]
    return ModelFiles(source, pipeline, place, components, lora)


def _own_files(source: ModelSource, *, local_only: bool) -> tuple[Place, str, dict[str, ComponentFiles]]:
    """The model's own folder, its family, and the checked components that no override replaces."""
    place, pipeline, layout = base_files(source, local_only=local_only)
    overridden = {override.component for override in source.overrides}
    for name in overridden:
        overridable_component(source, layout, name)
    components = {
        name: ComponentFiles(source.name, component, place, name, source.variant)
        for name, component in chosen_components(source, layout).items()
        if name not in overridden
    }
    for component in components.values():
        component.check()
    read_json(source.name, place.folder / SCHEDULER_CONFIG, place.remedy)
    return place, pipeline, components


def base_files(source: ModelSource, *, local_only: bool) -> tuple[Place, str, Layout]:
    """The model's own folder, and its family by its index."""
    place = locate(source.name, source.location, source.revision, _patterns(source), local_only=local_only)
    index = place.folder / MODEL_INDEX
    pipeline = escaped(read_json(source.name, index, place.remedy).get("_class_name"))[:80]
    if pipeline not in LAYOUTS:
        raise ModelError(f"{source.name}: {index} says {pipeline}; choose a model of {', '.join(LAYOUTS)}")
    if source.pipeline not in {None, pipeline}:
        raise ModelError(f"{source.name}: {index} says {pipeline}, not {source.pipeline}; correct the entry")
    return place, pipeline, LAYOUTS[pipeline]


def _patterns(source: ModelSource) -> list[str]:
    """The files of the model's own repository; what is overridden stays there."""
    overridden = {override.component for override in source.overrides}
    layouts = [LAYOUTS[source.pipeline]] if source.pipeline in LAYOUTS else list(LAYOUTS.values())
    wanted = [MODEL_INDEX, SCHEDULER_CONFIG]
    for layout in layouts:
        for name, component in layout.chosen(source.extra).items():
            if name not in overridden:
                wanted += component_patterns(component, name, source.variant)
    return list(dict.fromkeys(wanted))


def chosen_components(source: ModelSource, layout: Layout) -> dict[str, Component]:
    if unknown := set(source.extra) - set(layout.optional):
        have = ", ".join(layout.optional) or "none"
        raise ModelError(f"{source.name}: no optional component {min(unknown)!r}; have {have}")
    return layout.chosen(source.extra)


def overridable_component(source: ModelSource, layout: Layout, name: str) -> Component:
    if name not in layout.components:
        raise ModelError(f"{source.name}: no component {name!r} to override; have {', '.join(layout.components)}")
    return layout.components[name]


def override_files(
    source: ModelSource, component: Component, override: Override, *, local_only: bool
) -> ComponentFiles:
    name = f"{source.name}: {override.component}"
    patterns = component_patterns(component, override.subfolder, override.variant)
    place = locate(name, override.location, override.revision, patterns, local_only=local_only)
    return ComponentFiles(name, component, place, override.subfolder, override.variant)


def _checked_override(
    source: ModelSource, component: Component, override: Override, *, local_only: bool
) -> ComponentFiles:
    files = override_files(source, component, override, local_only=local_only)
    files.check()
    return files


def lora_file(source: ModelSource, lora: Lora, *, local_only: bool) -> tuple[Path, Place]:
    """The file and its place. Raises ModelError where it is missing, pickled, not whole, or no plain LoRA."""
    name = f"{source.name}: lora"
    place = locate(name, lora.location, lora.revision, [lora.file], local_only=local_only)
    file = place.folder / lora.file
    if not file.is_file():
        refuse_pickles(name, file)
        remedy = place.remedy if place.commit else "put it there, or name it by the entry's `file`"
        raise ModelError(f"{name}: {file} is missing; {remedy}")
    read_lora(name, file)
    return file, place
