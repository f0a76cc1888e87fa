import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from creativity_assets.engine.devices import (
    CPU,
    Device,
    batch_size,
    find_devices,
    free_memory,
    is_out_of_memory,
    lease,
    own_dtype,
    peak_memory,
    process_lease,
    watch_memory,
)
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
    assert all(device.is_cpu for device in devices) is not torch.accelerator.is_available()


class Driver(SimpleNamespace):
    """A device module as far as torch copies torch.cuda for it, of one device; what is not given is not there."""

    def __init__(self, **functions: Any) -> None:
        super().__init__(is_available=lambda: True, device_count=lambda: 1, empty_cache=lambda: None, **functions)


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Driver], None]:
    """Puts a driver in the place where torch looks for one."""

    def install(kind: str, module: Driver) -> None:
        monkeypatch.setattr("torch.accelerator.current_accelerator", lambda check_available=False: torch.device(kind))
        monkeypatch.setattr("torch.get_device_module", lambda device=None: module)

    return install


def test_apples_device_has_no_properties_and_shares_the_machines_memory(driver: Callable[..., None]) -> None:
    """Its module's own functions; it does not say that it has bfloat16, and float32 is what it always has."""
    driver("mps", Driver(recommended_max_memory=lambda: 12 * 2**30, driver_allocated_memory=lambda: 2 * 2**30))
    (device,) = find_devices()
    assert device == Device("mps:0", "mps-0", "mps, 12 GiB")
    assert free_memory(device) == 10 * 2**30
    assert own_dtype(device) == torch.float32
    watch_memory(device)
    assert peak_memory(device) == 2 * 2**30


@pytest.mark.parametrize(
    ("architecture", "dtype"),
    [("gfx1030", torch.float16), ("gfx90a:sramecc+:xnack-", torch.bfloat16), ("gfx1100", torch.bfloat16)],
)
def test_amds_cards_are_torchs_cuda_devices(
    driver: Callable[..., None], monkeypatch: pytest.MonkeyPatch, architecture: str, dtype: torch.dtype
) -> None:
    """torch says of all of them that they have bfloat16; the study's card (gfx1030) would emulate it."""
    properties = SimpleNamespace(name="AMD Radeon RX 6800", total_memory=16 * 2**30, gcnArchName=architecture)
    driver(
        "cuda",
        Driver(
            get_device_properties=lambda device: properties,
            mem_get_info=lambda device: (15 * 2**30, 16 * 2**30),
            is_bf16_supported=lambda including_emulation=True: True,
        ),
    )
    monkeypatch.setattr("torch.version.hip", "7.0")
    monkeypatch.setattr("torch.accelerator.device_index", lambda index: nullcontext())
    (device,) = find_devices()
    assert device == Device("cuda:0", "cuda-0", "AMD Radeon RX 6800, 16 GiB")
    assert free_memory(device) == 15 * 2**30
    assert own_dtype(device) == dtype


def test_a_device_that_hides_its_memory_is_refused_in_one_line(
    driver: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver("hpu", Driver())
    with pytest.raises(CreativityError, match="hpu: its driver does not tell .* set CREATIVITY_DEVICE=cpu") as caught:
        find_devices()
    assert "\n" not in str(caught.value)
    monkeypatch.setenv("CREATIVITY_DEVICE", "cpu")
    assert find_devices() == (CPU,)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.00 GB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] . DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        MemoryError("Unable to allocate 3.00 GiB for an array"),
    ],
)
def test_memory_runs_out_in_many_words(error: Exception) -> None:
    assert is_out_of_memory(error)


@pytest.mark.parametrize("error", [RuntimeError("mat1 and mat2 shapes cannot be multiplied"), OSError("out of memory")])
def test_other_errors_are_none_of_memory(error: Exception) -> None:
    assert not is_out_of_memory(error)


def test_a_peak_on_the_cpu_is_since_it_was_watched() -> None:
    """128 MiB that are held for a moment; where the system keeps no peak, only what is held now is known."""
    watch_memory(CPU)
    before = peak_memory(CPU)
    held = np.ones(2**24)
    assert peak_memory(CPU) - before > 100 * 2**20
    del held
    watch_memory(CPU)
    assert peak_memory(CPU) - before < 64 * 2**20


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


def test_a_process_shares_what_it_holds(tmp_path: Path) -> None:
    """It would wait for itself for ever; others wait for the last of its users."""
    with process_lease(tmp_path, [FIRST]) as one:
        with process_lease(tmp_path, [SECOND, FIRST]) as two:
            assert one == two == FIRST
        with pytest.raises(CreativityError, match="in use"), lease(tmp_path, [FIRST], timeout=0):
            pass
    with lease(tmp_path, [FIRST], timeout=0):
        pass


def test_a_device_is_chosen_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creativity_assets.engine.devices._accelerators", lambda: (FIRST, SECOND))
    monkeypatch.setenv("CREATIVITY_DEVICE", "cuda:0")
    assert [find_devices(), find_devices("cuda:1"), find_devices("cpu")] == [(FIRST,), (SECOND,), (CPU,)]
    with pytest.raises(
        CreativityError, match="device cuda:2: no such device on this machine; have cpu, cuda:0, cuda:1"
    ):
        find_devices("cuda:2")


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
