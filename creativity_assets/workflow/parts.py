"""Every kind of part on one page: what it holds, what tells one such part from another, and what it is made from.

Its path, its hash, its freshness and the assets' dependencies follow from its kind. A part is fresh while its hash is
the one computed here, forwards from the index, without reading an image: a change anywhere makes exactly its
descendants stale. Versions are raised by hand when an algorithm changes its numbers; commits never make work stale.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from creativity_assets.catalog.entries import ExperimentEntry, MethodEntry
from creativity_assets.hashing import digest
from creativity_assets.store import schemas
from creativity_assets.store.images import IMAGE_SCHEMA
from creativity_assets.store.layout import Store
from creativity_assets.workflow.entries.plugins import added_to, plugin_version

if TYPE_CHECKING:
    from creativity_assets.workflow.lineage import Lineage
    from creativity_assets.workflow.pieces import Piece

METHOD_VERSIONS = {"edict": 2}
"""Of inversions whose own numbers have changed; 1 for the others, which stay fresh."""
GROUP_VERSIONS = {"log_likelihood": 2}
"""Of groups of readouts that have changed."""


@dataclass(frozen=True, eq=False)
class Fact:
    """What a part is made from besides other parts.

    asset: whose it is, empty for what the catalogue says. each: whether it differs from piece to piece of an
    experiment; what does not is asked once. awaited: None says that it is not there yet.
    """

    of: "Callable[[Piece], object]"
    asset: str = ""
    each: bool = False
    awaited: bool = False


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of part.

    name: of its folder. columns: of its rows; a function where a plugin may add some. made_from: other kinds and
    facts, by the words that stand in its hash. under: what besides the shard tells one such part from another, words of
    `Piece.name`. version: raised by hand; None where its sources have versions that say all. asset: that makes it, if
    it is not of the same name.
    """

    name: str
    columns: pa.Schema | Callable[[], pa.Schema]
    made_from: "Mapping[str, Kind | Fact]"
    under: tuple[str, ...] = ()
    version: int | None = 1
    asset: str = ""

    @property
    def schema(self) -> pa.Schema:
        """Of its rows."""
        return self.columns() if callable(self.columns) else self.columns

    @property
    def maker(self) -> str:
        """The asset that makes it."""
        return self.asset or self.name


RECORDS = Fact(lambda piece: piece.contents.records, "dataset_index", each=True)
AUDITED = Fact(lambda piece: _audited(piece.contents.records), "dataset_index", each=True)
PICTURES = Fact(lambda piece: piece.contents.images, "raw_samples", each=True)
RESOLUTION = Fact(lambda piece: piece.resolution)
MODEL = Fact(lambda piece: _with_plugin(piece.lineage.revisions.model(piece.model), "LAYOUTS", piece.pipeline))
SUITE = Fact(lambda piece: _with_plugin(piece.lineage.revisions.suite(piece.entry.suite), "SUITES", piece.entry.suite))
METHOD = Fact(lambda piece: _method(piece.method))
CAPTIONS = Fact(lambda piece: piece.contents.records if piece.method.prompt == "caption" else None, each=True)
GROUPS = Fact(lambda piece: piece.entry.readouts)
GROUPS_CHANGED = Fact(lambda piece: _changed(piece.entry.readouts))
EXPERIMENT = Fact(lambda piece: piece.entry.name)
PANEL = Fact(lambda piece: _panel(piece.lineage, piece.entry), awaited=True)

