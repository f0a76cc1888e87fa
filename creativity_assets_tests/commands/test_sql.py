"""`creativity sql` from the shell: where statements come from, where results go, and the prompt."""

import contextlib
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from creativity_assets import cli
from creativity_assets.commands.sql.prompt import is_whole
from creativity_assets.store.layout import Store
from creativity_assets.store.parts import Provenance
from creativity_assets.store.sql import query as sql
from creativity_assets.store.warehouse import build_warehouse
from creativity_assets.vocabulary import EMBEDDED_NOTE
from creativity_assets_tests.store.test_scores import frames
from creativity_assets_tests.test_cli import Run, run

__all__ = ["run"]

COMMAND = [
    sys.executable,
    "-c",
    "import sys; sys.argv[0] = 'creativity'; from creativity_assets.cli import main; main()",
    "sql",
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("project") / "data"
    build_warehouse(Store(made), frames(), Provenance("one"))
    return made


@pytest.fixture(autouse=True)
def _on_root(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREATIVITY_DATA", str(root))


def given(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Put bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_a_statement_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    given(monkeypatch, "SELECT 'Łucja' AS artist -- one\n;\n".encode())
    assert run("sql", *arguments, "--format", "csv") == (0, "artist\nŁucja\n", "")


def test_a_statement_from_a_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "question.sql"
    file.write_bytes(b"\xef\xbb\xbfSELECT\n  1 AS one;\n")
    assert run("sql", "--file", str(file), "--format", "json") == (0, '[\n  {"one": 1}\n]\n', "")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "standard input: holds no statement"),
        (b" \n", "standard input: holds no statement"),
        (b"\xff\xfeS", "standard input: is no UTF-8"),
        (b"x" * (2**20 + 1), "standard input: more than 1 MB"),
        (b"SELECT 1; SELECT 2", "SQL: 2 statements; give one at a time"),
    ],
)
def test_what_is_no_statement_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch, data: bytes, message: str) -> None:
    given(monkeypatch, data)
    code, out, err = run("sql")
    assert (code, out) == (2, "")
    assert message in err and "Traceback" not in err


def test_a_file_that_cannot_be_read_is_one_line(run: Run, tmp_path: Path) -> None:
    for file, message in ((tmp_path / "none.sql", "No such file"), (tmp_path, "Is a directory")):
        code, out, err = run("sql", "--file", str(file))
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert message in err
    assert "give one of them" in run("sql", "SELECT 1", "--file", str(tmp_path))[2]


def test_an_error_points_at_the_place(run: Run) -> None:
    code, out, err = run("sql", "SELECT artits FROM samples")
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert lines[-1].index("^") == lines[-2].index("artits")
    assert 'Candidate bindings: "artist"' in err


def test_a_table_on_the_screen_has_forty_rows_and_says_of_how_many(run: Run, tmp_path: Path) -> None:
    every = "SELECT sample_id FROM samples"
    for form, heads in (("table", 1), ("markdown", 2)):
        code, out, err = run("sql", every, "--format", form)
        assert (code, len(out.splitlines()), err) == (0, 40 + heads, "40 of 103 rows; --limit 0 shows all\n")
    assert len(run("sql", every, "--limit", "0")[1].splitlines()) == 104
    assert run("sql", every, "--limit", "3")[2] == "3 of 103 rows; --limit 0 shows all\n"
    assert len(run("sql", every, "--format", "csv")[1].splitlines()) == 104
    assert len(run("sql", every, "--format", "jsonl", "--limit", "2")[1].splitlines()) == 2
    run("sql", every, "--out", str(tmp_path / "all.txt"))
    assert len((tmp_path / "all.txt").read_text().splitlines()) == 104


@pytest.mark.parametrize("form", ["table", "csv", "json", "jsonl", "markdown"])
def test_scores_of_stand_ins_say_so_beside_the_result(run: Run, form: str) -> None:
    code, out, err = run("sql", "SELECT score FROM scores LIMIT 1", "--format", form)
    assert (code, err) == (0, f"scores: {EMBEDDED_NOTE}\n")
    assert EMBEDDED_NOTE not in out
    assert form != "json" or len(json.loads(out)) == 1
    assert run("sql", "SELECT 1 AS one", "--format", form)[2] == ""


def test_the_outlet_is_replaced_once_whole(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "result.csv"
    out.write_text("before")
    failing = "SELECT CASE WHEN range = 50000 THEN error('late') ELSE range END AS n FROM range(60000)"
    assert run("sql", failing, "--format", "csv", "--out", str(out))[0] == 2
    assert out.read_text() == "before"
    assert run("sql", "SELECT 1 AS n", "--format", "csv", "--out", str(out)) == (0, "", "")
    assert out.read_text() == "n\n1\n"
    link = tmp_path / "link.csv"
    link.symlink_to(out)
    assert run("sql", "SELECT 2 AS n", "--format", "csv", "--out", str(link))[0] == 0
    assert link.is_symlink() and out.read_text() == "n\n2\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.csv", "result.csv"]


