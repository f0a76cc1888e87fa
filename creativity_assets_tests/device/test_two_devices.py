"""Two devices: found, leased one to a process, and shared out by the executor, in processes that find them as well."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import torch

from creativity_assets.engine.devices import find_devices, free_memory, lease, peak_memory, watch_memory
from creativity_assets.errors import CreativityError
from creativity_assets.orchestration.executor import gpu_executor
from creativity_assets_tests.device.second_device import NAME, plugged_in, second_device

PATIENCE_S = 60.0


@pytest.fixture
def processes_find_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a package that brings a device to torch: by the entry point `torch.backends`, in every process from now on."""
    package = tmp_path / "packages" / "soft_device-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: soft-device\nVersion: 1.0\n")
    where = f"{plugged_in.__module__}:{plugged_in.__name__}"
    (package / "entry_points.txt").write_text(f"[torch.backends]\n{NAME} = {where}\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(package.parent)])  # at the end: Dagster drops the first
    monkeypatch.setenv("SOFT_DEVICES", "2")


@pytest.fixture
def two() -> Iterator[None]:
    with second_device(2):
        yield


def test_a_device_can_be_chosen(two: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [device.name for device in find_devices()] == ["soft:0", "soft:1"]
    assert len({device.key for device in find_devices()}) == 2
    monkeypatch.setenv("CREATIVITY_DEVICE", "soft:1")
    assert [device.name for device in find_devices()] == ["soft:1"]
    monkeypatch.setenv("CREATIVITY_DEVICE", "cpu")
    assert [device.name for device in find_devices()] == ["cpu"]
    monkeypatch.setenv("CREATIVITY_DEVICE", "cuda:7")
    with pytest.raises(CreativityError, match="CREATIVITY_DEVICE=cuda:7: no such device .* have cpu, soft:0, soft:1"):
        find_devices()


def test_a_lease_is_of_one_device_and_computes_there(two: None, tmp_path: Path) -> None:
    with lease(tmp_path) as one, lease(tmp_path) as other:
        assert [one.name, other.name] == ["soft:0", "soft:1"]
        for device in (one, other):
            before = free_memory(device)
            watch_memory(device)
            kept = torch.zeros(2**18, device=device.name)  # 1 MiB
            assert before is not None
            assert free_memory(device) == before - 2**20
            del kept
            assert peak_memory(device) == 2**20 + 2**30 - before
            watch_memory(device)
            assert peak_memory(device) == 2**30 - before
        with (
            pytest.raises(CreativityError, match="soft:0, soft:1: in use by other processes"),
            lease(tmp_path, timeout=0),
        ):
            pass


def _work(context: dg.OpExecutionContext, folder: str, me: str, other: str) -> None:
    """Hold a device, compute on it, and wait until the other step holds one as well."""
    with lease(Path(folder) / "locks", timeout=PATIENCE_S) as device:
        total = float((torch.ones(8, device=device.name) * 2).sum())
        (Path(folder) / me).write_text(f"{device.name} {os.getpid()} {total}")
        waited = time.monotonic() + PATIENCE_S
        while not (Path(folder) / other).exists():
            assert time.monotonic() < waited, "the other step did not run at the same time"
            time.sleep(0.05)


@dg.op(config_schema={"folder": str})
def first(context: dg.OpExecutionContext) -> None:
    _work(context, context.op_config["folder"], "first", "second")


@dg.op(config_schema={"folder": str})
def second(context: dg.OpExecutionContext) -> None:
    _work(context, context.op_config["folder"], "second", "first")


@dg.job(executor_def=gpu_executor)
def both() -> None:
    first()
    second()


def test_two_devices_work_at_once_in_two_processes(two: None, processes_find_them_too: None, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    config = {"ops": {name: {"config": {"folder": str(work)}} for name in ("first", "second")}}
    with (
        dg.DagsterInstance.local_temp(str(tmp_path)) as instance,
        dg.execute_job(dg.reconstructable(both), instance=instance, run_config=config) as result,
    ):
        assert result.success
    (one, a, total), (other, b, _) = ((work / name).read_text().split() for name in ("first", "second"))
    assert {one, other} == {"soft:0", "soft:1"}
    assert len({a, b, str(os.getpid())}) == 3
    assert total == "16.0"


@dg.op
def tell() -> int:
    return os.getpid()


@dg.job(executor_def=gpu_executor)
def alone() -> None:
    tell()


def test_one_device_works_in_the_process_that_has_the_model(tmp_path: Path) -> None:
    with (
        second_device(1),
        dg.DagsterInstance.local_temp(str(tmp_path)) as instance,
        dg.execute_job(dg.reconstructable(alone), instance=instance) as result,
    ):
        assert result.output_for_node("tell") == os.getpid()
