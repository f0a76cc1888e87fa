"""The last resort of the command line: what no part of the project foresaw, in one line, with nothing hidden."""

import tempfile
import traceback
from pathlib import Path

UNFORESEEN = 70
"""The exit code of a fault of the program itself (EX_SOFTWARE)."""


def refusal(error: OSError) -> str | None:
    """The line for what the machine refused about a file; None where no file is named."""
    name = error.filename2 or error.filename
    if not isinstance(name, str | bytes | Path):
        return None
    shown = name.decode(errors="backslashreplace") if isinstance(name, bytes) else str(name)
    return f"{shown}: {error.strerror or error}; check the path, its permissions and the free space"


def unforeseen(error: BaseException) -> str:
    """The line for a fault of the program, after its traceback was written where it can be reported from."""
    text = "".join(traceback.format_exception(error))
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", prefix="creativity-", suffix=".log", delete=False
        ) as log:
            log.write(text)
    except OSError:  # no file can be written: then the terminal has to hold it
        return f"a fault of this program, please report it: {what}\n{text}"
    return f"a fault of this program, please report it with {log.name}: {what}"
