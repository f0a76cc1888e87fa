"""Which device a process computes on, in what precision, and how much memory it has: the only place that asks.

Accelerators are those torch.accelerator finds, by whatever name: NVIDIA's and AMD's (both are `cuda` to torch), Intel's
(`xpu`), Apple's (`mps`), or one whose package registers itself with torch. What is done with them here goes through
the functions that torch.cuda has and the others copy; an accelerator without them is refused in one line.
"""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from creativity_assets.errors import CreativityError

# Bytes one pixel of the working resolution takes at the peak of a round trip: 3,072 counted for the tensors alive in
# SD 1.5's float32 decoder (three of 256 channels; encoder 2,572, bfloat16 UNet 261), the rest is for workspaces.
BYTES_PER_PIXEL = 5_000
MEMORY_SHARE = 0.8  # of the free memory: the allocator fragments, and other processes may grow
MAX_BATCH = 128  # beyond it no throughput is gained, and a finished image waits longer
CPU_PIXELS = 32 * 64 * 64  # 32 images of 64 px: larger batches fall out of a CPU's caches
MAX_HELPERS = 8  # at 14 images of 512 px a second decoding, encoding and the metrics' own share keep two cores busy
POLL_SECONDS = 2.0
CHOICE = "CREATIVITY_DEVICE"
"""The environment variable that names the device to use: `cpu`, or one of `creativity doctor`'s, such as `cuda:1`."""

# AMD's architectures that compute in bfloat16 themselves; to torch all of them do (the study's RX 6800 is gfx1030).
AMD_BFLOAT16 = ("gfx908", "gfx90a", "gfx94", "gfx95", "gfx11", "gfx12")
# What torch's allocators say where the memory ran out without raising torch.OutOfMemoryError.
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "ALLOC_FAILED")
PEAK_RESET, PEAK = Path("/proc/self/clear_refs"), Path("/proc/self/status")  # Linux, see proc(5)


@dataclass(frozen=True)
class Device:
    """A place to compute. name: torch's; key: stable across processes, whatever CUDA_VISIBLE_DEVICES says."""

    name: str
    key: str
    description: str

    @property
    def is_cpu(self) -> bool:
        return self.name == "cpu"


CPU = Device("cpu", "cpu", "CPU")


def find_devices(choice: str | None = None) -> tuple[Device, ...]:
    """The accelerators of this machine, or the CPU where there is none; of them what `choice` names.

    choice: `cpu` or a device's name; None for what $CREATIVITY_DEVICE says, and all where it says nothing.

    Raises CreativityError for a choice that is not there, and for an accelerator of which this module cannot learn
    how much memory is free.
    """
    asked = f"device {choice}"
    if choice is None:
        choice = os.environ.get(CHOICE, "")
        asked = f"{CHOICE}={choice}"
    if choice == CPU.name:
        return (CPU,)
    found = _accelerators() or (CPU,)
    chosen = tuple(device for device in found if choice in {"", device.name})
    if not chosen:
        names = ", ".join(dict.fromkeys([CPU.name, *(device.name for device in found)]))
        raise CreativityError(f"{asked}: no such device on this machine; have {names}")
    return chosen


def free_memory(device: Device) -> int | None:
    """Free bytes of an accelerator, its cache given back before; None on the CPU, whose batches follow its speed."""
    if device.is_cpu:
        return None
    module = _module(device)
    release_memory()
    if hasattr(module, "mem_get_info"):
        return int(module.mem_get_info(device.name)[0])
    return max(0, int(module.recommended_max_memory() - module.driver_allocated_memory()))


def release_memory() -> None:
    """Give back what the accelerator's allocator keeps in reserve, so that others and larger blocks can have it."""
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    if accelerator is not None:
        torch.get_device_module(accelerator).empty_cache()


