"""Where a score lies between what the autoencoder alone loses and what an unrelated picture scores."""

import numpy as np
import numpy.typing as npt

MIN_ROOM = 0.05
"""Between floor and ceiling, below which a score cannot be normalised."""


def normalised(score: npt.ArrayLike, floor: npt.ArrayLike, ceiling: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """(score - floor) / (ceiling - floor), shaped as the three together; NaN where there is less than MIN_ROOM.

    0 at the floor, 1 at the ceiling, bounded by neither. Of a group: of its means.
    """
    s, f, c = (np.asarray(values, dtype=np.float64) for values in (score, floor, ceiling))
    room = c - f
    return (s - f) / np.where(room >= MIN_ROOM, room, np.nan)
