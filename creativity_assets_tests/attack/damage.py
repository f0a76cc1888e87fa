"""Damage to the store: a byte flipped, cut, removed, exchanged or strange in parts of every kind."""

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

from creativity_assets_tests.attack.arena import Arena
from creativity_assets_tests.attack.commands import Command

Damage = Callable[[Path, Random, list[Path]], object]


def flip(path: Path, random: Random, _others: list[Path]) -> None:
    data = bytearray(path.read_bytes())
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    path.write_bytes(data)


def cut(path: Path, random: Random, _others: list[Path]) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: random.randrange(len(data))])


def remove(path: Path, _random: Random, _others: list[Path]) -> None:
    path.unlink()


def exchange(path: Path, random: Random, others: list[Path]) -> None:
    """With another part of the same kind, where there is one; each is whole, and not where it belongs."""
    other = random.choice([part for part in others if part != path] or [path])
    first, second = path.read_bytes(), other.read_bytes()
    path.write_bytes(second)
    other.write_bytes(first)


def folder_instead(path: Path, _random: Random, _others: list[Path]) -> None:
    path.unlink()
    path.mkdir()


def emptied(path: Path, _random: Random, _others: list[Path]) -> None:
    path.write_bytes(b"")


KINDS: tuple[Damage, ...] = (flip, flip, cut, remove, exchange, folder_instead, emptied)


def strays(root: Path) -> None:
    """What is nobody's: folders and files with odd names, in each area of the store."""
    for area in [path for path in (root / "store").iterdir() if path.is_dir()]:
        (area / "stray folder").mkdir()
        (area / "stray folder" / "Some.parquet").write_bytes(b"PAR1")
        (area / "Thumbs.db").write_bytes(b"\0")
    (root / "store" / "not ours").mkdir()
    (root / "incoming" / "not a folder.txt").write_text("x")


def homes(root: Path, random: Random) -> None:
    """Dagster's own files, cut short."""
    files = sorted(path for path in (root / "dagster_home").rglob("*.db") if path.stat().st_size)
    cut(random.choice(files), random, files)


def attack(arena: Arena, cases: int = 30) -> None:
    """Each damage, then the same command: what cannot be made again is named, all else is made again equal."""
    attack_parts(arena, cases)
    for name, change in (
        ("strays", strays),
        ("no Dagster home", lambda root: shutil.rmtree(root / "dagster_home")),
        ("a cut Dagster home", lambda root: homes(root, arena.random)),
        ("no warehouse", lambda root: (root / "creativity.duckdb").unlink()),
        ("a cut warehouse", lambda root: cut(root / "creativity.duckdb", arena.random, [])),
        ("a flipped warehouse", lambda root: flip(root / "creativity.duckdb", arena.random, [])),
        ("no report", lambda root: shutil.rmtree(root / "report")),
        ("no store", lambda root: shutil.rmtree(root / "store")),
    ):
        arena.count("damage")
        with arena.study() as root:
            change(root)
            _again(arena, name, root)


def attack_parts(arena: Arena, cases: int) -> None:
    """Parts of one kind after another, each damaged in a way drawn at random."""
    for place in range(cases):
        _parts(arena, place)


def _parts(arena: Arena, place: int) -> None:
    arena.count("damage")
    with arena.study() as root:
        areas = sorted({path.relative_to(root / "store").parts[0] for path in (root / "store").rglob("*.parquet")})
        area = areas[place % len(areas)]
        parts = sorted((root / "store" / area).rglob("*.parquet"))
        part = arena.random.choice(parts)
        kind = arena.random.choice(KINDS)
        kind(part, arena.random, parts)
        _again(arena, f"{kind.__name__} {part.relative_to(root / 'store')}", root)


def _again(arena: Arena, what: str, root: Path) -> None:
    """Equal, or named with a remedy and another exit code; then once more after the remedy is no case for a script."""
    ended = arena.judge("damage", what, Command(root, ["materialize"]).run())
    if ended.code == 0:
        arena.unchanged("damage", what, root)
    elif not ended.err.strip():
        arena.report("damage", "silent_changes", f"{what}: exit code {ended.code} without a line")
    for arguments in (["sql", "SELECT count(*) FROM samples"], ["doctor"]):
        arena.judge("damage", what, Command(root, arguments).run())