def test_an_outlet_that_cannot_be_is_one_line(run: Run, tmp_path: Path, root: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    cases = {
        tmp_path / "none" / "x.csv": "there is no folder",
        tmp_path: "is a folder",
        Path("/proc/x.csv"): "/proc/x.csv",
        tmp_path / ("n" * 300): "File name too long",
        loop: "loop",
        root / "creativity.duckdb": "is the warehouse itself",
        Path("/dev/full"): "No space left",
    }
    before = (root / "creativity.duckdb").read_bytes()
    for path, message in cases.items():
        code, out, err = run("sql", "SELECT 1 AS n", "--format", "csv", "--out", str(path))
        assert (code, out, len(err.splitlines())) == (2, "", 1), err
        assert message in err
    assert (root / "creativity.duckdb").read_bytes() == before
    assert Path("/dev/full").is_char_device()


def test_a_device_is_written_to_and_not_replaced(run: Run) -> None:
    assert run("sql", "SELECT 1 AS n", "--format", "csv", "--out", "/dev/null") == (0, "", "")
    assert Path("/dev/null").is_char_device()


def test_parquet_goes_through_a_pipe(root: Path) -> None:
    done = subprocess.run([*COMMAND, "SELECT * FROM scores", "--format", "parquet"], capture_output=True, check=True)
    assert len(pd.read_parquet(io.BytesIO(done.stdout))) == 309
    assert done.stderr.decode() == f"scores: {EMBEDDED_NOTE}\n"


def test_a_reader_that_has_enough_is_no_error(root: Path) -> None:
    many = "SELECT range AS n FROM range(3000000)"
    with subprocess.Popen([*COMMAND, many, "--format", "csv"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asked:
        assert asked.stdout is not None and asked.stderr is not None
        assert asked.stdout.readline() == b"n\n"
        asked.stdout.close()
        assert asked.stderr.read() == b""
        assert asked.wait(timeout=60) == 0


def test_a_full_standard_output_is_one_line(root: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, "SELECT 1 AS n"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "standard output: No space left on device" in done.stderr


def test_one_huge_value_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "MAX_MEMORY", 64 * 2**20)
    code, out, err = run("sql", "SELECT range(1000000000)")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "SQL: out of memory" in err


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("SELECT 1;\n", True),
        ("SELECT 1; SELECT 2;\n", True),
        ("SELECT 1\n", False),
        ("SELECT ';\n", False),
        ("SELECT 'a;\nb';\n", True),
        ("SELECT 1 -- not yet;\n", False),
        ("SELECT 'é', 1;\n", True),
        ("SELECT /* ;\n", False),
        (";\n", True),
        ("SELEC 1;\n", True),
    ],
)
def test_a_semicolon_ends_a_statement(text: str, whole: bool) -> None:
    assert is_whole(text) == whole


def test_the_prompt(root: Path) -> None:
    """On a terminal of its own: a statement over two lines, an error that does not end it, two at once, dotted words."""
    terminal, theirs = pty.openpty()
    asked = subprocess.Popen(COMMAND, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    typed = ["SELECT 40 +\n", "2 AS answer;\n", "SELECT artits FROM samples;\n", "SELECT 1 AS a; SELECT 2 AS b;\n"]
    seen = ""
    try:
        for line in (*typed, ".tables\n", ".schema scores\n", ".schema nothing\n", ".what\n", "SELECT 3\n"):
            seen += read_until_asked(terminal)
            os.write(terminal, line.encode())
        seen += read_until_asked(terminal)
        interrupt(asked, terminal)  # drops the unfinished statement
        seen += read_until_asked(terminal)
        os.write(terminal, b".quit\n")
        assert asked.wait(timeout=60) == 0
        with contextlib.suppress(OSError):  # a terminal that nobody holds any more
            seen += os.read(terminal, 65536).decode()
    finally:
        asked.kill()
        asked.wait()
        os.close(terminal)
    assert re.search(r"answer\r\n +42\r\n", seen)
    assert 'Candidate bindings: "artist"' in seen and "^^^^^^" in seen
    assert re.search(r"a\r\n1\r\n", seen) and re.search(r"b\r\n2\r\n", seen)
    assert "A sample on one side of a comparison" in seen
    assert "above_floor_log_mse" in seen and "sides['atelier']" in seen
    assert "no table 'nothing'" in seen and "no word '.what'" in seen
    assert "Traceback" not in seen


def interrupt(asked: "subprocess.Popen[bytes]", terminal: int) -> None:
    """Ctrl-C until something shows: one that falls between the prompt and the wait for a key is seen at the next."""
    for _ in range(5):
        asked.send_signal(signal.SIGINT)
        if select.select([terminal], [], [], 3)[0]:
            return
    raise AssertionError("five interrupts, and nothing is shown")


def read_until_asked(terminal: int) -> str:
    """What a terminal shows until it asks for a line, without its escape sequences."""
    seen = ""
    while not re.search(r"(sql|\.\.\.)> $", seen):
        ready, _, _ = select.select([terminal], [], [], 30)
        assert ready, seen
        seen = re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", seen + os.read(terminal, 65536).decode(errors="replace"))
    return seen


def test_the_example_of_the_help_is_shown(run: Run) -> None:
    assert cli.sql.__doc__ is not None
    code, out, _ = run("sql", "--help")
    assert code == 0
    assert "FROM scores WHERE sides['atelier'] IS NOT NULL" in " ".join(out.split())
