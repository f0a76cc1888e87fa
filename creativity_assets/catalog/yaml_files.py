"""Strict YAML: one document of plain mappings, lists, texts, numbers, truths and dates.

PyYAML raises a dozen types at what it cannot make a value of (a month 13, an int `abc`, a list as a key), and takes
what nobody means (keys given twice, loops). So it parses and resolves tags here, and values are made one by one, by
their path: an error names the key and the line.
"""

import math
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from creativity_assets.errors import CatalogError, one_line

MAX_BYTES = 2**20
MAX_DEPTH = 20
MAX_VALUES = 200_000
"""Of a file, counted as often as an alias repeats them: aliases of aliases multiply."""

_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_UNFIT = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is in no text: control characters, halves of characters (lone surrogates), U+FFFE and U+FFFF."""


def read_yaml(file: Path) -> Any:
    """The file's one document; None where it is empty. Raises CatalogError with file, key and line."""
    try:
        if file.exists() and not file.is_file():
            raise CatalogError(f"{file.name}: is no file; remove it from the catalogue")
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CatalogError(f"{file.name}: cannot be read: {error.strerror or error}") from error
    if len(content) > MAX_BYTES:
        raise CatalogError(f"{file.name}: is larger than {MAX_BYTES // 2**20} MB, which is no catalogue; remove it")
    try:
        return parse_yaml(content.decode("utf-8-sig"), file.name)
    except UnicodeDecodeError as error:
        raise CatalogError(f"{file.name}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error


def parse_yaml(text: str, source: str) -> Any:
    """The text's one document; None where it is empty. Raises CatalogError with the source's name, key and line."""
    try:
        return _Document(text).value()
    except (_Refused, yaml.YAMLError) as error:
        raise CatalogError(f"{source}: {one_line(str(error))}") from error
    except RecursionError:
        raise CatalogError(f"{source}: is nested too deeply; an entry needs {MAX_DEPTH} levels at most") from None


class _Refused(ValueError):
    """Path, line, and what is wrong there."""


class _Document:
    """The nodes of a document, made into values."""

    def __init__(self, text: str) -> None:
        self._loader = yaml.SafeLoader(text)
        self._values = 0

    def value(self) -> Any:
        try:
            root = self._loader.get_single_node()
        except (yaml.YAMLError, RecursionError):
            raise
        except Exception as error:  # the scanner lets others through: \UFFFFFFFF is an OverflowError
            raise _Refused(f"line {self._loader.line + 1}: {error}; correct it") from error
        return None if root is None else self._made(root, ())

    def _made(self, node: yaml.Node, path: tuple[str, ...]) -> Any:
        self._values += 1
        if self._values > MAX_VALUES:
            raise self._refused(node, path, f"more than {MAX_VALUES} values; do not repeat aliases within aliases")
        if len(path) > MAX_DEPTH:
            raise self._refused(node, path[:3], f"is nested deeper than {MAX_DEPTH} levels, or in itself")
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self._made(item, (*path, str(place))) for place, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag.removeprefix(_TAG) in _SCALARS:
            return self._scalar(node, path)
        kind = node.tag.removeprefix(_TAG)
        raise self._refused(node, path, f"{kind!r} is not taken here; write plain text, a number, a list or a mapping")

    def _mapping(self, node: yaml.MappingNode, path: tuple[str, ...]) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                for mapping in self._merged(value_node, path):
                    merged = {**mapping, **merged}  # the first that is named counts
                continue
            key = self._made(key_node, path) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                raise self._refused(key_node, path, f"a key is text, not {_shown(key_node)}; put it in quotes")
            if key in own:
                raise self._refused(key_node, path, f"{key!r} is there twice; rename or remove one")
            own[key] = self._made(value_node, (*path, key))
        return {**merged, **own}

    def _merged(self, node: yaml.Node, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        """What `<<:` takes over: a mapping, or a list of them."""
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(source, yaml.MappingNode):
                raise self._refused(node, path, "`<<` takes a mapping, or a list of mappings")
            yield self._made(source, (*path, "<<"))

    def _scalar(self, node: yaml.ScalarNode, path: tuple[str, ...]) -> Any:
        tag = node.tag.removeprefix(_TAG)
        try:
            made = getattr(self._loader, f"construct_yaml_{tag}")(node)
        except Exception as error:  # what PyYAML makes of `!!int abc`, a month 13, 5,000 digits: any type
            raise self._refused(node, path, f"{_shown(node)} is no {_SCALARS[tag]}; correct it or quote it") from error
        if isinstance(made, float) and not math.isfinite(made):
            raise self._refused(node, path, f"{_shown(node)} is no finite number; give one")
        if isinstance(made, int) and abs(made) >= 2**63:
            raise self._refused(node, path, f"{_shown(node)} is too large a number")
        if isinstance(made, str) and (unfit := _UNFIT.search(made)):
            raise self._refused(node, path, f"holds {unfit[0]!a}, which no text has; remove it")
        return made

    def _refused(self, node: yaml.Node, path: tuple[str, ...], problem: str) -> _Refused:
        where = f"{'.'.join(path)}: " if path else ""
        return _Refused(f"line {node.start_mark.line + 1}: {where}{problem}")


_SCALARS = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "truth (true or false)",
    "null": "null",
    "timestamp": f"date, as {date(2024, 2, 29)} is",
}


def _shown(node: yaml.Node) -> str:
    """A value as it is written, cut short."""
    if not isinstance(node, yaml.ScalarNode):
        return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
    return repr(node.value if len(node.value) <= 40 else f"{node.value[:40]}...")
