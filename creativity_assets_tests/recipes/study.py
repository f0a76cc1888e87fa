"""python -m creativity_assets_tests.recipes.study FOLDER WEIGHTS: a small study with everything that the recipes add.

It is run with a copy of the package in which they were taken. It prints what each of them gave, as JSON.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

from creativity_assets.store.layout import Store
from creativity_assets.store.sql.query import query
from creativity_assets_tests.running import bring_up_to_date
from creativity_assets_tests.studies import CATALOG, new_study, write_catalog


def catalog() -> dict[str, Any]:
    """The test study's, with an entry for what each recipe adds."""
    known: dict[str, Any] = CATALOG
    paintings = {**known["datasets"]["paintings"], "constants": {"genre": "portrait"}}
    arrays = {"kind": "arrays", "path": "arrays", "artist": "Ada"}
    measured = {"model": "tiny", "method": "heun4", "suite": "embedded-ssim", "readouts": ["path_length"]}
    return known | {
        "datasets": {**known["datasets"], "paintings": paintings, "arrays": arrays},
        "models": {**known["models"], "deaf": {"path": "models/deaf", "resolution": 32}},
        "methods": {"ddim4": {"inversion": "ddim", "steps": 4}, "heun4": {"inversion": "heun", "steps": 4}},
        "experiments": {
            "tiny.heun4": {**measured, "datasets": ["paintings", "copies", "arrays"]},
            "deaf.ddim4": {"model": "deaf", "method": "ddim4", "suite": "embedded", "datasets": ["paintings"]},
        },
    }


def run(folder: Path, weights: Path) -> dict[str, Any]:
    """Measure it twice; the second time everything is fresh."""
    root = new_study(folder, weights)
    write_catalog(root, catalog())
    (root / "arrays").mkdir()
    np.save(root / "arrays" / "grey.npy", np.full((40, 40, 3), 90, np.uint8))
    (root / "arrays" / "torn.npy").write_bytes(b"no array")
    deaf = shutil.copytree(root / "embedded" / "tiny", root / "models" / "deaf")
    index = deaf / "model_index.json"
    named = json.loads(index.read_text(encoding="utf-8")) | {"_class_name": "DeafStableDiffusionPipeline"}
    index.write_text(json.dumps(named), encoding="utf-8")
    first, second = bring_up_to_date(root), bring_up_to_date(root)
    store = Store(root)

    def rows(sql: str) -> list[list[Any]]:
        found: list[list[Any]] = json.loads(query(store.database, sql).to_json(orient="values"))
        return found

    return {
        "problems": [*first.problems, *first.failed_checks],
        "made again": list(second.made),
        "method": rows("SELECT count(composite) FROM image_metrics WHERE method = 'heun4'"),
        "readout": rows("SELECT count(value), min(value) > 0 FROM readouts WHERE readout = 'path_length'"),
        "metric": rows(
            "SELECT min(ssim_distance) > 0, max(floor_ssim_distance) < 2 FROM image_metrics WHERE method = 'heun4'"
        ),
        "suite": rows("SELECT DISTINCT suite FROM image_metrics WHERE method = 'heun4'"),
        "other suite": rows("SELECT count(ssim_distance) FROM image_metrics WHERE suite = 'embedded'"),
        "audit": rows("SELECT count(contrast), min(contrast) >= 0 FROM samples"),
        "table": rows("SELECT DISTINCT genre, n_human FROM stats_by_genre WHERE metric = 'composite'"),
        "source": rows("SELECT artist_slug, width FROM samples WHERE dataset = 'arrays'"),
        "reject": rows("SELECT source_key, reason FROM rejected_samples WHERE dataset = 'arrays'"),
        "family": rows("SELECT count(composite) FROM image_metrics WHERE experiment = 'deaf.ddim4'"),
        "section": store.report.read_text(encoding="utf-8").count("Farthest works"),
        "part": len(list((store.root / "complexity").rglob("*.parquet"))),
    }


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), Path(sys.argv[2]))))
