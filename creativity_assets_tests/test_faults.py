import errno
import sys
from pathlib import Path

import pytest

from creativity_assets import cli
from creativity_assets.faults import refusal
from creativity_assets_tests.studies import EXPERIMENT, save_picture


@pytest.mark.parametrize(("name", "shown"), [("out.csv", "out.csv"), (b"\xff.csv", "\\xff.csv"), (Path("a/b"), "a/b")])
def test_what_the_machine_refuses_names_the_file(name: object, shown: str) -> None:
    line = refusal(OSError(errno.ENOSPC, "No space left on device", name))
    assert line == f"{shown}: No space left on device; check the path, its permissions and the free space"


def test_without_a_file_nothing_is_said_to_be_the_machines_fault() -> None:
    assert refusal(OSError("something")) is None
    assert refusal(OSError(errno.EBADF, "Bad file descriptor", 3)) is None


def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["creativity", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0), capfd.readouterr().err


def test_an_output_to_nowhere_is_one_line(
    measured_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    picture = save_picture(tmp_path / "picture.png", seed=1)
    for out in (tmp_path / "gone" / "out.csv", file / "out.csv", tmp_path):
        code, err = call(monkeypatch, capfd, "sql", "SELECT 1", "--out", str(out))
        assert (code, len(err.splitlines())) == (2, 1), err
        assert str(out) in err
    for folder in (file, file / "deeper", Path("/proc/nowhere")):
        arguments = ("score", str(picture), "--experiment", EXPERIMENT, "--save-reconstruction", str(folder))
        code, err = call(monkeypatch, capfd, *arguments)
        assert (code, len(err.splitlines())) == (2, 1), err


def test_a_fault_of_the_program_is_one_line_and_its_traceback_is_kept(
    study_root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Path) -> list[str]:
        raise KeyError("a bug\nof ours")

    monkeypatch.setattr("creativity_assets.commands.doctor.examine", broken)
    code, err = call(monkeypatch, capfd, "doctor")
    assert code == 70
    assert len(err.splitlines()) == 1
    assert "KeyError: 'a bug\\nof ours'" in err
    log = Path(err.split("report it with ")[1].split(": KeyError")[0])
    assert "in broken" in log.read_text(encoding="utf-8")
    log.unlink()
