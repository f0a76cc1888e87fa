import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from creativity_assets.errors import DamagedPart, StoreError
from creativity_assets.store.files import replacing
from creativity_assets.store.ledger import Ledger
from creativity_assets.store.parts import (
    Provenance,
    read_part,
    read_provenance,
    write_part,
)

TABLE = pa.table({"x": [1, 2, 3]})


def is_fresh(path: Path, input_hash: str) -> bool:
    return Ledger(path.parent).is_fresh(path, input_hash)


def test_a_part_comes_back_with_its_provenance(tmp_path: Path) -> None:
    provenance = Provenance("abc", "1.0+f00", "run-1")
    write_part(tmp_path / "deep" / "part.parquet", TABLE, provenance)
    assert read_part(tmp_path / "deep" / "part.parquet").equals(TABLE)
    assert read_provenance(tmp_path / "deep" / "part.parquet") == provenance
    assert is_fresh(tmp_path / "deep" / "part.parquet", "abc")
    assert not is_fresh(tmp_path / "deep" / "part.parquet", "abd")


def test_a_damaged_part_is_not_fresh_and_is_named_when_read(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    write_part(path, TABLE, Provenance("abc"))
    path.write_bytes(path.read_bytes()[:-20])
    assert not is_fresh(path, "abc")
    with pytest.raises(
        DamagedPart, match=r"part\.parquet: damaged .* set aside as part.parquet.damaged, `creativity materialize`"
    ):
        read_part(path)
    assert [file.name for file in tmp_path.iterdir()] == ["part.parquet.damaged"]
    write_part(path, TABLE, Provenance("abc"))
    assert [file.name for file in tmp_path.iterdir()] == ["part.parquet"], "what was made again needs no witness"


def test_a_failed_write_leaves_the_old_part_and_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    write_part(path, TABLE, Provenance("old"))
    with pytest.raises(StoreError), replacing(path) as temporary:  # noqa: PT012 - the block is what is tested
        temporary.write_bytes(b"half")
        tmp_path.write_bytes(b"fails")
    assert is_fresh(path, "old")
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_line_and_leaves_the_old_part(tmp_path: Path) -> None:
    """The kernel refuses bytes beyond RLIMIT_FSIZE as it refuses them on a full disk."""
    path = tmp_path / "part.parquet"
    write_part(path, TABLE, Provenance("old"))
    script = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
import os, pyarrow as pa
from creativity_assets.errors import StoreError
from creativity_assets.store.parts import Provenance, write_part
from pathlib import Path
try:
    write_part(Path({str(path)!r}), pa.table({{"x": [os.urandom(100_000)]}}), Provenance("new"))
except StoreError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "free space, then run the same command" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert is_fresh(path, "old")
    assert list(tmp_path.iterdir()) == [path]


def test_reading_leaves_no_thread_that_could_outlive_the_interpreter(tmp_path: Path) -> None:
    """A thread of Arrow's that still holds the file when Python takes itself down aborts the process."""
    path = tmp_path / "wide.parquet"
    write_part(path, pa.table({f"c{number}": [1.0] * 1000 for number in range(40)}), Provenance("abc"))
    script = (
        "import sys, psutil\nfrom pathlib import Path\nfrom creativity_assets.store.parts import read_part\n"
        "before = psutil.Process().num_threads()\nread_part(Path(sys.argv[1]))\n"
        "print(psutil.Process().num_threads() - before)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
