"""Landscapes: open views, villages, nights, gardens, ponds, a lone wanderer."""

from __future__ import annotations

import math

from creativity_assets.atelier import scenery
from creativity_assets.atelier.canvas import PIGMENTS, Canvas, Dice, mix
from creativity_assets.atelier.painters import Painter
from creativity_assets.atelier.scene import Scene, a, headline


def landscape(c: Canvas, d: Dice, p: Painter) -> Scene:
    horizon, time = scenery.setting(d, p)
    feature = d.pick(p.staging.features)
    name, air = scenery.sky(c, d, p, horizon, time)
    if feature == "mountains":
        scenery.FEATURES[feature](c, d, p, horizon, air)
    near = scenery.land(c, d, p, horizon, air)
    if feature != "mountains":
        scenery.FEATURES[feature](c, d, p, horizon, air)
    trees = d.whole(1, 4)
    scenery.grove(c, d, p, horizon, mix(PIGMENTS[near], PIGMENTS["green"], 0.35), trees)
    wood = f"{near} hills and " + ("trees" if trees > 1 else "a tree")
    phrase = (
        f"a landscape with {scenery.FEATURE_WORDS[feature]} , {wood} under {a(name)} sky {scenery.TIME_WORDS[time]}"
    )
    motif = headline(f"{scenery.FEATURE_WORDS[feature].removeprefix('a ')} {scenery.TIME_WORDS[time]}")
    return Scene("landscape", phrase, motif)


