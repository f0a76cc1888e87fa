"""reconstructions: the round trips of one experiment, from latents that all of a model's methods share."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.engine.measure import Encoding, Latent, Reconstruction, encode, reconstruct
from creativity_assets.engine.threads import mapped
from creativity_assets.images.encoding import Pixels, pixels_of, to_webp
from creativity_assets.store.images import image_table
from creativity_assets.store.layout import Collection
from creativity_assets.store.locks import exclusive
from creativity_assets.store.vectors import Vector, vector_table
from creativity_assets.workflow.costs import timed
from creativity_assets.workflow.entries.methods import inversion_settings
from creativity_assets.workflow.entries.revisions import model_source
from creativity_assets.workflow.entries.validation import check_experiment
from creativity_assets.workflow.parts import (
    FLOOR_IMAGES,
    LATENTS,
    PREPROCESSED_TENSORS,
    RAW_SAMPLES,
    READOUTS,
    RECONSTRUCTIONS,
    kinds_of,
)
from creativity_assets.workflow.pieces import Piece
from creativity_assets.workflow.progress import with_progress
from creativity_assets.workflow.steps.step import Finished, Step, by_collection, completed, memory, remade

if TYPE_CHECKING:
    from creativity_assets.engine.loading import Workbench

Readouts = dict[str, float]

ASSET = "reconstructions"


def reconstructions(
    step: Step, workbench: "Workbench", experiment: str, collections: Iterable[Collection]
) -> Iterator[Finished]:
    """One experiment over the collections: latents and floor images first, where they are not there yet."""
    study = step.study
    entry = study.catalog.experiment(experiment)
    check_experiment(study.lineage, entry)
    with exclusive(study.store, f"{ASSET}-{experiment}"), timed(study.store, experiment, "reconstruct") as clock:
        workbench.watch_memory()
        pieces = step.pieces(collections, entry)
        stale, of = step.stale(pieces, kinds_of(ASSET)), by_collection(pieces)
        _encode(step, workbench, stale)
        for collection, images in completed(stale, _reconstruct(step, workbench, stale)):
            of_it = of.pop(collection)
            yield step.finished(ASSET, of_it, clock.lap(sum(images)) | memory(workbench))
        for of_it in of.values():
            yield step.kept(RECONSTRUCTIONS, of_it, {"n_images": sum(p.part(RECONSTRUCTIONS).rows for p in of_it)})


def _encode(step: Step, workbench: "Workbench", pieces: list[Piece]) -> None:
    """Write latents and floor images where they are missing: once for all experiments of a model."""

    def process(items: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, Vector, bytes]]:
        backbone = _backbone(pieces[0], workbench)
        batch = workbench.batch(backbone.resolution)
        with workbench.threads() as pool:
            pictures = mapped(pool, decoded, items, ahead=batch.current)
            done = with_progress("encode", encode(backbone, pictures, batch=batch))
            yield from mapped(pool, _with_floor, done, ahead=batch.current)

    for piece, results in remade(step.stale(pieces, (LATENTS, FLOOR_IMAGES)), originals, process):
        piece.part(LATENTS).write(vector_table((sample, latent) for sample, latent, _ in results), step.stamp)
        piece.part(FLOOR_IMAGES).write(image_table((sample, floor) for sample, _, floor in results), step.stamp)


def _reconstruct(step: Step, workbench: "Workbench", pieces: list[Piece]) -> Iterator[tuple[Piece, int]]:
    """Write reconstructions and readouts; yields each piece with its number of images when its parts are on disk."""

    def process(items: Iterator[Latent]) -> Iterator[tuple[str, bytes, Readouts]]:
        backbone, entry = _backbone(pieces[0], workbench), pieces[0].entry
        settings = inversion_settings(pieces[0].method)
        shaped = (item._replace(latent=item.latent.reshape(backbone.latent_shape)) for item in items)
        batch = workbench.batch(backbone.resolution)
        images = sum(piece.part(LATENTS).rows for piece in pieces)
        workbench.compile(backbone, batch, settings.evaluations * images)
        done = reconstruct(backbone, settings, shaped, batch=batch, readouts=entry.readouts)
        with workbench.threads() as pool:
            yield from mapped(pool, _with_picture, with_progress("reconstruct", done), ahead=batch.current)

    for piece, results in remade(pieces, _latents, process):
        readouts = [
            {"sample_id": sample, "experiment": piece.entry.name, "readout": name, "value": value}
            for sample, _, values in results
            for name, value in values.items()
        ]
        piece.part(READOUTS).write(readouts, step.stamp)
        piece.part(RECONSTRUCTIONS).write(image_table((sample, picture) for sample, picture, _ in results), step.stamp)
        yield piece, len(results)


def originals(piece: Piece) -> list[tuple[str, bytes]]:
    """(sample_id, encoded picture) of a piece's samples at its resolution."""
    return list(piece.part(PREPROCESSED_TENSORS).images())


def decoded(original: tuple[str, bytes]) -> tuple[str, Pixels]:
    """(sample_id, uint8 pixels (H, W, 3)) of one of `originals`."""
    sample, picture = original
    return sample, pixels_of(picture)


def _with_floor(done: Encoding) -> tuple[str, Vector, bytes]:
    return done.sample_id, done.latent, to_webp(done.floor)


def _with_picture(done: Reconstruction) -> tuple[str, bytes, Readouts]:
    return done.sample_id, to_webp(done.image), done.readouts


def _latents(piece: Piece) -> list[Latent]:
    """The stored latents, still flat, with the captions of their samples where the method reads them."""
    captions = {}
    if piece.method.prompt == "caption":
        rows = piece.part(RAW_SAMPLES).read(["sample_id", "caption"]).to_pylist()
        captions = {row["sample_id"]: row["caption"] or "" for row in rows}
    return [
        Latent(sample, latent, captions.get(sample, "")) for sample, latent in piece.part(LATENTS).vectors().items()
    ]


def _backbone(piece: Piece, workbench: "Workbench") -> Backbone:
    return workbench.backbone(model_source(piece.model, piece.lineage.store.data_root))
