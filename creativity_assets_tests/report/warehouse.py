"""A small made-up warehouse with the public tables, and pictures for its gallery."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from PIL import Image

from creativity_assets.statistics.paper import paper_comparison, paper_reference
from creativity_assets.statistics.sides import comparison_members
from creativity_assets.statistics.tables import GROUPINGS
from creativity_assets.store.schemas import MEMBERSHIP, REJECTED, image_metrics
from creativity_assets.store.warehouse import fill
from creativity_assets.vocabulary import TABLES
from creativity_assets_tests.statistics.frames import Comparison, Side, stats_of

HOSTILE = '<script>alert("paint")</script> & Søn'
ERAS = {"renaissance": 1400, "baroque-rococo": 1600, "romanticism": 1800, "impressionism": 1870, "modern": 1910}
COMPARISONS = (
    Comparison("atelier", Side("atelier"), Side("atelier-ai"), "work"),
    Comparison("masters", Side("masters", {"label": "human"}), Side("masters", {"label": "ai"}), "artist"),
)


def build(
    path: Path,
    *,
    works: int = 60,
    suite: str = "embedded",
    ai: bool = True,
    dial: bool = True,
    comparisons: Sequence[Comparison] = COMPARISONS,
) -> Path:
    """A finished warehouse: paired works of six painters, a mixed data set by artist, a dial, memberships."""
    random = np.random.default_rng(7)
    samples = _works(random, works) + _masters(random) + (_dial() if dial else [])
    if not ai:
        samples = [row for row in samples if row["label"] == "human"]
    metrics = [_measured(random, row, suite) for row in samples]
    membership = [
        {"sample_id": s["sample_id"], "model": "tiny-sd", "membership": kind, "evidence": "training_list"}
        for i, s in enumerate(samples)
        if s["dataset"] == "atelier" and (kind := ("train", "held_out", "unseen")[i % 3])
    ]
    rejected = [
        {"dataset": "masters", "source_key": "human/<broken>.jpg", "reason": "truncated", "detail": "cut short"},
        {"dataset": "masters", "source_key": "human/none.jpg", "reason": "missing_file", "detail": "no file"},
    ]
    ceilings = (("ceiling_lpips", 0.9), ("ceiling_composite", 0.2))
    readouts = [
        {"sample_id": s["sample_id"], "experiment": "tiny-sd.ddim20", "readout": name, "value": value}
        for i, s in enumerate(samples)
        for name, value in (
            ("noise_power", 1 + 0.01 * (i % 7) - (s["label"] == "ai")),
            ("step_defect", None),
            *ceilings,
        )
    ]
    duplicates = [
        {"sample_id": other, "duplicate_of": first, "kind": "near", "same_work": same}
        for other, first, same in (("mh5", "mh1", False), ("mh9", "mh1", False), ("h0", "a0", True))
        if {other, first} <= {s["sample_id"] for s in samples}
    ]
    further = {"readouts": pd.DataFrame(readouts), "duplicates": pd.DataFrame(duplicates)}
    return write(path, samples, metrics, membership, rejected, further=further, comparisons=comparisons)


def write(
    path: Path,
    samples: list[dict[str, Any]],
    metrics: list[dict[str, Any]],
    membership: list[dict[str, Any]],
    rejected: list[dict[str, Any]],
    *,
    further: Mapping[str, pd.DataFrame] = MappingProxyType({}),
    comparisons: Sequence[Comparison] = COMPARISONS,
) -> Path:
    """The given rows, `further` tables by name, and the statistics that follow from them, as a DuckDB database."""
    frames = {
        "samples": pd.DataFrame(samples, columns=TABLES["samples"].names).astype({"year": "Int64", "decade": "Int64"}),
        "image_metrics": pd.DataFrame(metrics, columns=image_metrics().names),
        "membership": pd.DataFrame(membership, columns=MEMBERSHIP.names),
        "rejected_samples": pd.DataFrame(rejected, columns=REJECTED.names),
    }
    frames["comparison_members"] = comparison_members(frames["samples"], comparisons, further.get("duplicates"))
    stats = {name: stats_of(name, frames["samples"], frames["image_metrics"], comparisons) for name in GROUPINGS}
    frames |= {name: frame for name, frame in further.items() if len(frame)}
    frames |= stats | {"paper_comparison": paper_comparison(stats, paper_reference())}
    with duckdb.connect(str(path)) as connection:
        fill(connection, {name: frame.reindex(columns=TABLES[name].names) for name, frame in frames.items()})
    return path


def pictures(works: pd.DataFrame, experiment: str) -> Mapping[str, tuple[bytes, bytes]]:
    """A 64-pixel picture and a blurred one per sample, except for the last."""
    made = {}
    for number, name in enumerate(works["sample_id"].iloc[:-1]):
        y, x = np.mgrid[:64, :64] / 64
        wave = np.stack([np.sin(5 * x + number), np.cos(4 * y * x + number), np.sin(9 * y - number)], axis=-1)
        original = ((wave + 1) * 127).astype(np.uint8)
        made[name] = (_png(original), _png((original * 0.85).astype(np.uint8)))
    return made


def _png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _row(**fields: Any) -> dict[str, Any]:
    blank = dict.fromkeys(TABLES["samples"].names)
    facts = {
        "width": 64,
        "height": 64,
        "format": "PNG",
        "padding_fraction": 0.0,
        "entropy": 6.5,
        "edge_density": 0.2,
    }
    return blank | {"automation": "manual", "family": "painting", "label": "human"} | facts | fields


def _works(random: np.random.Generator, works: int) -> list[dict[str, Any]]:
    rows = []
    for i in range(works):
        era = list(ERAS)[i % len(ERAS)]
        year = ERAS[era] + int(random.integers(0, 40))
        name = HOSTILE if i % 6 == 0 else f"Painter {'ABCDEF'[i % 6]}"
        facts = {
            "artist": name,
            "artist_slug": f"painter-{i % 6}",
            "title": f"Work <{i}> at dusk",
            "year": year,
            "decade": year // 10 * 10,
            "era": era,
            "style": ("golden tempera", "smoky glaze")[i % 2],
        }
        rows.append(_row(sample_id=f"h{i}", dataset="atelier", pair_id=f"h{i}", **facts))
        made = {"label": "ai", "automation": "ai", "family": "diffusion", "generator": "tiny-sd"}
        rows.append(_row(sample_id=f"a{i}", dataset="atelier-ai", pair_id=f"h{i}", **(facts | made)))
    return rows


def _masters(random: np.random.Generator) -> list[dict[str, Any]]:
    rows = []
    artists = ("Claude Monet", "Camille Pissarro", "Łucja Żółć", "Nobody Else")
    for i in range(28):
        name, year = artists[i % 4], 1870 + int(random.integers(0, 30))
        size = {"width": 500 + i, "height": 400, "format": "JPEG", "jpeg_quality": 90}
        facts = {"artist": name, "artist_slug": name.lower().replace(" ", "-"), "title": "Étude"}
        dated = {"year": year, "decade": year // 10 * 10, "era": "impressionism"}
        rows.append(_row(sample_id=f"mh{i}", dataset="masters", **(facts | size | dated)))
        if i % 4 != 3 and i < 12:
            made = {"label": "ai", "family": "diffusion", "width": 512, "height": 512, "format": "PNG"}
            rows.append(_row(sample_id=f"ma{i}", dataset="masters", **(facts | made)))
    return rows


def _dial() -> list[dict[str, Any]]:
    return [
        _row(sample_id=f"d-{axis}-{level}-{i}", dataset="atelier-dial", novelty=level / 4,
             artist=f"Dial {axis}", artist_slug=f"dial-{axis}")
        for axis in ("free", "matched")
        for level in range(5)
        for i in range(4)
    ]  # fmt: skip


def _measured(random: np.random.Generator, sample: dict[str, Any], suite: str) -> dict[str, Any]:
    shift = 0.05 * (sample["label"] == "ai") + 0.2 * (sample["novelty"] or 0)
    floors = [random.uniform(0.05, 0.2) for _ in range(3)]
    parts = [floor + shift + random.uniform(0.05, 0.5) for floor in floors]
    scores = dict(zip(("dino_distance", "lpips", "log_mse"), parts, strict=True))
    return {
        **{column: sample[column] for column in ("sample_id", "dataset", "artist_slug")},
        **{"experiment": "tiny-sd.ddim20", "model": "tiny-sd", "model_revision": "0123456789abcdef"},
        **{"method": "ddim20", "steps": 20, "suite": suite},
        **scores,
        **{"mse": 10 ** (5 * scores["log_mse"]) - 1, "composite": float(np.mean(parts))},
        **dict(zip(("floor_dino_distance", "floor_lpips", "floor_log_mse"), floors, strict=True)),
        **{"floor_composite": float(np.mean(floors)), "code_version": "fedcba98", "run_id": "r1"},
        "scored_at": pd.Timestamp("2026-01-02T03:04:05Z"),
    }
