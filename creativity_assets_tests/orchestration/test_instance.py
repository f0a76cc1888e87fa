"""Dagster's own records may be damaged or out of room: one line, whose remedy works, and nothing is measured again."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from creativity_assets.errors import StoreError
from creativity_assets.orchestration.instance import dagster_home, open_instance
from creativity_assets.store.layout import Store
from creativity_assets_tests.running import bring_up_to_date, recorded


def garbage(path: Path) -> None:
    path.write_bytes(b"\xff\x00garbage\n" * 1000)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DATABASES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")


@pytest.fixture
def home(study_root: Path) -> Path:
    """A Dagster home that has been opened once."""
    with open_instance(study_root) as instance:
        return Path(instance.root_directory)


@pytest.mark.parametrize("damage", [garbage, cut, folder])
@pytest.mark.parametrize("name", DATABASES)
def test_a_damaged_database_is_one_line_and_its_remedy_works(
    study_root: Path, home: Path, name: str, damage: Callable[[Path], None]
) -> None:
    for leftover in home.rglob("*.db-*"):
        leftover.unlink()
    damage(home / name)
    with pytest.raises(StoreError) as error, open_instance(study_root):
        pass
    line = str(error.value)
    assert "\n" not in line
    assert f"move them away (mv {home} {home}.damaged)" in line
    shutil.move(home, f"{home}.damaged")
    with open_instance(study_root) as instance:
        assert instance.get_runs() == []


@pytest.mark.parametrize("name", ["history", "schedules", "history/runs"])
def test_a_file_in_the_place_of_a_folder_is_one_line(study_root: Path, home: Path, name: str) -> None:
    shutil.rmtree(home / name)
    (home / name).write_text("in the way")
    with pytest.raises(StoreError, match="move them away"), open_instance(study_root):
        pass


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"a: b: c", b"- list", b"!!python/object:x y", b"[" * 5000, b"telemetry: 5", b"x: {y: z}"],
)
def test_settings_that_are_none_are_one_line_and_removing_them_helps(study_root: Path, content: bytes) -> None:
    settings = dagster_home(study_root) / "dagster.yaml"
    settings.write_bytes(content)
    with (
        pytest.raises(
            StoreError, match=r"dagster\.yaml: .*; correct it, or remove it|correct it, or remove it"
        ) as error,
        open_instance(study_root),
    ):
        pass
    assert "\n" not in str(error.value)
    settings.unlink()
    with open_instance(study_root):
        pass


def test_a_home_that_is_no_folder_is_named(study_root: Path) -> None:
    (study_root / "dagster_home").write_text("in the way")
    with pytest.raises(StoreError, match="dagster_home: no folder; move it away"), open_instance(study_root):
        pass


def test_after_the_remedy_everything_is_recorded_again_and_nothing_made(measured_root: Path) -> None:
    home = measured_root / "dagster_home"
    garbage(home / "history" / "runs.db")
    with pytest.raises(StoreError):
        bring_up_to_date(measured_root)
    shutil.move(home, f"{home}.damaged")
    parts = {path: path.stat().st_mtime_ns for path in (measured_root / "store").rglob("*.parquet")}
    bring_up_to_date(measured_root)
    assert parts == {path: path.stat().st_mtime_ns for path in parts}
    assert len(recorded(measured_root, "image_metrics")) == 4


COMMAND = "from creativity_assets.cli import main; import sys; sys.argv = ['creativity', *{arguments!r}]; main()"


def run(root: Path, *arguments: str, before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, which `before` may narrow."""
    environment = os.environ | {"CREATIVITY_DATA": str(root), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", COMMAND.format(arguments=arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=before,
    )


@pytest.mark.parametrize("kilobytes", [0, 24, 160])
def test_a_full_disk_is_one_line_wherever_it_fills_up(study_root: Path, kilobytes: int) -> None:
    """The kernel refuses bytes beyond RLIMIT_FSIZE as it refuses them on a full disk; SQLite's files grow by pages."""

    def narrow() -> None:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))

    done = run(study_root, "materialize", before=narrow)
    lines = [line for line in done.stderr.splitlines() if "free space" in line]
    assert done.returncode == 2, done.stderr
    assert len(lines) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
@pytest.mark.parametrize("arguments", [("materialize",), ("materialize", "--dry-run"), ("report",), ("ui",)])
def test_a_data_root_of_another_user_is_one_line(measured_root: Path, arguments: tuple[str, ...]) -> None:
    def become_nobody() -> None:
        os.setgid(65534)
        os.setuid(65534)

    Store(measured_root).report.unlink()
    for path in (measured_root, *measured_root.parents):
        if path.owner() == "root" and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o555)
    shutil.rmtree(measured_root / "store" / "tables")
    (measured_root / "store" / "revisions.json").unlink()
    done = run(measured_root, *arguments, before=become_nobody)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if "ermission" in line]) == 1, done.stderr
