"""Small complete studies for tests: a data root with a catalogue, images on disk, and random-weight models."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from creativity_assets_tests.tiny_models import save_tiny_sd, save_tiny_suite

RESOLUTION = 32
EXPERIMENT = "tiny.ddim4"

CATALOG = {
    "datasets": {
        "paintings": {
            "kind": "folder",
            "path": "../pictures/paintings",
            "columns": {name: name for name in ("file", "artist", "title", "year", "caption")},
        },
        "copies": {"kind": "generated", "originals": "paintings", "model": "tiny", "guidance": 2.0, "steps": 2},
    },
    "models": {"tiny": {"path": "embedded/tiny", "resolution": RESOLUTION, "training_cutoff": 1900}},
    "methods": {"ddim4": {"inversion": "ddim", "steps": 4}, "ddim2": {"inversion": "ddim", "steps": 2}},
    "experiments": {
        EXPERIMENT: {
            "model": "tiny",
            "method": "ddim4",
            "suite": "embedded",
            "datasets": ["paintings", "copies", "incoming"],
        }
    },
    "comparisons": {"works": {"human": {"dataset": "paintings"}, "ai": {"dataset": "copies"}, "pairing": "work"}},
    "eras": {
        "old": {"title": "Old", "start": 1400, "end": 1850},
        "new": {"title": "New", "start": 1850, "end": 2100},
    },
}

WORKS = (
    ("a/one.png", "Łucja Ünal", "One", "1888", "a portrait of the sea"),
    ("a/two.jpg", "Łucja Ünal", "Two", "c. 1840", "the sea in blue"),
    ("a/three.png", "Łucja Ünal", "Three", "", "a portrait in red"),
    ("b/four.png", "van Gogh, Vincent", "Four", "1880-85", "red and blue"),
    ("b/five.png", "Vincent van Gogh", "Five", "1950", "the sea"),
)


def save_weights(root: Path) -> Path:
    """embedded/tiny and embedded/suite below `root`: random weights in the real layouts."""
    save_tiny_sd(root / "embedded" / "tiny", resolution=RESOLUTION)
    save_tiny_suite(root / "embedded" / "suite")
    return root


def new_study(folder: Path, weights: Path) -> Path:
    """A data root in `folder` with the catalogue above, five paintings, and linked weights; returns it."""
    root = folder / "data"
    (root / "incoming").mkdir(parents=True)
    (root / "embedded").symlink_to(weights / "embedded")
    write_catalog(root, CATALOG)
    pictures = folder / "pictures" / "paintings"
    for number, (file, *_) in enumerate(WORKS):
        save_picture(pictures / file, seed=number, size=(48 + number, 40))
    rows = ["file,artist,title,year,caption", *(",".join(_quoted(cell) for cell in work) for work in WORKS)]
    (pictures / "metadata.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root


def replace_works(root: Path, artists: Iterable[str], *, size: tuple[int, int] = (48, 40)) -> Path:
    """Other paintings in the place of WORKS, one for each of these names, `0.png` and on; returns their folder."""
    pictures = root.parent / "pictures" / "paintings"
    rows = ["file,artist,title,year,caption"]
    for number, artist in enumerate(artists):
        save_picture(pictures / f"{number}.png", seed=number, size=size)
        rows.append(f"{number}.png,{artist},Work {number},1900,red")
    for file, *_ in WORKS:
        (pictures / file).unlink()
    (pictures / "metadata.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return pictures


def only_paintings(root: Path, method: str, *, resolution: int = RESOLUTION) -> str:
    """The catalogue with the paintings alone, under one method; returns the experiment's name."""
    experiment = {"model": "tiny", "method": method, "suite": "embedded", "datasets": ["paintings"]}
    methods = {**CATALOG["methods"], "autoencoder": {"inversion": "autoencoder", "steps": 0}}
    write_catalog(
        root,
        {
            "datasets": {"paintings": CATALOG["datasets"]["paintings"]},
            "models": {"tiny": {"path": "embedded/tiny", "resolution": resolution}},
            "methods": {method: methods[method]},
            "experiments": {f"tiny.{method}": experiment},
        },
    )
    return f"tiny.{method}"


def write_catalog(root: Path, catalog: dict[str, object]) -> None:
    """Replace the catalogue of a data root."""
    folder = root / "catalog"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(yaml.safe_dump(catalog, sort_keys=False), encoding="utf-8")


def save_picture(path: Path, *, seed: int, size: tuple[int, int] = (48, 40)) -> Path:
    """A smooth random picture, so that reconstructions differ from image to image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


def _quoted(cell: str) -> str:
    return f'"{cell}"'
