"""image_metrics: the scores of one experiment's reconstructions and floors, then the ceilings."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from creativity_assets.engine.measure import ScoreItem, embed, score
from creativity_assets.images.encoding import pixels_of
from creativity_assets.store.layout import Collection
from creativity_assets.store.locks import exclusive
from creativity_assets.store.vectors import Vector, vector_table
from creativity_assets.workflow.costs import timed
from creativity_assets.workflow.parts import (
    EMBEDDINGS,
    FLOOR_IMAGES,
    FLOOR_SCORES,
    IMAGE_METRICS,
    RECONSTRUCTIONS,
)
from creativity_assets.workflow.pieces import Piece
from creativity_assets.workflow.steps.ceilings import write_ceilings
from creativity_assets.workflow.steps.reconstructions import decoded, originals
from creativity_assets.workflow.steps.step import Finished, Step, by_collection, completed, memory, remade
from creativity_assets.workflow.steps.through_suite import through_suite
from creativity_assets.workflow.study import code_version

if TYPE_CHECKING:
    from creativity_assets.engine.loading import Workbench

Scores = dict[str, float]
Rows = list[dict[str, Any]]

ASSET = "image_metrics"


def image_metrics(
    step: Step, workbench: "Workbench", experiment: str, collections: Iterable[Collection]
) -> Iterator[Finished]:
    """The scores of the collections' reconstructions, their floors and ceilings."""
    study = step.study
    entry = study.catalog.experiment(experiment)
    with exclusive(study.store, f"{ASSET}-{experiment}"), timed(study.store, experiment, "score") as clock:
        workbench.watch_memory()
        pieces = step.pieces(collections, entry)
        stale, of = step.stale(pieces, (FLOOR_SCORES, IMAGE_METRICS)), by_collection(pieces)
        _embed(step, workbench, pieces)
        for collection, rows in completed(stale, _score(step, workbench, stale)):
            scored = [row for some in rows for row in some]
            numbers = _numbers(scored) | clock.lap(len(scored)) | memory(workbench)
            yield step.finished(ASSET, of.pop(collection), numbers)
        write_ceilings(step, workbench, pieces)
        for of_it in of.values():
            scored = [row for piece in of_it for row in piece.part(IMAGE_METRICS).read().to_pylist()]
            yield step.kept(IMAGE_METRICS, of_it, _numbers(scored))


def _embed(step: Step, workbench: "Workbench", pieces: list[Piece]) -> None:
    """Write the originals' embeddings where they are missing: once for all experiments of a suite and resolution."""

    def process(items: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, Vector]]:
        return through_suite(workbench, pieces[0], "embed", decoded, embed, items)

    for piece, results in remade(step.stale(pieces, (EMBEDDINGS,)), originals, process):
        piece.part(EMBEDDINGS).write(vector_table(results), step.stamp)


def _score(step: Step, workbench: "Workbench", pieces: list[Piece]) -> Iterator[tuple[Piece, Rows]]:
    """Write the scores of each piece, and its floors unless they are there, measured once per model and suite.

    Yields each piece with its rows of IMAGE_METRICS when its parts are on disk.
    """

    def process(items: Iterator[Encoded]) -> Iterator[tuple[str, Scores]]:
        return through_suite(workbench, pieces[0], "score", _to_score, score, items)

    floors = {piece.shard for piece in step.stale(pieces, (FLOOR_SCORES,))}
    for piece, results in remade(pieces, lambda piece: _items(piece, with_floor=piece.shard in floors), process):
        if piece.shard in floors:
            rows = [{"sample_id": sample} | of for sample, of in results]  # the part takes the floors
            piece.part(FLOOR_SCORES).write(rows, step.stamp)
        rows = _rows(step, piece, results)
        piece.part(IMAGE_METRICS).write(rows, step.stamp)
        yield piece, rows


class Encoded(NamedTuple):
    """What is compared of one sample, its pictures as they are stored; floor: None where it is not to be scored."""

    sample: str
    original: bytes
    reconstruction: bytes
    floor: bytes | None
    embedding: Vector


def _items(piece: Piece, *, with_floor: bool) -> list[Encoded]:
    """Originals beside their reconstructions, and beside their floor images where these are to be scored."""
    again = dict(piece.part(RECONSTRUCTIONS).images())
    floor = dict(piece.part(FLOOR_IMAGES).images()) if with_floor else {}
    embeddings = piece.part(EMBEDDINGS).vectors()
    return [
        Encoded(sample, picture, again[sample], floor.get(sample), embeddings[sample])
        for sample, picture in originals(piece)
    ]


def _to_score(of: Encoded) -> ScoreItem:
    floor = None if of.floor is None else pixels_of(of.floor)
    return ScoreItem(of.sample, pixels_of(of.original), pixels_of(of.reconstruction), floor, of.embedding)


def _rows(step: Step, piece: Piece, results: list[tuple[str, Scores]]) -> Rows:
    """Scores, the floor of the same image, and where the numbers come from, as rows of IMAGE_METRICS."""
    revisions = piece.lineage.revisions
    floor_of = {row["sample_id"]: row for row in piece.part(FLOOR_SCORES).read().to_pylist()}
    common = {
        "dataset": piece.collection.dataset,
        "artist_slug": piece.collection.artist,
        "experiment": piece.entry.name,
        "model": piece.model.name,
        "model_revision": revisions.model(piece.model),
        "method": piece.method.name,
        "steps": piece.method.steps,
        "suite": piece.entry.suite,
        "suite_revision": revisions.suite(piece.entry.suite),
        "code_version": code_version(),
        "run_id": step.run_id,
        "scored_at": datetime.now(UTC),
    }
    return [common | scores | floor_of[sample] for sample, scores in results]


def _numbers(rows: Rows) -> dict[str, float | int]:
    if not rows:
        return {"n_images": 0}
    mean = sum(row["composite"] for row in rows) / len(rows)
    floor = sum(row["floor_composite"] for row in rows) / len(rows)
    return {"n_images": len(rows), "mean_composite": mean, "mean_floor_composite": floor}
