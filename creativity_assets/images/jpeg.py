"""The quality a JPEG was saved with, estimated from its quantisation tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# ITU-T T.81, tables K.1 (luminance) and K.2 (chrominance), row by row: IJG's tables at quality 50.
_LUMINANCE = """
16 11 10 16 24 40 51 61  12 12 14 19 26 58 60 55  14 13 16 24 40 57 69 56  14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92  49 64 78 87 103 121 120 101  72 92 95 98 112 100 103 99
"""
_CHROMINANCE = """
17 18 24 47 99 99 99 99  18 21 26 66 99 99 99 99  24 26 56 99 99 99 99 99  47 66 99 99 99 99 99 99
99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99
"""


def _tables_by_quality(base: str) -> NDArray[np.int64]:
    """IJG's scaled tables: (100, 64), the row q - 1 for quality q."""
    quality = np.arange(1, 101)[:, None]
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    return np.clip((np.array(base.split(), dtype=np.int64) * scale + 50) // 100, 1, 255)


_BY_QUALITY = (_tables_by_quality(_LUMINANCE), _tables_by_quality(_CHROMINANCE))


def estimate_quality(tables: Mapping[int, Sequence[int]]) -> int | None:
    """The IJG quality, 1..100, whose tables lie nearest (sum of absolute differences) to a file's own.

    Exact for files that libjpeg wrote with its standard tables, an equivalent for other encoders.
    tables: as Pillow's `quantization` gives them, 64 numbers each, luminance first. None without a table.
    """
    distance: NDArray[Any] | None = None
    for reference, table in zip(_BY_QUALITY, (tables[n] for n in sorted(tables)), strict=False):
        difference = np.abs(reference - np.asarray(table, dtype=np.int64)).sum(axis=1)
        distance = difference if distance is None else distance + difference
    return None if distance is None else int(distance.argmin()) + 1
