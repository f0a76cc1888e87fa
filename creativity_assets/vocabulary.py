"""The public tables and their columns, each declared once: name, type, unit, range and meaning.

The store makes its tables from these declarations and writes their texts as COMMENTs into creativity.duckdb, Dagster
shows the same texts beside the columns, and the README's list of tables is held to them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Type = Literal["VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP WITH TIME ZONE", "MAP(VARCHAR, VARCHAR)"]
"""DuckDB's names of the types that public columns have."""

LABELS = ("human", "ai")
AUTOMATIONS = ("manual", "camera", "ai")
FAMILIES = (
    "painting",
    "photograph",
    "sketch",
    "film_frame",
    "gan",
    "autoregressive",
    "diffusion",
    "style_transfer",
    "video_frame",
)
MEMBERSHIPS = ("train", "held_out", "unseen", "unknown")

EMBEDDED = "embedded"
"""The metric suite of stand-ins that the project carries."""

EMBEDDED_NOTE = "embedded model: stand-in metrics; numbers are not comparable with the study"
"""Said wherever a score of the suite EMBEDDED is shown."""


@dataclass(frozen=True)
class Column:
    """A column: its DuckDB type, one sentence of meaning, and where they apply its unit, range and words.

    low, high: the bounds of its values, both included; None where it has none on that side.
    """

    name: str
    type: Type
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()

    @property
    def comment(self) -> str:
        """The meaning with unit, range and words: one line."""
        bounds = {
            (True, True): f"from {_number(self.low)} to {_number(self.high)}",
            (True, False): f"from {_number(self.low)} up",
            (False, True): f"up to {_number(self.high)}",
        }.get((self.low is not None, self.high is not None), "")
        facts = [
            f"in {self.unit}" if self.unit else "",
            bounds,
            f"one of {', '.join(self.words)}" if self.words else "",
        ]
        told = "; ".join(fact for fact in facts if fact)
        return f"{self.meaning} ({told})" if told else self.meaning


@dataclass(frozen=True)
class Table:
    """A table or view: what one row is, and its columns in their order."""

    name: str
    row: str
    columns: tuple[Column, ...]
    view: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        return self.columns[self.names.index(name)]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _text(name: str, meaning: str, words: tuple[str, ...] = ()) -> Column:
    return Column(name, "VARCHAR", meaning, words=words)


def _count(name: str, meaning: str, low: int = 0) -> Column:
    return Column(name, "BIGINT", meaning, low=low)


def _real(name: str, meaning: str, low: float | None = None, high: float | None = None, unit: str = "") -> Column:
    return Column(name, "DOUBLE", meaning, unit, low, high)


SAMPLE_ID = _text("sample_id", "Identifies one image of one data set in every table")
DATASET = _text("dataset", "The catalogue's name of the data set")
ARTIST_SLUG = _text("artist_slug", "The artist in one spelling; with the data set it names a collection")
EXPERIMENT = _text("experiment", "The catalogue's name of model and method, MODEL.METHOD")
COMPARISON = _text("comparison", "The catalogue's name of which group stands against which")
SUITE = _text(
    "suite",
    "The metric suite; scores of 'embedded' are stand-ins, not comparable with the study's, nor any two suites'",
    ("paper", EMBEDDED),
)