def village(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A high view over a busy village, many small figures."""
    horizon, time = scenery.setting(d, p)
    name, air = scenery.sky(c, d, p, horizon, time)
    near = scenery.land(c, d, p, horizon, air, layers=4)
    if time == "winter":
        scenery.snow(c, d, p, horizon + 0.08, air)
    (scenery.river if d.chance(0.4) else scenery.road)(c, d, p, horizon + 0.1, air)
    scenery.village(c, d, p, horizon, air)
    scenery.grove(c, d, p, horizon, PIGMENTS[near], d.whole(1, 3), 0.45)
    cloth = d.pick(p.palette.cloth)
    for k in range(d.whole(7, 11)):
        y = d.between(horizon + 0.28, 0.95)
        size = 0.035 + 0.065 * (y - horizon)
        x = d.between(0.05, 0.95)
        colour = PIGMENTS[cloth if k % 2 else d.pick(p.palette.cloth)]
        c.body(
            [(x - 0.42 * size, y), (x - 0.3 * size, y - size), (x + 0.3 * size, y - size), (x + 0.42 * size, y)], colour
        )
        c.oval(x, y - 1.2 * size, 0.26 * size, 0.28 * size, (206, 164, 130))
    land_word = "snow" if time == "winter" else f"{near} land"
    phrase = f"a village with many people in {cloth} on {land_word} under {a(name)} sky {scenery.TIME_WORDS[time]}"
    motif = headline(
        d.pick(
            (
                "village fair",
                "the harvest",
                "market day",
                "the frozen pond" if time == "winter" else "the hay cart",
                "peasants",
            )
        )
        + f" {scenery.TIME_WORDS[time]}"
    )
    return Scene("landscape", phrase, motif)


def pond(c: Canvas, d: Dice, p: Painter) -> Scene:
    """Water seen from above with floating leaves, a strip of bank, sometimes a bridge."""
    horizon, time = d.between(0.1, 0.28), d.pick(p.staging.times)
    bank = d.pick(p.palette.land)
    name = d.pick(p.palette.sky)
    low = mix(PIGMENTS[name], PIGMENTS["orange"], 0.4) if time == "evening" else PIGMENTS[name]
    c.fade(0, 1, mix(PIGMENTS[bank], PIGMENTS["green"], 0.4), mix(low, PIGMENTS["violet"], 0.25))
    c.fade(horizon, 1, mix(PIGMENTS["teal"], low, 0.4), mix(low, PIGMENTS[p.palette.light], 0.2))
    for _ in range(5):
        c.glow(d.between(0, 1), d.between(horizon, 0.9), 0.1, 0.34, mix(PIGMENTS[bank], PIGMENTS["teal"], 0.4), 0.6)
    bloom = d.pick(p.palette.accent)
    for k in range(d.whole(6, 10)):
        y = horizon + (1 - horizon) * d.between(0.15, 0.97)
        x, w = d.between(0, 1), 0.075 + 0.12 * (y - horizon)
        c.oval(
            x,
            y,
            w,
            w * 0.42,
            mix(mix(PIGMENTS["green"], PIGMENTS[bank], 0.5), PIGMENTS[p.palette.light], d.between(0.0, 0.3)),
        )
        if k % 2 == 0:
            c.form(x, y - 0.02, w * 0.5, w * 0.42, PIGMENTS[bloom], 0.3)
    bridge = d.chance(0.35)
    if bridge:
        y = d.between(0.3, 0.42)
        arch = [(k / 10, y - 0.14 * math.sin(math.pi * k / 10)) for k in range(11)]
        c.line(arch, 0.05, mix(PIGMENTS["teal"], PIGMENTS[p.palette.dark], 0.3))
    phrase = (
        f"a pond with {bloom} flowers{' and a bridge' if bridge else ''} , {bank} leaves on "
        f"{name} water {scenery.TIME_WORDS[time]}"
    )
    motif = headline(
        f"{d.pick(('water lilies', 'the pond', 'reflections', 'the lily basin'))} {scenery.TIME_WORDS[time]}"
    )
    return Scene("landscape", phrase, motif)


def nocturne(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A moon over roofs and bare trees."""
    horizon = d.between(*p.staging.horizon)
    tone = d.pick(p.palette.sky)
    dark, light = PIGMENTS[p.palette.dark], PIGMENTS[p.palette.light]
    c.fade(0, horizon, mix(PIGMENTS[tone], dark, 0.35), mix(PIGMENTS[tone], light, 0.3))
    x, y, r = d.between(0.2, 0.8), d.between(0.16, 0.34), d.between(0.05, 0.09)
    moon = mix(light, PIGMENTS["yellow"], 0.3)
    c.glow(x, y, 5 * r, 5 * r, moon, 0.55)
    c.oval(x, y, r, r, moon)
    for _ in range(2):
        c.glow(d.between(0.1, 0.9), d.between(0.15, 0.45), 0.3, 0.07, mix(PIGMENTS[tone], light, 0.35), 0.8)
    c.fade(horizon, 1, mix(PIGMENTS[tone], dark, 0.5), mix(PIGMENTS[tone], dark, 0.8))
    water = d.chance(0.5)
    if water:
        c.fade(horizon + 0.06, 1, mix(PIGMENTS[tone], light, 0.3), mix(PIGMENTS[tone], dark, 0.5))
        c.glow(x, (1 + horizon) / 2 + 0.04, 0.09, 0.26, moon, 0.8)
    lamp = mix(PIGMENTS["yellow"], PIGMENTS["orange"], 0.3)
    count = d.whole(3, 5)
    for k in range(count):
        scenery.house(
            c,
            d,
            (k + d.between(0.2, 0.8)) / count,
            horizon + 0.08,
            d.between(0.12, 0.2),
            mix(PIGMENTS[tone], dark, 0.55),
            mix(PIGMENTS[tone], dark, 0.8),
            lamp,
        )
    if d.chance(0.7):
        scenery.TREES[p.staging.trees](c, d, d.pick((0.1, 0.88)), 0.98, d.between(0.7, 0.9), dark, dark)
    ground = "by a river" if water else "on a hill"
    phrase = f"a village {ground} with bright windows and a moon in {a(tone)} sky at night"
    motif = headline(d.pick(("moonrise", "the moon over the village", "nocturne", "night watch", "late hour")))
    return Scene("landscape", phrase, motif)


def garden(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A park: framing trees, flower beds, a statue or a small party on the lawn."""
    horizon, time = d.between(*p.staging.horizon), d.pick(p.staging.times)
    name, air = scenery.sky(c, d, p, horizon, time)
    near = scenery.land(c, d, p, horizon, air)
    leaf = mix(PIGMENTS[near], PIGMENTS["green"], 0.4)
    for _ in range(5):
        c.glow(d.between(0, 1), horizon + 0.02, 0.24, 0.16, mix(leaf, air, 0.35))
    scenery.road(c, d, p, horizon + 0.08, air)
    scenery.garden(c, d, p, horizon, air)
    scenery.grove(c, d, p, horizon, leaf, d.whole(2, 4), 0.62)
    cloth = d.pick(p.palette.cloth)
    people = d.whole(1, 3)
    for k in range(people):
        x, y = 0.5 + 0.16 * (k - people / 2) + d.between(-0.04, 0.04), d.between(0.72, 0.86)
        colour = PIGMENTS[cloth if k == 0 else d.pick(p.palette.cloth)]
        c.body([(x - 0.09, y), (x - 0.025, y - 0.17), (x + 0.025, y - 0.17), (x + 0.09, y)], colour)
        c.oval(x, y - 0.2, 0.028, 0.034, (226, 182, 154))
        if "parasol" in p.staging.headwear and k == 0:
            c.polygon([(x - 0.1, y - 0.25), (x, y - 0.32), (x + 0.1, y - 0.25)], PIGMENTS[p.palette.light])
    who = "a woman" if people == 1 else "people"
    phrase = f"a garden with flowers , {near} trees and {who} in {cloth} under {a(name)} sky {scenery.TIME_WORDS[time]}"
    motif = headline(
        d.pick(("the promenade", "garden party", "in the park", "the flower walk", "the swing"))
        + f" {scenery.TIME_WORDS[time]}"
    )
    return Scene("landscape", phrase, motif)


def wanderer(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A lone figure seen from behind on a dark rock before layers of mist."""
    time = d.pick(p.staging.times)
    name, air = scenery.sky(c, d, p, 0.7, time)
    far = d.pick(p.palette.land)
    for layer in range(3):
        y = 0.45 + 0.13 * layer
        tone = mix(PIGMENTS[far], air, 0.65 - 0.2 * layer)
        for _ in range(2):
            scenery.peak(
                c,
                d,
                d.between(0, 1),
                y + 0.1,
                d.between(0.14, 0.3),
                d.between(0.2, 0.4),
                tone,
                PIGMENTS[p.palette.light],
            )
        c.glow(d.between(0.2, 0.8), y + 0.1, 0.8, 0.12, mix(air, PIGMENTS[p.palette.light], 0.4), 0.9)
    dark = PIGMENTS[p.palette.dark]
    x = d.between(0.36, 0.64)
    top = d.between(0.74, 0.82)
    c.polygon(
        [
            (0, 1),
            (0, 0.97),
            (x - 0.3, 0.93),
            (x - 0.1, top),
            (x + 0.12, top + 0.01),
            (x + 0.32, 0.94),
            (1, 0.98),
            (1, 1),
        ],
        mix(dark, (20, 18, 22), 0.5),
    )
    thing = d.pick(("wanderer", "wanderer", "monk", "cross", "pine"))
    cloth = d.pick(p.palette.cloth)
    coat = mix(PIGMENTS[cloth], dark, 0.3)
    if thing in ("wanderer", "monk"):
        c.body(
            [
                (x - 0.075, top + 0.02),
                (x - 0.06, top - 0.2),
                (x, top - 0.24),
                (x + 0.055, top - 0.2),
                (x + 0.07, top + 0.02),
            ],
            coat,
            0.3,
        )
        c.oval(x, top - 0.265, 0.032, 0.04, mix(coat, (120, 84, 60), 0.5) if thing == "wanderer" else coat)
    elif thing == "cross":
        c.line([(x, top + 0.02), (x, top - 0.34)], 0.035, coat)
        c.line([(x - 0.1, top - 0.22), (x + 0.1, top - 0.22)], 0.035, coat)
    else:
        scenery.tree_pine(c, d, x, top + 0.03, 0.46, coat, coat)
    words = {
        "wanderer": f"a man in {a(cloth)} coat",
        "monk": f"a monk in {a(cloth)} robe",
        "cross": "a cross",
        "pine": "a pine",
    }[thing]
    phrase = f"{words} on a rock before {far} mountains in mist under {a(name)} sky {scenery.TIME_WORDS[time]}"
    motif = headline(f"{thing} {d.pick(('above the mist', 'on the summit', 'at the abyss', 'before the mountains'))}")
    return Scene("landscape", phrase, motif)
