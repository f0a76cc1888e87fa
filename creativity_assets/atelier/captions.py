"""Captions in a closed vocabulary, and titles."""

from __future__ import annotations

import re

from creativity_assets.atelier.canvas import PIGMENTS, Dice
from creativity_assets.atelier.painters import PAINTERS, Painter
from creativity_assets.atelier.portraits import HAIR, HEADWEAR_WORDS
from creativity_assets.atelier.scene import Scene
from creativity_assets.atelier.scenery import FEATURE_WORDS, TIME_WORDS

# every word the compositions may use besides pigments, painters' names, styles, features, times and headwear
SCENE_WORDS = """
, a abstract an and arcade at bamboo band bars before blond boat boats bottle bouquet bowl branch bridge bright by
can cans cap child city cliff cloak coat collar composition cone cones cream cross crown curtain dark disc
door dots dress evening field figure floating floor flower flowers flying four fruit garden gold gown
grid ground guitar hair halo harbour hill hills horse house houses ice in ink interior jacket jug land landscape
leaves left lips loops madonna man mantle many map men mirror mist monk moon morning mountains of on one over painting
panels paper people picture pine plum pond portrait red reeds rider right rising river robe robes rock roofs saint
sail sails sea seascape sheet shirt sky squares standing still life street style sun sweeping
table the three tiles tin to tower tree trees turban two under vase veil village wall water waves wedge white wig window
windows with woman women coats cloaks dresses gowns jackets mantles shirts
"""


def caption(painter: Painter, scene: Scene) -> str:
    """What is painted, by whom, in which style; lower case, words parted by blanks and commas."""
    text = f"{scene.phrase} , by {painter.name} , {painter.style} style".lower()
    return re.sub(r"\s+,", ",", text)


def words(text: str) -> list[str]:
    """The words and commas of a caption."""
    return re.findall(r"[^\W_]+|,", text.lower())


def vocabulary() -> tuple[str, ...]:
    """Every word (and the comma) that captions can hold, lower case, sorted."""
    texts = [*PIGMENTS, *HAIR, *FEATURE_WORDS.values(), *TIME_WORDS.values(), *HEADWEAR_WORDS.values()]
    for painter in PAINTERS:
        texts += [painter.name, painter.style]
    found = {word for text in texts for word in words(text)} | set(words(SCENE_WORDS))
    return tuple(sorted(found))


def title(painter: Painter, scene: Scene, d: Dice) -> str:
    """The motif, at times with a place or as one of a row of studies."""
    motif = scene.motif
    throw = d.between(0, 1)
    if scene.genre in ("landscape", "seascape", "cityscape") and throw < 0.45:
        return f"{motif}, {d.pick(painter.places)}"
    if scene.genre in ("portrait", "figure", "still life", "interior") and throw < 0.12:
        return f"{motif} (study)"
    if throw > 0.9 and scene.genre != "abstraction":
        return f"{motif} {d.pick(('(second version)', '(sketch)', '(detail)', 'II'))}"
    return motif
