import io
import json
import os
import re
import shlex
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import typer
from PIL import Image

import creativity_assets
from creativity_assets import cli
from creativity_assets.catalog import load_catalog
from creativity_assets.store import schemas
from creativity_assets.store.layout import Collection, Store
from creativity_assets.store.parts import read_part, read_provenance, write_part
from creativity_assets.vocabulary import EMBEDDED_NOTE
from creativity_assets_tests.studies import EXPERIMENT, WORKS, save_picture

README = Path(__file__).parents[1] / "README.md"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `creativity` with these arguments; returns the exit code, standard output and standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["creativity", *arguments])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            cli.main()
        sys.stdout.flush()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def readme_commands() -> list[str]:
    """Every `creativity ...` line of the README's shell blocks, without its comment."""
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("creativity ")]


@pytest.mark.parametrize("line", readme_commands())
def test_the_readmes_commands_exist_with_their_options(line: str) -> None:
    command: typer.core.TyperGroup | object = typer.main.get_command(cli.app)
    words = shlex.split(line)[1:]
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    assert isinstance(command, typer.core.TyperCommand)
    command.make_context("creativity", words)


@pytest.mark.parametrize("line", [line for line in readme_commands() if " sql " in line])
def test_the_readmes_queries_run(measured_root: Path, run: Run, line: str) -> None:
    code, out, err = run(*shlex.split(line)[1:])
    assert code == 0
    assert err == "" or err.endswith(f": {EMBEDDED_NOTE}\n")
    assert len(out.splitlines()) > 1


def test_every_command_explains_itself_with_an_example(run: Run) -> None:
    group = typer.main.get_command(cli.app)
    assert isinstance(group, typer.core.TyperGroup)
    paths = [
        (name, *([inner] if inner else []))
        for name, command in group.commands.items()
        for inner in (getattr(command, "commands", None) or {None: None})
    ]
    assert ("catalog", "list") in paths
    for path in paths:
        code, out, _ = run(*path, "--help")
        assert code == 0
        assert f"Example: creativity {' '.join(path)}" in " ".join(out.split()), path


def test_the_version_is_the_packages_own(run: Run) -> None:
    assert run("--version") == (0, f"creativity {creativity_assets.__version__}\n", "")
    assert version("creativity_assets") == creativity_assets.__version__


