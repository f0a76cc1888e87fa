"""The parameters of a style program: palette, brush, staging, last look."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """Names of pigments (canvas.PIGMENTS) by the part they play."""

    sky: tuple[str, ...]
    land: tuple[str, ...]
    cloth: tuple[str, ...]
    ground: tuple[str, ...]
    accent: tuple[str, ...]
    dark: str
    light: str


@dataclass(frozen=True)
class Brush:
    """How paint is laid. Widths and lengths in units of the picture's side."""

    technique: str  # techniques.TECHNIQUES
    width: float = 0.05
    length: float = 0.1
    flow: str = "contour"  # techniques.FLOWS: how strokes turn
    lively: float = 10.0  # spread of a stroke's colour, in 8-bit levels
    outline: float = 0.0  # width of contours, 0 for none


@dataclass(frozen=True)
class Staging:
    """How a picture is arranged."""

    subjects: tuple[str, ...]  # subjects.SUBJECTS, repeated ones are more frequent
    horizon: tuple[float, float] = (0.45, 0.6)
    trees: str = "round"  # scenery.TREES
    features: tuple[str, ...] = ("river", "road")  # scenery.FEATURES
    times: tuple[str, ...] = ("morning", "noon", "evening")
    backdrop: str = "plain"  # backdrops.BACKDROPS
    headwear: tuple[str, ...] = ("none", "hat")
    garment: str = "robe"
    head: float = 1.0  # size of heads and figures, 1 is usual
    abstraction: str = "blocks"  # abstractions.ABSTRACTIONS
    frame: str = "none"  # techniques.FRAMES
    light: float = -1.0  # -1 from the left, 1 from the right
    relief: float = 0.8  # modelling, 0 is flat


@dataclass(frozen=True)
class Grade:
    """The last look over the whole picture, 1 and 0 meaning "as painted"."""

    contrast: float = 1.0
    saturation: float = 1.0
    warmth: float = 0.0  # 8-bit levels from blue to red
    lift: float = 0.0  # 8-bit levels added everywhere
    vignette: float = 0.0  # darkening of the corners, 0..1
    spot: float = 0.0  # darkness outside a beam of light, 0..1
    hue: float = 0.0  # turn of all hues in degrees (only the dial uses it)
