"""The instrument: a model, a method and a suite, loaded once, for any pictures. The command line measures with it."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import pandas as pd

from creativity_assets import paths
from creativity_assets.catalog.entries import ExperimentEntry
from creativity_assets.engine.devices import find_devices, process_lease, release_memory
from creativity_assets.engine.loading import Workbench
from creativity_assets.engine.measure import check_kind
from creativity_assets.engine.readouts import READOUTS
from creativity_assets.engine.streams import (
    ScoredImage,
    embed_images,
    invert_images,
    reconstruct_images,
    score_images,
)
from creativity_assets.errors import CreativityError, escaped
from creativity_assets.front.given import Images, Readable, Unreadable, opened
from creativity_assets.front.model import model_of, suite_of
from creativity_assets.metrics.suites import suite_revision
from creativity_assets.vocabulary import EMBEDDED, EMBEDDED_NOTE, first_columns, later_columns
from creativity_assets.workflow.entries.methods import inversion_settings
from creativity_assets.workflow.entries.validation import check_experiment
from creativity_assets.workflow.study import Study

if TYPE_CHECKING:
    from PIL import Image

    from creativity_assets.diffusion.backbone import Backbone

    Stream = Iterable[tuple[str, Image.Image]]

Done = TypeVar("Done")

SCORE_COLUMNS = tuple(column.name for column in first_columns())
"""Those of a later score come after them, as those of readouts do."""

COLUMNS = ("file", "experiment", "suite", *SCORE_COLUMNS, "note", "error")


class Instrument:
    """A model and a method on a device, kept loaded until `close`, or the end of a `with` block.

    Pictures are given as a path, a folder (the images below it), a picture of Pillow's, an array of uint8 (H, W, 3) or
    (N, H, W, 3), or any iterable of single ones. Of a stream no more than a few batches are held. What cannot be
    decoded keeps its place among the results and harms no other picture.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = "tiny-sd",
        method: str = "ddim20",
        suite: str | None = None,
        device: str | None = None,
        *,
        data_root: Path | None = None,
    ) -> None:
        """Load the model; the suite is loaded when it is first needed.

        model: a name of the catalogue, a folder in diffusers' layout, or `owner/name@commit` of a hub (40 hex digits),
        which is fetched where it is not on this machine, unless HF_HUB_OFFLINE is set. method: a name of the catalogue.
        suite: None for the one that the catalogue's experiments score this model with (`embedded` for tiny-sd), and
        `paper` for a model that none names. device: `cpu` or a name that `creativity doctor` shows; None for the first
        that is free. data_root: where catalogue and weights are; None for `$CREATIVITY_DATA`, else the project's data.

        Raises CatalogError, ModelError or MetricError, in one line with the remedy.
        """
        root = paths.data_root() if data_root is None else data_root
        study = Study(root)
        source = model_of(model, study.catalog, root)
        self._settings = inversion_settings(study.catalog.method(method))
        self.experiment = f"{source.name}.{method}"
        """MODEL.METHOD, as tables name it."""
        self.suite = suite_of(source.name, method, study.catalog) if suite is None else suite
        """The suite's name."""
        suite_revision(self.suite, root)  # an unknown one is refused now rather than after the model is loaded
        if source.name in study.catalog.models:
            named: dict[str, Any] = {"model": source.name, "method": method, "suite": self.suite}
            entry = ExperimentEntry(name=self.experiment, **named, datasets=(), readouts=())
            check_experiment(study.lineage, entry)
        self._held = ExitStack()
        held = self._held.enter_context(process_lease(study.store.locks(), find_devices(device)))
        try:
            self._workbench: Workbench | None = Workbench(root, held)
            self._backbone: Backbone | None = self._workbench.backbone(source)
            check_kind(self._backbone, self._settings)
            if self._settings.steps:
                self._backbone.schedule(self._settings.steps, self._settings.method.spacing)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Instrument {self.experiment}, suite {self.suite}>"

    def close(self) -> None:
        """Let go of the model, the suite and the device; nothing can be measured afterwards."""
        self._workbench = self._backbone = None
        release_memory()
        self._held.close()

    def score(self, images: Images, readouts: Sequence[str] = ()) -> pd.DataFrame:
        """One row per picture, in their order, with the columns of COLUMNS and one more for each number of `readouts`.

        file: the path, or `image N` for what is no file. note: what has to be known of scores by the embedded suite.
        error: why a picture could not be decoded, with scores of NaN, and None for all others. readouts: groups of
        docs/methods.md. Those that draw at random (`denoising_error`, `log_likelihood`) follow the picture's pixels
        here and its sample_id in a study: they agree within their error. All other numbers are those of a study.

        Raises CreativityError for an unknown readout, and for NaN or infinity in the model.
        """
        rows = [self.row(done) for done in self.stream(images, readouts)]
        named = dict.fromkeys(name for row in rows for name in row)
        frame = pd.DataFrame(rows, columns=list(dict.fromkeys((*COLUMNS[:-1], *named, "error"))))
        return frame.astype(dict.fromkeys(SCORE_COLUMNS, float))

    def stream(self, images: Images, readouts: Sequence[str] = ()) -> Iterator[ScoredImage | Unreadable]:
        """As `score`, but each picture as soon as its batch is done, with its pixels: for what memory does not hold."""
        backbone, workbench = self._loaded()
        if unknown := [name for name in readouts if name not in READOUTS]:
            raise CreativityError(f"no readout {unknown[0]!r}; have {', '.join(READOUTS)}")
        suite, batch = workbench.suite(self.suite), workbench.batch(backbone.resolution)

        def measure(read: "Stream") -> Iterator[ScoredImage]:
            with workbench.threads() as pool:
                beside = workbench.beside(pool)
                yield from score_images(
                    read, backbone, self._settings, suite, batch=batch, readouts=readouts, beside=beside
                )

        return _in_order(images, measure)

    def row(self, done: ScoredImage | Unreadable) -> dict[str, Any]:
        """One of `stream` as a row of `score`. Names are escaped where they are no printable text."""
        read = done if isinstance(done, ScoredImage) else None
        named = {"file": escaped(done.name), "experiment": self.experiment, "suite": self.suite}
        scores = {name: read.scores.get(name, float("nan")) if read else float("nan") for name in SCORE_COLUMNS}
        later = {c.name: read.scores[c.name] for c in later_columns() if read and c.name in read.scores}
        note = EMBEDDED_NOTE if self.suite == EMBEDDED else None
        problem = done.problem if isinstance(done, Unreadable) else None
        return {**named, **scores, "note": note, **later, **(read.readouts if read else {}), "error": problem}

    def reconstruct(self, images: Images) -> Iterator[np.ndarray | None]:
        """What came back of each picture, uint8 (R, R, 3), R the model's resolution; None for what was not decoded."""
        backbone, workbench = self._loaded()
        batch = workbench.batch(backbone.resolution)
        return _values(images, lambda read: reconstruct_images(read, backbone, self._settings, batch=batch))

    def invert(self, images: Images) -> Iterator[np.ndarray | None]:
        """The noise latent of each picture, float32 (C, h, w); None for what was not decoded.

        Of the method `autoencoder`, which inverts nothing, it is the clean latent.
        """
        backbone, workbench = self._loaded()
        batch = workbench.batch(backbone.resolution)
        return _values(images, lambda read: invert_images(read, backbone, self._settings, batch=batch))

    def embed(self, images: Images) -> Iterator[np.ndarray | None]:
        """The suite's semantic unit vector of each picture, float32 (D,); None for what was not decoded."""
        backbone, workbench = self._loaded()
        suite, batch = workbench.suite(self.suite), workbench.batch(backbone.resolution)
        return _values(images, lambda read: embed_images(read, backbone, suite, batch=batch))

    def _loaded(self) -> "tuple[Backbone, Workbench]":
        if self._backbone is None or self._workbench is None:
            raise CreativityError(f"{self.experiment}: the instrument is closed; make a new one")
        return self._backbone, self._workbench