SAMPLES = (
    SAMPLE_ID,
    DATASET,
    _text("artist", "The artist as the source writes it"),
    ARTIST_SLUG,
    _text("title", "The work's title"),
    Column(
        "year", "BIGINT", "The year of the work, the middle one where its date names several", "calendar years", low=1
    ),
    _text("year_source", "How the year was come by", ("stated", "circa", "range", "century", "filename", "none")),
    Column("decade", "BIGINT", "The first year of the decade of the year", "calendar years", low=0),
    _text("era", "The era of data/catalog/eras.yaml that holds the year"),
    _text("style", "The style that the source names"),
    _text("genre", "The genre that the source names"),
    _text("caption", "What the image shows, in words; captioned methods prompt with it"),
    _text("label", "Who made the image", LABELS),
    _text("automation", "How much of the making was automatic", AUTOMATIONS),
    _text("family", "What kind of image it is, for an ai image what kind of generator made it", FAMILIES),
    _text("generator", "The model or product that made an ai image"),
    _text("pair_id", "The work: a human work and the ai images made after it share it"),
    Column("width", "BIGINT", "Width of the original", "pixels", low=1),
    Column("height", "BIGINT", "Height of the original", "pixels", low=1),
    _text("format", "The file format that the original was decoded as"),
    Column("jpeg_quality", "BIGINT", "Quality of a JPEG as the IJG counts, from its tables", low=1, high=100),
    _real("padding_fraction", "Share of the area that is black bars", 0, 1),
    _real("entropy", "Entropy of the grey levels between the bars", 0, 8, "bits"),
    _real("edge_density", "Share of pixels on an edge, between the bars", 0, 1),
    _real("novelty", "How far the atelier's dial was turned from its training range", 0, 1),
    _text("sha256", "SHA-256 of the original file's bytes, in hex"),
    _text("phash", "Perceptual hash of the picture between the bars, 256 bits in hex"),
    _text("source_uri", "Where the bytes came from"),
)

SCORES = (
    _real("dino_distance", "1 - cosine of the semantic embeddings of original and reconstruction", 0, 2),
    _real("lpips", "Perceptual distance of original and reconstruction", 0),
    _real("mse", "Mean squared difference of the 8-bit images", 0, 65025, "squared grey levels"),
    _real("log_mse", "log10(1 + mse)/5", 0, 1),
    _real("composite", "The creativity score: the mean of dino_distance, lpips and log_mse", 0),
)
"""What a reconstruction is scored by, against its original."""

FLOORED = ("composite", "dino_distance", "lpips", "log_mse")
"""The scores that are compared, and that an image's floor and ceiling are measured of."""

_SCORE = {column.name: column for column in SCORES}


def _floor(score: str) -> Column:
    of = replace(_SCORE[score], name=f"floor_{score}")
    return replace(of, meaning=f"{score} of decode(encode(x)): what the autoencoder alone loses")


IMAGE_METRICS = (
    SAMPLE_ID,
    DATASET,
    ARTIST_SLUG,
    EXPERIMENT,
    _text("model", "The catalogue's name of the diffusion model"),
    _text("model_revision", "The commit or digest of the weights; what follows + was laid over them"),
    _text("method", "The catalogue's name of the inversion method"),
    Column("steps", "BIGINT", "Sampling steps in each direction; 0 for the autoencoder alone", low=0, high=1000),
    SUITE,
    _text("suite_revision", "The digest of the suite's weights"),
    *SCORES,
    *(_floor(score) for score in ("dino_distance", "lpips", "log_mse", "composite")),
    _text("code_version", "Version and commit of the code that measured"),
    _text("run_id", "The Dagster run that measured"),
    Column("scored_at", "TIMESTAMP WITH TIME ZONE", "When the score was computed, in UTC"),
)

_KEYS = (
    COMPARISON,
    EXPERIMENT,
    _text("human_dataset", "The data set of the human side"),
    _text("ai_dataset", "The data set of the ai side"),
)
_METRIC = _text("metric", "The score that is compared", FLOORED)

EFFECT = (
    _count("n_ai", "Measured images of the ai side in this group"),
    _count("n_human", "Measured images of the human side in this group"),
    _real("mean_ai", "Mean score of the ai side"),
    _real("mean_human", "Mean score of the human side"),
    _real("sd_ai", "Standard deviation of the ai side's scores, ddof 1", 0),
    _real("sd_human", "Standard deviation of the human side's scores, ddof 1", 0),
    _real("difference", "mean_ai - mean_human"),
    _real("p_value", "Two-sided Welch t-test, uncorrected for the number of groups and metrics", 0, 1),
    _real("cohens_d", "difference in units of the pooled standard deviation"),
    _real("auroc", "Chance that an ai image scores above a human one, ties counted half", 0, 1),
)

