"""What a small part must not cost: files opened twice, waits for the disk, footers read that were just written."""

import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creativity_assets.store import ledger as ledgers
from creativity_assets.store.parts import Provenance, write_part
from creativity_assets.store.schemas import INDEX
from creativity_assets.workflow import payloads
from creativity_assets.workflow.contents import SHARD_IMAGES, Contents, held, rows_of_shard
from creativity_assets.workflow.parts import RAW_SAMPLES, REJECTED, kinds_of
from creativity_assets.workflow.pieces import pieces_of
from creativity_assets.workflow.steps.dataset_index import dataset_index
from creativity_assets.workflow.steps.preprocessed_tensors import preprocessed_tensors
from creativity_assets.workflow.steps.raw_samples import raw_samples
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.study import Study
from creativity_assets_tests.studies import only_paintings, replace_works

ARTISTS = 6


@pytest.fixture
def indexed(study_root: Path) -> Study:
    """Six collections of one work each, indexed."""
    replace_works(study_root, [f"Artist {number}" for number in range(ARTISTS)])
    only_paintings(study_root, "ddim2")
    study = Study(study_root)
    dataset_index(Step(study, "run"), "paintings")
    return study


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Callable[[object, str], list[object]]:
    """Count the calls of a module's function; gives the list that grows with the first argument of each."""

    def counted(module: object, name: str) -> list[object]:
        seen: list[object] = []
        function = getattr(module, name)

        def call(first: object, *args: object, **named: object) -> object:
            seen.append(first)
            return function(first, *args, **named)

        monkeypatch.setattr(module, name, call)
        return seen

    return counted


def test_the_originals_of_many_collections_are_opened_once_an_asset(
    indexed: Study, calls: Callable[[object, str], list[object]]
) -> None:
    opened, step = calls(payloads, "open_part"), Step(indexed, "run")
    collections = list(indexed.lineage.collections("paintings"))
    assert len(list(raw_samples(step, collections))) == ARTISTS
    assert len(opened) == 1
    assert len(list(preprocessed_tensors(step, collections))) == ARTISTS
    assert len(opened) == 2


def test_a_part_is_known_as_fresh_without_a_look_at_its_footer(
    indexed: Study, calls: Callable[[object, str], list[object]]
) -> None:
    collections = list(indexed.lineage.collections("paintings"))
    looked = calls(ledgers, "read_footer")
    done = list(raw_samples(Step(indexed, "run"), collections))
    assert [of.numbers["n_images"] for of in done] == [1] * ARTISTS
    assert all(
        p.part(kind).is_fresh for p in pieces_of(indexed.lineage, collections) for kind in kinds_of("raw_samples")
    )
    assert set(looked) <= {indexed.store.index("paintings")}, "whose writer is another"


def test_parts_are_not_waited_for_and_originals_are(
    study_root: Path, indexed: Study, calls: Callable[[object, str], list[object]]
) -> None:
    """A part that the power takes is made again; originals may be what a model was hours about."""
    waited = calls(os, "fsync")
    list(raw_samples(Step(indexed, "run"), indexed.lineage.collections("paintings")))
    assert waited == []
    dataset_index(Step(indexed, "run", force=True), "paintings")
    assert len(waited) >= 2, "the index and what it refused"


def test_what_the_power_took_is_made_again(indexed: Study) -> None:
    """A file of the right name and no content is what a disk may be left with."""
    step, collections = Step(indexed, "run"), list(indexed.lineage.collections("paintings"))
    list(raw_samples(step, collections))
    piece = pieces_of(indexed.lineage, collections)[0]
    piece.part(RAW_SAMPLES).path.write_bytes(b"")
    assert not piece.part(RAW_SAMPLES).is_fresh and piece.part(REJECTED).is_fresh
    list(raw_samples(step, collections))
    assert piece.part(RAW_SAMPLES).read()["sample_id"].to_pylist()


def test_a_part_is_written_through_one_open_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    look = Path.open

    def counted(path: Path, *args: object, **named: object) -> object:
        opened.append(path)
        return look(path, *args, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", counted)
    write_part(tmp_path / "part.parquet", pa.table({"n": [1, 2]}), Provenance("a"), durable=False)
    assert len(opened) == 1 and opened[0].name.endswith(".tmp")


def test_small_parts_are_not_packed_and_large_ones_are(tmp_path: Path) -> None:
    sizes = {}
    for rows in (10, 100_000):
        path = tmp_path / f"{rows}.parquet"
        write_part(path, pa.table({"n": pa.array(range(rows), pa.int64())}), Provenance("a"))
        chunk = pq.read_metadata(path).row_group(0).column(0)
        sizes[rows] = chunk.compression
    assert sizes == {10: "UNCOMPRESSED", 100_000: "ZSTD"}


@given(counts=st.lists(st.integers(1, 5), min_size=1, max_size=30))
def test_shards_that_are_hashed_together_have_the_hashes_that_each_has_alone(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int]
) -> None:
    names = [(artist, f"{artist}-{work}") for artist, count in enumerate(counts) for work in range(count)]
    rows = [
        {"sample_id": name, "artist_slug": f"artist-{artist:02d}", "title": f"Work {name}", "sha256": name, "row": 1}
        for artist, name in names
    ]
    index = tmp_path_factory.mktemp("index") / "index.parquet"
    write_part(index, pa.Table.from_pylist(rows, schema=INDEX), Provenance("a"), durable=False)
    found = held(index, "paintings")
    assert found is not None and sum(counts) <= SHARD_IMAGES
    for shard, numbers in found.rows.items():
        alone = rows_of_shard(index, shard)
        assert [row["sample_id"] for row in alone] == [rows[number]["sample_id"] for number in numbers]
        said = [{name: value for name, value in row.items() if name not in {"shard", "row"}} for row in alone]
        assert found.shards[shard.collection][shard] == Contents.of(said)
