"""Towns: streets between houses, roofs with towers."""

from __future__ import annotations

from creativity_assets.atelier import scenery
from creativity_assets.atelier.canvas import PIGMENTS, Canvas, Dice, mix
from creativity_assets.atelier.painters import Painter
from creativity_assets.atelier.scene import Scene, a, headline


def cityscape(c: Canvas, d: Dice, p: Painter) -> Scene:
    """A street between houses, or roofs with towers."""
    time = d.pick(p.staging.times)
    horizon = max(0.44, d.between(*p.staging.horizon))
    name, air = scenery.sky(c, d, p, horizon, time)
    dark, light = PIGMENTS[p.palette.dark], PIGMENTS[p.palette.light]
    wall = d.pick(p.palette.ground)
    roof = d.pick(p.palette.accent)
    window = mix(PIGMENTS["yellow"], dark, 0.2) if time == "night" else mix(dark, PIGMENTS[wall], 0.25)
    dusk = 0.5 if time == "night" else 0.0
    street = d.chance(0.55)
    if street:
        vx = d.between(0.42, 0.58)
        c.polygon(
            [(0, 1), (vx - 0.04, horizon), (vx + 0.04, horizon), (1, 1)],
            mix(mix(PIGMENTS[p.palette.land[0]], light, 0.4), dark, 0.15 + dusk),
        )
        for sgn in (-1, 1):
            edge = 0.0 if sgn < 0 else 1.0
            for k in range(3):
                t0, t1 = k / 3, (k + 1) / 3
                x0, x1 = edge + (vx + 0.05 * sgn - edge) * t0 * 0.95, edge + (vx + 0.05 * sgn - edge) * t1 * 0.95
                h0, h1 = (1 - t0) * 0.52 + 0.1, (1 - t1) * 0.52 + 0.1
                b0, b1 = 1 - (1 - horizon) * t0, 1 - (1 - horizon) * t1
                rise = d.between(-0.04, 0.05)
                shade = 0.1 if sgn == c.light else 0.4
                tone = mix(
                    mix(mix(PIGMENTS[wall], PIGMENTS[d.pick(p.palette.ground)], 0.4), dark, shade * 0.7 + dusk),
                    air,
                    0.25 * t0,
                )
                c.polygon([(x0, horizon - h0 - rise), (x1, horizon - h1 - rise), (x1, b1), (x0, b0)], tone)
                c.polygon(
                    [
                        (x0, horizon - h0 - rise),
                        (x1, horizon - h1 - rise),
                        (x1, horizon - h1 - rise - 0.04),
                        (x0, horizon - h0 - rise - 0.08),
                    ],
                    mix(PIGMENTS[roof], dark, dusk),
                )
                wx, wy = (x0 + x1) / 2, horizon - 0.5 * (h0 + h1) * 0.45
                c.box(wx - 0.03 * (1 - 0.5 * t0), wy - 0.05, wx + 0.03 * (1 - 0.5 * t0), wy + 0.05, window)
        for _ in range(d.whole(1, 3)):
            x, y = vx + d.between(-0.18, 0.18), d.between(horizon + 0.16, 0.92)
            h = 0.1 + 0.2 * (y - horizon)
            c.body(
                [(x - 0.2 * h, y), (x - 0.14 * h, y - h), (x + 0.14 * h, y - h), (x + 0.2 * h, y)],
                PIGMENTS[d.pick(p.palette.cloth)],
            )
            c.oval(x, y - 1.1 * h, 0.12 * h, 0.14 * h, (206, 164, 130))
        phrase = f"a city street with {wall} houses and {roof} roofs"
    else:
        c.fade(horizon, 1, mix(PIGMENTS[wall], dark, 0.3 + dusk), mix(PIGMENTS[wall], dark, 0.5 + 0.5 * dusk))
        tower = d.between(0.25, 0.75)
        c.body(
            [(tower - 0.06, 0.8), (tower - 0.06, 0.26), (tower + 0.06, 0.26), (tower + 0.06, 0.8)],
            mix(mix(PIGMENTS[wall], light, 0.2), dark, dusk),
        )
        c.polygon([(tower - 0.08, 0.27), (tower, 0.1), (tower + 0.08, 0.27)], mix(PIGMENTS[roof], dark, dusk))
        for row in range(3):
            count = 5 - row
            for k in range(count):
                x = (k + d.between(0.3, 0.7)) / count
                tone = mix(mix(PIGMENTS[d.pick(p.palette.ground)], light, 0.25 - 0.1 * row), dark, dusk + 0.05)
                scenery.house(
                    c,
                    d,
                    x,
                    horizon + 0.12 + 0.17 * row,
                    0.17 + 0.05 * row,
                    tone,
                    mix(PIGMENTS[roof], dark, dusk + 0.12 * row),
                    window,
                )
        phrase = f"a city with {wall} houses , {roof} roofs and a tower"
    phrase = f"{phrase} under {a(name)} sky {scenery.TIME_WORDS[time]}"
    motif = headline(
        d.pick(("the old town", "street", "rooftops", "the market square", "view of the city"))
        + f" {scenery.TIME_WORDS[time]}"
    )
    return Scene("cityscape", phrase, motif)
