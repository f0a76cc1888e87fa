"""Kills and signals at random moments, and disks that fill up: the same command then gives an undisturbed run's numbers."""

import os
import signal
import subprocess
from pathlib import Path

from creativity_assets_tests.attack.arena import Arena
from creativity_assets_tests.attack.commands import Command, Ended, Stop
from creativity_assets_tests.studies import EXPERIMENT, WORKS

LIMITS = (1_000, 20_000, 60_000, 200_000, 1_000_000)
"""Bytes that a file may have: Dagster's own SQLite, a part, the warehouse and the report pass one of them."""

GROWTH = (1, 3)
"""Mebibytes that a small disk has left."""


def attack_signals(arena: Arena, runs: int = 14, others: int = 24) -> None:
    """`materialize` stopped by each signal at a random moment and run again; other commands stopped alike."""
    length = _length(arena)
    for _ in range(runs):
        number = arena.random.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM))
        with arena.study("raw") as root:
            after = arena.random.uniform(0.05, length)
            ended = _stopped(arena, Command(root, ["materialize"], Stop(number, after)))
            _again(arena, "signals", f"{ended.code} after {after:.2f} s", root)
            if leftovers := [path.name for path in root.rglob("*.tmp*")]:
                arena.report("signals", "others", f"{number.name} after {after:.2f} s: {leftovers[:3]} is left")
    for _ in range(others):
        with arena.study() as root:
            picture = root.parent / "pictures" / "paintings" / WORKS[0][0]
            arguments, seconds = arena.random.choice(
                (
                    (["sql", "SELECT * FROM samples"], 0.6),
                    (["catalog", "check"], 1.5),
                    (["doctor"], 1.5),
                    (["report"], 2.0),
                    (["catalog", "add", "dataset", str(picture.parents[1]), "--name", "added"], 2.0),
                    (["score", str(picture), "--experiment", EXPERIMENT], 5.0),
                )
            )
            number = arena.random.choice((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
            _stopped(arena, Command(root, arguments, Stop(number, arena.random.uniform(0.1, seconds))))
            arena.unchanged("signals", f"{arguments[0]} stopped", root)


def _length(arena: Arena) -> float:
    """Seconds that an undisturbed run takes on this machine now."""
    with arena.study("raw") as root:
        return arena.judge("signals", "undisturbed", Command(root, ["materialize"]).run(), (0,)).seconds


def _stopped(arena: Arena, command: Command) -> Ended:
    """One line and 128 + the signal's number; done before it came, or dead at once, is as well."""
    assert command.stop is not None
    number = command.stop.number
    arena.count("signals")
    ended = command.run()
    if number is not signal.SIGKILL:
        # Before Python has looked at the signals at all, the system ends it, as a shell would report alike.
        allowed = (0, 1, 128 + number, -number)
        arena.judge("signals", f"{number.name} after {command.stop.after:.2f} s", ended, allowed)
        if ended.code == 128 + number and not ended.err.splitlines()[-1:][0].startswith("stopped after"):
            arena.report("signals", "others", f"{number.name}: the last line is {ended.err.splitlines()[-1:]}")
    return ended


def _again(arena: Arena, group: str, what: str, root: Path) -> None:
    arena.judge(group, f"again after {what}", Command(root, ["materialize"]).run(), (0,))
    arena.unchanged(group, f"again after {what}", root)


def attack_disks(arena: Arena) -> None:
    """Files that may not grow, then a disk of a few mebibytes where it may be mounted; then the same with room."""
    for limit in LIMITS:
        arena.count("disks")
        with arena.study("raw") as root:
            ended = Command(root, ["materialize"], largest_file=limit).run()
            arena.judge("disks", f"files of {limit} bytes", ended)
            if ended.code == 0:
                arena.unchanged("disks", f"files of {limit} bytes", root)
            _again(arena, "disks", f"files of {limit} bytes", root)
    for mebibytes in GROWTH:
        _small_disk(arena, mebibytes)
    _closed(arena)


def _small_disk(arena: Arena, mebibytes: int) -> None:
    with arena.study("raw") as root:
        used = sum(path.lstat().st_size for path in root.rglob("*"))
        disk = root.parent / "disk"
        disk.mkdir()
        size = used + mebibytes * 2**20
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], capture_output=True, check=False
        )
        if mounted.returncode:
            print(f"skipped: a disk of {mebibytes} MiB cannot be mounted here: {mounted.stderr.decode().strip()}")
            return
        arena.count("disks")
        try:
            subprocess.run(["cp", "-a", f"{root}/.", f"{disk}/data"], check=True)
            (root.parent / "disk" / "pictures").symlink_to(root.parent / "pictures")
            inside = disk / "data"
            arena.judge("disks", f"{mebibytes} MiB left", Command(inside, ["materialize"]).run())
            subprocess.run(["mount", "-o", "remount,size=1G", str(disk)], check=True)
            _again(arena, "disks", f"{mebibytes} MiB left", inside)
        finally:
            subprocess.run(["umount", str(disk)], check=True)


def _closed(arena: Arena) -> None:
    """A root that may not be written to; nothing stops the system's root user, for whom it is skipped."""
    if os.geteuid() == 0:
        print("skipped: folders without permission, since nothing is closed to root")
        return
    arena.count("disks")
    with arena.study("raw") as root:
        root.chmod(0o555)
        for arguments in (["materialize"], ["report"], ["doctor"], ["catalog", "list"]):
            arena.judge("disks", "a root that is closed", Command(root, arguments).run())
