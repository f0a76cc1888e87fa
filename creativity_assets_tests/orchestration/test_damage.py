"""What is damaged in the store is made again by the next materialisation, whatever kind it is, and however damaged."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from creativity_assets.store.layout import Collection, Store
from creativity_assets.store.parts import read_part
from creativity_assets_tests.running import assert_same_tables, bring_up_to_date
from creativity_assets_tests.studies import EXPERIMENT, RESOLUTION

ONE = Collection("paintings", "lucja-unal")
PUBLIC = ("samples", "image_metrics", "reconstructions", "readouts", "rejected_samples", "duplicates", "stats_overall")


def files(root: Path) -> dict[str, Path]:
    """One file of every kind."""
    store = Store(root)
    (shard,) = (store.root / "index" / "paintings").glob("shards-*/shard-00000.parquet")
    return {
        "shard": shard,
        "index": store.index("paintings"),
        "index rejects": store.index_rejects("paintings"),
        "samples": store.samples(ONE),
        "rejects": store.rejects(ONE),
        "tensors": store.tensors(ONE, RESOLUTION),
        "latents": store.latents(ONE, "tiny"),
        "floor images": store.floor_images(ONE, "tiny"),
        "embeddings": store.embeddings(ONE, RESOLUTION, "embedded"),
        "floor scores": store.floor_scores(ONE, "tiny", "embedded"),
        "reconstructions": store.reconstructions(ONE, EXPERIMENT),
        "readouts": store.readouts(ONE, EXPERIMENT),
        "metrics": store.metrics(ONE, EXPERIMENT),
        "table": store.table("stats_overall"),
        "duplicates": store.table("duplicates"),
        "revisions": store.root / "revisions.json",
        "costs": store.root / "costs.json",
        "warehouse": store.database,
        "warehouse record": store.record("warehouse"),
        "report record": store.record("report"),
        "checks": store.record("checks"),
        "report": store.report,
    }


def flip(path: Path) -> None:
    """One bit in the middle of the data; of a part, in its first page."""
    whole = bytearray(path.read_bytes())
    place = len(whole) // 2
    if path.suffix == ".parquet":
        rows = pq.read_metadata(path)
        place = rows.row_group(0).column(0).data_page_offset + 30 if rows.num_row_groups else 20
    whole[place] ^= 4
    path.write_bytes(whole)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(b"\xff\x00garbage\n" * 100)


def folder(path: Path) -> None:
    path.unlink()
    (path / "inside").mkdir(parents=True)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


ANY = (empty, garbage, folder, Path.unlink, pipe)


def one_of_each(path: Path) -> None:
    """Another kind of damage for every path."""
    ANY[sum(path.name.encode()) % len(ANY)](path)


@pytest.mark.parametrize(
    "damage", [flip, one_of_each, *(pytest.param(damage, marks=pytest.mark.long) for damage in ANY)]
)
def test_one_of_every_kind_damaged_at_once_is_made_again(
    measured_root: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    before = tmp_path / "before" / "data"
    shutil.copytree(measured_root, before, symlinks=True)
    for path in files(measured_root).values():
        damage(path)
    # So that what scores are made from is looked at too.
    Store(measured_root).reconstructions(Collection("paintings", "vincent-van-gogh"), EXPERIMENT).unlink()
    bring_up_to_date(measured_root)
    assert_same_tables(measured_root, before, *PUBLIC)
    for path in (measured_root / "store").rglob("*.parquet"):
        read_part(path)
    assert all(path.is_file() for path in files(measured_root).values())
    assert bring_up_to_date(measured_root).runs == 0
