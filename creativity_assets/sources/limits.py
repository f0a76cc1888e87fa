"""How much of a file is read at most, and how a file is opened that may be a pipe, a device or still growing.

What a file claims of itself decides nothing here: memory follows what is there, up to the limits below. Together they
keep a reader within about 512 MB above what Python and its libraries take.
"""

import errno
import os
import stat
from pathlib import Path, PurePosixPath

MIB = 2**20

MAX_IMAGE_BYTES = 128 * MIB
"""Of one image file or cell: it is held whole, and once more while a shard is written."""

MAX_TABLE_BYTES = {".json": 64 * MIB, ".parquet": 256 * MIB}
MAX_TEXT_TABLE_BYTES = 128 * MIB
"""Of a table among the images: JSON becomes objects of several times its size at once, Parquet is read by rows."""

MAX_SIDECAR_BYTES = 64 * 2**10
"""Of a text or an object beside one image."""

MAX_SIDECARS_BYTES = 128 * MIB
"""Of all of them in one archive: they are kept until its images pass."""

MAX_MEMBERS = 500_000
"""Of an archive: each costs about 1 kB while its images are listed."""

FREE_EXPANSION = 64 * MIB
MAX_EXPANSION = 100
"""What is unpacked of an archive may have FREE_EXPANSION bytes plus MAX_EXPANSION for each byte that was read of it.

Images hardly shrink, tables and flat synthetic pictures by up to 30; zeros shrink by 1,000 (gzip) to 1,000,000 (bzip2).
"""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def table_limit(name: str) -> int:
    """Bytes that a table of this name may have."""
    return MAX_TABLE_BYTES.get(PurePosixPath(name).suffix.lower(), MAX_TEXT_TABLE_BYTES)


def why_no_file(path: Path) -> str | None:
    """Why nothing can be read at a path (a pipe, a link to nowhere, no permission); None for a regular file.

    It looks without opening: opening a pipe would wait for a writer.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        return _said(error)
    if stat.S_ISDIR(mode) and not os.access(path, os.R_OK | os.X_OK):
        return "a folder that cannot be opened (Permission denied)"
    return None if stat.S_ISREG(mode) else f"{_KINDS.get(stat.S_IFMT(mode), 'something')}, not a file"


def bounded_bytes(path: Path, limit: int) -> bytes:
    """All bytes of a regular file.

    Raises OSError with a `strerror` for people: what is no regular file is never waited for, and of more than
    `limit` bytes (errno EFBIG) nothing is read.
    """
    if why := why_no_file(path):
        raise OSError(errno.EINVAL, why, str(path))
    with open(path, "rb", opener=_without_waiting) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "no file any more", str(path))
        if status.st_size > limit:
            raise OSError(errno.EFBIG, f"{status.st_size} bytes; at most {limit // MIB} MiB are read", str(path))
        data = file.read(status.st_size + 1)
    if len(data) > status.st_size:
        raise OSError(errno.EAGAIN, "still being written", str(path))
    return data


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