def helpers(device: Device) -> int:
    """Threads for work beside the device's: one where the CPU is the device, a share of the cores else."""
    return 1 if device.is_cpu else max(1, min(MAX_HELPERS, (os.cpu_count() or 1) // 2))


def synchronize(device: Device) -> None:
    """Wait until the device has done all that it was given: before a clock is read."""
    if not device.is_cpu:
        with torch.accelerator.device_index(torch.device(device.name).index):
            _module(device).synchronize()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this is a device's or the machine's way of saying so: fewer images may fit."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in OUT_OF_MEMORY)


def own_dtype(device: Device) -> torch.dtype:
    """What networks compute in where their entry does not say.

    float32 on the CPU and wherever a device does not say that it has bfloat16; else bfloat16 where it is native, and
    float16 where it would be emulated.
    """
    supported = None if device.is_cpu else getattr(_module(device), "is_bf16_supported", None)
    if supported is None:
        return torch.float32
    with torch.accelerator.device_index(torch.device(device.name).index):  # torch is asked of the current device
        native = supported(including_emulation=False)
    if torch.version.hip:
        native = _module(device).get_device_properties(device.name).gcnArchName.startswith(AMD_BFLOAT16)
    return torch.bfloat16 if native else torch.float16


def bfloat16_is_native() -> bool:
    """Whether the processor computes in bfloat16 itself: emulated, a training step takes eleven times as long."""
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def watch_memory(device: Device) -> None:
    """Begin a new peak, which `peak_memory` then tells."""
    if not device.is_cpu:
        module = _module(device)
        if hasattr(module, "reset_peak_memory_stats"):
            module.reset_peak_memory_stats(device.name)
    elif os.access(PEAK_RESET, os.W_OK):
        PEAK_RESET.write_text("5")


def peak_memory(device: Device) -> int:
    """The most bytes in use since `watch_memory`: of an accelerator's memory, of the process's on the CPU.

    Where the system keeps no such peak it is what is held now.
    """
    if device.is_cpu:
        return _peak_resident_set()
    module = _module(device)
    if hasattr(module, "max_memory_allocated"):
        return int(module.max_memory_allocated(device.name))
    return int(module.driver_allocated_memory())


def _peak_resident_set() -> int:
    import psutil

    if os.access(PEAK_RESET, os.W_OK):
        line = next((line for line in PEAK.read_text().splitlines() if line.startswith("VmHWM:")), None)
        if line is not None:
            return int(line.split()[1]) * 1024
    return int(psutil.Process().memory_info().rss)


def batch_size(device: Device, resolution: int, free_bytes: int | None = None) -> int:
    """Images of resolution x resolution per batch, at least 1.

    free_bytes: what `free_memory` says, asked now if not given. A first guess, which halving corrects.
    """
    if device.is_cpu:
        return max(1, CPU_PIXELS // resolution**2)
    free = free_memory(device) if free_bytes is None else free_bytes
    fitting = int((free or 0) * MEMORY_SHARE) // (BYTES_PER_PIXEL * resolution**2)
    return max(1, min(MAX_BATCH, fitting))


@contextmanager
def lease(folder: Path, devices: Sequence[Device] | None = None, timeout: float | None = None) -> Iterator[Device]:
    """Hold one device for this process by a lock file in `folder`, which all processes of the machine share.

    Takes the first free device, else waits `timeout` seconds for one (None: as long as it takes), then raises
    CreativityError. The lock goes with the process, even if it is killed. The CPU is shared and never waited for.
    """
    candidates = tuple(devices) if devices is not None else find_devices()
    if any(device.is_cpu for device in candidates):
        yield next(device for device in candidates if device.is_cpu)
        return
    folder.mkdir(parents=True, exist_ok=True)
    device, lock = _acquire(folder, candidates, timeout)
    try:
        yield device
    finally:
        lock.release()


_sharing = threading.Lock()
_shared: dict[Device, tuple[int, ExitStack]] = {}
"""Devices that this process holds through `process_lease`: how many users each has, and what frees it."""


@contextmanager
def process_lease(folder: Path, devices: Sequence[Device] | None = None) -> Iterator[Device]:
    """As `lease`, but a device that this process holds already is shared instead of waited for.

    The last of its users frees it. So two models in one notebook, or a run beside a loaded model, do not wait for each
    other for ever.
    """
    candidates = tuple(devices) if devices is not None else find_devices()
    with _sharing:
        device = next((device for device in candidates if device in _shared), None)
        if device is None:
            stack = ExitStack()
            device = stack.enter_context(lease(folder, candidates))
            _shared[device] = (0, stack)
        users, stack = _shared[device]
        _shared[device] = (users + 1, stack)
    try:
        yield device
    finally:
        with _sharing:
            users, stack = _shared.pop(device)
            if users > 1:
                _shared[device] = (users - 1, stack)
            else:
                stack.close()


def _acquire(folder: Path, candidates: Sequence[Device], timeout: float | None) -> tuple[Device, FileLock]:
    waited = 0.0
    while True:
        for device in candidates:
            lock = FileLock(folder / f"{device.key}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            return device, lock
        if timeout is not None and waited >= timeout:
            names = ", ".join(device.name for device in candidates)
            raise CreativityError(f"{names}: in use by other processes after {waited:.0f} s; wait or stop one of them")
        pause = POLL_SECONDS if timeout is None else min(POLL_SECONDS, timeout - waited)
        time.sleep(pause)
        waited += pause


def _accelerators() -> tuple[Device, ...]:
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    if accelerator is None:
        return ()
    module = torch.get_device_module(accelerator)
    if not (hasattr(module, "mem_get_info") or hasattr(module, "recommended_max_memory")):
        raise CreativityError(
            f"{accelerator.type}: its driver does not tell how much memory is free, so that no batch can be chosen; "
            f"set {CHOICE}=cpu to measure on the CPU"
        )
    return tuple(_device(accelerator.type, module, index) for index in range(module.device_count()))


def _device(kind: str, module: Any, index: int) -> Device:
    name = f"{kind}:{index}"
    if not hasattr(module, "get_device_properties"):  # Apple's: the one there is
        return Device(name, f"{kind}-{index}", f"{kind}, {module.recommended_max_memory() / 2**30:.0f} GiB")
    properties = module.get_device_properties(index)
    memory = f"{properties.total_memory / 2**30:.0f} GiB"
    return Device(name, f"{kind}-{getattr(properties, 'uuid', index)}", f"{properties.name}, {memory}")


def _module(device: Device) -> Any:
    """torch.cuda, or what stands in its place."""
    return torch.get_device_module(device.name)
