"""The second device itself: it is worth what it refuses, and it must refuse no more than a GPU does."""

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from creativity_assets_tests.device.second_device import Machine, second_device

SOFT = "soft:0"


@pytest.fixture(autouse=True)
def machine() -> Iterator[Machine]:
    with second_device(2) as machine:
        yield machine


def there(*shape: int) -> torch.Tensor:
    return torch.ones(shape, device=SOFT)


def here(*shape: int) -> torch.Tensor:
    return torch.ones(shape)


def put(target: torch.Tensor, where: torch.Tensor, value: Any) -> torch.Tensor:
    target[where] = value
    return target


FIRST = torch.tensor([0])
REFUSED: dict[str, Callable[[], Any]] = {
    "add": lambda: there(3) + here(3),
    "add to a number on the device": lambda: here(3) + there(),
    "in place": lambda: there(3).mul_(here(3)),
    "matmul": lambda: there(2, 3) @ here(3, 2),
    "einsum": lambda: torch.einsum("ij,j->i", there(2, 3), here(3)),
    "cat": lambda: torch.cat([there(3), here(3)]),
    "stack of numbers": lambda: torch.stack([there(), here()]),
    "where": lambda: torch.where(here(3) > 0, there(3), there(3)),
    "masked_fill": lambda: there(3).masked_fill(here(3) > 0, 0.0),
    "index_put of values": lambda: put(there(3, 3), FIRST, here(3)),
    "index of the CPU by the device": lambda: here(3)[FIRST.to(SOFT)],
    "gather": lambda: there(3).gather(0, FIRST),
    "weights here": lambda: nn.Linear(3, 2)(there(1, 3)),
    "input here": lambda: nn.Linear(3, 2).to(SOFT)(here(1, 3)),
    "convolution": lambda: nn.Conv2d(3, 2, 1).to(SOFT)(here(1, 3, 4, 4)),
    "embedding": lambda: nn.Embedding(3, 2).to(SOFT)(FIRST),
    "norm": lambda: nn.GroupNorm(1, 3)(there(1, 3, 2)),
    "attention": lambda: nn.functional.scaled_dot_product_attention(there(1, 2, 4), there(1, 2, 4), here(1, 2, 4)),
    "two devices": lambda: there(3) + torch.ones(3, device="soft:1"),
    "copies of one tensor": lambda: there(3) + there(3).to("soft:1"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("inference", [False, True])
def test_tensors_of_two_devices_do_not_mix(case: str, inference: bool) -> None:
    with (
        torch.inference_mode(inference),
        pytest.raises(RuntimeError, match="found at least two devices|the same device type"),
    ):
        REFUSED[case]()


def through_a_view() -> torch.Tensor:
    whole = there(2)
    whole[:1].fill_(9)
    return whole


ALLOWED: dict[str, tuple[Callable[[], torch.Tensor], list[Any]]] = {
    "a number of the CPU": (lambda: there(2) + here(), [2, 2]),
    "a number into a place": (lambda: put(there(2), FIRST, 5.0), [5, 1]),
    "a CPU number into a place": (lambda: put(there(2), FIRST, torch.tensor(5.0)), [5, 1]),
    "a CPU index": (lambda: torch.arange(4, device=SOFT)[torch.tensor([3, 1])], [3, 1]),
    "a CPU mask": (lambda: torch.arange(2, device=SOFT)[torch.tensor([False, True])], [1]),
    "a list": (lambda: torch.arange(4, device=SOFT)[[3, 1]], [3, 1]),
    "a list of truths": (lambda: torch.arange(2, device=SOFT)[[False, True]], [1]),
    "a copy there": (lambda: there(2).copy_(here(2) * 3), [3, 3]),
    "a copy back": (lambda: here(2).copy_(there(2) * 3), [3, 3]),
    "torch.tensor": (lambda: torch.tensor([1.0, 2.0], device=SOFT), [1, 2]),
    "torch.as_tensor": (lambda: torch.as_tensor([1.0, 2.0], device=SOFT), [1, 2]),
    "new_tensor": (lambda: there(1).new_tensor([7.0]), [7]),
    "an array": (lambda: torch.from_numpy(np.arange(2)).to(SOFT), [0, 1]),
    "zeros like a CPU tensor": (lambda: torch.zeros_like(here(2), device=SOFT), [0, 0]),
    "full": (lambda: torch.full((2,), 4.0, device=SOFT), [4, 4]),
    "linspace": (lambda: torch.linspace(0, 1, 3, device=SOFT), [0, 0.5, 1]),
    "a view written to": (through_a_view, [9, 1]),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_what_a_gpu_takes_is_taken(case: str) -> None:
    make, expected = ALLOWED[case]
    made = make()
    assert made.device.type == ("cpu" if case == "a copy back" else "soft")
    assert made.tolist() == expected


def test_nothing_leaves_without_being_copied() -> None:
    for leave in (lambda x: x.numpy(), np.asarray):
        with pytest.raises(TypeError, match="can't convert soft:0 device type tensor to numpy"):
            leave(there(2))
    assert there(2).cpu().numpy().tolist() == [1, 1]
    assert float(there()) == 1
    assert bool((there(2) > 0).all())


def test_its_random_numbers_are_its_own() -> None:
    """What is drawn on the device depends on the device, and a CPU generator is refused."""
    draws: list[Callable[..., torch.Tensor]] = [
        lambda **named: torch.randn(8, device=SOFT, **named),
        lambda **named: there(8).normal_(**named),
        lambda **named: torch.randint(9, (8,), device=SOFT, **named),
    ]
    for draw in draws:
        with pytest.raises(RuntimeError, match="Expected a 'soft' device type for generator but found 'cpu'"):
            draw(generator=torch.Generator())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        drawn = torch.randn(8, device=SOFT)
        torch.manual_seed(3)
        assert not torch.equal(drawn.cpu(), torch.randn(8))


def test_gradients_are_the_cpus() -> None:
    """Through the engine's own threads where there is one device, and on the second of two."""

    def gradient(device: str) -> list[Any]:
        w = torch.linspace(-1, 1, 6).reshape(2, 3).to(device).requires_grad_()
        (w @ w.T).square().sum().backward()
        assert w.grad is not None
        return list(w.grad.tolist())

    expected = gradient("cpu")
    assert gradient("soft:1") == gradient(SOFT) == expected
    with second_device(1):
        assert gradient(SOFT) == expected


def test_modules_move_and_change_their_precision() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4)).to(SOFT)
    assert {p.device.type for p in module.parameters()} == {"soft"}
    assert all(isinstance(p, nn.Parameter) for p in module.parameters())
    module.to(torch.bfloat16).to(memory_format=torch.channels_last)
    out = module(there(1, 3, 4, 4).bfloat16())
    assert out.dtype == torch.bfloat16
    with pytest.raises(RuntimeError, match="type"):
        module(there(1, 3, 4, 4))
    expected = module.to("cpu")(here(1, 3, 4, 4).bfloat16())
    assert torch.equal(out.cpu(), expected)


def test_another_thread_meets_it_too() -> None:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(str((torch.ones(2, device=SOFT) * 2).device)))
    thread.start()
    thread.join()
    assert found == [SOFT]


