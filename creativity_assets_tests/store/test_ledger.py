"""The ledger knows what footers say, as long as the files are the ones that it has looked into."""

import os
from pathlib import Path

import pyarrow as pa
import pytest

from creativity_assets.store import ledger as ledgers
from creativity_assets.store.ledger import RECORD, Ledger
from creativity_assets.store.parts import Provenance, write_part


def write(path: Path, input_hash: str, rows: int = 3) -> Path:
    write_part(path, pa.table({"n": list(range(rows))}), Provenance(input_hash))
    return path


def test_it_says_what_the_footer_says_and_follows_every_change(tmp_path: Path) -> None:
    ledger, path = Ledger(tmp_path), tmp_path / "kind" / "part.parquet"
    assert not ledger.is_fresh(path, "a") and ledger.rows(path) == 0
    write(path, "a")
    assert ledger.is_fresh(path, "a") and ledger.rows(path) == 3
    write(path, "b", rows=4)
    assert not ledger.is_fresh(path, "a") and ledger.is_fresh(path, "b") and ledger.rows(path) == 4
    path.unlink()
    assert not ledger.is_fresh(path, "b") and ledger.rows(path) == 0


@pytest.mark.parametrize("spoil", [b"", b"garbage", None])
def test_a_file_that_is_spoilt_is_fresh_no_more(tmp_path: Path, spoil: bytes | None) -> None:
    path = write(tmp_path / "part.parquet", "a")
    ledger = Ledger(tmp_path)
    assert ledger.is_fresh(path, "a")
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(bytes(data) if spoil is None else spoil)
    assert not ledger.is_fresh(path, "a")


def test_the_next_process_opens_no_file_that_has_not_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same, other = write(tmp_path / "same.parquet", "a"), write(tmp_path / "other.parquet", "a")
    first = Ledger(tmp_path)
    assert first.is_fresh(same, "a") and first.is_fresh(other, "a")
    first.save()
    write(other, "b")
    opened: list[Path] = []
    look = ledgers.read_footer
    monkeypatch.setattr(ledgers, "read_footer", lambda path: opened.append(path) or look(path))
    second = Ledger(tmp_path)
    assert second.is_fresh(same, "a") and second.is_fresh(other, "b")
    assert opened == [other]


@pytest.mark.parametrize("content", [b"", b"PAR1", None])
def test_a_ledger_that_is_lost_or_damaged_costs_a_look_alone(tmp_path: Path, content: bytes | None) -> None:
    path, record = write(tmp_path / "part.parquet", "a"), tmp_path / RECORD
    if content is None:
        write_part(record, pa.table({"other": [1]}), Provenance(""))
    else:
        record.write_bytes(content)
    ledger = Ledger(tmp_path)
    assert ledger.is_fresh(path, "a")
    ledger.save()
    assert Ledger(tmp_path).is_fresh(path, "a")


def test_a_file_of_the_same_size_and_time_is_another_file(tmp_path: Path) -> None:
    path = write(tmp_path / "part.parquet", "a")
    ledger, facts = Ledger(tmp_path), path.stat()
    assert ledger.is_fresh(path, "a")
    write(path, "b")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert path.stat().st_size == facts.st_size
    assert ledger.is_fresh(path, "b"), "a new file has a number of its own"
