"""What is damaged in the store is made again by the next materialisation, whatever kind it is, and however damaged."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creativity_assets.errors import DamagedPart, StoreError
from creativity_assets.store.layout import Collection, Store
from creativity_assets.store.parts import read_part
from creativity_assets.store.schemas import SHARD
from creativity_assets.store.sql.query import query
from creativity_assets.store.warehouse import warehouse_hash
from creativity_assets.workflow import payloads
from creativity_assets.workflow.payloads import original_bytes
from creativity_assets.workflow.pieces import pieces_of, records_of
from creativity_assets.workflow.plan import plan
from creativity_assets.workflow.steps.dataset_index import dataset_index
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.study import Study
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
        "samples": store.part("raw_samples", ONE),
        "rejects": store.part("rejected", ONE),
        "tensors": store.part("preprocessed_tensors", ONE, str(RESOLUTION)),
        "latents": store.part("latents", ONE, "tiny"),
        "floor images": store.part("floor_images", ONE, "tiny"),
        "embeddings": store.part("embeddings", ONE, f"{RESOLUTION}.embedded"),
        "floor scores": store.part("floor_scores", ONE, "tiny.embedded"),
        "reconstructions": store.part("reconstructions", ONE, EXPERIMENT),
        "readouts": store.part("readouts", ONE, EXPERIMENT),
        "metrics": store.part("image_metrics", ONE, EXPERIMENT),
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
    "damage", [one_of_each, *(pytest.param(damage, marks=pytest.mark.long) for damage in (flip, *ANY))]
)
def test_one_of_every_kind_damaged_at_once_is_made_again(
    measured_root: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    before = tmp_path / "before" / "data"
    shutil.copytree(measured_root, before, symlinks=True)
    for path in files(measured_root).values():
        damage(path)
    # So that what scores are made from is looked at too.
    Store(measured_root).part("reconstructions", Collection("paintings", "vincent-van-gogh"), EXPERIMENT).unlink()
    assert bring_up_to_date(measured_root).problems == (), "it is made again in the very same run"
    assert_same_tables(measured_root, before, *PUBLIC)
    for path in (measured_root / "store").rglob("*.parquet"):
        read_part(path)
    assert all(path.is_file() for path in files(measured_root).values())
    assert bring_up_to_date(measured_root).made == ()


def swap(shard: Path) -> None:
    """The first two originals in each other's place, the file whole in itself, and without a seal as of before."""
    table = pq.ParquetFile(shard).read().replace_schema_metadata(None)
    order = pa.array([1, 0, *range(2, len(table))])
    pq.write_table(table.set_column(table.schema.get_field_index("image"), "image", table["image"].take(order)), shard)


def test_originals_in_each_others_place_are_found_as_they_are_read_and_read_again(measured_root: Path) -> None:
    shard = files(measured_root)["shard"]
    whole = pq.ParquetFile(shard).read()
    assert whole.schema.names == SHARD.names
    swap(shard)
    Store(measured_root).part("raw_samples", ONE).unlink()
    study = Study(measured_root)
    rows = records_of(*pieces_of(study.lineage, [ONE]))
    with pytest.raises(DamagedPart, match="are not those that the index knows"):
        list(original_bytes(study.store, rows))
    assert not shard.exists()
    assert plan(study.lineage).indexes == ("paintings",), "a shard that is gone makes the index stale"
    write_index_again(study)
    assert plan(Study(measured_root).lineage).indexes == ()
    assert read_part(shard).select(["sample_id", "sha256"]).equals(whole.select(["sample_id", "sha256"]))
    assert len(list(original_bytes(study.store, rows))) == len(rows)


def test_the_gap_of_a_lost_shard_is_filled_and_no_other_is_written_over(
    measured_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payloads, "SHARD_RECORDS", 2)
    shutil.rmtree(files(measured_root)["shard"].parent)
    study = Study(measured_root)
    write_index_again(study)
    shards = sorted((study.store.root / "index" / "paintings").glob("shards-*/shard-*.parquet"))
    assert [shard.name for shard in shards] == [f"shard-{n:05d}.parquet" for n in range(3)]
    before = {shard: shard.read_bytes() for shard in shards}
    lost = set(read_part(shards[1])["sample_id"].to_pylist())
    shards[1].unlink()
    write_index_again(Study(measured_root))
    assert {s: s.read_bytes() for s in (shards[0], shards[2])} == {s: before[s] for s in (shards[0], shards[2])}
    assert set(read_part(shards[1])["sample_id"].to_pylist()) == lost
    rows = read_part(study.store.index("paintings")).to_pylist()
    assert len(list(original_bytes(study.store, rows))) == len(rows) == 5


def write_index_again(study: Study) -> None:
    dataset_index(Step(study, "test"), "paintings")


STRAYS = ("metrics/foo", "metrics/Foo Bar", "metrics/tiny.ddim4/foo", "index/foo", "tables/foo", "locks/foo", "foo")


def test_strays_in_the_store_stop_nothing(measured_root: Path) -> None:
    store = Store(measured_root)
    for stray in STRAYS:
        (store.root / stray).mkdir(parents=True)
        (store.root / stray / "file.parquet").write_bytes(b"garbage")
        (store.root / stray).with_name("stray file.txt").write_text("stray")
    other = store.root / "metrics" / "old.method" / "paintings" / "lucja-unal.parquet"
    other.parent.mkdir(parents=True)
    pq.write_table(pa.table({"something": [1]}), other)
    outcome = bring_up_to_date(measured_root)
    assert outcome.problems == ()
    assert bring_up_to_date(measured_root).made == ()
    assert not plan(Study(measured_root).lineage)


def test_a_lock_that_is_a_folder_is_named_with_the_remedy(measured_root: Path) -> None:
    lock = Store(measured_root).locks() / "dataset_index-paintings.lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    with pytest.raises(StoreError, match=r"dataset_index-paintings\.lock: .*; move it away, then run the same command"):
        write_index_again(Study(measured_root))


@pytest.mark.parametrize("spoil", [flip, empty, garbage, lambda path: path.write_bytes(path.read_bytes()[:9000])])
def test_a_warehouse_that_sql_finds_damaged_is_set_aside_and_no_longer_fresh(
    measured_root: Path, spoil: Callable[[Path], None]
) -> None:
    store = Store(measured_root)
    facts = store.database.stat()
    tables = [name for (name,) in query(store.database, "SHOW TABLES").itertuples(index=False)]
    spoil(store.database)
    os.utime(store.database, ns=(facts.st_atime_ns, facts.st_mtime_ns))  # as a disk would
    each = " UNION ALL ".join(f'SELECT count(DISTINCT t) FROM "{name}" t' for name in tables)
    with pytest.raises(DamagedPart, match=r"creativity\.duckdb: damaged .* `creativity materialize` makes it again"):
        query(store.database, each)
    assert warehouse_hash(store) is None


def test_a_statement_cannot_have_the_warehouse_set_aside(measured_root: Path) -> None:
    database = Store(measured_root).database
    for words in ("Corrupt database file", f'IO Error: Could not read enough bytes from file "{database}"'):
        with pytest.raises(StoreError) as error:
            query(database, f"SELECT error('{words}')")
        assert not isinstance(error.value, DamagedPart)
    assert database.is_file()
