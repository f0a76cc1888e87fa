"""Signals against the real process: its exit code, all that it prints, and what it leaves behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import psutil
import pytest

from creativity_assets.orchestration.instance import open_instance
from creativity_assets.orchestration.resources import GPU_POOL
from creativity_assets.orchestration.runs import UNFINISHED
from creativity_assets_tests.running import assert_same_tables, bring_up_to_date

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
HEAD = "import logging, os, subprocess, sys, time\nfrom creativity_assets import interrupts\n"
READY = "print('ready', flush=True)"


def start(body: str, **settings: object) -> subprocess.Popen[str]:
    """A process whose guarded command is `body`; returns once it has printed that it is ready."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    process = launch("-c", f"{HEAD}def command():\n{lines}\ninterrupts.guarded(command)\n", **settings)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def launch(*arguments: str, **settings: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings
    )  # type: ignore[call-overload]


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and standard error. A process that hangs fails the test here."""
    _, err = process.communicate(timeout=30)
    return process.returncode, err


def is_the_line(err: str) -> bool:
    return err.startswith("stopped after") and err.count("\n") == 1


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_a_command_with_one_line_and_its_own_exit_code(number: signal.Signals) -> None:
    process = start(f"{READY}\ntime.sleep(60)")
    process.send_signal(number)
    code, err = ended(process)
    assert code == 128 + number
    assert is_the_line(err)


def test_a_signal_while_the_command_is_being_imported() -> None:
    """The command line's own modules take most of the time of a short command."""
    for delay in (0.03, 0.06, 0.09):
        process = launch("-m", "creativity_assets", "catalog", "list", cwd=Path(__file__).parents[1])
        while process.poll() is None and not catches_sigterm(process.pid):
            time.sleep(0.001)
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        code, err = ended(process)
        assert code == 0 or (code == 130 and is_the_line(err)), err


def catches_sigterm(pid: int) -> bool:
    """By the bits of the mask of caught signals, which the kernel shows."""
    try:
        mask = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "SigCgt" in line)
    except (OSError, StopIteration):
        return False
    return bool(int(mask.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize(
    "clean_up",
    [
        "raise ValueError('broken by the signal')",
        "raise KeyboardInterrupt",
        "sys.exit(0)",
        "logging.exception('a library logs what it swallows')",
        "print('half', file=sys.stderr); os.write(2, b'in C')",
    ],
)
def test_whatever_a_library_makes_of_it_only_the_line_is_said(clean_up: str) -> None:
    process = start(f"try:\n    {READY}; time.sleep(60)\nexcept BaseException:\n    {clean_up}")
    process.send_signal(signal.SIGTERM)
    code, err = ended(process)
    assert code == 143
    assert is_the_line(err)


def test_a_swallowed_signal_is_noticed_at_the_next_batch_or_after_the_grace() -> None:
    body = f"try:\n    {READY}; time.sleep(60)\nexcept BaseException:\n    time.sleep(0.1)\n"
    process = start(f"{body}interrupts.raise_if_interrupted()\nprint('never', flush=True)")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30)[0] == ""
    process = start(f"interrupts.GRACE = 0.5\n{body}time.sleep(60)")
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert ended(process)[0] == 130
    assert time.monotonic() - began < 10


def test_a_second_signal_ends_at_once() -> None:
    body = (
        f"try:\n    {READY}; time.sleep(60)\nexcept BaseException:\n    print('cleaning', flush=True); time.sleep(60)"
    )
    process = start(f"interrupts.GRACE = 50\n{body}")
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert process.stdout.readline() == "cleaning\n"
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    code, err = ended(process)
    assert code == 130
    assert is_the_line(err)
    assert time.monotonic() - began < 5


def test_the_signal_is_told_though_dagster_has_its_own_handlers() -> None:
    """It maps SIGTERM to SIGINT, and puts back what it found for SIGINT in the place of both."""
    for body in (
        f"with raise_interrupts_as(DagsterExecutionInterruptedError):\n    {READY}; time.sleep(60)",
        f"with capture_interrupts():\n    {READY}; time.sleep(1)\ninterrupts.raise_if_interrupted(); time.sleep(60)",
        f"with raise_interrupts_as(ValueError):\n    pass\n{READY}; time.sleep(60)",
    ):
        imports = "from dagster._utils.interrupts import *\nfrom dagster import DagsterExecutionInterruptedError\n"
        process = start(f"{imports.replace('*', 'capture_interrupts, raise_interrupts_as')}{body}")
        process.send_signal(signal.SIGTERM)
        code, err = ended(process)
        assert code == 143
        assert is_the_line(err)


def test_children_end_with_it_even_those_that_ignore_signals() -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    body = (
        f"child = subprocess.Popen([sys.executable, '-c', {stubborn!r}], stdout=subprocess.PIPE)\n"
        f"child.stdout.readline()\n{READY}\nprint(child.pid, flush=True)\ntime.sleep(60)"
    )
    process = start(body)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 143
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_what_was_ignored_at_the_start_stays_ignored() -> None:
    """As under nohup, or in the background of a script."""

    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    process = start(f"{READY}\ntime.sleep(60)", preexec_fn=ignore)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 143


def test_a_signal_while_python_takes_itself_down_ends_it_at_once() -> None:
    process = start(f"import atexit\natexit.register(time.sleep, 60)\n{READY}")
    process.send_signal(signal.SIGTERM)
    code, err = ended(process)
    assert code == 143
    assert is_the_line(err)


def test_stopped_while_it_measures_the_same_command_goes_on(study_root: Path, measured_root: Path) -> None:
    environment = os.environ | {"CREATIVITY_DATA": str(study_root), "OMP_NUM_THREADS": "1"}
    process = launch("-m", "creativity_assets", "materialize", env=environment)
    deadline = time.monotonic() + 120
    while not list((study_root / "store").rglob("*.parquet")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    code, err = ended(process)
    assert code == 143
    assert "Traceback" not in err
    assert is_the_line(err.splitlines(keepends=True)[-1])
    with open_instance(study_root) as instance:
        assert instance.get_runs(filters=dg.RunsFilter(statuses=UNFINISHED)) == []
        info = instance.event_log_storage.get_concurrency_info(GPU_POOL)
        assert info.active_slot_count == 0
    bring_up_to_date(study_root)
    assert_same_tables(study_root, measured_root, "samples", "image_metrics")
