"""A module outside this project adds methods, readouts, suites, families, readers, columns and scores: one mechanism.

The catalogue names it, `plugins: [my_module]`, or its package does, by an entry point of the group `creativity_assets`.
It has dictionaries of the names in REGISTRIES, with values as the project's own registries have, and a VERSION, which
enters the hashes of what is made with them: raise it when a number changes.
"""

import importlib
import importlib.metadata
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from creativity_assets.errors import CatalogError, one_line
from creativity_assets.vocabulary import Column, SampleColumn

GROUP = "creativity_assets"
"""Of entry points, each naming a module."""


@dataclass(frozen=True)
class Registry:
    """Where things of one kind are looked up. fits: whether a value is one of them; what: says what it has to be."""

    entries: MutableMapping[str, Any]
    fits: Callable[[Any], bool]
    what: str


_ADDED: dict[tuple[str, str], str] = {}
"""(registry, name) -> `module@version` of what plugins have added to this process."""


def plugin_version(registry: str, name: str) -> str | None:
    """`module@version` of an entry that a plugin has added; None for the project's own."""
    return _ADDED.get((registry, name))


def added_to(*registries: str) -> dict[str, str]:
    """`registry.name` -> `module@version` of what plugins have added to these registries."""
    return {f"{registry}.{name}": by for (registry, name), by in sorted(_ADDED.items()) if registry in registries}


def load_plugins(named: Iterable[str]) -> list[str]:
    """Add what these modules, and those of entry points, have; a line for each that does not fit and adds nothing."""
    lines = []
    for name in dict.fromkeys([*named, *_installed()]):
        try:
            _add(name)
        except CatalogError as problem:
            lines.append(str(problem))
    return lines


@cache
def _installed() -> tuple[str, ...]:
    """The modules of entry points: looked for once, since it means a look at every installed package."""
    return tuple(point.value for point in importlib.metadata.entry_points(group=GROUP))


def _add(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except Exception as error:  # whatever a module does when it is imported
        raise CatalogError(
            one_line(f"plugins: {name}: {type(error).__name__}: {error}; correct or uninstall it")
        ) from error
    version = getattr(module, "VERSION", None)
    if not isinstance(version, str | int):
        raise CatalogError(f"plugins: {name}: has no VERSION; write one, and raise it when its numbers change")
    stamp = f"{name}@{version}"
    wanted, known_of = {}, registries()
    for registry, known in known_of.items():
        given = getattr(module, registry, {})
        if not isinstance(given, Mapping):
            raise CatalogError(f"plugins: {name}: {registry} must be a dictionary")
        for key, value in given.items():
            _check(name, registry, known, key, value)
            wanted[registry, key] = value
    if not wanted:
        raise CatalogError(f"plugins: {name}: adds nothing; give it one of {', '.join(known_of)}")
    for (registry, key), value in wanted.items():
        known_of[registry].entries[key] = value
        _ADDED[registry, key] = stamp


def _check(module: str, registry: str, known: Registry, key: object, value: object) -> None:
    if not isinstance(key, str):
        raise CatalogError(f"plugins: {module}: {registry} has the key {key!r}; write a name")
    owner = _ADDED.get((registry, key), "").partition("@")[0]
    if key in known.entries and owner != module:
        raise CatalogError(
            f"plugins: {module}: {registry} has {key!r} already, from {owner or 'the project'}; rename it"
        )
    if not known.fits(value):
        raise CatalogError(f"plugins: {module}: {registry}[{key!r}] is {type(value).__name__}, not {known.what}")
    if isinstance(value, Column) and not (value.name == key and re.fullmatch(r"[a-z][a-z0-9_]*", key)):
        raise CatalogError(
            f"plugins: {module}: {registry}[{key!r}] is the column {value.name!r}; give both one name of a-z, 0-9 and _"
        )


def registries() -> Mapping[str, Registry]:
    """What a plugin may add to, by the name of its dictionary."""
    from creativity_assets.diffusion.inversion import INVERSIONS, MethodSpec
    from creativity_assets.diffusion.weights.layouts import LAYOUTS, Layout
    from creativity_assets.engine.readouts import READOUTS
    from creativity_assets.images.audit import AUDIT
    from creativity_assets.metrics.suites import SUITES, SuiteSpec
    from creativity_assets.sources import READERS, Reader
    from creativity_assets.vocabulary import SAMPLE_COLUMNS, SCORES, Score

    return {
        "INVERSIONS": Registry(INVERSIONS, _is(MethodSpec), "a MethodSpec"),
        "READOUTS": Registry(READOUTS, callable, "a function of a RoundTrip"),
        "SUITES": Registry(SUITES, _is(SuiteSpec), "a SuiteSpec"),
        "READERS": Registry(READERS, _is(Reader), "a Reader"),
        "LAYOUTS": Registry(LAYOUTS, _is(Layout), "a Layout, which names the class of its family"),
        "AUDIT": Registry(AUDIT, callable, "a function of a Picture"),
        "SAMPLE_COLUMNS": Registry(SAMPLE_COLUMNS, _is_audited, "a SampleColumn of origin audit"),
        "SCORES": Registry(SCORES, _is(Score), "a Score"),
    }


def _is_audited(value: Any) -> bool:
    """Records hold what indexing gives them; a plugin can measure more on pictures, not read more from sources."""
    return isinstance(value, SampleColumn) and value.origin == "audit" and not value.given


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)