RAW_SAMPLES = Kind("raw_samples", schemas.samples, {"records": AUDITED}, version=None)
REJECTED = Kind("rejected", schemas.REJECTED, {"records": AUDITED}, version=None, asset="raw_samples")
PREPROCESSED_TENSORS = Kind(
    "preprocessed_tensors", IMAGE_SCHEMA, {"images": PICTURES, "resolution": RESOLUTION}, ("resolution",)
)
LATENTS = Kind(
    "latents", schemas.VECTORS, {"tensors": PREPROCESSED_TENSORS, "model": MODEL}, ("model",), asset="reconstructions"
)
FLOOR_IMAGES = Kind(
    "floor_images", IMAGE_SCHEMA, {"tensors": PREPROCESSED_TENSORS, "model": MODEL}, ("model",), asset="reconstructions"
)
RECONSTRUCTIONS = Kind(
    "reconstructions",
    IMAGE_SCHEMA,
    {"encodings": LATENTS, "method": METHOD, "captions": CAPTIONS},
    ("experiment",),
    version=None,
)
READOUTS = Kind(
    "readouts",
    schemas.READOUTS,
    {"reconstructions": RECONSTRUCTIONS, "groups": GROUPS, "version": GROUPS_CHANGED},
    ("experiment",),
    version=None,
    asset="reconstructions",
)
EMBEDDINGS = Kind(
    "embeddings",
    schemas.VECTORS,
    {"tensors": PREPROCESSED_TENSORS, "suite": SUITE},
    ("resolution", "suite"),
    asset="image_metrics",
)
FLOOR_SCORES = Kind(
    "floor_scores",
    schemas.floor_scores,
    {"images": FLOOR_IMAGES, "suite": SUITE},
    ("model", "suite"),
    asset="image_metrics",
)
IMAGE_METRICS = Kind(
    "image_metrics",
    schemas.image_metrics,
    {"images": RECONSTRUCTIONS, "suite": SUITE, "experiment": EXPERIMENT},
    ("experiment",),
)
CEILINGS = Kind(
    "ceilings",
    schemas.ceilings,
    {"records": RECORDS, "embeddings": EMBEDDINGS, "panel": PANEL},
    ("experiment",),
    asset="image_metrics",
)

KINDS = (
    *(RAW_SAMPLES, REJECTED, PREPROCESSED_TENSORS),
    *(LATENTS, FLOOR_IMAGES, RECONSTRUCTIONS, READOUTS),
    *(EMBEDDINGS, FLOOR_SCORES, IMAGE_METRICS, CEILINGS),
)
"""All of them, each after what it is made from."""


@cache
def kinds_of(asset: str) -> tuple[Kind, ...]:
    """What an asset makes, in order."""
    return tuple(kind for kind in KINDS if kind.maker == asset)


@cache
def upstream(asset: str) -> tuple[str, ...]:
    """The assets that one is made from directly: those that no other of its sources is made from in turn."""
    sources = {
        source.maker if isinstance(source, Kind) else source.asset
        for kind in kinds_of(asset)
        for source in kind.made_from.values()
    } - {asset, ""}
    implied = {before for source in sources for before in _all_upstream(source)}
    return tuple(sorted(sources - implied))


def _all_upstream(asset: str) -> set[str]:
    direct = upstream(asset)
    return {*direct, *(before for one in direct for before in _all_upstream(one))}


def adopt_old_names(store: Store) -> None:
    """Rename the folders of a store that was made when they did not yet have their assets' names."""
    for old, kind in (("samples", RAW_SAMPLES), ("tensors", PREPROCESSED_TENSORS), ("metrics", IMAGE_METRICS)):
        if (store.root / old).is_dir() and not (store.root / kind.name).exists():
            (store.root / old).rename(store.root / kind.name)


def _panel(lineage: "Lineage", experiment: ExperimentEntry) -> str | None:
    from creativity_assets.workflow.panel import panel_of

    panel = panel_of(lineage, experiment)
    return None if panel is None else panel.input_hash


def _audited(records: str) -> str:
    """The hash of records with the versions of what plugins measure on their pictures."""
    added = added_to("AUDIT")
    return digest(records=records, audit=added) if added else records


def _method(method: MethodEntry) -> dict[str, Any]:
    """Only what an entry says, so that a new field with a default makes nothing stale."""
    settings = method.model_dump(exclude={"name", "description"}, exclude_defaults=True)
    version = plugin_version("INVERSIONS", method.inversion) or METHOD_VERSIONS.get(method.inversion)
    return {**settings, "version": version} if version else settings


def _changed(groups: Iterable[str]) -> object:
    """The version of readouts, with those of groups that have changed."""
    versions = {group: plugin_version("READOUTS", group) or GROUP_VERSIONS.get(group) for group in groups}
    changed = {group: version for group, version in versions.items() if version}
    return [1, changed] if changed else 1


def _with_plugin(revision: str, registry: str, name: str) -> str:
    """A revision of weights with the version of the plugin, if one reads them."""
    version = plugin_version(registry, name)
    return f"{revision}+{version}" if version else revision
