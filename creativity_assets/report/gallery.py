"""The works that a model reconstructs best and worst, as small pictures inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from PIL import Image, ImageOps

from creativity_assets.report import formats

LoadImages = Callable[[pd.DataFrame, str], Mapping[str, tuple[bytes, bytes]]]
"""(sample_id, dataset and artist_slug of works, experiment) -> sample_id -> (original, reconstruction) as encoded
pictures, both at the working size."""

SIDE = 160
"""Longest side of a picture on the page, in pixels; smaller ones are kept as they are."""
GAIN = 3
"""How often the difference is multiplied to be seen."""
PER_END = 4
"""Works per end of the scale and side of a comparison."""
MAX_WORKS = 96
"""Works on the whole page, so that it stays easy to mail."""


@dataclass(frozen=True)
class Work:
    """A work's caption and its three pictures as data URIs; pictures are None where no image is stored."""

    title: str
    artist: str
    year: str
    score: str
    original: str | None
    reconstruction: str | None
    difference: str | None


@dataclass(frozen=True)
class Row:
    """Works of one side at one end of the scale."""

    title: str
    side: str
    works: tuple[Work, ...]


def per_end(contrasts: int) -> int:
    """How many works each row may show when the page has so many studies; 0 when there is room for none."""
    return min(PER_END, MAX_WORKS // (4 * contrasts)) if contrasts else 0


def gallery(sides: Mapping[str, pd.DataFrame], experiment: str, load_images: LoadImages, works: int) -> tuple[Row, ...]:
    """Four rows: the most and the least reconstructable `works` of each side, by composite score.

    `sides` maps human and ai to measured samples; nothing is shown twice on a side too small for two rows.
    """
    chosen = []
    for side, frame in sides.items():
        ranked = frame.dropna(subset=["composite"]).sort_values(["composite", "sample_id"])
        half = min(works, len(ranked) // 2) or min(works, len(ranked))
        chosen.append((f"{side}, most reconstructable", side, ranked.head(half)))
        if len(ranked) > 1:
            chosen.append((f"{side}, least reconstructable", side, ranked.tail(half).iloc[::-1]))
    named = [frame[["sample_id", "dataset", "artist_slug"]] for _, _, frame in chosen]
    wanted = pd.concat(named).drop_duplicates(ignore_index=True)
    images = load_images(wanted, experiment) if len(wanted) else {}
    return tuple(
        Row(title, side, tuple(_work(row, images.get(str(row["sample_id"]))) for _, row in frame.iterrows()))
        for title, side, frame in chosen
        if len(frame)
    )


def _work(row: pd.Series, images: tuple[bytes, bytes] | None) -> Work:
    pictures = (None, None, None) if images is None else _pictures(*images)
    return Work(
        title=formats.text(row["title"]),
        artist=formats.text(row["artist"]),
        year="" if formats.is_missing(row["year"]) else str(int(row["year"])),
        score=formats.score(row["composite"]),
        original=pictures[0],
        reconstruction=pictures[1],
        difference=pictures[2],
    )


def _pictures(original_png: bytes, reconstruction_png: bytes) -> tuple[str, str, str]:
    original, reconstruction = _open(original_png), _open(reconstruction_png)
    if original.size != reconstruction.size:
        original = ImageOps.fit(original, reconstruction.size, Image.Resampling.BICUBIC)
    apart = np.abs(np.asarray(original, np.int16) - np.asarray(reconstruction, np.int16))
    difference = Image.fromarray(np.minimum(GAIN * apart, 255).astype(np.uint8))
    return _uri(original), _uri(reconstruction), _uri(difference)


def _open(png: bytes) -> Image.Image:
    with Image.open(io.BytesIO(png)) as image:
        return image.convert("RGB")


def _uri(image: Image.Image) -> str:
    """Small pictures exactly, larger ones reduced and compressed."""
    buffer = io.BytesIO()
    if max(image.size) <= SIDE // 2:
        image.save(buffer, "PNG", optimize=True)
        kind = "png"
    else:
        image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        image.save(buffer, "JPEG", quality=85)
        kind = "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
