"""What a composition tells about itself, for titles and captions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scene:
    """The content of one painting.

    genre: landscape, seascape, cityscape, portrait, figure, interior, still life or abstraction.
    phrase: what is painted, in caption words ("a portrait of a woman in a red robe before a gold ground").
    motif: the same as a title would have it ("Woman in a Red Robe").
    """

    genre: str
    phrase: str
    motif: str


def a(noun: str) -> str:
    """The noun with its article: "an orange sky"."""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def headline(words: str) -> str:
    """Words as a title: small words stay small."""
    small = {"a", "an", "and", "at", "before", "by", "in", "of", "on", "over", "the", "under", "with", "near"}
    parts = words.split()
    return " ".join(w if w in small and i else w[:1].upper() + w[1:] for i, w in enumerate(parts))