def test_an_error_is_one_line_and_exit_code_2(study_root: Path, run: Run) -> None:
    for arguments in (
        ("sql", "SELECT 1"),
        ("materialize", "--dataset", "nothing", "--dry-run"),
        ("score", "x.png", "--experiment", "no.such"),
    ):
        code, out, err = run(*arguments)
        assert code == 2
        assert out == ""
        assert len(err.splitlines()) == 1
        assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((".", "--name", "My Prints"), "'My Prints' is no name for an entry"),
        ((".", "--name", "../evil"), "'../evil' is no name for an entry"),
        (("!!!",), "no name can be made of '!!!'"),
        (("half.parquet",), "is no whole Parquet file"),
        (("src/missing.tar",), "there is no such file or folder"),
    ],
)
def test_what_cannot_be_added_is_one_line(
    study_root: Path, monkeypatch: pytest.MonkeyPatch, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(study_root.parent)
    save_picture(Path("!!!") / "a.png", seed=1)
    Path("half.parquet").write_bytes(b"PAR1")
    code, _, err = run("catalog", "add", "dataset", *arguments, "--yes")
    assert (code, len(err.splitlines())) == (2, 1)
    assert message in err
    assert [file.name for file in (study_root / "catalog").iterdir()] == ["study.yaml"]


def test_outside_a_project_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run("catalog", "list")
    assert code == 2
    assert "set CREATIVITY_DATA" in err


def test_the_plan_is_shown_with_its_time_once_it_was_measured(measured_root: Path, run: Run) -> None:
    assert "nothing to do" in run("materialize", "--dry-run")[2]
    path = measured_root.parent / "pictures" / "paintings" / "a" / "one.png"
    save_picture(path, seed=50)
    assert "index       paintings" in run("materialize", "--dry-run")[2]
    method = measured_root / "catalog" / "study.yaml"
    method.write_text(method.read_text().replace("steps: 4", "steps: 5"))
    assert re.search(
        rf"measure     {EXPERIMENT}: 5 images in \d collections, about \d+ s", run("materialize", "--dry-run")[2]
    )


def test_scores_of_files_with_their_reconstructions(study_root: Path, tmp_path: Path, run: Run) -> None:
    good = [save_picture(tmp_path / f"picture {n}.png", seed=n) for n in range(3)]
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    out_folder = tmp_path / "out"
    files = [str(path) for path in (*good, bad, tmp_path / "gone.png")]
    code, out, err = run(
        "score", *files, "--experiment", EXPERIMENT, "--json", "--save-reconstruction", str(out_folder)
    )
    assert code == 2, "two files could not be scored"
    assert [line.split(":")[0].rsplit("/", 1)[-1] for line in err.splitlines()] == ["bad.png", "gone.png"]
    rows = json.loads(out)
    assert [row["file"] for row in rows] == [str(path) for path in good]
    for row in rows:
        parts = [row["dino_distance"], row["lpips"], row["log_mse"]]
        assert row["composite"] == pytest.approx(np.mean(parts))
        assert (row["experiment"], row["suite"], row["note"]) == (EXPERIMENT, "embedded", EMBEDDED_NOTE)
        saved = Image.open(out_folder / f"{Path(row['file']).stem}.png")
        original = Image.open(row["file"]).convert("RGB")
        side = min(original.size)
        left = (original.width - side) // 2
        square = original.resize((32, 32), Image.Resampling.BICUBIC, box=(left, 0, left + side, side))
        mse = np.mean((np.asarray(square, float) - np.asarray(saved, float)) ** 2)
        assert row["mse"] == pytest.approx(mse)


def test_a_table_of_scores_by_stand_ins_says_so(study_root: Path, tmp_path: Path, run: Run) -> None:
    code, out, err = run("score", str(save_picture(tmp_path / "a.png", seed=1)), "--experiment", EXPERIMENT)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == EMBEDDED_NOTE
    assert "note" not in out.splitlines()[0].split()


def test_what_is_scored_alone_equals_what_the_workflow_measured(measured_root: Path, run: Run) -> None:
    from creativity_assets_tests.running import table

    file = measured_root.parent / "pictures" / "paintings" / WORKS[0][0]
    rows = json.loads(run("score", str(file), "--experiment", EXPERIMENT, "--json")[1])
    measured = table(measured_root, "image_metrics").merge(table(measured_root, "samples"), on="sample_id")
    row = measured[(measured["title"] == "One") & (measured["label"] == "human")].iloc[0]
    assert rows[0]["composite"] == pytest.approx(row["composite"], abs=5e-4)
    assert rows[0]["floor_composite"] == pytest.approx(row["floor_composite"], abs=5e-4)


def test_a_file_name_is_printed_as_it_is(study_root: Path, tmp_path: Path, run: Run) -> None:
    code, _, err = run("score", str(tmp_path / "no[/b]x.jpg"), "--experiment", EXPERIMENT)
    assert code == 2
    assert "no[/b]x.jpg: No such file" in err
    assert "Traceback" not in err


ODD_NAMES = {
    b"caf\xe9.png": r"caf\xe9.png",  # Latin-1
    b"\xff\xfe.png": r"\xff\xfe.png",
    b"a\nb.png": r"a\nb.png",
    b"a\x1b[31mb.png": r"a\x1b[31mb.png",
    b"a\x7f\xc2\x9bb.png": r"a\x7f\x9bb.png",
    "a\u202eb.png".encode(): r"a\u202eb.png",
    "Dürer \U0001f3a8.png".encode(): "Dürer \U0001f3a8.png",
}


def test_names_that_are_no_printable_text_are_shown_escaped(study_root: Path, tmp_path: Path, run: Run) -> None:
    saved = save_picture(tmp_path / "saved.png", seed=1).read_bytes()
    names = [os.fsdecode(name) for name in ODD_NAMES]
    for name in names:
        (tmp_path / name).write_bytes(saved)
        (tmp_path / f"bad {name}").write_bytes(b"no picture")
    files = [str(tmp_path / f"{kind}{name}") for kind in ("", "bad ") for name in names]
    code, out, err = run("score", *files, "--experiment", EXPERIMENT, "--json")
    assert code == 2
    assert [row["file"] for row in json.loads(out)] == [f"{tmp_path}/{shown}" for shown in ODD_NAMES.values()]
    lines = err.splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{tmp_path}/bad {shown}" for shown in ODD_NAMES.values()]
    code, out, _ = run("score", *files[:7], "--experiment", EXPERIMENT)
    assert code == 0
    assert all(shown in out for shown in ODD_NAMES.values())


def test_what_is_no_file_is_not_waited_for(study_root: Path, tmp_path: Path, run: Run) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    files = [str(tmp_path / "pipe.png"), str(tmp_path / "loop.png"), "/dev/zero", str(tmp_path)]
    code, _, err = run("score", *files, "--experiment", EXPERIMENT)
    assert (code, len(err.splitlines())) == (2, 4)


def test_reconstructions_overwrite_neither_each_other_nor_the_images(
    study_root: Path, tmp_path: Path, run: Run
) -> None:
    def refused(*files: Path, folder: Path = tmp_path / "out") -> str:
        names = [str(file) for file in files]
        code, _, err = run("score", *names, "--experiment", EXPERIMENT, "--save-reconstruction", str(folder))
        assert code == 2
        assert not (tmp_path / "out").exists()
        return err

    same = [save_picture(tmp_path / folder / "same.png", seed=1) for folder in ("a", "b")]
    assert "two folders" in refused(*same)
    assert "two folders" in refused(same[0], save_picture(tmp_path / "b" / "Same.jpg", seed=2))
    before = same[0].read_bytes()
    assert "would overwrite an image" in refused(same[0], folder=same[0].parent)
    assert same[0].read_bytes() == before
    assert "is no folder" in refused(same[0], folder=same[1])
    files = [str(same[0]), str(same[0])]
    assert run("score", *files, "--experiment", EXPERIMENT, "--save-reconstruction", str(tmp_path / "out"))[0] == 0


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_sql_writes_files(measured_root: Path, tmp_path: Path, run: Run, form: str) -> None:
    out = tmp_path / "result"
    assert run("sql", "SELECT sample_id FROM samples", "--format", form, "--out", str(out))[0] == 0
    read = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}[form]
    assert len(read(io.BytesIO(out.read_bytes()))) == 2 * len(WORKS)


