"""Where things of the store lie. Names are slugs checked before they become paths."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
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


class Shard(NamedTuple):
    """A bounded piece of a collection. bits: the leading bits that its samples share; empty for the whole."""

    collection: Collection
    bits: str = ""

    @property
    def key(self) -> str:
        """For people."""
        return f"{self.collection.key}.{self.bits}" if self.bits else self.collection.key


@dataclass(frozen=True)
class Store:
    """Paths below one data root. Nothing here touches the disk."""

    data_root: Path

    @cached_property
    def root(self) -> Path:
        return self.data_root / "store"

    @property
    def database(self) -> Path:
        return self.data_root / "creativity.duckdb"

    @property
    def report(self) -> Path:
        return self.data_root / "report" / "index.html"

    @property
    def gathered(self) -> Path:
        """The rows of all parts for the tables; of the store's own, and made again where it is missing."""
        return self.root / "gathered.duckdb"

    def index(self, dataset: str) -> Path:
        """One row per record of a data set, written last: its presence says that the index is complete."""
        return self._part("index", dataset, "index")

    def index_rejects(self, dataset: str) -> Path:
        """What the reader itself refused: rows without files, files without rows, duplicates."""
        return self._part("index", dataset, "rejected")

    def payloads(self, dataset: str, input_hash: str) -> Path:
        """The folder of the original bytes that belong to one state of a source."""
        return self.root / "index" / _checked(dataset) / f"shards-{_checked(input_hash)[:16]}"

    def part(self, kind: str, shard: "Shard | Collection", under: str = "all") -> Path:
        """Where a part of a kind lies. under: what besides the collection tells it from others, a model's name say."""
        return self.root / part_name(kind, shard, under)

    def names_under(self, kind: str) -> list[str]:
        """What the parts of a kind stand under, experiments say; what else lies there is none of the store's."""
        found = (self.root / kind).glob("*")
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
        return self.root / _name(area, *names)


def part_name(kind: str, shard: "Shard | Collection", under: str = "all") -> str:
    """The place of a part below the root of a store, with forward slashes; see `Store.part`."""
    collection, bits = (shard.collection, shard.bits) if isinstance(shard, Shard) else (shard, "")
    name = f"{collection.artist}.{bits}" if bits else collection.artist
    return _name(kind, under, collection.dataset, name)


def _name(area: str, *names: str) -> str:
    *folders, last = names
    return f"{_folder(area, *folders)}/{_checked(last)}.parquet"


@lru_cache(maxsize=1024)
def _folder(area: str, *names: str) -> str:
    """Asked for once for every part, of which a folder holds thousands."""
    return "/".join([area, *map(_checked, names)])


def is_slug(name: str) -> bool:
    """Whether a name may become a part of a path."""
    return _SLUG.fullmatch(name) is not None


def _checked(name: str) -> str:
    if not is_slug(name):
        raise StoreError(f"{name!r} cannot name a file of the store; use lower-case letters, digits, '-' and '_'")
    return name
