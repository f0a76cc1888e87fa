"""Entries of the catalogue that no parser should have to meet: every value of a sound one replaced by nasty ones."""

import copy
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from creativity_assets_tests.attack.arena import Arena
from creativity_assets_tests.attack.commands import Command
from creativity_assets_tests.studies import CATALOG

VALUES = (
    "2024-13-45",
    "2024-01-01T99:99:99Z",
    "9" * 5000,
    "0x" + "f" * 20000,
    "-9223372036854775809",
    "1e999",
    ".nan",
    "-.inf",
    "~",
    "''",
    "[]",
    "{}",
    "[[1, 2], {a: b}]",
    "{[a]: b}",
    "{? {a: b} : c}",
    "{a: 1, a: 2}",
    "&loop [*loop]",
    "*nowhere",
    "!!int abc",
    "!!float abc",
    "!!bool abc",
    "!!timestamp abc",
    "!!binary '!'",
    "!!python/object/apply:os.system ['touch attacked']",
    "!!set {a}",
    '"\\ud800"',
    '"a\\0b"',
    '"\\e[31mred"',
    '"line\\nline"',
    '"\\UFFFFFFFF"',
    "'../../../etc/passwd'",
    "~nobody-of-this-name/x",
    "a" * 5000,
    "[" * 2000 + "]" * 2000,
    "-1",
    "0",
    "99999999999",
)

FILES: dict[str, bytes | Callable[[Path], object]] = {
    "empty": b"",
    "a list": b"- a\n",
    "a number": b"3\n",
    "two documents": b"methods: {}\n---\nmethods: {}\n",
    "a tab": b"methods:\n\tx: 1\n",
    "no UTF-8": "methods: {} # é".encode("latin-1"),
    "UTF-16": "methods: {}".encode("utf-16"),
    "zeros": b"\0" * 1000,
    "random": bytes(range(256)) * 4,
    "a mark first": b"\xef\xbb\xbfmethods: {}\n",
    "a key twice": b"methods: {}\nmethods: {}\n",
    "no section": b"mehods: {}\n",
    "a bomb": b"a: &a [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (98 + n, 98 + n, b", ".join([b"*%c" % (97 + n)] * 9)) for n in range(9)),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a loop": lambda path: path.symlink_to(path.name),
    "a tebibyte": lambda path: (path.touch(), os.truncate(path, 2**40)),
    "a device": lambda path: path.symlink_to("/dev/zero"),
}

ELSEWHERE = (["catalog", "check"], ["doctor"], ["materialize", "--dry-run"], ["materialize"], ["score", "x.png"])
"""The other commands, each of which goes on with what is sound, or says in a line why not."""


def attack(arena: Arena, cases: int = 60, files: int = len(FILES), commands: int = len(ELSEWHERE)) -> None:
    """So many replaced values and whole files, and a value under each of so many other commands."""
    places = [(path, value) for path in _places(CATALOG) for value in VALUES]
    chosen = arena.random.sample(places, cases)
    for path, value in chosen:
        _try(arena, f"{'.'.join(path)}: {value[:30]}", _replaced(path, value).encode(), ["catalog", "list"])
    for name, content in arena.random.sample(sorted(FILES.items(), key=str), files):
        _try(arena, f"a file that is {name}", content, ["catalog", "list"])
    for command in arena.random.sample(ELSEWHERE, commands):
        path, value = arena.random.choice([place for place in places if place[1] in {"!!int abc", *VALUES[:4]}])
        _try(arena, f"{'.'.join(path)}: {value[:30]}", _replaced(path, value).encode(), command)


def _try(arena: Arena, what: str, content: bytes | Callable[[Path], object], arguments: list[str]) -> None:
    arena.count("entries")
    with arena.study("raw") as root:
        if isinstance(content, bytes) and b"datasets" in content:
            (root / "catalog" / "study.yaml").unlink()
        file = root / "catalog" / "attacked.yaml"
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            content(file)
        ended = arena.judge("entries", what, Command(root, arguments).run())
        if ended.code == 2 and not (ended.err.strip() and all(len(line) < 500 for line in ended.err.splitlines())):
            arena.report("entries", "others", f"{what}: no line that says what is wrong: {ended.err[-400:]}")
        if (root / "attacked").exists() or (root.parent / "attacked").exists():
            arena.report("entries", "silent_changes", f"{what}: a command was run")


def _places(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every value of the catalogue that is no mapping, and of every mapping but the whole."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*path, key))


def _replaced(path: tuple[str, ...], value: str) -> str:
    """The catalogue as YAML with one value replaced by a text that need not be sound."""
    catalog: dict[str, Any] = copy.deepcopy(CATALOG)
    inner = catalog
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = "REPLACED"
    return yaml.safe_dump(catalog, sort_keys=False).replace("REPLACED", value)