EXTRA = (
    _real("difference_low", "Lower end of the difference's 95 % Welch interval"),
    _real("difference_high", "Upper end of the difference's 95 % Welch interval"),
    _count("n_pairs", "Works with measured images on both sides; null unless paired by work"),
    _real("p_value_paired", "Two-sided paired t-test over those works", 0, 1),
    _real("mean_floor_ai", "Mean floor of the ai side"),
    _real("mean_floor_human", "Mean floor of the human side"),
    _real("difference_above_floor", "The difference once each image's floor is taken off its score"),
    _real("p_value_above_floor", "Two-sided Welch t-test of that difference", 0, 1),
    _count("n_ai_left_out", "Measured ai images without a value in the group column"),
    _count("n_human_left_out", "Measured human images without a value in the group column"),
    _count("n_ai_unmatched", "Measured ai images whose group the human side lacks"),
    _count("n_human_unmatched", "Measured human images whose group the ai side lacks"),
    SUITE,
    _text("pairing", "How the members of the sides belong together", ("work", "artist", "none")),
    _text("without_duplicates", "The copies that the comparison leaves out; empty for none", ("exact", "near", "''")),
    _text("human_where", "The filter of the human side, as JSON"),
    _text("ai_where", "The filter of the ai side, as JSON"),
)

_SAMPLE = {column.name: column for column in SAMPLES}


def _stats(name: str, row: str, *group: str) -> Table:
    columns = tuple(replace(_SAMPLE[column], meaning=f"The group: {_SAMPLE[column].meaning}") for column in group[:1])
    labels = tuple(replace(_SAMPLE[column], meaning="The group's commonest spelling") for column in group[1:])
    return Table(name, row, (*_KEYS, _METRIC, *columns, *labels, *EFFECT, *EXTRA))


STATS = (
    _stats("stats_overall", "A comparison under an experiment: the composite score of its two sides"),
    _stats("stats_by_metric", "A comparison under an experiment by one metric"),
    _stats("stats_by_era", "A comparison under an experiment by one metric within an era", "era"),
    _stats(
        "stats_by_artist", "A comparison under an experiment by one metric within an artist", "artist_slug", "artist"
    ),
    _stats("stats_by_decade", "A comparison under an experiment by one metric within a decade", "decade"),
    _stats("stats_by_family", "A family of the ai side by one metric against the whole human side", "family"),
    _stats("stats_by_style", "A comparison under an experiment by one metric within a style", "style"),
)

_REFERENCE_KEYS = (
    _count("table_number", "The study's table", 3),
    _text("grouping", "What the study's table is grouped by"),
    _text("group", "The group as ours are named; null for the whole"),
    _text("group_label", "The group as the study prints it"),
    _text("metric", "The score that is compared", FLOORED),
)
_P_RELATION = _text("p_relation", "Whether the printed p is the value or a bound above it", ("=", "<"))
_SIGNIFICANT = Column("significant", "BOOLEAN", "Whether the study calls the difference significant")
_PRINTED = (*EFFECT[:8], _P_RELATION, _SIGNIFICANT)


def _prefixed(prefix: str, columns: Iterable[Column], whose: str) -> tuple[Column, ...]:
    return tuple(
        replace(column, name=f"{prefix}_{column.name}", meaning=f"{whose}: {column.meaning}") for column in columns
    )


PAPER_REFERENCE = (
    *_REFERENCE_KEYS,
    *_PRINTED,
    _count("rank", "Place of an artist in the study's table 6", 1),
    Column("year_start", "BIGINT", "First year of an era or decade", "calendar years"),
    Column("year_end", "BIGINT", "The year after the last one", "calendar years"),
    _text("source", "Where in the study the figure stands"),
)
PAPER_COMPARISON = (
    COMPARISON,
    EXPERIMENT,
    SUITE,
    *_REFERENCE_KEYS,
    *_prefixed("ours", EFFECT, "Ours"),
    *_prefixed("paper", _PRINTED, "The study's"),
    _real("delta", "ours_difference - paper_difference"),
    Column("same_sign", "BOOLEAN", "Whether both differences point the same way"),
)


def _finite(column: Column) -> Column:
    return replace(column, meaning=f"{column.meaning}; null where it is not finite, which counts as not measured")


