"""What the machine can do at best: the multiplication of two large matrices in the network's dtype."""

import torch

from creativity_assets.engine.devices import Device
from creativity_assets_tests.bench.interleaved import Variant

CPU_SIDE, SIDE = 2048, 8192
TIMES = 4


def matrix_peak(device: Device, dtype: torch.dtype, side: int | None = None) -> Variant:
    """A variant whose `images` are products of two square matrices."""
    n = side or (CPU_SIDE if device.is_cpu else SIDE)
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn((n, n), generator=generator).to(device.name, dtype) for _ in range(2))

    def work() -> None:
        for _ in range(TIMES):
            a @ b

    return Variant("matrix product", TIMES, work, flops=2.0 * n**3)
