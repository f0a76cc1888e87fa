"""raw_samples: every record of a collection is decoded and audited, or rejected with a reason."""

from collections.abc import Iterable, Iterator

from creativity_assets.images.audit import audit
from creativity_assets.images.decoding import ImageRejected
from creativity_assets.store.layout import Collection
from creativity_assets.store.locks import exclusive
from creativity_assets.store.schemas import RECORD
from creativity_assets.workflow.parts import RAW_SAMPLES, REJECTED
from creativity_assets.workflow.payloads import Originals
from creativity_assets.workflow.pieces import Piece, Stamp, records_of
from creativity_assets.workflow.steps.step import Finished, Step, by_collection


def raw_samples(step: Step, collections: Iterable[Collection]) -> Iterator[Finished]:
    """Decode and audit every record of the collections."""
    with exclusive(step.study.store, "raw_samples"), Originals(step.study.store) as originals:
        for pieces in by_collection(step.pieces(collections)).values():
            for piece in step.stale(pieces, (RAW_SAMPLES, REJECTED)):
                audit_piece(piece, originals, step.stamp)
            numbers = {
                "n_images": sum(piece.part(RAW_SAMPLES).rows for piece in pieces),
                "n_rejected": sum(piece.part(REJECTED).rows for piece in pieces),
            }
            yield step.finished("raw_samples", pieces, numbers)


def audit_piece(piece: Piece, originals: Originals, stamp: Stamp) -> None:
    """Write what is accepted of a piece, and what is rejected."""
    samples, rejected = [], []
    for row, data in originals.of(records_of(piece)):
        record = {name: row[name] for name in RECORD.names}
        try:
            samples.append(record | audit(data))
        except ImageRejected as problem:
            key = {"dataset": row["dataset"], "source_key": row["source_key"]}
            rejected.append({**key, "reason": problem.reason, "detail": problem.detail})
    piece.part(REJECTED).write(rejected, stamp)
    piece.part(RAW_SAMPLES).write(samples, stamp)
