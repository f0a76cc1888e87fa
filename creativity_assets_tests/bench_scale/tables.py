"""Tables, warehouse, checks and report of many parts: all of them, none anew, and one new image.

The parts hold made-up numbers under true hashes, since what is timed is what comes after the measuring.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from creativity_assets.store import schemas
from creativity_assets.store.images import image_table
from creativity_assets.store.parts import Provenance, read_part, write_part
from creativity_assets.vocabulary import floored_scores
from creativity_assets.workflow.parts import IMAGE_METRICS, RAW_SAMPLES, READOUTS, RECONSTRUCTIONS, REJECTED
from creativity_assets.workflow.pieces import Piece, pieces_of, records_of
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.checks import CHECKS
from creativity_assets.workflow.tables.collected import Collected
from creativity_assets.workflow.tables.report import write_report
from creativity_assets.workflow.tables.warehouse import write_warehouse
from creativity_assets_tests.studies import CATALOG, new_study, save_weights, write_catalog

EXPERIMENT = "tiny.autoencoder"
SIDES = ("human", "ai")
SIZES = ((100, 3), (500, 3), (2000, 10))
"""Collections, and images of each."""


def study_of(folder: Path, collections: int, images: int) -> Path:
    """A data root with measured parts: half of the collections stand on either side of a comparison."""
    root = new_study(folder, save_weights(folder / "weights"))
    paintings: dict[str, Any] = CATALOG["datasets"]["paintings"]  # type: ignore[assignment,index]
    write_catalog(
        root,
        {
            "datasets": dict.fromkeys(SIDES, paintings),
            "models": {"tiny": {"path": "embedded/tiny", "resolution": 32}},
            "methods": {"autoencoder": {"inversion": "autoencoder", "steps": 0}},
            "experiments": {
                EXPERIMENT: {"model": "tiny", "method": "autoencoder", "suite": "embedded", "datasets": [*SIDES]}
            },
            "comparisons": {"sides": {"human": {"dataset": "human"}, "ai": {"dataset": "ai"}, "pairing": "none"}},
            "eras": CATALOG["eras"],
        },
    )
    study = Study(root)
    for side in SIDES:
        write_index(study, side, [record(side, c, i) for c in range(collections // 2) for i in range(images)])
    write_parts(study)
    return root


def record(side: str, collection: int, image: int) -> dict[str, Any]:
    """A row of an index. Its bytes are never asked for."""
    blank = dict.fromkeys(schemas.INDEX.names)
    name = f"{collection:05d}-{image:05d}"
    return blank | {
        "sample_id": f"{side}-{name}",
        "dataset": side,
        "source_key": name,
        "artist": f"Artist {collection:05d}",
        "artist_slug": f"artist-{collection:05d}",
        "title": f"Work {name}",
        "year": 1500 + collection % 500,
        "year_source": "stated",
        "label": side,
        "automation": "manual" if side == "human" else "ai",
        "family": "painting" if side == "human" else "diffusion",
        "sha256": f"{abs(hash(name)) % 16**16:064x}",
        "shard": "index",
        "row": image,
    }


def write_index(study: Study, side: str, rows: list[dict[str, Any]]) -> None:
    store, provenance = study.store, Provenance(study.lineage.index(study.catalog.dataset(side)))
    rows = sorted(rows, key=lambda row: (row["artist_slug"], row["source_key"]))
    write_part(store.index_rejects(side), schemas.REJECTED.empty_table(), provenance)
    write_part(store.index(side), pa.Table.from_pylist(rows, schema=schemas.INDEX), provenance)


def write_parts(study: Study) -> int:
    """What is stale of the parts that tables are made from; returns how many pieces."""
    lineage, written = study.lineage, 0
    entry, stamp = study.catalog.experiment(EXPERIMENT), Step(study, "bench").stamp
    for side in SIDES:
        for piece in pieces_of(lineage, lineage.collections(side), entry):
            if not all(piece.part(kind).is_fresh for kind in (RAW_SAMPLES, IMAGE_METRICS)):
                _write(piece, stamp)
                written += 1
    return written


def _write(piece: Piece, stamp: Callable[[str], Provenance]) -> None:
    records = records_of(piece)
    random = np.random.default_rng(len(records))
    audit = {"width": 64, "height": 64, "format": "PNG", "padding_fraction": 0.0}
    numbers = {c.name: 0.5 for c in schemas.samples() if c.type == pa.float64()}
    rows = [{**numbers, **audit, **{name: r[name] for name in schemas.RECORD.names}} for r in records]
    piece.part(RAW_SAMPLES).write([_marked(row) for row in rows], stamp)
    piece.part(REJECTED).write([], stamp)
    ids = [record["sample_id"] for record in records]
    piece.part(RECONSTRUCTIONS).write(image_table((sample, sample.encode()) for sample in ids), stamp)
    piece.part(READOUTS).write(
        [
            {"sample_id": sample, "experiment": EXPERIMENT, "readout": name, "value": float(random.uniform())}
            for sample in ids
            for name in ("step_defect", "noise_norm")
        ],
        stamp,
    )
    common = {
        "experiment": EXPERIMENT,
        "model": "tiny",
        "model_revision": "r",
        "method": "autoencoder",
        "steps": 0,
        "suite": "embedded",
        "suite_revision": "r",
        "code_version": "bench",
        "run_id": "bench",
        "scored_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    metrics = []
    for r in records:
        parts = dict(zip(("dino_distance", "lpips", "log_mse"), random.uniform(0.1, 0.5, 3), strict=True))
        parts |= {"mse": float(10 ** (5 * parts["log_mse"]) - 1), "composite": float(np.mean([*parts.values()]))}
        floors = {f"floor_{name}": value / 2 for name, value in parts.items() if name in floored_scores()}
        keys = {name: r[name] for name in ("sample_id", "dataset", "artist_slug")}
        metrics.append(common | keys | parts | floors)
    piece.part(IMAGE_METRICS).write(metrics, stamp)


def _marked(row: dict[str, Any]) -> dict[str, Any]:
    """Hashes that no other picture is near."""
    random = np.random.default_rng(int(row["sha256"][-12:], 16))
    return row | {"phash": random.bytes(32).hex(), "colour_fields": random.bytes(48).hex()}


def one_more(study: Study) -> None:
    """A further image of the first collection of the human side, measured."""
    rows = read_part(study.store.index("human")).to_pylist()
    write_index(study, "human", [*rows, record("human", 0, len(rows))])
    assert write_parts(study) >= 1  # more where a shard is split


@dataclass
class Clock:
    """Seconds by what they were spent on."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[what] = time.perf_counter() - started


def tables_of(root: Path) -> dict[str, float]:
    """Seconds of each step from the parts to the page, in a process that knows nothing of the study yet."""
    clock, study = Clock(), Study(root)
    step = Step(study, "bench")
    collected = Collected(study.lineage)
    with clock.timed("hash"):
        assert collected.input_hash
    with clock.timed("tables and warehouse"):
        write_warehouse(step, collected)
    with clock.timed("report"):
        write_report(step)
    after = Collected(study.lineage)
    for name, check in CHECKS.items():
        with clock.timed(f"check {name}"):
            problems = check(after)
        assert not problems, problems[:3]
    return clock.seconds | {"total": sum(clock.seconds.values())}


def main() -> None:
    for collections, images in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            root = study_of(Path(folder), collections, images)
            print(
                f"{collections} collections of {images}: written in {time.perf_counter() - started:.1f} s", flush=True
            )
            for what, change in (("all", None), ("nothing", None), ("one more image", one_more)):
                if change is not None:
                    change(Study(root))
                seconds = tables_of(root)
                print(f"  {what}: " + ", ".join(f"{name} {s:.2f}" for name, s in seconds.items()), flush=True)
