"""The folders of the store: one function per kind of part. Names are slugs checked before they become paths."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from creativity_assets.errors import StoreError

_SLUG = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)?")


class Collection(NamedTuple):
    """The samples of one data set by one artist."""

    dataset: str
    artist: str

    @property
    def key(self) -> str:
        """The Dagster partition key; composed here, looked up elsewhere, never parsed."""
        return f"{self.dataset}/{self.artist}"


@dataclass(frozen=True)
class Store:
    """Paths below one data root. Nothing here touches the disk."""

    data_root: Path

    @property
    def root(self) -> Path:
        return self.data_root / "store"

    @property
    def database(self) -> Path:
        return self.data_root / "creativity.duckdb"

    @property
    def report(self) -> Path:
        return self.data_root / "report" / "index.html"

    def index(self, dataset: str) -> Path:
        """One row per record of a data set, written last: its presence says that the index is complete."""
        return self._part("index", dataset, "index")

    def index_rejects(self, dataset: str) -> Path:
        """What the reader itself refused: rows without files, files without rows, duplicates."""
        return self._part("index", dataset, "rejected")

    def shards(self, dataset: str, input_hash: str) -> Path:
        """The folder of payload shards that belong to one state of a source."""
        return self.root / "index" / _checked(dataset) / f"shards-{_checked(input_hash)[:16]}"

    def samples(self, collection: Collection) -> Path:
        return self._collection_part("samples", collection)

    def rejects(self, collection: Collection) -> Path:
        return self._collection_part("rejected", collection)

    def tensors(self, collection: Collection, resolution: int) -> Path:
        return self._collection_part("tensors", collection, str(resolution))

    def floor_images(self, collection: Collection, model: str) -> Path:
        """decode(encode(x)) under a model; shared by all of the model's experiments."""
        return self._collection_part("floor_images", collection, model)

    def latents(self, collection: Collection, model: str) -> Path:
        """encode(x) under a model, before its floor images; shared by all of the model's experiments."""
        return self._collection_part("latents", collection, model)

    def embeddings(self, collection: Collection, resolution: int, suite: str) -> Path:
        """What a suite's semantic extractor makes of the originals; shared by all experiments of that resolution."""
        return self._collection_part("embeddings", collection, f"{resolution}.{suite}")

    def floor_scores(self, collection: Collection, model: str, suite: str) -> Path:
        return self._collection_part("floor_scores", collection, f"{model}.{suite}")

    def reconstructions(self, collection: Collection, experiment: str) -> Path:
        return self._collection_part("reconstructions", collection, experiment)

    def readouts(self, collection: Collection, experiment: str) -> Path:
        return self._collection_part("readouts", collection, experiment)

    def ceilings(self, collection: Collection, experiment: str) -> Path:
        """What reconstructions of unrelated works score against the originals."""
        return self._collection_part("ceilings", collection, experiment)

    def metrics(self, collection: Collection, experiment: str) -> Path:
        return self._collection_part("metrics", collection, experiment)

    def measured(self) -> list[str]:
        """The experiments that have a folder of scores; what else lies there is none of the store's."""
        found = (self.root / "metrics").glob("*")
        return sorted(path.name for path in found if is_slug(path.name) and path.is_dir())

    def table(self, name: str) -> Path:
        return self.root / "tables" / f"{_checked(name)}.parquet"

    def record(self, name: str) -> Path:
        """What is known of the tables, the warehouse or the report: small facts that anything can be made without."""
        return self.root / "tables" / f"{_checked(name)}.json"

    def locks(self) -> Path:
        return self.root / "locks"

    def relative(self, path: Path) -> str:
        """A path as tables record it: relative to the store, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    def _part(self, area: str, *names: str) -> Path:
        *folders, last = (_checked(name) for name in names)
        return self.root.joinpath(area, *folders) / f"{last}.parquet"

    def _collection_part(self, area: str, collection: Collection, name: str = "all") -> Path:
        return self._part(area, name, collection.dataset, collection.artist)


def is_slug(name: str) -> bool:
    """Whether a name may become a part of a path."""
    return _SLUG.fullmatch(name) is not None


def _checked(name: str) -> str:
    if not is_slug(name):
        raise StoreError(f"{name!r} cannot name a file of the store; use lower-case letters, digits, '-' and '_'")
    return name
