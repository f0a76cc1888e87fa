"""A second device for machines that have none: tensors that say `soft:0`, compute on the CPU, and refuse to mix.

PyTorch lets Python be a device. Kernels registered for it make new tensors (`torch.zeros(3, device="soft")`), and a
wrapper subclass does the rest: each operation runs on the CPU tensors inside, after what a GPU would refuse has been
refused. Nothing has to be active while it is used, so that threads, autograd and libraries meet it as they would a
GPU; the project finds it as it finds any accelerator, by torch.accelerator.

What it refuses, as CUDA does: tensors of two devices in one operation (a CPU tensor of no dimension may join a
pointwise one, CPU indices may index), a CPU generator, `numpy()`, more bytes than its memory holds. It also refuses
float64 where it is told to, as Apple's devices do. Random numbers of its own are not the CPU's.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch.utils import backend_registration

NAME = "soft"
CPU = torch.device("cpu")
GIGABYTE = 2**30
aten = torch.ops.aten


@dataclass
class Memory:
    """The bytes of one device: a storage counts once, however many views it has, until the last of them is gone."""

    live: int = 0
    peak: int = 0
    held: WeakValueDictionary[int, "Held"] = field(default_factory=WeakValueDictionary)


class Held:
    """A storage on the device; let go when no tensor holds it."""

    def __init__(self, memory: Memory, size: int) -> None:
        self.memory, self.size = memory, size
        memory.live += size
        memory.peak = max(memory.peak, memory.live)

    def __del__(self) -> None:
        self.memory.live -= self.size


class Machine:
    """What torch knows as `torch.soft`: how many devices there are, and what each has. Unplugged at first."""

    def __init__(self) -> None:
        self.count, self.capacity, self.bfloat16, self.float64 = 0, GIGABYTE, False, True
        self.memories: list[Memory] = []
        self.emptied = 0  # how often the cache was emptied
        self.generator = torch.Generator().manual_seed(2**40 + 7)
        self.lock = threading.RLock()

    def plug_in(self, count: int, capacity: int = GIGABYTE, bfloat16: bool = False, float64: bool = True) -> None:
        self.count, self.capacity, self.bfloat16, self.float64 = count, capacity, bfloat16, float64
        self.memories, self.emptied = [Memory() for _ in range(count)], 0

    # The interface of a device module, as torch.cuda's.

    def is_available(self) -> bool:
        return self.count > 0

    def device_count(self) -> int:
        return self.count

    def is_initialized(self) -> bool:
        return True

    def current_device(self) -> int:
        return 0

    def _is_in_bad_fork(self) -> bool:
        return False

    def manual_seed_all(self, seed: int) -> None:
        self.generator.manual_seed(seed + 2**40 + 7)

    def get_rng_state(self, device: Any = None) -> torch.Tensor:
        return self.generator.get_state()

    def set_rng_state(self, state: torch.Tensor, device: Any = None) -> None:
        self.generator.set_state(state)

    def synchronize(self, device: Any = None) -> None:
        """Nothing is ever under way."""

    def get_device_properties(self, device: Any) -> SimpleNamespace:
        return SimpleNamespace(name="Soft device", total_memory=self.capacity, uuid=index_of(device))

    def is_bf16_supported(self, including_emulation: bool = True) -> bool:
        return self.bfloat16 or including_emulation

    def mem_get_info(self, device: Any = None) -> tuple[int, int]:
        return self.capacity - self._memory(device).live, self.capacity

    def memory_allocated(self, device: Any = None) -> int:
        return self._memory(device).live

    def max_memory_allocated(self, device: Any = None) -> int:
        return self._memory(device).peak

    def reset_peak_memory_stats(self, device: Any = None) -> None:
        memory = self._memory(device)
        memory.peak = memory.live

    def empty_cache(self) -> None:
        self.emptied += 1

    # Below that interface.

    def hold(self, inner: torch.Tensor, index: int) -> Held:
        """Room for a tensor's storage. Raises torch.OutOfMemoryError where there is none."""
        storage = inner.untyped_storage()
        with self.lock:
            memory = self._memory(index)
            held = memory.held.get(storage._cdata)
            if held is None:
                if memory.live + storage.nbytes() > self.capacity:
                    raise torch.OutOfMemoryError(f"{NAME} out of memory. Tried to allocate {storage.nbytes()} bytes.")
                held = memory.held[storage._cdata] = Held(memory, storage.nbytes())
            return held

    def _memory(self, device: Any) -> Memory:
        index = index_of(device)
        if index >= self.count:
            raise RuntimeError(f"{NAME} error: invalid device ordinal {index} of {self.count}")
        return self.memories[index]


