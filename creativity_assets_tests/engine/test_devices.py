import subprocess
import sys
from pathlib import Path

import pytest
import torch

from creativity_assets.engine.devices import CPU, Device, batch_size, find_devices, free_memory, lease
from creativity_assets.errors import CreativityError

FIRST = Device("cuda:0", "cuda-a", "first")
SECOND = Device("cuda:1", "cuda-b", "second")
HOLDER = """
import sys
from pathlib import Path
from creativity_assets.engine.devices import Device, lease
with lease(Path(sys.argv[1]), [Device("cuda:0", "cuda-a", "first")]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_this_machine_has_a_device() -> None:
    devices = find_devices()
    assert devices
    assert all(device.is_cpu for device in devices) is not torch.cuda.is_available()


def test_cpu_batches_shrink_with_the_resolution() -> None:
    assert free_memory(CPU) is None
    assert [batch_size(CPU, resolution) for resolution in (64, 128, 256, 512)] == [32, 8, 2, 1]


def test_gpu_batches_follow_free_memory() -> None:
    gigabyte = 2**30
    sizes = [batch_size(FIRST, 512, free * gigabyte) for free in (0, 4, 16, 80, 1000)]
    assert sizes[0] == 1
    assert sizes == sorted(sizes)
    assert sizes[-1] == 128
    assert batch_size(FIRST, 64, 16 * gigabyte) > sizes[2]


def test_each_lease_holds_its_own_device(tmp_path: Path) -> None:
    devices = [FIRST, SECOND]
    with lease(tmp_path, devices) as one, lease(tmp_path, devices) as two:
        assert {one, two} == {FIRST, SECOND}
        with (
            pytest.raises(CreativityError, match="cuda:0, cuda:1: in use by other processes"),
            lease(tmp_path, devices, timeout=0),
        ):
            pass
    with lease(tmp_path, devices, timeout=0) as again:
        assert again == FIRST


def test_a_lease_ends_with_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="work"), lease(tmp_path, [FIRST]):
        raise ValueError("work")
    with lease(tmp_path, [FIRST], timeout=0):
        pass


def test_the_cpu_is_shared(tmp_path: Path) -> None:
    with lease(tmp_path, [CPU]) as one, lease(tmp_path, [CPU]) as two:
        assert one == two == CPU


def test_a_killed_process_leaves_its_device(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CreativityError), lease(tmp_path, [FIRST], timeout=0):
            pass
        holder.kill()
    with lease(tmp_path, [FIRST], timeout=10) as device:
        assert device == FIRST