def score(  # noqa: PLR0917 - in the order in which they are thought of
    images: Images,
    model: str | os.PathLike[str] = "tiny-sd",
    method: str = "ddim20",
    suite: str | None = None,
    readouts: Sequence[str] = (),
    device: str | None = None,
) -> pd.DataFrame:
    """How far each picture lies from what a model has learned: a table with a row per picture.

    Arguments are those of `Instrument` and `Instrument.score`. Each call loads the model; an `Instrument` keeps it.
    """
    with Instrument(model, method, suite, device) as instrument:
        return instrument.score(images, readouts)


def _values(
    images: Images, measure: "Callable[[Stream], Iterator[tuple[str, np.ndarray]]]"
) -> Iterator[np.ndarray | None]:
    for done in _in_order(images, measure):
        yield None if isinstance(done, Unreadable) else done[1]


def _in_order(images: Images, measure: "Callable[[Stream], Iterator[Done]]") -> Iterator[Done | Unreadable]:
    """What `measure` makes of the readable pictures, with each unreadable one in its own place."""
    refused: deque[tuple[int, Unreadable]] = deque()
    measured: deque[int] = deque()

    def readable() -> "Stream":
        for position, given in enumerate(opened(images)):
            if isinstance(given, Readable):
                measured.append(position)
                yield given.name, given.image
            else:
                refused.append((position, given))

    for done in measure(readable()):
        position = measured.popleft()
        while refused and refused[0][0] < position:
            yield refused.popleft()[1]
        yield done
    yield from (unreadable for _, unreadable in refused)
