"""One streaming pass over a source: records and original bytes into shards, then the index that commits them."""

import math
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa

from creativity_assets.catalog.datasets import DatasetEntry, MappedDataset
from creativity_assets.errors import DamagedPart
from creativity_assets.hashing import digest_of_bytes, digest_of_text
from creativity_assets.sources import read as read_source
from creativity_assets.sources.columns.dates import parse_year
from creativity_assets.sources.columns.names import artist_slug
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.store.layout import Store
from creativity_assets.store.parts import OpenPart, Provenance, damaged, open_part, read_part, write_part
from creativity_assets.store.schemas import INDEX, REJECTED, SHARD
from creativity_assets.vocabulary import grouping_words
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.originals import accepted_samples, with_originals

SHARD_RECORDS = 256
SHARD_BYTES = 64 * 2**20
"""A shard ends at whichever comes first, so that a crash loses little and a reader needs little memory."""

ROWS_PER_GROUP = 16
"""Small row groups: one image is read without reading all of its neighbours."""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Indexed:
    """What an indexing pass found."""

    records: int
    rejected: int
    artists: tuple[str, ...]


def index_source(entry: DatasetEntry, lineage: Lineage, input_hash: str, provenance: Provenance) -> Indexed:
    """Index a data set that has files of its own (everything but `generated`), joined with its originals if any."""
    items = read_source(entry, lineage.store.data_root)
    if isinstance(entry, MappedDataset) and entry.twins is not None:
        of = lineage.catalog.dataset(entry.twins.of)
        samples = accepted_samples(lineage, of.name)
        items = with_originals(entry.twins, items, samples, all_of_them=of.limit is None)
    return write_index(entry, items, lineage.store, input_hash, provenance)


def write_index(
    entry: DatasetEntry,
    items: Iterator[SourceRecord | SourceReject],
    store: Store,
    input_hash: str,
    provenance: Provenance,
) -> Indexed:
    """Write shards as `items` arrive, then the index. A reader sees the old index or the new one, never half."""
    shards = _Shards(store.shards(entry.name, input_hash), provenance)
    rejects: list[SourceReject] = []
    seen: set[str] = shards.written_ids()
    fresh: set[str] = set()
    for item in items:
        if isinstance(item, SourceReject):
            rejects.append(item)
            continue
        row = record_row(entry.name, item)
        if reject := unusable(item, row):
            rejects.append(reject)
            continue
        if row["sample_id"] in fresh:
            rejects.append(SourceReject(item.key, "duplicate_key", "an earlier record has the same key"))
            continue
        fresh.add(row["sample_id"])
        if row["sample_id"] not in seen:
            shards.add(row, item.image, Path(item.uri).suffix)
    shards.flush()
    return _commit(entry, shards, rejects, fresh, store, provenance)


def _commit(  # noqa: PLR0917 - the parts of one index
    entry: DatasetEntry,
    shards: "_Shards",
    rejects: list[SourceReject],
    kept: set[str],
    store: Store,
    provenance: Provenance,
) -> Indexed:
    rows = [row for row in shards.rows(store) if row["sample_id"] in kept]
    rows.sort(key=lambda row: (row["artist_slug"], row["source_key"]))
    rejected = [{"dataset": entry.name, "source_key": r.key, "reason": r.reason, "detail": r.detail} for r in rejects]
    write_part(store.index_rejects(entry.name), pa.Table.from_pylist(rejected, schema=REJECTED), provenance)
    write_part(store.index(entry.name), pa.Table.from_pylist(rows, schema=INDEX), provenance)
    for folder in shards.folder.parent.glob("shards-*"):
        if folder != shards.folder:
            shutil.rmtree(folder, ignore_errors=True)
    artists = tuple(sorted({row["artist_slug"] for row in rows}))
    return Indexed(records=len(rows), rejected=len(rejects), artists=artists)


def record_row(dataset: str, record: SourceRecord) -> dict[str, Any]:
    """A source's record as a row of RECORD: identity, canonical artist and year, and the hash of its bytes."""
    fields = record.fields
    artist = _text(fields.get("artist")) or "Unknown artist"
    year, year_source = parse_year(fields.get("year"))
    label = _text(fields.get("label")) or "human"
    row_id = sample_id(dataset, record.key)
    return {
        "sample_id": row_id,
        "dataset": dataset,
        "source_key": record.key,
        "artist": artist,
        "artist_slug": artist_slug(artist),
        "title": _text(fields.get("title")),
        "year": year,
        "year_source": year_source,
        "style": _text(fields.get("style")),
        "genre": _text(fields.get("genre")),
        "caption": _text(fields.get("caption")),
        "label": label,
        "automation": _text(fields.get("automation")) or ("ai" if label == "ai" else "manual"),
        "family": _text(fields.get("family")) or ("diffusion" if label == "ai" else "painting"),
        "generator": _text(fields.get("generator")),
        # A human work is its own pair, so that both sides of a pair carry the same identity.
        "pair_id": _text(fields.get("pair_key")) or (row_id if label == "human" else None),
        "novelty": _number(fields.get("novelty")),
        "stated_membership": _text(fields.get("membership")),
        "sha256": digest_of_bytes(record.image),
        "source_uri": record.uri,
    }


