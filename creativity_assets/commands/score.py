"""`creativity score`: single files through the instrument, without Dagster and without the store."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from creativity_assets.engine.score import score_images
from creativity_assets.errors import CreativityError, escaped
from creativity_assets.images.decoding import ImageRejected, decode
from creativity_assets.images.encoding import to_png
from creativity_assets.sources.limits import MAX_IMAGE_BYTES, bounded_bytes
from creativity_assets.store.files import replacing
from creativity_assets.vocabulary import EMBEDDED, EMBEDDED_NOTE, score_columns
from creativity_assets.workflow.methods import inversion_settings
from creativity_assets.workflow.revisions import model_source
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.validation import check_experiment


def score_files(
    data_root: Path, files: Sequence[Path], experiment: str, save_to: Path | None = None
) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of (file, experiment, suite, scores, note) for the files that are images, and a line for each that is not.

    note: what has to be known of scores by the embedded suite; None for others.

    Names are escaped where they are no printable text. Reconstructions are saved as `<stem>.png` in `save_to`.
    Raises CatalogError, ModelError, MetricError, and CreativityError where one would overwrite what is there.
    """
    study = Study(data_root)
    entry = study.catalog.experiment(experiment)
    check_experiment(study.lineage, entry)
    settings = inversion_settings(study.catalog.method(entry.method))
    problems: list[str] = []
    _check_targets(files, save_to)
    if save_to is not None:
        save_to.mkdir(parents=True, exist_ok=True)  # refused now rather than after all the work

    def images() -> Iterator[tuple[str, Image.Image]]:
        for file in files:
            try:
                yield str(file), decode(bounded_bytes(file, MAX_IMAGE_BYTES)).image
            except (OSError, ImageRejected) as problem:
                problems.append(f"{escaped(file)}: {getattr(problem, 'strerror', None) or problem}")

    note = EMBEDDED_NOTE if entry.suite == EMBEDDED else None
    rows = []
    with study.instrument() as instrument:
        backbone = instrument.backbone(model_source(study.catalog.model(entry.model), data_root))
        suite = instrument.suite(entry.suite)
        batch = instrument.batch(backbone.resolution)
        for done in score_images(images(), backbone, settings, suite, batch=batch):
            scores = {c.name: done.scores[c.name] for c in score_columns() if c.name in done.scores}
            row = {"file": escaped(done.name), "experiment": experiment, "suite": entry.suite}
            rows.append({**row, **scores, "note": note})
            if save_to is not None:
                with replacing(_target(Path(done.name), save_to)) as temporary:
                    temporary.write_bytes(to_png(done.reconstruction))
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
