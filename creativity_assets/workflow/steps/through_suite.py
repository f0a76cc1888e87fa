"""What a suite makes of the pictures of a step: decoded in threads, compared or embedded on the device."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from creativity_assets.engine.threads import mapped
from creativity_assets.workflow.pieces import Piece
from creativity_assets.workflow.progress import with_progress

if TYPE_CHECKING:
    from creativity_assets.engine.loading import Workbench

Item = TypeVar("Item")
Picture = TypeVar("Picture")
Result = TypeVar("Result")


def through_suite(  # noqa: PLR0917 - where, what, and how
    workbench: "Workbench",
    piece: Piece,
    what: str,
    decode: Callable[[Item], Picture],
    measure: Callable[..., Iterator[Result]],
    items: Iterator[Item],
) -> Iterator[Result]:
    """What `measure` gives of the decoded items with the suite of a piece's experiment.

    measure: (suite, pictures, batch=, beside=), as those of `engine.measure`. what: its name while it is at work.
    """
    suite, batch = workbench.suite(piece.entry.suite), workbench.batch(piece.resolution)
    with workbench.threads() as pool:
        pictures = mapped(pool, decode, items, ahead=batch.current)
        yield from with_progress(what, measure(suite, pictures, batch=batch, beside=workbench.beside(pool)))
