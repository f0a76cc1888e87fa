"""`python -m creativity_assets_tests.bench_scale [NAME ...]`: the named benches, or all of them, one after the other."""

import importlib
import sys

BENCHES = ("orchestration", "tables", "statistics")
"""Modules beside this one, each with a `main` that takes nothing and prints its figures."""


def main(names: list[str]) -> None:
    if unknown := set(names) - set(BENCHES):
        raise SystemExit(f"{', '.join(sorted(unknown))}: no such bench; there are {', '.join(BENCHES)}")
    for name in names or BENCHES:
        importlib.import_module(f"creativity_assets_tests.bench_scale.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
