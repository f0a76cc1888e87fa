"""SIGINT, SIGTERM and SIGHUP at any moment: one line, exit code 128 + the signal's number, no child left behind.

Python runs signal handlers between two steps of the main thread alone, and Dagster puts handlers of its own in their
place while it runs. So a thread listens too, to the descriptor that every signal is written to: it knows which signal
came, ends the process where the main thread does not within GRACE seconds (it may be deep inside a library), and at
once where a second signal comes. Nothing needs that time to stay whole: parts are written aside and renamed.
"""

import atexit
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

GRACE = 5.0
"""Seconds that a command may take to end in order after the first signal."""
CHILDREN_GRACE = 1.0

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NO_SIGNAL = 0
"""Written behind all signals, to learn that they are noted."""
_SHOW_CURSOR = "\x1b[?25h"  # a progress bar hides it on a terminal


class Interrupted(BaseException):
    """A signal asked this process to end. No KeyboardInterrupt: the command line's parser would swallow that."""


def guarded(command: Callable[[], None]) -> None:
    """Run `command` in the main thread; a signal ends the process with one line, whatever the command makes of it."""
    guard = _Guard()
    try:
        import psutil  # noqa: F401 - to end children with: no time to import it later

        command()
    except BaseException:
        guard.settle()  # Dagster's handler may have raised before the listening thread had its turn
        raise
    finally:
        guard.over = True
        if guard.received is not None:
            guard.finish(guard.received)


def raise_if_interrupted() -> None:
    """Raise Interrupted where a signal has come that was not seen here, since Dagster had its handlers in place."""
    if _Guard.current is not None and _Guard.current.received is not None:
        raise Interrupted


class _Guard:
    """The handlers, the listening thread, and what they know."""

    current: "_Guard | None" = None

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.received: int | None = None
        self.over = False  # nothing is left to be ended in order
        self._raised = False
        self._heard = 0
        self._finishing = threading.Lock()
        # Who starts us in the background, or under nohup, has some signals ignored; they stay so.
        self._ignored = {number for number in _SIGNALS if signal.getsignal(number) is signal.SIG_IGN}
        reading, self._writing = os.pipe()
        self._settled = threading.Event()
        os.set_blocking(self._writing, False)
        signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        threading.Thread(target=self._listen, args=(reading,), daemon=True, name="signals").start()
        self._screen = os.dup(2)
        self._nowhere = os.open(os.devnull, os.O_WRONLY)
        for number in _SIGNALS:
            signal.signal(number, self._handle)
        atexit.register(_ignore_signals)
        _Guard.current = self

    def finish(self, number: int) -> None:
        """End the process, now, with the one line."""
        if not self._finishing.acquire(blocking=False):
            time.sleep(2 * GRACE)  # the other thread is ending the process
        self._say(
            f"stopped after {time.monotonic() - self.started:.0f} s; nothing is lost: run the same command again\n"
        )
        _end_children()
        os._exit(128 + number)

    def settle(self) -> None:
        """Return once every signal that has come so far is noted: the pipe keeps their order, and this stands last."""
        with suppress(BlockingIOError):  # full of signals: the first was noted long ago
            os.write(self._writing, bytes([_NO_SIGNAL]))
            self._settled.wait(GRACE)

    def _say(self, line: str) -> None:
        clear = f"\r\x1b[2K{_SHOW_CURSOR}" if os.isatty(self._screen) else ""
        try:
            os.write(self._screen, f"{clear}{line}".encode())
        except OSError:
            return  # the terminal is gone, and with it whom the line was for

    def _note(self, number: int) -> None:
        """From here on the line is all that is said: what a signal breaks on its way (a library's clean-up, another
        thread) is logged by whoever it belongs to, with tracebacks.
        """
        if self.received is None:
            self.received = number
            os.dup2(self._nowhere, 2)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if number in self._ignored:
            return
        self._note(number)
        if self.over:
            self.finish(number)
        if not self._raised:
            self._raised = True
            raise Interrupted

    def _listen(self, descriptor: int) -> None:
        while True:
            for number in os.read(descriptor, 64):
                if number == _NO_SIGNAL:
                    self._settled.set()
                if number not in _SIGNALS or number in self._ignored:
                    continue
                self._note(number)
                self._heard += 1
                if self._heard > 1:
                    self.finish(self.received or number)
                threading.Thread(target=self._wait, args=(number,), daemon=True, name="grace").start()

    def _wait(self, number: int) -> None:
        time.sleep(GRACE)
        self.finish(self.received or number)


def _ignore_signals() -> None:
    """The command is over and its exit code stands; Python is taking itself down."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _end_children() -> None:
    import psutil

    children = psutil.Process().children(recursive=True)
    for child in children:
        _send(child, signal.SIGTERM)
    stubborn = psutil.wait_procs(children, timeout=CHILDREN_GRACE)[1]
    for child in stubborn:
        _send(child, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=CHILDREN_GRACE)


def _send(child: "psutil.Process", number: int) -> None:
    import psutil

    try:
        child.send_signal(number)
    except psutil.Error:
        return  # it has ended by itself
