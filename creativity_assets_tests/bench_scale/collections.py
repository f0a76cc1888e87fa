"""Studies of many small collections: with pictures of which nothing is made yet, or with parts that nobody has made."""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import dagster as dg
import pyarrow as pa

from creativity_assets.orchestration.instance import open_instance
from creativity_assets.orchestration.partitions import cell_key, sync_partitions
from creativity_assets.orchestration.work import IMAGES, MEASUREMENTS
from creativity_assets.store.files import state_of
from creativity_assets.store.parts import Provenance, write_part
from creativity_assets.store.schemas import INDEX, REJECTED
from creativity_assets.workflow.parts import KINDS, RAW_SAMPLES
from creativity_assets.workflow.pieces import Part, pieces_of
from creativity_assets.workflow.plan import plan
from creativity_assets.workflow.steps.records import sample_id
from creativity_assets.workflow.study import Study
from creativity_assets_tests.studies import new_study, only_paintings, replace_works

SIDE = 40
"""Pixels of a picture; the model is given 32."""


def small_collections(folder: Path, weights: Path, collections: int, images: int) -> Path:
    """The data root of a study in which nothing is made yet: collections of so many images each, `autoencoder`."""
    root = new_study(folder, weights)
    artists = [f"Artist {number:05d}" for number in range(collections) for _ in range(images)]
    replace_works(root, artists, size=(SIDE, SIDE))
    only_paintings(root, "autoencoder")
    return root


def as_if_measured(folder: Path, weights: Path, collections: int, images: int) -> Path:
    """The data root of a study whose plan finds everything fresh and recorded, though no picture was ever read.

    One file stands for all parts of a kind, by hard links, and the ledger says of each that it is what is wanted.
    """
    root = small_collections(folder, weights, 3, 1)
    ids = _write_index(Study(root), collections, images)
    study = Study(root)
    lineage, held = study.lineage, study.lineage.collections("paintings")
    entry = next(iter(study.catalog.experiments.values()))
    measured = pieces_of(lineage, held, entry)
    for kind in KINDS:
        template = folder / f"{kind.name}.parquet"
        # The panel is chosen among what is accepted, so that these files must name all samples.
        rows = [{"sample_id": name} for name in ids] if kind is RAW_SAMPLES else []
        write_part(template, pa.Table.from_pylist(rows, schema=kind.schema), Provenance("of another part"))
        for piece in measured:
            _link(template, piece.part(kind), images)
    lineage.ledger.save()
    cells = [cell_key(c, entry.name) for c in held]
    with open_instance(root) as instance:
        sync_partitions(study, instance, plan(lineage))
        for asset in (*IMAGES, *MEASUREMENTS):
            _record(instance, asset, cells if asset in MEASUREMENTS else [c.key for c in held])
        _record(instance, "dataset_index", ["paintings"])
    return root


def _write_index(study: Study, collections: int, images: int) -> list[str]:
    """An index of samples whose bytes are nowhere; returns their ids."""
    shard = study.store.payloads("paintings", "0" * 16) / "shard-00000.parquet"
    shard.parent.mkdir(parents=True)
    shard.touch()
    said = {"dataset": "paintings", "year_source": "none", "label": "human", "family": "painting"}
    rows = [
        said
        | {
            "sample_id": sample_id("paintings", f"{artist}/{image}"),
            "source_key": f"{artist}/{image}.png",
            "artist": f"Artist {artist:05d}",
            "artist_slug": f"artist-{artist:05d}",
            "title": f"Work {image}",
            "sha256": f"{artist * images + image:064x}",
            "shard": study.store.relative(shard),
            "row": artist * images + image,
        }
        for artist in range(collections)
        for image in range(images)
    ]
    provenance = Provenance(study.lineage.index(study.catalog.dataset("paintings")))
    write_part(study.store.index_rejects("paintings"), REJECTED.empty_table(), provenance)
    write_part(study.store.index("paintings"), pa.Table.from_pylist(rows, schema=INDEX), provenance)
    return [row["sample_id"] for row in rows]


def _link(template: Path, part: Part, rows: int) -> None:
    part.path.parent.mkdir(parents=True, exist_ok=True)
    os.link(template, part.path)
    assert state_of(part.path) is not None
    part.piece.lineage.ledger.written(part.path, part.input_hash or "", rows)


def _record(instance: dg.DagsterInstance, asset: str, keys: Iterable[str]) -> None:
    """A materialisation of each partition: the first by Dagster, the others copied from it where it has stored it."""
    first, *others = keys
    tags = {"dagster/data_version": "a" * 64, "dagster/code_version": "b"}
    instance.report_runless_asset_event(
        dg.AssetMaterialization(asset, partition=first, metadata={"n_images": 3}, tags=tags)
    )
    events = "run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition"
    with closing(sqlite3.connect(Path(instance.root_directory) / "history" / "runs" / "index.db")) as index, index:
        newest, *event = index.execute(
            f"SELECT id, {events} FROM event_logs WHERE partition = ? ORDER BY id DESC LIMIT 1", [first]
        ).fetchone()
        copied = index.execute(
            "SELECT asset_key, key, value, event_timestamp FROM asset_event_tags WHERE event_id = ?", [newest]
        ).fetchall()
        for number, key in enumerate(others, newest + 1):
            row = [number, event[0], event[1].replace(first, key), *event[2:6], key]
            index.execute(f"INSERT INTO event_logs (id, {events}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            index.executemany(
                "INSERT INTO asset_event_tags (event_id, asset_key, key, value, event_timestamp) VALUES (?, ?, ?, ?, ?)",
                [(number, *tag) for tag in copied],
            )