def unusable(record: SourceRecord, row: dict[str, Any]) -> SourceReject | None:
    """The reject of a record that says what no table can hold: a word none is made of, a novelty that is no number."""
    for column, words in grouping_words().items():
        if row[column] not in words:
            detail = f"{column} {row[column]!r} is none of {', '.join(words)}; map it by `values` or `constants`"
            return SourceReject(record.key, "unknown_word", detail)
    novelty = record.fields.get("novelty")
    if row["novelty"] is None and _text(novelty) is not None:
        return SourceReject(record.key, "not_a_number", f"novelty {novelty!r} is no number; map it by `values`")
    return None


def sample_id(dataset: str, key: str) -> str:
    """The identity of a sample: stable for a key of a data set, safe as a file name."""
    return f"{dataset}-{digest_of_text(key)[:16]}"


def written_ids(store: Store, dataset: str, input_hash: str) -> set[str]:
    """The samples whose bytes an interrupted pass over this state of a source has already stored."""
    return _Shards(store.shards(dataset, input_hash), Provenance(input_hash)).written_ids()


def _text(value: Any) -> str | None:
    """A field as text; None for what sources write where they have nothing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    text = str(value).strip()
    return text or None


def _number(value: Any) -> float | None:
    """A field as a finite number; None where it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


@dataclass
class _Shards:
    """The payload shards of one state of a source, appended to and, after a crash or damage, taken up again."""

    folder: Path
    provenance: Provenance
    pending: list[dict[str, Any]] = field(default_factory=list)
    pending_bytes: int = 0

    def written(self) -> list[Path]:
        return sorted(self.folder.glob("shard-*.parquet"))

    def written_ids(self) -> set[str]:
        """The samples in the shards; one that is found damaged is set aside, and its samples are written again."""
        found: set[str] = set()
        for path in self.written():
            try:
                found.update(read_part(path, SHARD.names[:-1])["sample_id"].to_pylist())
            except DamagedPart as damage:
                if not damage.healable:
                    raise
        return found

    def add(self, row: dict[str, Any], image: bytes, suffix: str) -> None:
        self.pending.append({**row, "image": {"bytes": image, "path": row["sample_id"] + suffix}})
        self.pending_bytes += len(image)
        if len(self.pending) >= SHARD_RECORDS or self.pending_bytes >= SHARD_BYTES:
            self.flush()

    def flush(self) -> None:
        if self.pending:
            table = pa.Table.from_pylist(self.pending, schema=SHARD)
            path = next(path for path in self.places if not path.exists())
            write_part(path, table, self.provenance, compression="none", rows_per_group=ROWS_PER_GROUP)
            self.pending, self.pending_bytes = [], 0

    @cached_property
    def places(self) -> Iterator[Path]:
        """The shards' paths in order: where one was lost there is a gap, which is filled first."""
        return (self.folder / f"shard-{number:05d}.parquet" for number in count())

    def rows(self, store: Store) -> Iterator[dict[str, Any]]:
        """The records of all shards with the place of their bytes."""
        columns = [name for name in SHARD.names if name != "image"]
        for path in self.written():
            for number, row in enumerate(read_part(path, columns).to_pylist()):
                yield {**row, "shard": store.relative(path), "row": number}


def original_bytes(store: Store, rows: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], bytes]]:
    """The original file bytes of index rows, in the order of the rows.

    Raises DamagedPart for a shard that is gone or holds other bytes than the index says: indexing makes it again.
    """
    with ExitStack() as opened:
        shards: dict[str, OpenPart] = {}
        latest: tuple[tuple[str, int], pa.Table] | None = None  # rows that follow each other cost one look
        for row in rows:
            path = store.root / row["shard"]
            if row["shard"] not in shards:
                shards[row["shard"]] = opened.enter_context(open_part(path))
            part = shards[row["shard"]]
            metadata = part.parquet.metadata
            size = metadata.row_group(0).num_rows if metadata.num_row_groups else 1
            group, place = divmod(row["row"], size)
            if latest is None or latest[0] != (row["shard"], group):
                held = part.row_group(group, ["image"]) if 0 <= group < metadata.num_row_groups else SHARD.empty_table()
                latest = (row["shard"], group), held
            image = latest[1]["image"][place].as_py() if place < len(latest[1]) else None
            data = (image or {}).get("bytes")
            if data is None or digest_of_bytes(data) != row["sha256"]:
                raise damaged(path, f"its bytes of {row['source_key']} are not those that the index knows")
            yield row, data
