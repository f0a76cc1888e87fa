"""After a kill -9: runs whose process is gone are closed, and the pool slots they held are given back."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg
import psutil

from creativity_assets.orchestration.runs import in_flight

OWNER_TAG = "creativity/process"


def owner() -> str:
    """This process, told apart from a later one that is given the same number."""
    return _identity(psutil.Process(os.getpid()))


def close_abandoned_runs(instance: dg.DagsterInstance) -> int:
    """Mark the runs of dead processes of this machine as failed; returns how many.

    A run that dies with its process never gives its slot of a pool back, and the next would wait for ever.
    """
    return _close(instance, _is_dead)


@contextmanager
def closing_own_runs(instance: dg.DagsterInstance) -> Iterator[None]:
    """Close what this process leaves unfinished when the block is left, by a signal at any moment too."""
    try:
        yield
    finally:
        own = owner()
        _close(instance, lambda identity: identity == own)


def _close(instance: dg.DagsterInstance, whose: Callable[[str], bool]) -> int:
    left = [run for run in in_flight(instance) if OWNER_TAG in run.tags and whose(run.tags[OWNER_TAG])]
    for run in left:
        instance.report_run_failed(run, "its process was stopped; the same command goes on where it stopped")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return len(left)


def _is_dead(identity: str) -> bool:
    host, pid, _ = identity.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    try:
        return _identity(psutil.Process(int(pid))) != identity
    except psutil.NoSuchProcess:
        return True


def _identity(process: psutil.Process) -> str:
    return f"{socket.gethostname()}:{process.pid}:{int(process.create_time())}"