def index_of(device: Any) -> int:
    return device if isinstance(device, int) else (torch.device(device or NAME).index or 0)


SOFT = Machine()


class SoftTensor(torch.Tensor):
    """A CPU tensor that says it is elsewhere."""

    inner: torch.Tensor
    held: Held

    @staticmethod
    def __new__(cls, inner: torch.Tensor, index: int = 0) -> "SoftTensor":
        if not SOFT.float64 and inner.dtype in {torch.float64, torch.complex128}:
            raise TypeError(f"Cannot convert a tensor to {NAME}: it has no float64. Please use float32 instead.")
        held = SOFT.hold(inner, index)
        # A view of a normal tensor is one in inference mode too.
        normal = torch.is_inference_mode_enabled() and not inner.is_inference()
        with torch.inference_mode(False) if normal else nullcontext():
            made = torch.Tensor._make_wrapper_subclass(
                cls,
                inner.size(),
                strides=inner.stride(),
                storage_offset=inner.storage_offset(),
                dtype=inner.dtype,
                layout=inner.layout,
                device=torch.device(NAME, index),
            )
        made.inner, made.held = inner, held
        return made

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        return f"{self.inner!r} on {self.device}"

    def __deepcopy__(self, memo: dict[int, Any]) -> "SoftTensor":
        copied = SoftTensor(self.inner.clone(), self.device.index).requires_grad_(self.requires_grad)
        copied._is_param = getattr(self, "_is_param", False)
        memo[id(self)] = copied
        return copied

    @property
    def data(self) -> torch.Tensor:  # type: ignore[override]
        return self.detach()

    @data.setter
    def data(self, value: "SoftTensor") -> None:
        """What `module.to(dtype)` does to its weights."""
        torch.Tensor.data.__set__(self, value)  # type: ignore[attr-defined]
        self.inner, self.held = value.inner, value.held

    def tolist(self) -> Any:
        return self.cpu().tolist()  # as on a GPU, where it is copied by itself

    def numpy(self, **_: Any) -> Any:  # type: ignore[override]
        raise TypeError(f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy it first.")

    def __array__(self, *_: Any, **__: Any) -> Any:  # type: ignore[override]
        return self.numpy()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return run(func, args, kwargs or {})


COPIES = {aten._to_copy.default, aten.copy_.default}
INDEXING = {
    aten.index.Tensor,
    aten.index_put.default,
    aten.index_put_.default,
    aten._index_put_impl_.default,
}
SCALARS_JOIN = {*INDEXING, aten.fill.Tensor, aten.fill_.Tensor, aten.masked_fill.Tensor, aten.masked_fill_.Tensor}


def run(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """One operation: refused, or computed inside and wrapped again."""
    facts = facts_of(func)
    if facts.composite:
        done = func.decompose(*args, **kwargs)
        if done is not NotImplemented:
            return done
    if func is aten._to_copy.default:
        return _copied(args[0], **kwargs)
    tensors: list[torch.Tensor] = []
    inside, named = _unwrapped(args, tensors), _unwrapped(kwargs, tensors)
    if func is aten.copy_.default:
        func(*inside, **named)
        return args[0]
    index: int | None = _one_device(func, facts, args, tensors)
    if (device := kwargs.get("device")) is not None:
        index = index_of(device) if torch.device(device).type == NAME else None
    with _dice(kwargs) if facts.draws else nullcontext():
        out = func(*inside, **named)
    given = {id(x.inner): x for x in tensors if isinstance(x, SoftTensor)} if facts.mutates else {}
    if any(x.inner.shape != x.shape for x in given.values()):
        raise NotImplementedError(f"{NAME}: {func} changes a shape in place, which a wrapper cannot follow")
    return out if index is None else _wrapped(out, index, given)


@dataclass(frozen=True)
class Facts:
    """composite: only calls other operations, which are looked at in its place."""

    composite: bool
    scalars_join: bool
    draws: bool
    mutates: bool


@cache
def facts_of(func: Any) -> Facts:
    return Facts(
        torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd"),
        func in SCALARS_JOIN or torch.Tag.pointwise in func.tags,
        torch.Tag.nondeterministic_seeded in func.tags,
        func._schema.is_mutable,
    )


def _copied(x: Any, *, device: Any = None, non_blocking: bool = False, pin_memory: bool = False, **kwargs: Any) -> Any:
    to = x.device if device is None else torch.device(device)
    copy = aten._to_copy.default(_unwrapped(x, []), **kwargs)
    return SoftTensor(copy, index_of(to)) if to.type == NAME else copy


def _unwrapped(x: Any, tensors: list[torch.Tensor]) -> Any:
    """The same with what is inside in place of the device's tensors; all tensors are noted."""
    if isinstance(x, torch.Tensor):
        tensors.append(x)
        return x.inner if isinstance(x, SoftTensor) else x
    if isinstance(x, (list, tuple)):
        return type(x)([_unwrapped(part, tensors) for part in x])
    if isinstance(x, dict):
        return {name: _unwrapped(part, tensors) for name, part in x.items()}
    return CPU if isinstance(x, torch.device) and x.type == NAME else x


def _wrapped(x: Any, index: int, known: dict[int, SoftTensor]) -> Any:
    if isinstance(x, torch.Tensor):
        return known.get(id(x)) if id(x) in known else SoftTensor(x, index)
    return type(x)([_wrapped(part, index, known) for part in x]) if isinstance(x, (list, tuple)) else x


def _one_device(func: Any, facts: Facts, args: tuple[Any, ...], tensors: list[torch.Tensor]) -> int:
    """The device all tensors lie on, as CUDA demands it."""
    if func in INDEXING and isinstance(args[0], SoftTensor):
        tensors = [x for x in tensors if not any(x is by for by in args[1])]
    if facts.scalars_join:
        tensors = [x for x in tensors if isinstance(x, SoftTensor) or x.dim() > 0]
    places = {x.device for x in tensors}
    if len(places) == 1:
        return next(iter(places)).index or 0
    names = ", ".join(sorted(str(place) for place in places))
    shapes = [tuple(x.shape) for x in tensors if not isinstance(x, SoftTensor)]
    raise RuntimeError(
        f"Expected all tensors to be on the same device, but found at least two devices, {names}! ({func}, {shapes})"
    )


@contextmanager
def _dice(kwargs: dict[str, Any]) -> Iterator[None]:
    """The device's own randomness in place of the CPU's; a generator of the CPU is refused."""
    if (given := kwargs.get("generator")) is not None:
        raise RuntimeError(f"Expected a '{NAME}' device type for generator but found '{given.device}'")
    before = torch.get_rng_state()
    torch.set_rng_state(SOFT.generator.get_state())
    try:
        yield
    finally:
        SOFT.generator.set_state(torch.get_rng_state())
        torch.set_rng_state(before)


def _made(func: Any) -> Any:
    """The kernel of an operation that makes a tensor out of numbers alone."""

    def kernel(*args: Any, device: Any = None, pin_memory: Any = None, **kwargs: Any) -> torch.Tensor:
        with _dice(kwargs) if facts_of(func).draws else nullcontext():
            return SoftTensor(func(*args, device=CPU, **kwargs), index_of(device))

    return kernel


def _register() -> torch.library.Library:
    backend_registration._setup_privateuseone_for_python_backend(NAME, backend_module=SOFT)
    library = torch.library.Library("aten", "IMPL", "PrivateUse1")
    for func in _factories():
        library.impl(func, _made(func))
    library.impl("_copy_from", _filled)
    return library


def _filled(source: torch.Tensor, target: torch.Tensor, non_blocking: bool = False) -> torch.Tensor:
    """How torch.tensor, which no subclass sees, gets its numbers onto the device."""
    _unwrapped(target, []).copy_(_unwrapped(source, []))
    return target


def _factories() -> Iterator[Any]:
    for name in torch._C._dispatch_get_all_op_names():
        space, _, rest = name.partition("::")
        base, _, overload = rest.partition(".")
        if space != "aten" or not hasattr(aten, base) or (overload or "default") not in getattr(aten, base).overloads():
            continue
        func = getattr(getattr(aten, base), overload or "default")
        arguments = {argument.name: str(argument.type) for argument in func._schema.arguments}
        if "device" in arguments and "Tensor" not in "".join(arguments.values()) and not facts_of(func).composite:
            yield func


LIBRARY = _register()


@contextmanager
def second_device(
    count: int = 1, *, capacity: int = GIGABYTE, bfloat16: bool = False, float64: bool = True
) -> Iterator[Machine]:
    """`count` devices of `capacity` bytes each are there within the block; afterwards those before it."""
    before = vars(SOFT).copy()
    SOFT.plug_in(count, capacity, bfloat16, float64)
    try:
        # Autograd has one thread for a device of Python's, so that on two of them the caller's own has to do.
        with torch.autograd.set_multithreading_enabled(count == 1):
            yield SOFT
    finally:
        vars(SOFT).update(before)


def plugged_in() -> None:
    """The entry point `torch.backends` of a process that has the devices from its start: $SOFT_DEVICES of them."""
    SOFT.plug_in(int(os.environ.get("SOFT_DEVICES", "1")))
