"""A statement from wherever it comes, its result to wherever it goes, or a prompt."""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil
from rich.console import Console

from creativity_assets.commands.sql.prompt import prompt
from creativity_assets.errors import QueryError, StoreError
from creativity_assets.store.files import replacing
from creativity_assets.store.sql.formats import FORMATS, Written
from creativity_assets.store.sql.query import MAX_MEMORY, asking

MAX_SQL = 2**20
"""Bytes of SQL that are read from a file or standard input."""

ON_SCREEN = 40
"""Rows that a table has on the screen, unless --limit says otherwise."""


@dataclass(frozen=True)
class Answering:
    """How statements are answered: over which warehouse, in which format, with how many rows, into which file.

    limit: None for what suits the format, 0 for all rows. remarks: where notes for people go, never the result.
    """

    database: Path
    form: str
    limit: int | None
    out: Path | None
    remarks: Console

    def answer(self, statement: str, whole: bool = False) -> None:
        """Write the result of one statement, or `whole` whatever the limit.

        Raises QueryError for the statement's faults, StoreError for those of the outlet.
        """
        limit = 0 if whole else self.limit
        if limit is None:
            limit = ON_SCREEN if self.out is None and self.form in {"table", "markdown"} else 0
        written = Written(limit or None)
        with asking(self.database, statement) as result:
            with _outlet(self.out, self.form, self.database) as sink:
                FORMATS[self.form](result, sink, written)
            for line in (written.line, *written.remarks, *result.notes):
                if line:
                    self.remarks.print(line, soft_wrap=True, markup=False)


def run(answering: Answering, query: str | None, file: Path | None) -> None:
    """Answer the statement given as an argument, in a file, or on standard input; without any, ask at a prompt."""
    try:
        with _bounded_memory():
            _run(answering, query, file)
    except BrokenPipeError:
        # Whoever read the result, `head` for one, has enough. What Python still holds back goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(answering: Answering, query: str | None, file: Path | None) -> None:
    if query is None and file is None and sys.stdin is not None and sys.stdin.isatty():
        prompt(answering.database, answering.answer, answering.remarks)
    else:
        answering.answer(_statement(query, file))


@contextlib.contextmanager
def _bounded_memory() -> Iterator[None]:
    """Refuse this process more memory than a statement may hold, twice over, where the system can do so.

    DuckDB does not count what it allocates for one huge value, such as `range(1000000000)`.
    """
    try:
        import resource

        kind = resource.RLIMIT_AS
        soft, hard = resource.getrlimit(kind)
        threads = (os.cpu_count() or 1) * 128 * 2**20  # address space that allocators set aside
        bound = psutil.Process().memory_info().vms + 2 * MAX_MEMORY + threads
        if soft != resource.RLIM_INFINITY and soft < bound:
            bound = soft
        resource.setrlimit(kind, (bound, hard))
    except (ImportError, OSError, ValueError):
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(kind, (soft, hard))


def _statement(query: str | None, file: Path | None) -> str:
    if query not in {None, "-"}:
        if file is not None:
            raise QueryError("SQL: both a statement and --file; give one of them")
        return str(query)
    name = "standard input" if file is None else str(file)
    try:
        if file is not None:
            with file.open("rb") as opened:
                data = opened.read(MAX_SQL + 1)
        else:
            data = sys.stdin.buffer.read(MAX_SQL + 1) if sys.stdin is not None else b""
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise QueryError(f"{name}: {error.strerror or error}; name a file with one statement of SQL") from error
    except UnicodeDecodeError as error:
        raise QueryError(f"{name}: is no UTF-8 text; save the statement as UTF-8") from error
    if len(data) > MAX_SQL:
        raise QueryError(f"{name}: more than {MAX_SQL // 2**20} MB; a statement of SQL is shorter")
    if not text.strip():
        raise QueryError(f"{name}: holds no statement; for example: SELECT * FROM stats_overall")
    return text


@contextlib.contextmanager
def _outlet(out: Path | None, form: str, database: Path) -> Iterator[BinaryIO]:
    """Where a result is written: standard output, a device or pipe as it is, or a file that is replaced once whole."""
    if out is None:
        if form == "parquet" and sys.stdout.isatty():
            raise StoreError("parquet is nothing to look at; name a file with --out, or send it through a pipe")
        sys.stdout.flush()
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise StoreError(f"standard output: {error.strerror or error}; write to a file with --out") from error
        return
    try:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            out.stat()  # a loop of links: from Python 3.13 on, resolve() does not say so
        special = out.exists() and not out.is_file()
        folder = out.is_dir()
        target = out.resolve()
        parent = target.parent.is_dir()
    except (OSError, ValueError, RuntimeError) as error:
        raise StoreError(f"{out}: {getattr(error, 'strerror', None) or error}; name another file") from error
    if folder:
        raise StoreError(f"{out}: is a folder; name a file in it")
    if not parent:
        raise StoreError(f"{out}: there is no folder {target.parent}; make it first")
    if target == database.resolve():
        raise StoreError(f"{out}: is the warehouse itself; name another file")
    if special:
        try:
            with out.open("wb", buffering=0) as sink:
                yield sink
        except BrokenPipeError:
            raise
        except OSError as error:
            raise StoreError(f"{out}: {error.strerror or error}; name another file") from error
        return
    with replacing(target) as temporary, temporary.open("wb") as sink:
        yield sink
