"""The results of the embedded study, and of 24 masters under all methods, stay what they were on 2026-11-25.

`frozen/` holds the public tables of these two runs, row for row, without run ids, times, versions and places. Whatever
changes the structure of the code must give them again; what changes a number on purpose replaces them and says so.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from creativity_assets.commands.demo import DATASETS, EXPERIMENT
from creativity_assets.store.layout import Store
from creativity_assets.store.sql.query import query
from creativity_assets.workflow.plan import Scope
from creativity_assets_tests.beside import move_masters
from creativity_assets_tests.running import bring_up_to_date
from creativity_assets_tests.shipped import copy_catalog

DATA = Path(__file__).parents[1] / "data"
FROZEN = sorted((Path(__file__).parent / "frozen").glob("*.parquet"))
TOLERANCE = 1e-6
"""Of every real number, on the kind of processor the tables were made on: its sums are taken in the same order there."""

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of both runs by the code as it is."""
    root = tmp_path_factory.mktemp("frozen") / "data"
    copy_catalog(root)
    (root / "embedded").symlink_to(DATA / "embedded")
    move_masters(root)
    bring_up_to_date(root, Scope(DATASETS, (EXPERIMENT,)))
    bring_up_to_date(root, Scope(("masters-24",)))
    return Store(root).database


@pytest.mark.parametrize("file", FROZEN, ids=lambda file: file.stem)
def test_a_table_is_what_it_was(file: Path, database: Path) -> None:
    before = pd.read_parquet(file)
    columns = ", ".join(f'"{name}"' for name in before.columns)
    now = query(database, f'SELECT {columns} FROM "{file.stem}"')
    keys = [name for name in before.columns if not np.issubdtype(before[name].to_numpy().dtype, np.floating)]
    left, right = (frame.astype(object).where(frame.notna(), None) for frame in (before, now))
    left, right = (frame.sort_values(keys, key=lambda c: c.map(repr), ignore_index=True) for frame in (left, right))
    assert len(left) == len(right)
    for name in before.columns:
        if name in keys:
            assert left[name].map(repr).tolist() == right[name].map(repr).tolist(), name
        else:
            ours, theirs = (frame[name].to_numpy(float, na_value=np.nan) for frame in (right, left))
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE, err_msg=name)