def test_memory_is_counted_and_runs_out(machine: Machine) -> None:
    gc.collect()
    before = machine.memory_allocated(0)
    x = there(1000)
    views = [x[:10], x.reshape(10, 100), x.detach()]
    assert machine.memory_allocated(0) - before == 4000, "views share their storage"
    assert machine.memory_allocated(1) == 0
    del x
    assert machine.memory_allocated(0) - before == 4000, "a view holds it"
    views.clear()
    assert machine.memory_allocated(0) == before
    assert machine.max_memory_allocated(0) >= before + 4000
    machine.reset_peak_memory_stats(0)
    assert machine.max_memory_allocated(0) == before
    with second_device(1, capacity=5000) as small:
        kept = there(1000)
        with pytest.raises(torch.OutOfMemoryError, match="soft out of memory. Tried to allocate 4000 bytes"):
            kept * 2
        assert small.mem_get_info(SOFT) == (1000, 5000)
        del kept
        assert small.mem_get_info(SOFT) == (5000, 5000)


def test_it_can_do_without_float64() -> None:
    with second_device(1, float64=False):
        for make in (lambda: there(2).double(), lambda: torch.zeros(2, dtype=torch.float64, device=SOFT)):
            with pytest.raises(TypeError, match="it has no float64"):
                make()


def test_torch_finds_it_while_it_is_there(machine: Machine) -> None:
    assert torch.accelerator.current_accelerator(check_available=True) == torch.device("soft")
    assert torch.accelerator.device_count() == 2
    with pytest.raises(RuntimeError, match="invalid device ordinal 2 of 2"):
        torch.ones(1, device="soft:2")
    machine.count = 0
    assert torch.accelerator.current_accelerator(check_available=True) is None


def test_a_shape_changed_in_place_is_not_followed_in_silence() -> None:
    with pytest.raises(NotImplementedError, match="changes a shape in place"):
        there(2, 3).t_()
