"""YAML files -> Catalog: unknown keys, duplicate names and broken references are refused by name, one by one."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from creativity_assets.catalog.catalog import Catalog
from creativity_assets.catalog.datasets import DATASET_KINDS, INCOMING, DatasetEntry, FolderDataset
from creativity_assets.catalog.entries import ComparisonEntry, EraEntry, ExperimentEntry, MethodEntry, ModelEntry
from creativity_assets.catalog.entry import PathText
from creativity_assets.catalog.yaml_files import parse_yaml, read_yaml
from creativity_assets.errors import CatalogError, escaped


def load_catalog(root: Path, incoming_folders: Sequence[str] = (), problems: Sequence[str] = ()) -> Catalog:
    """Read `<root>/catalog/*.yaml` into a checked Catalog, with a data set for each named folder in data/incoming.

    `locations:` of the files, then $CREATIVITY_LOCATIONS, move data sets and models on one machine.

    problems: lines about what lies in data/incoming and cannot be a data set; kept with the catalogue.

    Raises CatalogError naming file, entry and remedy, for the first fault.
    """
    catalog = load_sound_entries(root, incoming_folders, problems)
    if catalog.faults:
        raise CatalogError(catalog.faults[0])
    return catalog


def load_sound_entries(root: Path, incoming_folders: Sequence[str] = (), problems: Sequence[str] = ()) -> Catalog:
    """As `load_catalog`, but a fault costs no more than its file or entry, and what cannot be without it.

    `faults` of the catalogue has a line for each. Raises CatalogError where there is no catalogue at all.
    """
    folder = root / "catalog"
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise CatalogError(f"{folder}: no *.yaml there; copy the project's data/catalog or set CREATIVITY_DATA")
    faults = _Faults()
    sections: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    locations: dict[str, str] = {}
    plugins: list[str] = []
    for file in files:
        with faults.kept():
            for section, entries in _read(file).items():
                if section == PLUGINS:
                    plugins += _modules(file, entries)
                    continue
                for name, body in entries.items():
                    with faults.kept():
                        if section == "locations":
                            locations[name] = _location(f"{file.name}: locations", name, body)
                        else:
                            _add(sections[section], section, name, body, file)
    with faults.kept():
        locations |= _locations_of_environment()
    for name, path in locations.items():
        with faults.kept():
            _relocate(sections, name, path)
    incoming, clashes = _incoming(root, incoming_folders, taken=set(sections["datasets"]))
    sections["datasets"] |= {entry.name: entry for entry in incoming}
    sections["experiments"] = {
        name: _expand_incoming(entry, [d.name for d in incoming]) for name, entry in sections["experiments"].items()
    }
    parts: dict[str, Any] = {**sections, "problems": (*problems, *clashes), "plugins": tuple(dict.fromkeys(plugins))}
    catalog = Catalog(**parts)
    while wrong := catalog.first_wrong():
        faults.lines.append(wrong.line)
        catalog = catalog.without(wrong)
    return replace(catalog, faults=tuple(faults.lines))


@dataclass
class _Faults:
    """Collects what is wrong, a line each."""

    lines: list[str] = field(default_factory=list)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the CatalogError of the block as a line, and go on after it."""
        try:
            yield
        except CatalogError as fault:
            self.lines.append(str(fault))


def _read(file: Path) -> Mapping[str, Any]:
    content = read_yaml(file)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise CatalogError(f"{file.name}: must map sections to entries, as in the project's data/catalog")
    for section, entries in content.items():
        if section not in (known := (*SECTIONS, "locations", PLUGINS)):
            raise CatalogError(f"{file.name}: no section {section!r}; have {', '.join(known)}")
        if section != PLUGINS and not isinstance(entries, dict):
            raise CatalogError(f"{file.name}: {section} must map names to entries")
    return content


def _add(found: dict[str, Any], section: str, name: str, body: Any, file: Path) -> None:
    if name in found:
        raise CatalogError(f"{file.name}: {section} has {name!r} twice; rename or remove one")
    if body is not None and not isinstance(body, dict):
        raise CatalogError(f"{file.name}: {name}: must be a mapping of settings")
    if body and "name" in body:
        raise CatalogError(f"{file.name}: {name}: no setting 'name'; the key {name!r} is its name")
    try:
        found[name] = SECTIONS[section].validate_python({**(body or {}), "name": name})
    except ValidationError as error:
        raise CatalogError(f"{file.name}: {escaped(name)}: {first_problem(error)}") from error


def _locations_of_environment() -> dict[str, str]:
    """What $CREATIVITY_LOCATIONS moves: a mapping as under `locations:`, in YAML on one line."""
    moved = parse_yaml(os.environ.get(LOCATIONS, ""), LOCATIONS) or {}
    if not isinstance(moved, dict):
        raise CatalogError(f"{LOCATIONS}: must map names to paths, as in {{masters: /data/masters}}")
    return {name: _location(LOCATIONS, name, path) for name, path in moved.items()}


def _modules(file: Path, names: Any) -> list[str]:
    """The modules that the catalogue's `plugins:` lists."""
    if not isinstance(names, list):
        raise CatalogError(f"{file.name}: plugins must be a list of modules, as [my_module]")
    for name in names:
        if not (isinstance(name, str) and all(part.isidentifier() for part in name.split("."))):
            raise CatalogError(
                f"{file.name}: plugins: {name!r} is no name of a module; write it as in `import` of Python"
            )
    return [*map(str, names)]


def _location(where: str, name: str, path: Any) -> str:
    try:
        return _LOCATION.validate_python(path)
    except ValidationError as error:
        raise CatalogError(f"{where}: {name}: {first_problem(error)}") from error


def _relocate(sections: dict[str, dict[str, Any]], name: str, path: str) -> None:
    """Apply one of this machine's locations to the data set and the model of that name that have a path."""
    homes = [s for s in ("datasets", "models") if getattr(sections[s].get(name), "path", None) is not None]
    if not homes:
        raise CatalogError(
            f"locations: {name!r} is no data set or model with a path; correct local.yaml or {LOCATIONS}"
        )
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
    where = ".".join(str(part) for part in problem["loc"] if part not in DATASET_KINDS)
    if problem["type"] == "extra_forbidden":
        return f"no setting {where!r}; remove or correct it"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


LOCATIONS = "CREATIVITY_LOCATIONS"
"""The environment variable that moves data sets and models, over what the files say."""

_LOCATION = TypeAdapter(PathText)

PLUGINS = "plugins"
"""A list of modules that add methods, readouts, suites, families or readers."""

SECTIONS: dict[str, TypeAdapter[Any]] = {
    "datasets": TypeAdapter(DatasetEntry),
    "models": TypeAdapter(ModelEntry),
    "methods": TypeAdapter(MethodEntry),
    "experiments": TypeAdapter(ExperimentEntry),
    "comparisons": TypeAdapter(ComparisonEntry),
    "eras": TypeAdapter(EraEntry),
}