def test_doctor_names_what_is_missing(study_root: Path, run: Run) -> None:
    (study_root / "embedded").unlink()
    code, out, _ = run("doctor")
    assert code == 0
    assert "model       tiny: MISSING: no folder embedded/tiny" in out
    assert "device" in out


def test_catalog_check_compares_with_the_code(study_root: Path, run: Run) -> None:
    assert "all entries hold" in run("catalog", "check")[1]
    file = study_root / "catalog" / "more.yaml"
    file.write_text("methods: {typo: {inversion: edikt, steps: 20}}")
    code, _, err = run("catalog", "check")
    assert code == 2
    assert "typo: no inversion 'edikt'; have" in err
    assert load_catalog(study_root).methods["typo"].inversion == "edikt"
    file.write_text(
        "methods: {mismatch: {inversion: ddim, steps: 20, prompt: caption, guidance: 0, resample_guidance: 7.5}}"
    )
    code, out, _ = run("catalog", "check")
    assert code == 0
    assert "warning: mismatch inverts and samples under different guidance: what it gives is no distance" in out


def test_report_is_one_page(measured_root: Path, run: Run) -> None:
    code, out, _ = run("report")
    assert code == 0
    page = Path(out.rsplit(" (", 1)[0]).read_text(encoding="utf-8")
    assert "embedded model" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_a_failed_check_is_named_by_every_command_that_could_pass_over_it(measured_root: Path, run: Run) -> None:
    part = Store(measured_root).part("image_metrics", Collection("paintings", "lucja-unal"), EXPERIMENT)
    stamp, rows = read_provenance(part), read_part(part).to_pandas()
    assert stamp is not None
    spoiled = rows.assign(lpips=[float("nan"), *rows["lpips"][1:]])
    write_part(part, pa.Table.from_pandas(spoiled, schemas.image_metrics(), preserve_index=False), stamp)
    for arguments, expected in ((("materialize",), 1), (("materialize",), 1), (("report",), 1)):
        code, _, err = run(*arguments)
        assert code == expected, err
        assert "check failed: scores_in_range: " in err
        assert "everything is fresh" not in err
    assert "check failed: scores_in_range: " in run("materialize", "--dry-run")[2]
