"""The cells of one experiment: what is measured together, in full batches across collections."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from creativity_assets.catalog.entries import ExperimentEntry
from creativity_assets.images.encoding import Pixels, from_png
from creativity_assets.store.images import read_images
from creativity_assets.store.layout import Collection, Store
from creativity_assets.store.parts import Provenance
from creativity_assets.workflow.lineage import Contents, Lineage

Stamp = Callable[[str], Provenance]
"""input hash -> the provenance of a part that this run writes."""


@dataclass(frozen=True)
class Cells:
    """The cells of one experiment: its collections with what they hold."""

    lineage: Lineage
    experiment: ExperimentEntry
    collections: dict[Collection, Contents]

    @property
    def store(self) -> Store:
        return self.lineage.store

    @property
    def resolution(self) -> int:
        return self.lineage.catalog.model(self.experiment.model).resolution

    def originals(self, collection: Collection) -> list[tuple[str, Pixels]]:
        path = self.store.tensors(collection, self.resolution)
        return [(sample_id, from_png(png)) for sample_id, png in read_images(path)]

    def only(self, some: Iterable[Collection]) -> "Cells":
        """Some of the collections."""
        return Cells(self.lineage, self.experiment, {c: self.collections[c] for c in some})

    def without(self, some: Iterable[Collection]) -> "Cells":
        """All but some of the collections, in their order."""
        left_out = set(some)
        return Cells(self.lineage, self.experiment, {c: w for c, w in self.collections.items() if c not in left_out})
