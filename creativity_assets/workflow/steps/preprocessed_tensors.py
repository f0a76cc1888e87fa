"""preprocessed_tensors: each sample as the square uint8 picture that a model of one resolution is given."""

from collections.abc import Iterable, Iterator

from creativity_assets.images.decoding import decode
from creativity_assets.images.encoding import to_webp
from creativity_assets.images.preprocess import preprocess
from creativity_assets.store.images import image_table
from creativity_assets.store.layout import Collection
from creativity_assets.store.locks import exclusive
from creativity_assets.workflow.parts import PREPROCESSED_TENSORS, RAW_SAMPLES
from creativity_assets.workflow.payloads import Originals
from creativity_assets.workflow.pieces import Piece, pieces_of, records_of
from creativity_assets.workflow.steps.step import Finished, Step, by_collection


def preprocessed_tensors(step: Step, collections: Iterable[Collection]) -> Iterator[Finished]:
    """Every sample at every working resolution that an experiment wants."""
    lineage = step.study.lineage
    with exclusive(step.study.store, "preprocessed_tensors"), Originals(step.study.store) as originals:
        for collection, pieces in by_collection(step.pieces(collections)).items():
            resolutions = lineage.catalog.resolutions_of(collection.dataset)
            for resolution in resolutions:
                at = pieces_of(lineage, [collection], resolution=resolution)
                for piece in step.stale(at, (PREPROCESSED_TENSORS,)):
                    piece.part(PREPROCESSED_TENSORS).write(image_table(_preprocessed(piece, originals)), step.stamp)
            numbers = {"n_images": sum(p.part(RAW_SAMPLES).rows for p in pieces), "n_resolutions": len(resolutions)}
            yield step.finished("preprocessed_tensors", pieces, numbers)


def _preprocessed(piece: Piece, originals: Originals) -> Iterator[tuple[str, bytes]]:
    accepted = set(piece.part(RAW_SAMPLES).read(["sample_id"])["sample_id"].to_pylist())
    rows = [row for row in records_of(piece) if row["sample_id"] in accepted]
    for row, data in originals.of(rows):
        yield row["sample_id"], to_webp(preprocess(decode(data).image, piece.resolution))