_FROM_METRICS = tuple(c for c in IMAGE_METRICS if c.name not in {"sample_id", "dataset", "artist_slug", "experiment"})
_NUMBERS = tuple(column.name for column in (*SCORES, *(_floor(score) for score in FLOORED)))

VIEW_SCORES = (
    SAMPLE_ID,
    EXPERIMENT,
    *SAMPLES[1:],
    *(_finite(column) if column.name in _NUMBERS else column for column in _FROM_METRICS),
    *(
        _real(f"above_floor_{score}", f"{score} - floor_{score}: what is left once the autoencoder's own loss is off")
        for score in FLOORED
    ),
    _real("score", "The composite score, under a short name", 0),
    _real("floor", "Its floor, floor_composite", 0),
    _real("above_floor", "score - floor"),
    Column(
        "sides",
        "MAP(VARCHAR, VARCHAR)",
        "The side, human or ai, on which the sample stands in each comparison that counts it: sides['atelier']",
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "samples", "An accepted image with its metadata and what was measured on it before any resizing", SAMPLES
        ),
        Table(
            "membership",
            "What is known of a sample's place in the training set of a model",
            (
                SAMPLE_ID,
                _text("model", "The catalogue's name of the diffusion model"),
                _text("membership", "Whether the model was trained on the sample", MEMBERSHIPS),
                _text("evidence", "How that is known", ("training_list", "year_after_cutoff", "stated", "none")),
            ),
        ),
        Table(
            "duplicates",
            "Two samples that show the same picture",
            (
                SAMPLE_ID,
                _text("duplicate_of", "The other sample, whose sample_id is the smaller"),
                _text("kind", "Whether the files' bytes are equal or the pictures alike", ("exact", "near")),
                Column("distance", "BIGINT", "Differing bits of the perceptual hashes", "bits", 0, 256),
                _real("colour_difference", "Mean difference of the colours over a 4 x 4 grid", 0, 255, "grey levels"),
                Column("same_work", "BOOLEAN", "Whether they are an ai image and the human work it was made after"),
            ),
        ),
        Table(
            "rejected_samples",
            "An item of a data set that could not be measured",
            (
                DATASET,
                _text("source_key", "The item as its source names it"),
                _text("reason", "Why, as one word"),
                _text("detail", "Why, for people"),
            ),
        ),
        Table(
            "reconstructions",
            "A stored reconstruction",
            (
                SAMPLE_ID,
                EXPERIMENT,
                _text("sha256", "SHA-256 of the stored picture's bytes, in hex"),
                _text("path", "The Parquet part that holds it, relative to data/store"),
            ),
        ),
        Table(
            "image_metrics", "A sample under an experiment: scores, floors, and what they were made with", IMAGE_METRICS
        ),
        Table(
            "readouts",
            "A further number about a sample under an experiment",
            (
                SAMPLE_ID,
                EXPERIMENT,
                _text("readout", "Its name; docs/methods.md says what each is"),
                _real("value", "The number; null where it cannot be told"),
            ),
        ),
        Table(
            "comparison_members",
            "A sample on one side of a comparison, whether or not it was measured",
            (
                COMPARISON,
                SAMPLE_ID,
                _text("side", "The side it stands on", LABELS),
                _text(
                    "pair",
                    "What it shares with the other side: under pairing 'work' the human work's sample_id, under "
                    "'artist' the artist_slug; null where the other side has none of it",
                ),
            ),
        ),
        *STATS,
        Table("paper_reference", "A figure that the study published", PAPER_REFERENCE),
        Table("paper_comparison", "A figure that the study published, beside ours", PAPER_COMPARISON),
        Table(
            "scores",
            "A sample under an experiment with all that is known of it: samples, image_metrics and comparison_members "
            "without a join",
            VIEW_SCORES,
            view=True,
        ),
        Table(
            "warehouse_info",
            "What this file was made from: one row",
            (
                _text("input_hash", "Digest of all parts; equal digests, equal tables"),
                _text("code_version", "Version and commit of the code that made it"),
                _text("run_id", "The Dagster run that made it"),
            ),
        ),
    )
}
"""Every table and view of creativity.duckdb, by name."""
