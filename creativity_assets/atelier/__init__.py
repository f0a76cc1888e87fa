"""The atelier: a procedural painter, the project's own small world of dated, titled, captioned works.

Twenty-four synthetic painters over six eras; every work is a pure function of (painter, series, index, size).

    canvas.py        seeded dice, pigments, a canvas in unit coordinates
    painters.py      who paints, when, and each painter's style program
    style.py         the parameters of a style program
    subjects.py      the table of compositions, out of landscapes.py, seascapes.py, streets.py, rooms.py,
                     portraits.py, figures.py, still_lifes.py, inks.py, abstractions.py
    scenery.py       skies, hills, trees, houses; backdrops.py what lies behind a sitter
    techniques.py    brushes, frames and the last look
    captions.py      captions in a closed vocabulary, titles
    work.py          one work and the act of painting it
    dial.py          works at known distances from the training range
    gallery.py       what hangs on show and on the dial
"""

from __future__ import annotations

from creativity_assets.atelier.captions import vocabulary
from creativity_assets.atelier.dial import LEVELS, dial
from creativity_assets.atelier.gallery import work_key, works
from creativity_assets.atelier.painters import ERAS, PAINTERS, Painter
from creativity_assets.atelier.work import SERIES, Work, paint

__all__ = [
    "ERAS",
    "LEVELS",
    "PAINTERS",
    "SERIES",
    "Painter",
    "Work",
    "dial",
    "paint",
    "vocabulary",
    "work_key",
    "works",
]
