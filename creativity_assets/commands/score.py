"""`creativity score`: single files through the instrument, without Dagster and without the store."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from creativity_assets.commands.terminal import print_table, say_wrong
from creativity_assets.errors import CreativityError, escaped
from creativity_assets.paths import data_root


def score(
    images: Annotated[list[Path], typer.Argument(help="Image files.")],
    experiment: Annotated[str, typer.Option(help="Which experiment of the catalogue measures.")] = "tiny-sd.ddim20",
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    save_reconstruction: Annotated[Path | None, typer.Option(help="Folder for <stem>.png of each.")] = None,
) -> None:
    """Score single images, without Dagster. Example: creativity score painting.jpg --json"""
    rows, problems = score_files(data_root(), images, experiment, save_reconstruction)
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif rows:
        shown = [{name: value for name, value in row.items() if name != "note"} for row in rows]
        print_table(list(shown[0]), [list(row.values()) for row in shown])
        if note := rows[0]["note"]:
            typer.echo(note)
    say_wrong(problems)
    if problems:
        raise typer.Exit(2)


def score_files(
    root: Path, files: Sequence[Path], experiment: str, save_to: Path | None = None
) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of (file, experiment, suite, scores, note) for the files that are images, and a line for each that is not.

    note: what has to be known of scores by the embedded suite; None for others.

    Names are escaped where they are no printable text. Reconstructions are saved as `<stem>.png` in `save_to`.
    Raises CatalogError, ModelError, MetricError, and CreativityError where one would overwrite what is there.
    """
    from creativity_assets.engine.streams import ScoredImage
    from creativity_assets.front.instrument import Instrument
    from creativity_assets.images.encoding import to_png
    from creativity_assets.store.files import replacing
    from creativity_assets.workflow.entries.validation import check_experiment
    from creativity_assets.workflow.study import Study

    study = Study(root)
    entry = study.catalog.experiment(experiment)
    check_experiment(study.lineage, entry)
    _check_targets(files, save_to)
    rows, problems = [], []
    with Instrument(entry.model, entry.method, entry.suite, data_root=root) as instrument:
        if save_to is not None:
            save_to.mkdir(parents=True, exist_ok=True)  # refused now rather than after all the work
        for done in instrument.stream(list(files)):
            if isinstance(done, ScoredImage):
                rows.append({name: value for name, value in instrument.row(done).items() if name != "error"})
                if save_to is not None:
                    with replacing(_target(Path(done.name), save_to)) as temporary:
                        temporary.write_bytes(to_png(done.reconstruction))
            else:
                problems.append(f"{escaped(done.name)}: {done.problem}")
    return rows, problems


def _target(file: Path, folder: Path) -> Path:
    return folder / f"{file.stem}.png"


def _check_targets(files: Sequence[Path], folder: Path | None) -> None:
    """Nothing is overwritten unasked: no image that is scored, and no reconstruction of another one."""
    if folder is None:
        return
    if folder.exists() and not folder.is_dir():
        raise CreativityError(f"{escaped(folder)}: is no folder; name another with --save-reconstruction")
    scored = {file.resolve() for file in files}
    seen: dict[str, Path] = {}
    for file in files:
        target = _target(file, folder)
        if target.resolve() in scored:
            raise CreativityError(
                f"{escaped(target)}: the reconstruction would overwrite an image; save to another folder"
            )
        # Many file systems do not tell capitals apart.
        other = seen.setdefault(target.name.casefold(), file)
        if other.resolve() != file.resolve():
            raise CreativityError(
                f"{escaped(file)}: same name as {escaped(other)}; save their reconstructions to two folders"
            )
