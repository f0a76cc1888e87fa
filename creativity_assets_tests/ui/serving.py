"""`creativity ui` as a person starts it, over a data root, for the time of a block."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 120
COMMAND = (
    "from creativity_assets.cli import main; import sys; sys.argv = ['creativity', 'ui', '--port', '{port}']; main()"
)


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """The UI and the daemon; yields the address. What they print is in `ui.log` of the root."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"CREATIVITY_DATA": str(root), "OMP_NUM_THREADS": "1"}
    environment.pop("DAGSTER_HOME", None)
    log = root / "ui.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "creativity_assets", "ui", "--port", str(port)],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: _answers(address), f"the UI did not come up: {log.read_text()[-2000:]}")
            yield address
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            finally:
                with contextlib.suppress(ProcessLookupError):  # nobody is left, as it should be
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


def wait_until(condition: Callable[[], object], complaint: str, seconds: float = SECONDS) -> None:
    """Look every second; AssertionError with the complaint after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(1)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/server_info", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
