"""Stored bytes are what was written: every flip of every byte of a part, and every cut, is found or harmless."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creativity_assets.errors import DamagedPart, StoreError
from creativity_assets.store.images import image_table, read_images
from creativity_assets.store.ledger import Ledger
from creativity_assets.store.parts import (
    Provenance,
    healed,
    open_part,
    read_part,
    read_provenance,
    write_part,
)
from creativity_assets.store.vectors import read_vectors

TABLE = pa.table(
    {
        "id": ["a", "b"] * 3,  # a dictionary page
        "image": [{"bytes": bytes([n]) * 50, "path": "p"} for n in range(6)],
        "vector": pa.array([[1.0, float(n)] for n in range(6)], pa.list_(pa.float32())),
        "score": [0.1, None, 0.3, float("inf"), 0.5, 0.6],
    }
)
MAGIC = 4
"""The first four bytes, which no reader looks at."""


def write(path: Path, compression: str = "zstd") -> bytes:
    write_part(path, TABLE, Provenance("hash", "code", "run"), compression=compression, rows_per_group=4)
    return path.read_bytes()


@pytest.mark.parametrize("compression", ["zstd", "none", "snappy"])
def test_a_flip_of_any_byte_is_found(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "part.parquet"
    whole = write(path, compression)
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << (place % 8)
        path.write_bytes(changed)
        if place < MAGIC:
            assert read_part(path).equals(TABLE)
            continue
        with pytest.raises(DamagedPart):
            read_part(path)
        assert not path.exists()


def test_a_cut_anywhere_is_found(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    whole = write(path)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert not Ledger(path.parent).is_fresh(path, "hash")
        with pytest.raises(DamagedPart):
            read_part(path)


def test_a_flip_in_the_footer_is_seen_without_reading_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    whole = write(path)
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    for place in range(footer, len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x10
        path.write_bytes(changed)
        assert read_provenance(path) is None
    path.write_bytes(whole)
    assert (read_provenance(path), Ledger(path.parent).rows(path)) == (Provenance("hash", "code", "run"), 6)


def test_what_is_not_read_is_not_paid_for_and_what_is_read_is_proved(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    whole = bytearray(write(path))
    chunk = pq.read_metadata(path).row_group(1).column(1)
    assert chunk.path_in_schema == "image.bytes"
    whole[chunk.data_page_offset + chunk.total_compressed_size // 2] ^= 1
    path.write_bytes(whole)
    assert read_part(path, ["id", "score"]).num_rows == 6
    with open_part(path) as part:
        assert part.row_group(0)["image"].to_pylist() == TABLE["image"].to_pylist()[:4]
        with pytest.raises(DamagedPart, match="column image does not fit its seal"):
            part.row_group(1, ["image"])


def test_a_sealed_part_is_plain_parquet_for_others(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    write(path)
    assert pq.ParquetFile(path, page_checksum_verification=True).read().equals(TABLE)
    assert duckdb.sql(f"SELECT count(*), sum(score) FROM '{path}' WHERE isfinite(score)").fetchall() == [
        (4, pytest.approx(1.5))
    ]


def test_a_part_of_before_there_were_seals_is_read(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    footer = {b"creativity": b'{"input_hash": "old", "code_version": "1", "run_id": "r"}'}
    pq.write_table(TABLE.replace_schema_metadata(footer), path, compression="zstd")
    assert read_part(path).equals(TABLE)
    assert read_provenance(path) == Provenance("old", "1", "r")
    write_part(path, read_part(path), Provenance("new"))
    assert read_part(path).equals(TABLE)
    assert Ledger(path.parent).is_fresh(path, "new"), "what is copied from a part does not carry its old provenance on"


def test_a_part_written_from_a_part_has_a_seal_of_its_own(tmp_path: Path) -> None:
    write(tmp_path / "one.parquet")
    write_part(tmp_path / "two.parquet", read_part(tmp_path / "one.parquet").slice(1), Provenance("two"))
    assert read_part(tmp_path / "two.parquet").equals(TABLE.slice(1))
    assert Ledger(tmp_path).is_fresh(tmp_path / "two.parquet", "two")


def test_a_part_without_rows_is_sealed_too(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    write_part(path, TABLE.schema.empty_table(), Provenance("hash"))
    assert read_part(path).equals(TABLE.schema.empty_table())
    whole = path.read_bytes()
    for place in range(MAGIC, len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(DamagedPart):
            read_part(path)


def test_a_part_that_lacks_a_column_is_no_part(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    write(path)
    with pytest.raises(DamagedPart, match="no column sample_id"):
        read_part(path, ["sample_id"])


def test_a_picture_under_another_name_is_found(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    table = image_table([("a", b"one"), ("b", b"two")])
    swapped = table.set_column(2, "image", pa.chunked_array([table["image"].combine_chunks().take(pa.array([1, 0]))]))
    write_part(path, swapped, Provenance("hash"))
    with pytest.raises(DamagedPart, match="picture of a does not fit its sha256"):
        list(read_images(path))


@pytest.mark.parametrize(
    "column", [pa.array([[1.0], None], pa.list_(pa.float32())), pa.array([1.0, 2.0]), pa.array([[1.0], [2.0]])]
)
def test_vectors_that_are_none_are_found(tmp_path: Path, column: pa.Array) -> None:
    path = tmp_path / "part.parquet"
    write_part(path, pa.table({"sample_id": ["a", "b"], "vector": column}), Provenance("hash"))
    with pytest.raises(DamagedPart, match="vectors"):
        read_vectors(path)


def test_a_pipe_in_the_place_of_a_part_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    os.mkfifo(path)
    assert read_provenance(path) is None
    with pytest.raises(DamagedPart, match="it is no file"):
        read_part(path)


def test_a_missing_part_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory; `creativity materialize` makes it again"):
        read_part(tmp_path / "part.parquet")


def test_work_goes_on_past_what_it_can_make_again_and_ends_at_what_comes_back_damaged(tmp_path: Path) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_bytes(b"garbage")

    def work() -> Iterator[int]:
        for path in paths:
            if path.exists():
                read_part(path)
        return iter([1])

    assert list(healed(work)) == [1]

    def spoils() -> None:
        paths[0].write_bytes(b"garbage")
        read_part(paths[0])

    with pytest.raises(DamagedPart):
        healed(spoils)
