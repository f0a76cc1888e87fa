"""The real command in a process of its own, with a time limit, and what it printed, took and ended with."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 180.0
"""Seconds after which a command counts as hanging. The slowest takes about 15 on an idle core."""


@dataclass(frozen=True)
class Ended:
    """What came of a command. code: None where it had to be killed; mebibytes: the most memory it held at once."""

    arguments: tuple[str, ...]
    code: int | None
    out: str
    err: str
    seconds: float
    mebibytes: float

    @property
    def said(self) -> str:
        return f"{self.out}{self.err}"

    @property
    def lines(self) -> list[str]:
        return self.said.splitlines()


@dataclass(frozen=True)
class Stop:
    """A signal sent so many seconds after the start."""

    number: signal.Signals
    after: float


@dataclass
class Command:
    """`creativity` with these arguments on a data root. largest_file: bytes that a file may have, as on a full disk."""

    root: Path
    arguments: Sequence[str | bytes]
    stop: Stop | None = None
    largest_file: int | None = None

    def run(self, timeout: float = TIMEOUT) -> Ended:
        """Run it to its end, or to the time limit."""
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "creativity_assets", *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"CREATIVITY_DATA": str(self.root), "OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )
        if self.largest_file is not None:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (self.largest_file, self.largest_file))
        with ThreadPoolExecutor(2) as readers:  # a pipe that nobody reads would stop the command
            streams = [readers.submit(stream.read) for stream in (process.stdout, process.stderr) if stream]
            code, mebibytes = self._wait(process, started, timeout)
            out, err = (stream.result().decode("utf-8", "backslashreplace") for stream in streams)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        shown = tuple(part if isinstance(part, str) else os.fsdecode(part) for part in self.arguments)
        return Ended(shown, code, out, err, time.monotonic() - started, mebibytes)

    def _wait(self, process: subprocess.Popen[bytes], started: float, timeout: float) -> tuple[int | None, float]:
        """Exit code, None where it was killed, and the most memory that the system saw it hold, in MiB."""
        sent = killed = False
        mebibytes = 0.0
        while process.poll() is None:
            mebibytes = max(mebibytes, _peak(process.pid))
            passed = time.monotonic() - started
            if self.stop is not None and not sent and passed >= self.stop.after:
                process.send_signal(self.stop.number)
                sent = True
            if passed > timeout and not killed:
                os.killpg(process.pid, signal.SIGKILL)
                killed = True
            time.sleep(0.01)
        return (None if killed else process.returncode), mebibytes


def _peak(pid: int) -> float:
    """MiB. Not by wait4, which counts what this process held when it made the other."""
    try:
        line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0.0
    return int(line.split()[1]) / 1024
