"""Which weights are meant, in one line: what a plan compares, and what every row of the tables carries."""

from creativity_assets.diffusion.weights.component_files import ComponentFiles, hash_files, read_json
from creativity_assets.diffusion.weights.model_files import (
    SCHEDULER_CONFIG,
    Lora,
    ModelSource,
    Override,
    base_files,
    chosen_components,
    lora_file,
    overridable_component,
    override_files,
)
from creativity_assets.hub import pinned_commit

DEFAULT_LORA_FILE = Lora.file


def weights_revision(source: ModelSource) -> str:
    """The hub's commit or the content hash of the folder, then whatever else changes the numbers.

    `commit:<40 hex>` or `sha256:<16 hex>`, followed by `+vae=<revision>` and so on for each override, the LoRA and
    its scale, and the bare words of a variant, a stated prediction type or dtype, and optional components. Where a
    commit alone does not say which file is meant, its name follows. Downloads nothing; a pinned hub commit is known
    without its files. Raises ModelError where files that must be hashed are missing or wrong.
    """
    parts = [_base(source)]
    parts += [f"{override.component}={_override(source, override)}" for override in source.overrides]
    if source.lora is not None:
        scale = "" if source.lora.scale == 1.0 else f"*{source.lora.scale:g}"
        parts.append(f"lora{scale}={_lora(source, source.lora)}")
    parts += [text for text in (source.prediction_type, source.dtype, *source.extra) if text]
    return "+".join(parts)


def _base(source: ModelSource) -> str:
    commit = pinned_commit(source.location, source.revision)
    if commit is None:
        place, _, layout = base_files(source, local_only=True)
        commit = place.commit
    if commit:
        return _at(commit, source.variant)
    read_json(source.name, place.folder / SCHEDULER_CONFIG, place.remedy)
    files = [place.folder / SCHEDULER_CONFIG]
    overridden = {override.component for override in source.overrides}
    for name, component in chosen_components(source, layout).items():
        if name not in overridden:
            found = ComponentFiles(source.name, component, place, name, source.variant)
            found.check()
            files += found.all()
    return hash_files(place.folder, files)


def _override(source: ModelSource, override: Override) -> str:
    commit = pinned_commit(override.location, override.revision)
    if commit is None:
        _, _, layout = base_files(source, local_only=True)
        component = overridable_component(source, layout, override.component)
        found = override_files(source, component, override, local_only=True)
        found.check()
        commit = found.place.commit
    return _at(commit, override.subfolder, override.variant) if commit else hash_files(found.folder, found.all())


def _lora(source: ModelSource, lora: Lora) -> str:
    commit = pinned_commit(lora.location, lora.revision)
    if commit is None:
        file, place = lora_file(source, lora, local_only=True)
        commit = place.commit
    return (
        _at(commit, "" if lora.file == DEFAULT_LORA_FILE else lora.file) if commit else hash_files(place.folder, [file])
    )


def _at(commit: str, *details: str | None) -> str:
    """A commit, and which of its files."""
    return "/".join([f"commit:{commit}", *(detail for detail in details if detail)])
