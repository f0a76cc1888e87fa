"""What a painter's hand needs: seeded dice, named pigments, and a canvas in unit coordinates.

Everything is placed in units of the picture's side (x to the right, y down, both 0..1), so a work is the same
picture at any size. A canvas is drawn SUPERSAMPLING times larger than the finished work.
"""

# ruff: noqa: PLR0917 (drawing calls read best by position: what, where, how large, which colour)

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from creativity_assets.hashing import seed_of

Colour = tuple[int, int, int]  # 8-bit sRGB
Point = tuple[float, float]  # units of the picture's side
Floats = NDArray[np.float32]
T = TypeVar("T")

SUPERSAMPLING = 3

PIGMENTS: dict[str, Colour] = {
    "white": (240, 237, 228), "ivory": (232, 222, 196), "cream": (238, 224, 186), "gold": (206, 164, 70),
    "yellow": (236, 200, 62), "ochre": (192, 142, 66), "orange": (222, 124, 46), "rust": (160, 78, 42),
    "red": (190, 46, 40), "crimson": (138, 28, 46), "rose": (206, 116, 122), "pink": (230, 172, 176),
    "violet": (136, 104, 168), "plum": (92, 54, 92), "indigo": (48, 56, 108), "blue": (52, 94, 168),
    "azure": (112, 162, 208), "teal": (40, 112, 120), "turquoise": (92, 178, 172), "green": (74, 128, 70),
    "olive": (112, 114, 58), "moss": (66, 84, 46), "sage": (150, 164, 130), "brown": (108, 74, 46),
    "umber": (66, 48, 36), "grey": (140, 140, 138), "silver": (190, 194, 196), "slate": (82, 94, 108),
    "black": (30, 28, 30),
}  # fmt: skip


