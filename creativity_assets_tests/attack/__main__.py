"""python -m creativity_assets_tests.attack [--only GROUP] [--seed N] [--workers N]"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from creativity_assets_tests.attack import damage, entries, models, pictures, queries, sources, stops
from creativity_assets_tests.attack.arena import Arena

GROUPS: dict[str, Callable[[Arena], None]] = {
    "disks": stops.attack_disks,
    "signals": stops.attack_signals,
    "damage": damage.attack,
    "archives": sources.attack_archives,
    "parquet": sources.attack_parquet,
    "tables": sources.attack_tables,
    "pictures": pictures.attack,
    "models": models.attack,
    "entries": entries.attack,
    "sql": queries.attack,
}
"""The slowest first, so that the workers end together."""


def main() -> int:
    """Attack, print the findings and the table; 1 where anything was found."""
    parser = argparse.ArgumentParser(prog="attack", description=__doc__)
    parser.add_argument("--only", action="append", choices=sorted(GROUPS), help="this group; may be given again")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of what is drawn at random")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="groups at once")
    chosen = parser.parse_args()
    groups = {name: attack for name, attack in GROUPS.items() if not chosen.only or name in chosen.only}
    started = time.monotonic()
    print(f"seed {chosen.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="attack-"))
    try:
        arena = Arena.build(folder, chosen.seed)
        with ThreadPoolExecutor(chosen.workers) as pool:
            for done in [pool.submit(attack, arena.of(name)) for name, attack in groups.items()]:
                done.result()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(arena.shown())
    print(f"seed {chosen.seed}, {time.monotonic() - started:.0f} s")
    return 0 if arena.clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
