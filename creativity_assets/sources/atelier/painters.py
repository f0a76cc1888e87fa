"""The painters of the atelier: who they are, when they painted, and the style program each one follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from creativity_assets.sources.atelier.canvas import Dice

MEMBERSHIP_SEED = "atelier/apprentices/1"
APPRENTICES = 16  # painters whose works the denoiser is trained on, of the 24


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
    trees: str = "round"  # subjects.TREES
    features: tuple[str, ...] = ("river", "road")  # subjects.FEATURES
    times: tuple[str, ...] = ("morning", "noon", "evening")
    backdrop: str = "plain"  # subjects.BACKDROPS
    headwear: tuple[str, ...] = ("none", "hat")
    garment: str = "robe"
    head: float = 1.0  # size of heads and figures, 1 is usual
    abstraction: str = "blocks"  # subjects.ABSTRACTIONS
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


@dataclass(frozen=True)
class Painter:
    """One synthetic painter; `active` holds the first and last year of dated works."""

    name: str
    slug: str
    era: str
    active: tuple[int, int]
    style: str
    palette: Palette
    brush: Brush
    staging: Staging
    grade: Grade
    places: tuple[str, ...]
    in_training: bool = False


ERAS: dict[str, tuple[int, int]] = {
    "renaissance": (1400, 1600),
    "baroque-rococo": (1600, 1800),
    "romanticism": (1800, 1870),
    "impressionism": (1870, 1910),
    "modern": (1910, 1950),
    "contemporary": (1950, 2020),
}  # first year included, last year not


def _drawn_by_lot(slugs_by_era: dict[str, list[str]], wanted: int) -> frozenset[str]:
    """Draw `wanted` slugs at random within eras, as evenly over the eras as the numbers allow."""
    dice = Dice(MEMBERSHIP_SEED)
    queues = {era: [slugs[i] for i in dice.shuffled(len(slugs))] for era, slugs in slugs_by_era.items()}
    eras = list(queues)
    drawn: list[str] = []
    while len(drawn) < wanted:
        for i in dice.shuffled(len(eras)):
            if queues[eras[i]] and len(drawn) < wanted:
                drawn.append(queues[eras[i]].pop())
    return frozenset(drawn)


def with_membership(painters: Sequence[Painter]) -> tuple[Painter, ...]:
    """The same painters, `in_training` set by lot."""
    by_era: dict[str, list[str]] = {}
    for painter in painters:
        by_era.setdefault(painter.era, []).append(painter.slug)
    drawn = _drawn_by_lot(by_era, APPRENTICES)
    return tuple(replace(painter, in_training=painter.slug in drawn) for painter in painters)


_RENAISSANCE = (
    Painter(
        "Elsa Marant",
        "elsa-marant",
        "renaissance",
        (1471, 1479),
        "golden tempera",
        Palette(
            ("gold", "azure"),
            ("olive", "ochre", "sage"),
            ("red", "blue", "crimson", "green", "rose"),
            ("gold",),
            ("crimson", "blue", "ivory"),
            "umber",
            "ivory",
        ),
        Brush("tempera", width=0.06, length=0.05, flow="upright", lively=5, outline=0.014),
        Staging(
            ("saint", "saint", "portrait", "figures"),
            backdrop="gold",
            headwear=("halo", "halo", "veil"),
            garment="robe",
            head=0.86,
            frame="arch",
            light=-1,
            relief=0.55,
            trees="round",
        ),
        Grade(contrast=1.0, saturation=1.0, warmth=8),
        ("Montalba", "San Lauro", "Arvieto"),
    ),
    Painter(
        "Bertoldo da Vercana",
        "bertoldo-da-vercana",
        "renaissance",
        (1502, 1509),
        "smoky glaze",
        Palette(
            ("sage", "azure"),
            ("olive", "moss", "brown", "teal"),
            ("moss", "umber", "plum", "olive", "rust"),
            ("olive", "sage", "brown"),
            ("ochre", "gold"),
            "umber",
            "cream",
        ),
        Brush("glaze", width=0.015),
        Staging(
            ("portrait", "portrait", "portrait", "landscape"),
            horizon=(0.46, 0.56),
            backdrop="vista",
            headwear=("none", "veil", "none"),
            garment="dress",
            head=1.0,
            features=("mountains", "river"),
            times=("evening", "morning"),
            light=-1,
            relief=1.0,
        ),
        Grade(contrast=1.05, saturation=0.78, warmth=14, vignette=0.3),
        ("Vercana", "Lake Orsola", "Belcastro"),
    ),
    Painter(
        "Joris van Aelmeer",
        "joris-van-aelmeer",
        "renaissance",
        (1561, 1569),
        "village panorama",
        Palette(
            ("sage", "ivory", "turquoise"),
            ("brown", "olive", "green", "teal"),
            ("red", "ochre", "white", "black", "blue"),
            ("ochre", "brown"),
            ("red", "white", "orange"),
            "umber",
            "ivory",
        ),
        Brush("tempera", width=0.05, length=0.03, flow="level", lively=7),
        Staging(
            ("village", "village", "landscape", "cityscape"),
            horizon=(0.2, 0.3),
            trees="bare",
            features=("village", "river", "snow"),
            times=("noon", "winter", "morning"),
            head=0.5,
            garment="coat",
            light=1,
            relief=0.6,
        ),
        Grade(contrast=1.05, saturation=0.9),
        ("Aelmeer", "Oudekerk", "Brakel"),
    ),
    Painter(
        "Lucia Fontebruna",
        "lucia-fontebruna",
        "renaissance",
        (1506, 1509),
        "chalk fresco",
        Palette(
            ("azure", "ivory"),
            ("sage", "ochre", "pink"),
            ("pink", "azure", "sage", "ochre", "rose"),
            ("ivory", "pink", "azure"),
            ("rose", "azure", "gold"),
            "brown",
            "ivory",
        ),
        Brush("fresco", width=0.08, lively=9),
        Staging(
            ("figures", "figures", "cityscape", "saint"),
            backdrop="arcade",
            headwear=("halo", "veil", "none"),
            garment="robe",
            head=0.9,
            light=1,
            relief=0.4,
            horizon=(0.5, 0.6),
            trees="cypress",
        ),
        Grade(contrast=0.95, saturation=0.95, lift=6, warmth=4),
        ("Santa Brigida", "Fontebruna", "Monteforte"),
    ),
)

_BAROQUE = (
    Painter(
        "Caspar Oldenroth",
        "caspar-oldenroth",
        "baroque-rococo",
        (1631, 1639),
        "candlelight oil",
        Palette(
            ("umber", "brown"),
            ("umber", "brown", "olive"),
            ("rust", "crimson", "umber", "ochre", "black"),
            ("umber", "black"),
            ("gold", "orange", "red"),
            "black",
            "cream",
        ),
        Brush("glaze", width=0.018),
        Staging(
            ("portrait", "portrait", "still life", "still life"),
            backdrop="dark",
            headwear=("hat", "turban", "none", "collar"),
            garment="cloak",
            head=1.05,
            light=-1,
            relief=1.3,
        ),
        Grade(contrast=1.15, saturation=0.95, warmth=12, lift=14, spot=0.75),
        ("Oldenroth", "the Mint", "Harlingen"),
    ),
    Painter(
        "Willemijn de Graaf",
        "willemijn-de-graaf",
        "baroque-rococo",
        (1661, 1668),
        "quiet daylight",
        Palette(
            ("silver", "azure"),
            ("slate", "brown", "sage"),
            ("blue", "yellow", "white", "rust", "indigo"),
            ("silver", "grey", "sage"),
            ("yellow", "blue", "red"),
            "slate",
            "ivory",
        ),
        Brush("glaze", width=0.012),
        Staging(
            ("interior", "interior", "interior", "still life"),
            backdrop="wall",
            headwear=("cap", "cap", "none"),
            garment="dress",
            head=0.95,
            light=-1,
            relief=0.8,
        ),
        Grade(contrast=1.0, saturation=0.85, warmth=-6, vignette=0.15),
        ("Delfzand", "the Herengracht", "Middelwijk"),
    ),
    Painter(
        "Amédée Florival",
        "amedee-florival",
        "baroque-rococo",
        (1752, 1759),
        "powder rococo",
        Palette(
            ("azure", "pink", "turquoise"),
            ("turquoise", "sage", "green"),
            ("pink", "turquoise", "yellow", "ivory", "rose"),
            ("sage", "turquoise", "pink"),
            ("rose", "pink", "gold"),
            "teal",
            "ivory",
        ),
        Brush("strokes", width=0.05, length=0.07, flow="curl", lively=9),
        Staging(
            ("figures", "garden", "garden", "portrait"),
            backdrop="foliage",
            headwear=("wig", "hat", "wig"),
            garment="gown",
            head=0.95,
            trees="feather",
            features=("garden", "river"),
            frame="oval",
            times=("morning", "noon"),
            light=1,
            relief=0.5,
        ),
        Grade(contrast=0.78, saturation=0.95, lift=22),
        ("Florival", "the Park of Meudry", "Cythère"),
    ),
    Painter(
        "Inés Valdoro",
        "ines-valdoro",
        "baroque-rococo",
        (1634, 1639),
        "swirling drapery",
        Palette(
            ("slate", "gold"),
            ("brown", "rust", "slate"),
            ("crimson", "gold", "indigo", "red", "white"),
            ("brown", "slate", "rust"),
            ("gold", "red", "white"),
            "umber",
            "cream",
        ),
        Brush("strokes", width=0.045, length=0.26, flow="diagonal", lively=16),
        Staging(
            ("drapery", "drapery", "figures", "portrait"),
            backdrop="curtain",
            headwear=("crown", "none", "veil"),
            garment="mantle",
            head=1.0,
            light=1,
            relief=1.1,
            trees="round",
        ),
        Grade(contrast=1.12, saturation=1.05, warmth=10, vignette=0.3),
        ("Valdoro", "Santa Cruz", "Almera"),
    ),
)

_ROMANTICISM = (
    Painter(
        "Heinrich Tallmann",
        "heinrich-tallmann",
        "romanticism",
        (1821, 1829),
        "misty sublime",
        Palette(
            ("violet", "silver", "pink"),
            ("slate", "violet", "indigo"),
            ("black", "umber", "indigo"),
            ("slate", "violet"),
            ("cream", "pink"),
            "indigo",
            "ivory",
        ),
        Brush("mist", width=0.03),
        Staging(
            ("wanderer", "wanderer", "landscape", "seascape"),
            horizon=(0.6, 0.72),
            trees="pine",
            features=("mountains", "mountains", "ruin"),
            times=("morning", "evening"),
            garment="coat",
            head=0.8,
            light=-1,
            relief=0.5,
            backdrop="vista",
        ),
        Grade(contrast=0.95, saturation=0.8, warmth=-6),
        ("the Brockstein", "Rügenfels", "the Elbe valley"),
    ),
    Painter(
        "Josiah Wetherby",
        "josiah-wetherby",
        "romanticism",
        (1841, 1849),
        "storm light",
        Palette(
            ("gold", "slate", "orange"),
            ("brown", "slate"),
            ("umber", "rust", "white"),
            ("gold", "slate"),
            ("white", "yellow", "red"),
            "slate",
            "cream",
        ),
        Brush("strokes", width=0.055, length=0.2, flow="vortex", lively=15),
        Staging(
            ("seascape", "seascape", "seascape", "landscape"),
            horizon=(0.55, 0.68),
            features=("river", "ruin"),
            times=("storm", "storm", "evening"),
            trees="round",
            light=1,
            relief=0.6,
        ),
        Grade(contrast=1.0, saturation=0.95, warmth=14),
        ("Margate Roads", "the Goodwin Sands", "Wetherby Head"),
    ),
    Painter(
        "Éloïse Garnaud",
        "eloise-garnaud",
        "romanticism",
        (1832, 1839),
        "fiery romantic",
        Palette(
            ("orange", "slate", "rust"),
            ("rust", "brown", "ochre"),
            ("red", "white", "teal", "gold", "green"),
            ("rust", "teal", "brown"),
            ("gold", "red", "turquoise"),
            "umber",
            "cream",
        ),
        Brush("strokes", width=0.06, length=0.12, flow="contour", lively=18),
        Staging(
            ("rider", "rider", "portrait", "cityscape"),
            horizon=(0.62, 0.74),
            backdrop="fire",
            headwear=("turban", "turban", "none"),
            garment="jacket",
            head=1.08,
            times=("evening", "storm"),
            light=1,
            relief=0.9,
            trees="palm",
        ),
        Grade(contrast=1.1, saturation=1.12, warmth=10),
        ("Tangara", "Missolonga", "the Rue Garnaud"),
    ),
    Painter(
        "Tomasz Wiśnicki",
        "tomasz-wisnicki",
        "romanticism",
        (1843, 1849),
        "moonlit etching",
        Palette(
            ("indigo", "slate"),
            ("slate", "indigo", "black"),
            ("black", "slate", "white"),
            ("slate", "indigo"),
            ("cream", "yellow"),
            "black",
            "silver",
        ),
        Brush("hatch", width=0.1),
        Staging(
            ("nocturne", "nocturne", "cityscape", "landscape"),
            horizon=(0.62, 0.72),
            trees="bare",
            features=("village", "river", "ruin"),
            times=("night",),
            garment="coat",
            head=0.7,
            light=1,
            relief=0.5,
            backdrop="dark",
        ),
        Grade(contrast=1.15, saturation=0.7, warmth=-6, lift=12, vignette=0.2),
        ("Wiśnica", "Kazimierz", "the Vistula"),
    ),
)

_IMPRESSIONISM = (
    Painter(
        "Camille Desrosiers",
        "camille-desrosiers",
        "impressionism",
        (1872, 1879),
        "broken daylight",
        Palette(
            ("azure", "pink", "silver"),
            ("green", "sage", "turquoise", "violet"),
            ("white", "azure", "pink", "violet"),
            ("sage", "azure"),
            ("rose", "orange", "white"),
            "teal",
            "ivory",
        ),
        Brush("strokes", width=0.04, length=0.1, flow="level", lively=17),
        Staging(
            ("pond", "pond", "seascape", "garden"),
            horizon=(0.26, 0.4),
            trees="poplar",
            features=("river", "garden"),
            times=("morning", "noon", "evening"),
            garment="dress",
            head=0.6,
            light=-1,
            relief=0.3,
            headwear=("parasol", "hat"),
        ),
        Grade(contrast=1.1, saturation=1.12, lift=6),
        ("Vétrigny", "Argentières", "the Ile Desrosiers"),
    ),
    Painter(
        "Henri Valcourt",
        "henri-valcourt",
        "impressionism",
        (1885, 1889),
        "pointillist dots",
        Palette(
            ("azure", "yellow", "pink"),
            ("green", "yellow", "violet"),
            ("violet", "orange", "blue", "red"),
            ("azure", "yellow"),
            ("orange", "violet", "red"),
            "indigo",
            "cream",
        ),
        Brush("dots", width=0.056, lively=24),
        Staging(
            ("harbour", "harbour", "figures", "landscape"),
            horizon=(0.4, 0.5),
            trees="round",
            features=("river", "road"),
            times=("noon", "evening"),
            garment="dress",
            head=0.8,
            light=1,
            relief=0.25,
            headwear=("parasol", "hat"),
            backdrop="foliage",
        ),
        Grade(contrast=0.95, saturation=1.15, lift=8),
        ("Honfleury", "Valcourt", "the Grande Jetée"),
    ),
    Painter(
        "Marijke Voss",
        "marijke-voss",
        "impressionism",
        (1887, 1889),
        "swirling impasto",
        Palette(
            ("blue", "turquoise", "indigo"),
            ("yellow", "green", "ochre"),
            ("orange", "blue", "yellow", "green"),
            ("yellow", "turquoise", "green"),
            ("yellow", "orange", "white"),
            "indigo",
            "cream",
        ),
        Brush("strokes", width=0.042, length=0.13, flow="curl", lively=24, outline=0.012),
        Staging(
            ("landscape", "flowers", "portrait", "nocturne"),
            horizon=(0.5, 0.64),
            trees="cypress",
            features=("wheat", "village", "road"),
            times=("noon", "evening", "night"),
            garment="jacket",
            head=1.1,
            light=-1,
            relief=0.4,
            backdrop="plain",
            headwear=("straw", "none", "cap"),
        ),
        Grade(contrast=1.08, saturation=1.25),
        ("Sint Odo", "Auverlac", "the asylum garden"),
    ),
    Painter(
        "Nils Åkerblom",
        "nils-akerblom",
        "impressionism",
        (1901, 1909),
        "pale nordic",
        Palette(
            ("silver", "ivory"),
            ("silver", "sage", "slate"),
            ("white", "slate", "azure", "black"),
            ("silver", "ivory", "sage"),
            ("azure", "ivory", "rust"),
            "slate",
            "white",
        ),
        Brush("strokes", width=0.075, length=0.17, flow="upright", lively=7),
        Staging(
            ("interior", "interior", "landscape", "figures"),
            horizon=(0.5, 0.6),
            trees="birch",
            features=("snow", "river"),
            times=("winter", "morning"),
            garment="dress",
            head=0.95,
            light=1,
            relief=0.4,
            backdrop="wall",
            headwear=("bun", "bun", "cap"),
        ),
        Grade(contrast=0.78, saturation=0.6, lift=18, warmth=-4),
        ("Åkerby", "Skagshamn", "the Sound"),
    ),
)

_MODERN = (
    Painter(
        "Rafael Montiel",
        "rafael-montiel",
        "modern",
        (1911, 1915),
        "analytic facets",
        Palette(
            ("grey", "ochre"),
            ("ochre", "brown", "sage"),
            ("ochre", "grey", "sage", "umber", "slate"),
            ("ochre", "grey", "brown"),
            ("cream", "rust", "slate"),
            "umber",
            "ivory",
        ),
        Brush("facets", width=0.2, lively=20),
        Staging(
            ("still life", "still life", "portrait", "guitar"),
            backdrop="plain",
            headwear=("none", "hat"),
            garment="jacket",
            head=1.15,
            light=-1,
            relief=0.7,
        ),
        Grade(contrast=1.0, saturation=0.72, warmth=6),
        ("the Café Lorca", "Ceretana", "the Rue Ravel"),
    ),
    Painter(
        "Greta Halvorsen",
        "greta-halvorsen",
        "modern",
        (1925, 1929),
        "primary grid",
        Palette(
            ("white",),
            ("white",),
            ("red", "blue", "yellow"),
            ("white", "ivory"),
            ("red", "blue", "yellow"),
            "black",
            "white",
        ),
        Brush("plain"),
        Staging(("abstraction",), abstraction="grid", relief=0),
        Grade(),
        ("Oslo", "the Harbour", "the Studio"),
    ),
    Painter(
        "Ottó Király",
        "otto-kiraly",
        "modern",
        (1912, 1919),
        "wild outlines",
        Palette(
            ("yellow", "rose", "turquoise"),
            ("green", "orange", "violet"),
            ("red", "green", "blue", "orange", "violet"),
            ("yellow", "turquoise", "rose", "orange"),
            ("red", "green", "yellow"),
            "indigo",
            "cream",
        ),
        Brush("outlined", width=0.09, length=0.12, flow="contour", lively=10, outline=0.026),
        Staging(
            ("portrait", "portrait", "cityscape", "still life"),
            horizon=(0.5, 0.6),
            backdrop="split",
            headwear=("hat", "none", "hat"),
            garment="jacket",
            head=1.3,
            times=("noon", "evening"),
            light=1,
            relief=0.0,
            trees="round",
            features=("road",),
        ),
        Grade(contrast=1.05, saturation=1.3),
        ("Nagybánya", "the Tabán", "Lake Balaton"),
    ),
    Painter(
        "Vera Sokolnik",
        "vera-sokolnik",
        "modern",
        (1920, 1928),
        "floating geometry",
        Palette(
            ("cream",),
            ("cream",),
            ("red", "black", "blue", "orange"),
            ("cream", "ivory"),
            ("red", "black", "teal", "orange", "pink"),
            "black",
            "ivory",
        ),
        Brush("plain"),
        Staging(("abstraction",), abstraction="floating", relief=0.4),
        Grade(saturation=0.95, contrast=0.95, warmth=4),
        ("Vitebask", "the Workshop", "Moskva"),
    ),
)

_CONTEMPORARY = (
    Painter(
        "Dana Whitlock",
        "dana-whitlock",
        "contemporary",
        (1956, 1959),
        "soft colour fields",
        Palette(
            ("orange", "plum"),
            ("crimson", "indigo"),
            ("orange", "crimson", "plum", "yellow", "indigo", "rose"),
            ("crimson", "plum", "rust", "indigo"),
            ("orange", "yellow", "rose", "red"),
            "plum",
            "cream",
        ),
        Brush("veil", width=0.032),
        Staging(("abstraction",), abstraction="fields", relief=0),
        Grade(saturation=1.1),
        ("Houston", "the Chapel", "Provincetown"),
    ),
    Painter(
        "Kenji Morisawa",
        "kenji-morisawa",
        "contemporary",
        (1971, 1979),
        "ink wash",
        Palette(
            ("ivory", "cream"),
            ("slate", "grey", "black"),
            ("black", "slate"),
            ("ivory", "cream"),
            ("red", "rust"),
            "black",
            "cream",
        ),
        Brush("ink", width=0.035),
        Staging(
            ("ink landscape", "ink landscape", "branch", "branch"),
            horizon=(0.6, 0.75),
            trees="pine",
            features=("mountains",),
            times=("morning", "winter"),
            light=-1,
            relief=0.3,
            frame="paper",
        ),
        Grade(contrast=1.12, saturation=0.8),
        ("Morisawa", "Mount Iwato", "the Kamo"),
    ),
    Painter(
        "Lola Braithwaite",
        "lola-braithwaite",
        "contemporary",
        (1963, 1969),
        "bright pop",
        Palette(
            ("yellow", "turquoise"),
            ("pink", "green"),
            ("red", "blue", "yellow", "pink", "turquoise"),
            ("yellow", "pink", "turquoise", "orange", "white"),
            ("red", "blue", "black"),
            "black",
            "white",
        ),
        Brush("outlined", width=0, outline=0.02),
        Staging(
            ("pop portrait", "pop portrait", "pop still life", "pop still life"),
            backdrop="spots",
            headwear=("none", "none", "hat"),
            garment="shirt",
            head=1.4,
            relief=0.0,
            light=-1,
        ),
        Grade(saturation=1.3, contrast=1.0, lift=4),
        ("Soho", "Brighton", "the Supermarket"),
    ),
    Painter(
        "Marcus Adéyemi",
        "marcus-adeyemi",
        "contemporary",
        (2011, 2018),
        "sweeping gesture",
        Palette(
            ("teal", "orange"),
            ("teal", "ochre"),
            ("teal", "orange", "black", "white", "rose"),
            ("sage", "ivory", "slate", "pink"),
            ("orange", "black", "white", "teal", "yellow", "crimson"),
            "black",
            "ivory",
        ),
        Brush("gesture", width=0.09),
        Staging(
            ("abstraction", "abstraction", "abstraction", "portrait"),
            abstraction="gesture",
            relief=0.2,
            backdrop="plain",
            headwear=("none",),
            garment="shirt",
            head=1.2,
            light=1,
        ),
        Grade(contrast=1.0, saturation=1.0),
        ("Lagos", "Peckham", "Accra"),
    ),
)

PAINTERS: tuple[Painter, ...] = with_membership(
    _RENAISSANCE + _BAROQUE + _ROMANTICISM + _IMPRESSIONISM + _MODERN + _CONTEMPORARY
)