class Dice:
    """Random choices that depend on nothing but a key: the same key gives the same throws on any machine."""

    def __init__(self, key: str) -> None:
        seed = seed_of(key, 16)
        self._generator = np.random.Generator(np.random.PCG64(seed))

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * float(self._generator.random())

    def whole(self, low: int, high: int) -> int:
        """A whole number in low..high, both included."""
        return low + int(float(self._generator.random()) * (high - low + 1))

    def chance(self, probability: float) -> bool:
        return bool(self._generator.random() < probability)

    def pick(self, options: Sequence[T]) -> T:
        return options[int(float(self._generator.random()) * len(options))]

    def pick_other(self, options: Sequence[T], *taken: T) -> T:
        """A pick that avoids what is taken, unless nothing else is left."""
        return self.pick([option for option in options if option not in taken] or options)

    def field(self, *shape: int) -> Floats:
        """Independent uniform numbers in -1..1."""
        return (self._generator.random(shape) * 2 - 1).astype(np.float32)

    def shuffled(self, count: int) -> NDArray[np.intp]:
        return np.argsort(self._generator.random(count), kind="stable")


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` of the second colour in the first; shares outside 0..1 are allowed and clipped to 8 bits."""
    return (
        min(255, max(0, round(first[0] + (second[0] - first[0]) * share))),
        min(255, max(0, round(first[1] + (second[1] - first[1]) * share))),
        min(255, max(0, round(first[2] + (second[2] - first[2]) * share))),
    )


def smooth_field(field: Floats, side: int) -> Floats:
    """A coarse (n, n) field drawn up to (side, side) without edges."""
    return np.asarray(Image.fromarray(field).resize((side, side), Image.Resampling.BICUBIC))


@lru_cache(maxsize=1)
def _glow_stamp() -> Image.Image:
    axis = np.linspace(-1, 1, 48, dtype=np.float32)
    radius = np.hypot(axis[:, None], axis[None, :])
    return Image.fromarray((255 * np.clip(1 - radius, 0, 1) ** 1.5).astype(np.uint8))


@lru_cache(maxsize=16)
def _ball_shading(light: float) -> Floats:
    """Brightness of a lit ball, about -1..1, (32, 32, 1); light is the horizontal place of the lamp, -1..1."""
    axis = np.linspace(-1, 1, 32, dtype=np.float32)
    facing = 0.85 * light * axis[None, :] - 0.55 * axis[:, None]
    return np.clip(facing, -1, 1)[..., None].astype(np.float32)


class Canvas:
    """A square RGB picture under the brush; all places and lengths in units of its side."""

    def __init__(self, size: int, ground: Colour, light: float = -1.0, relief: float = 1.0) -> None:
        self.side = size * SUPERSAMPLING
        self.light = light  # -1: lit from the left, 1: from the right
        self.relief = relief  # 0: flat shapes, 1: fully modelled ones
        self.image = Image.new("RGB", (self.side, self.side), ground)
        self._draw = ImageDraw.Draw(self.image)

    def _box(self, left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
        side = self.side
        x, y = round(left * side), round(top * side)
        return x, y, max(x + 1, round(right * side)), max(y + 1, round(bottom * side))

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        self._draw.polygon([(x * self.side, y * self.side) for x, y in points], fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        self._draw.ellipse(self._box(x - rx, y - ry, x + rx, y + ry), fill=colour)

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        pixels = [(x * self.side, y * self.side) for x, y in points]
        self._draw.line(pixels, fill=colour, width=max(1, round(width * self.side)), joint="curve")

    def glow(self, x: float, y: float, rx: float, ry: float, colour: Colour, strength: float = 1.0) -> None:
        """A soft patch without an edge: clouds, lamps, cheeks, cast shadows."""
        left, top, right, bottom = self._box(x - rx, y - ry, x + rx, y + ry)
        stamp = _glow_stamp().resize((right - left, bottom - top), Image.Resampling.BILINEAR)
        if strength < 1:
            stamp = stamp.point([round(value * strength) for value in range(256)])
        self.image.paste(colour, (left, top), stamp)

    def slab(self, points: Sequence[Point], first: Colour, last: Colour, across: bool = False) -> None:
        """A polygon whose colour runs from first to last, downwards or across, over its bounding box."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        left, top, right, bottom = self._box(min(xs), min(ys), max(xs), max(ys))
        share = np.linspace(0, 1, 24, dtype=np.float32)[:, None]
        ramp = np.asarray(first, np.float32) * (1 - share) + np.asarray(last, np.float32) * share
        strip = Image.fromarray(ramp.astype(np.uint8)[None] if across else ramp.astype(np.uint8)[:, None])
        size = (right - left, bottom - top)
        mask = Image.new("L", size)
        shifted = [(x * self.side - left, y * self.side - top) for x, y in points]
        ImageDraw.Draw(mask).polygon(shifted, fill=255)
        self.image.paste(strip.resize(size, Image.Resampling.BILINEAR), (left, top), mask)

    def fade(self, top: float, bottom: float, first: Colour, last: Colour, across: bool = False) -> None:
        """A gradient over the full width between two heights."""
        self.slab([(0, top), (1, top), (1, bottom), (0, bottom)], first, last, across)

    def form(self, x: float, y: float, rx: float, ry: float, colour: Colour, model: float = 0.4) -> None:
        """An oval modelled as a lit ball: heads, fruit, vases. `model` is the depth of its shadow."""
        depth = model * self.relief
        if depth < 0.03:
            self.oval(x, y, rx, ry, colour)
            return
        left, top, right, bottom = self._box(x - rx, y - ry, x + rx, y + ry)
        shading = 1 + depth * _ball_shading(self.light) * np.asarray((0.85, 1.0, 1.1), np.float32)
        ball = np.clip(np.asarray(colour, np.float32) * shading, 0, 255).astype(np.uint8)
        size = (right - left, bottom - top)
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).ellipse((0, 0, size[0] - 1, size[1] - 1), fill=255)
        self.image.paste(Image.fromarray(ball).resize(size, Image.Resampling.BILINEAR), (left, top), mask)

    def body(self, points: Sequence[Point], colour: Colour, model: float = 0.45) -> None:
        """A polygon modelled across its width: robes, bottles, trunks, walls."""
        depth = model * self.relief
        bright, dark = mix(colour, (255, 244, 220), 0.35 * depth), mix(colour, (14, 10, 16), 0.9 * depth)
        first, last = (bright, dark) if self.light < 0 else (dark, bright)
        self.slab(points, first, last, across=True)
