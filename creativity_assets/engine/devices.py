"""Which device a process computes on, and how many images fit on it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from creativity_assets.errors import CreativityError

# Bytes one pixel of the working resolution takes at the peak of a round trip: 3,072 counted for the tensors alive in
# SD 1.5's float32 decoder (three of 256 channels; encoder 2,572, bfloat16 UNet 261), the rest is for workspaces.
BYTES_PER_PIXEL = 5_000
MEMORY_SHARE = 0.8  # of the free memory: the allocator fragments, and other processes may grow
LARGEST_BATCH = 128  # beyond it no throughput is gained, and a finished image waits longer
CPU_PIXELS = 32 * 64 * 64  # 32 images of 64 px: larger batches fall out of a CPU's caches
POLL_SECONDS = 2.0


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


def find_devices() -> tuple[Device, ...]:
    """The CUDA devices of this machine, or the CPU where there is none."""
    if not torch.cuda.is_available():
        return (CPU,)
    return tuple(_cuda_device(index) for index in range(torch.cuda.device_count()))


def free_memory(device: Device) -> int | None:
    """Free bytes of a CUDA device; None on the CPU, where the batch is chosen by speed, not by memory."""
    return None if device.is_cpu else int(torch.cuda.mem_get_info(device.name)[0])


def batch_size(device: Device, resolution: int, free_bytes: int | None = None) -> int:
    """Images of resolution x resolution per batch, at least 1.

    free_bytes: what `free_memory` says, asked now if not given. A first guess on CUDA, which halving corrects.
    """
    if device.is_cpu:
        return max(1, CPU_PIXELS // resolution**2)
    free = free_memory(device) if free_bytes is None else free_bytes
    fitting = int((free or 0) * MEMORY_SHARE) // (BYTES_PER_PIXEL * resolution**2)
    return max(1, min(LARGEST_BATCH, fitting))


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


def _cuda_device(index: int) -> Device:
    properties = torch.cuda.get_device_properties(index)
    memory = f"{properties.total_memory / 2**30:.0f} GiB"
    return Device(f"cuda:{index}", f"cuda-{properties.uuid}", f"{properties.name}, {memory}")
