"""YAML files -> Catalog: unknown keys, duplicate names and broken references are refused by name."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from creativity_assets.catalog.catalog import Catalog
from creativity_assets.catalog.datasets import INCOMING, DatasetEntry, FolderDataset
from creativity_assets.catalog.entries import ComparisonEntry, EraEntry, ExperimentEntry, MethodEntry, ModelEntry
from creativity_assets.catalog.entry import PathText
from creativity_assets.catalog.yaml_files import read_yaml
from creativity_assets.errors import CatalogError, escaped


def load_catalog(root: Path, incoming_folders: Sequence[str] = (), problems: Sequence[str] = ()) -> Catalog:
    """Read `<root>/catalog/*.yaml` into a checked Catalog, with a data set for each named folder in data/incoming.

    problems: lines about what lies in data/incoming and cannot be a data set; kept with the catalogue.

    Raises CatalogError naming file, entry and remedy.
    """
    folder = root / "catalog"
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise CatalogError(f"{folder}: no *.yaml there; copy the project's data/catalog or set CREATIVITY_DATA")
    sections: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    locations: dict[str, str] = {}
    for file in files:
        for section, entries in _read(file).items():
            if section == "locations":
                locations |= {name: _location(file, name, path) for name, path in entries.items()}
            else:
                _add(sections, section, entries, file)
    _relocate(sections, locations, folder)
    incoming, clashes = _incoming(root, incoming_folders, taken=set(sections["datasets"]))
    sections["datasets"] |= {entry.name: entry for entry in incoming}
    sections["experiments"] = {
        name: _expand_incoming(entry, [d.name for d in incoming]) for name, entry in sections["experiments"].items()
    }
    catalog = Catalog(**sections, problems=(*problems, *clashes))
    catalog.check()
    return catalog


def _read(file: Path) -> Mapping[str, Mapping[str, Any]]:
    content = read_yaml(file)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise CatalogError(f"{file.name}: must map sections to entries, as in the project's data/catalog")
    for section, entries in content.items():
        if section not in (*SECTIONS, "locations"):
            raise CatalogError(f"{file.name}: no section {section!r}; have {', '.join((*SECTIONS, 'locations'))}")
        if not isinstance(entries, dict):
            raise CatalogError(f"{file.name}: {section} must map names to entries")
    return content


def _add(sections: dict[str, dict[str, Any]], section: str, entries: Mapping[str, Any], file: Path) -> None:
    for name, body in entries.items():
        if name in sections[section]:
            raise CatalogError(f"{file.name}: {section} has {name!r} twice; rename or remove one")
        if body is not None and not isinstance(body, dict):
            raise CatalogError(f"{file.name}: {name}: must be a mapping of settings")
        if body and "name" in body:
            raise CatalogError(f"{file.name}: {name}: no setting 'name'; the key {name!r} is its name")
        try:
            sections[section][name] = SECTIONS[section].validate_python({**(body or {}), "name": name})
        except ValidationError as error:
            raise CatalogError(f"{file.name}: {escaped(name)}: {first_problem(error)}") from error


def _location(file: Path, name: str, path: Any) -> str:
    try:
        return _LOCATION.validate_python(path)
    except ValidationError as error:
        raise CatalogError(f"{file.name}: locations: {name}: {first_problem(error)}") from error


def _relocate(sections: dict[str, dict[str, Any]], locations: Mapping[str, str], folder: Path) -> None:
    """Apply this machine's `locations:` to the data sets and models that have a path."""
    for name, path in locations.items():
        homes = [s for s in ("datasets", "models") if getattr(sections[s].get(name), "path", None) is not None]
        if not homes:
            raise CatalogError(f"{folder.name}: locations: {name!r} is no data set or model with a path")
        for section in homes:
            sections[section][name] = sections[section][name].model_copy(update={"path": path})


def _incoming(root: Path, names: Sequence[str], taken: set[str]) -> tuple[list[FolderDataset], list[str]]:
    """A data set for every folder in data/incoming, and a line for each whose name is taken."""
    free = [name for name in names if name not in taken and name != INCOMING]
    problems = [
        f"incoming/{name}: a data set of this name exists; rename the folder" for name in names if name not in free
    ]
    # Optional: a folder that is taken away again must not stop the rest.
    path = root / "incoming"
    return [FolderDataset(kind="folder", name=n, path=str(path / n), optional=True) for n in free], problems


def _expand_incoming(entry: ExperimentEntry, names: list[str]) -> ExperimentEntry:
    if INCOMING not in entry.datasets:
        return entry
    kept = tuple(name for name in entry.datasets if name != INCOMING)
    return entry.model_copy(update={"datasets": (*kept, *(n for n in names if n not in kept))})


def first_problem(error: ValidationError) -> str:
    """The first problem pydantic found, as `key: what is wrong`."""
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"] if part not in _KINDS)
    if problem["type"] == "extra_forbidden":
        return f"no setting {where!r}; remove or correct it"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


_LOCATION = TypeAdapter(PathText)
_KINDS = ("folder", "archive", "video", "parquet", "huggingface", "atelier", "generated")

SECTIONS: dict[str, TypeAdapter[Any]] = {
    "datasets": TypeAdapter(DatasetEntry),
    "models": TypeAdapter(ModelEntry),
    "methods": TypeAdapter(MethodEntry),
    "experiments": TypeAdapter(ExperimentEntry),
    "comparisons": TypeAdapter(ComparisonEntry),
    "eras": TypeAdapter(EraEntry),
}
