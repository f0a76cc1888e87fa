"""What a Parquet file's pages claim: their headers against Arrow's own metadata, and the memory that is taken."""

import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creativity_assets import sources
from creativity_assets.catalog.datasets import ParquetDataset
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.sources.tables import pages
from creativity_assets_tests.sources.measured import BOUND, measured


def sizes(path: Path, column: int = 0) -> list[list[int]]:
    """By row group."""
    metadata = pq.read_metadata(path)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        groups = (metadata.row_group(number).column(column) for number in range(metadata.num_row_groups))
        return [list(pages.page_sizes(data, group)) for group in groups]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd", "gzip", "brotli", "lz4"])
@pytest.mark.parametrize("use_dictionary", [True, False])
def test_headers_add_up_to_what_arrow_says_of_the_column(
    tmp_path: Path, version: str, compression: str, use_dictionary: bool
) -> None:
    rng = np.random.default_rng(0)
    rows = [rng.bytes(3000) if n % 5 else None for n in range(200)]
    pq.write_table(
        pa.table({"image": rows}),
        tmp_path / "a.parquet",
        row_group_size=70,
        compression=compression,
        data_page_version=version,
        data_page_size=20_000,
        write_batch_size=10,
        use_dictionary=use_dictionary,
        write_statistics=True,
    )
    found = sizes(tmp_path / "a.parquet")
    assert len(found) == 3
    for group, one in enumerate(found):
        column = pq.read_metadata(tmp_path / "a.parquet").row_group(group).column(0)
        held = sum(len(row or b"") for row in rows[group * 70 : group * 70 + 70])
        assert len(one) > 1
        assert held <= sum(one) <= max(column.total_uncompressed_size, column.total_compressed_size) + 100 * len(one)


def read(path: Path, **settings: Any) -> list[SourceRecord | SourceReject]:
    return list(sources.read(ParquetDataset(name="pages", kind="parquet", path=str(path), **settings), path.parent))


def test_a_file_beyond_the_limit_is_a_reject_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in (("large", 3000), ("small", 1000)):
        pq.write_table(pa.table({"image": [b"x" * size]}), tmp_path / f"{name}.parquet", use_dictionary=False)
    ((page,),) = sizes(tmp_path / "large.parquet")
    monkeypatch.setattr(pages, "MAX_PAGE_BYTES", page)
    assert all(isinstance(item, SourceRecord) for item in read(tmp_path))
    monkeypatch.setattr(pages, "MAX_PAGE_BYTES", page - 1)
    reject, record = read(tmp_path)
    assert isinstance(record, SourceRecord)
    assert isinstance(reject, SourceReject) and (reject.key, reject.reason) == ("large.parquet", "too_large")


def test_headers_that_are_damaged_are_a_reject_never_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"image": [b"abc" * 50]}), path, use_dictionary=False, compression="none")
    sound = path.read_bytes()
    for place in range(4, 40):
        for value in (0, 0x15, 0x19, 0x1C, 0x7F, 0xF9, 0xFF):
            path.write_bytes(sound[:place] + bytes([value]) + sound[place + 1 :])
            items = read(path)
            assert len(items) <= 1, (place, value)


def test_cells_and_row_groups_of_gigabytes_stay_within_the_stated_memory(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"image": [bytes(2**20 * 300)]}), tmp_path / "cell.parquet", compression="zstd", use_dictionary=False
    )
    rows = [np.random.default_rng(0).bytes(2**20 * 3)] * 50
    images = pa.table({"image": rows})
    pq.write_table(images, tmp_path / "once.parquet", compression="none")
    pq.write_table(images, tmp_path / "pages.parquet", compression="zstd", use_dictionary=False)
    pq.write_table(images.slice(0, 30), tmp_path / "fits.parquet", compression="none", use_dictionary=False)
    found = measured(
        [{"kind": "parquet", "path": str(tmp_path / f"{name}.parquet")} for name in ("fits", "once", "cell", "pages")]
    )
    assert [len(one.lines) for one in found] == [30, 50, 1, 1]
    assert found[2].lines[0].startswith("too_large: cell.parquet: column image has a page of 300 MiB")
    assert found[3].lines[0].startswith("too_large: pages.parquet: column image has a page of 150 MiB")
    assert max(one.rise for one in found) < BOUND
    assert max(one.seconds for one in found) < 20


def test_one_picture_a_hundred_times_over_is_read_no_further(tmp_path: Path) -> None:
    once = np.random.default_rng(0).bytes(2**20)
    pq.write_table(pa.table({"image": pa.array([once] * 400).dictionary_encode()}), tmp_path / "a.parquet")
    *records, reject = read(tmp_path / "a.parquet")
    size = (tmp_path / "a.parquet").stat().st_size
    assert len(records) == (64 * 2**20 + 100 * size) // 2**20
    assert isinstance(reject, SourceReject) and reject.reason == "too_large"
