"""The prompt of `creativity sql`: statements over several lines, and a few words that begin with a dot."""

import contextlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
from rich.console import Console

from creativity_assets.errors import CreativityError, QueryError
from creativity_assets.store.sql.query import statements
from creativity_assets.vocabulary import TABLES

WELCOME = "SQL over {database}, read-only. A statement ends with ;   .tables  .schema TABLE  .quit"
HELP = {
    ".tables": "the tables, and what a row of each is",
    ".schema": "the columns of a table, or of all: type and meaning",
    ".help": "these words",
    ".quit": "leave; Ctrl-D does too",
}


def prompt(database: Path, answer: Callable[[str, bool], None], remarks: Console) -> None:
    """Read statements from the terminal and answer each, until .quit or the end of the input.

    Ctrl-C drops what was typed or stops what is running. A fault is told and the prompt goes on.
    """
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  input() then edits lines and recalls them

    remarks.print(WELCOME.format(database=database.name), soft_wrap=True, markup=False)
    typed = ""
    while True:
        try:
            typed += _line("...> " if typed else "sql> ") + "\n"
            if not typed.strip():
                typed = ""
            elif typed.lstrip().startswith("."):
                word, typed = typed.split(), ""
                if word[0] in {".quit", ".exit"}:
                    return
                answer(_dotted(word[0], word[1:]), True)
            elif is_whole(typed):
                asked, typed = typed, ""
                for statement in statements(asked):
                    answer(statement, False)
        except EOFError:
            remarks.print()
            return
        except KeyboardInterrupt:
            typed = ""
            remarks.print()
        except CreativityError as error:
            remarks.print(str(error), style="red", soft_wrap=True, markup=False)


def is_whole(text: str) -> bool:
    """Whether the last thing in the text is a semicolon that ends a statement, not one in a comment or a string."""
    tokens = duckdb.tokenize(text)
    if not tokens or tokens[-1][1] != duckdb.token_type.operator or not text.rstrip().endswith(";"):
        return False
    try:
        statements(text)
    except QueryError as error:
        return "unterminated" not in str(error)
    return True


def _line(question: str) -> str:
    """A line from the terminal; the question goes to standard error where standard output is read by a program."""
    if sys.stdout.isatty():
        return input(question)
    print(question, end="", file=sys.stderr, flush=True)
    return input()


def _dotted(word: str, names: list[str]) -> str:
    """The statement that answers a word with a dot. Raises QueryError for one that is not known."""
    if word == ".tables":
        held = "SELECT table_name, comment FROM duckdb_tables() UNION ALL FROM"
        return f"{held} (SELECT view_name, comment FROM duckdb_views() WHERE NOT internal) ORDER BY ALL"
    if word == ".schema":
        if unknown := [name for name in names if name not in TABLES]:
            raise QueryError(f"no table {unknown[0]!r}; have {', '.join(TABLES)}")
        chosen = f" AND table_name IN ({_list(names)})" if names else ""
        order = "ORDER BY table_name, column_index"
        columns = "table_name, column_name, data_type, comment"
        return f"SELECT {columns} FROM duckdb_columns() WHERE NOT internal{chosen} {order}"
    if word == ".help":
        return " UNION ALL ".join(f"SELECT '{name}' AS word, '{told}' AS meaning" for name, told in HELP.items())
    raise QueryError(f"no word {word!r}; have {', '.join(HELP)}")


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
