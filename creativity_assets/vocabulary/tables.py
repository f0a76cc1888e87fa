"""The public tables and their columns: what one row is, and each column's type, unit, range and meaning.

The store makes its tables from these declarations and writes their texts as COMMENTs into creativity.duckdb, Dagster
shows the same texts beside the columns, and docs/tables.md is made from them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from creativity_assets.vocabulary.columns import LABELS, MEMBERSHIPS, Column, count, real, text
from creativity_assets.vocabulary.samples import SAMPLE_COLUMNS, SampleColumn, public_columns
from creativity_assets.vocabulary.scores import (
    SCORES,
    STUDY_SCORES,
    Score,
    compared_scores,
    first_columns,
    later_columns,
    score_columns,
)


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


SAMPLE_ID, DATASET, ARTIST_SLUG = (SAMPLE_COLUMNS[name] for name in ("sample_id", "dataset", "artist_slug"))
EXPERIMENT = text("experiment", "The catalogue's name of model and method, MODEL.METHOD")
COMPARISON = text("comparison", "The catalogue's name of which group stands against which")
SUITE = text(
    "suite",
    "The metric suite, paper for the study's; scores of 'embedded' are stand-ins, and no two suites are comparable",
)

_MADE_WITH = (
    text("model", "The catalogue's name of the diffusion model"),
    text("model_revision", "The commit or digest of the weights; what follows + was laid over them"),
    text("method", "The catalogue's name of the inversion method"),
    Column("steps", "BIGINT", "Sampling steps in each direction; 0 for the autoencoder alone", low=0, high=1000),
    SUITE,
    text("suite_revision", "The digest of the suite's weights"),
)
_MADE_BY = (
    text("code_version", "Version and commit of the code that measured"),
    text("run_id", "The Dagster run that measured"),
    Column("scored_at", "TIMESTAMP WITH TIME ZONE", "When the score was computed, in UTC"),
)


def _metrics() -> tuple[Column, ...]:
    """What `image_metrics` says besides whom it measured; scores that came later stand last."""
    return *_MADE_WITH, *first_columns(), *_MADE_BY, *later_columns()


_KEYS = (
    COMPARISON,
    EXPERIMENT,
    text("human_dataset", "The data set of the human side"),
    text("ai_dataset", "The data set of the ai side"),
)


def _metric(scores: tuple[str, ...]) -> Column:
    return text("metric", "The score that is compared", scores)


EFFECT = (
    count("n_ai", "Measured images of the ai side in this group"),
    count("n_human", "Measured images of the human side in this group"),
    real("mean_ai", "Mean score of the ai side"),
    real("mean_human", "Mean score of the human side"),
    real("sd_ai", "Standard deviation of the ai side's scores, ddof 1", 0),
    real("sd_human", "Standard deviation of the human side's scores, ddof 1", 0),
    real("difference", "mean_ai - mean_human"),
    real("p_value", "Two-sided Welch t-test, uncorrected for the number of groups and metrics", 0, 1),
    real("cohens_d", "difference in units of the pooled standard deviation"),
    real("auroc", "Chance that an ai image scores above a human one, ties counted half", 0, 1),
)

EXTRA = (
    real("difference_low", "Lower end of the difference's 95 % Welch interval"),
    real("difference_high", "Upper end of the difference's 95 % Welch interval"),
    count("n_pairs", "Works with measured images on both sides; null unless paired by work"),
    real("p_value_paired", "Two-sided paired t-test over those works", 0, 1),
    real("mean_floor_ai", "Mean floor of the ai side"),
    real("mean_floor_human", "Mean floor of the human side"),
    real("difference_above_floor", "The difference once each image's floor is taken off its score"),
    real("p_value_above_floor", "Two-sided Welch t-test of that difference", 0, 1),
    count("n_ai_left_out", "Measured ai images without a value in the group column"),
    count("n_human_left_out", "Measured human images without a value in the group column"),
    count("n_ai_unmatched", "Measured ai images whose group the human side lacks"),
    count("n_human_unmatched", "Measured human images whose group the ai side lacks"),
    SUITE,
    text("pairing", "How the members of the sides belong together", ("work", "artist", "none")),
    text("without_duplicates", "The copies that the comparison leaves out; empty for none", ("exact", "near", "''")),
    text("human_where", "The filter of the human side, as JSON"),
    text("ai_where", "The filter of the ai side, as JSON"),
)

_STATS = (
    ("stats_overall", "A comparison under an experiment: the composite score of its two sides"),
    ("stats_by_metric", "A comparison under an experiment by one metric"),
    ("stats_by_era", "A comparison under an experiment by one metric within an era", "era"),
    (
        "stats_by_artist",
        "A comparison under an experiment by one metric within an artist",
        "artist_slug",
        "artist",
    ),
    ("stats_by_decade", "A comparison under an experiment by one metric within a decade", "decade"),
    ("stats_by_family", "A family of the ai side by one metric against the whole human side", "family"),
    ("stats_by_style", "A comparison under an experiment by one metric within a style", "style"),
)
"""Name, what a row is, and where rows are groups the group's column and the columns that only label it."""


def _stats(name: str, row: str, *group: str) -> Table:
    columns = tuple(_described(column, f"The group: {SAMPLE_COLUMNS[column].meaning}") for column in group[:1])
    labels = tuple(_described(column, "The group's commonest spelling") for column in group[1:])
    return Table(name, row, (*_KEYS, _metric(compared_scores()), *columns, *labels, *EFFECT, *EXTRA))


def _described(name: str, meaning: str) -> Column:
    return replace(SAMPLE_COLUMNS[name], meaning=meaning)


_REFERENCE_KEYS = (
    count("table_number", "The study's table", 3),
    text("grouping", "What the study's table is grouped by"),
    text("group", "The group as ours are named; null for the whole"),
    text("group_label", "The group as the study prints it"),
    _metric(STUDY_SCORES),
)
_P_RELATION = text("p_relation", "Whether the printed p is the value or a bound above it", ("=", "<"))
_SIGNIFICANT = Column("significant", "BOOLEAN", "Whether the study calls the difference significant")
_PRINTED = (*EFFECT[:8], _P_RELATION, _SIGNIFICANT)


def _prefixed(prefix: str, columns: Iterable[Column], whose: str) -> tuple[Column, ...]:
    return tuple(
        replace(column, name=f"{prefix}_{column.name}", meaning=f"{whose}: {column.meaning}") for column in columns
    )


PAPER_REFERENCE = (
    *_REFERENCE_KEYS,
    *_PRINTED,
    count("rank", "Place of an artist in the study's table 6", 1),
    Column("year_start", "BIGINT", "First year of an era or decade", "calendar years"),
    Column("year_end", "BIGINT", "The year after the last one", "calendar years"),
    text("source", "Where in the study the figure stands"),
)
PAPER_COMPARISON = (
    COMPARISON,
    EXPERIMENT,
    SUITE,
    *_REFERENCE_KEYS,
    *_prefixed("ours", EFFECT, "Ours"),
    *_prefixed("paper", _PRINTED, "The study's"),
    real("delta", "ours_difference - paper_difference"),
    Column("same_sign", "BOOLEAN", "Whether both differences point the same way"),
)


def _finite(column: Column) -> Column:
    return replace(column, meaning=f"{column.meaning}; null where it is not finite, which counts as not measured")


def _scores() -> tuple[Column, ...]:
    """The columns of the view of that name."""
    numbers = {column.name for column in score_columns()}
    return (
        SAMPLE_ID,
        EXPERIMENT,
        *(column for column in public_columns() if column.name != "sample_id"),
        *(_finite(column) if column.name in numbers else column for column in _metrics()),
        *(
            real(
                f"above_floor_{score}", f"{score} - floor_{score}: what is left once the autoencoder's own loss is off"
            )
            for score in compared_scores()
        ),
        real("score", "The composite score, under a short name", 0),
        real("floor", "Its floor, floor_composite", 0),
        real("above_floor", "score - floor"),
        Column(
            "sides",
            "MAP(VARCHAR, VARCHAR)",
            "The side, human or ai, on which the sample stands in each comparison that counts it: sides['atelier']",
        ),
    )


def _tables() -> tuple[Table, ...]:
    return (
        Table(
            "samples",
            "An accepted image with its metadata and what was measured on it before any resizing",
            public_columns(),
        ),
        Table(
            "membership",
            "What is known of a sample's place in the training set of a model",
            (
                SAMPLE_ID,
                text("model", "The catalogue's name of the diffusion model"),
                text("membership", "Whether the model was trained on the sample", MEMBERSHIPS),
                text("evidence", "How that is known", ("training_list", "year_after_cutoff", "stated", "none")),
            ),
        ),
        Table(
            "duplicates",
            "Two samples that show the same picture",
            (
                SAMPLE_ID,
                text("duplicate_of", "The other sample, whose sample_id is the smaller"),
                text("kind", "Whether the files' bytes are equal or the pictures alike", ("exact", "near")),
                Column("distance", "BIGINT", "Differing bits of the perceptual hashes", "bits", 0, 256),
                real("colour_difference", "Mean difference of the colours over a 4 x 4 grid", 0, 255, "grey levels"),
                Column("same_work", "BOOLEAN", "Whether they are an ai image and the human work it was made after"),
            ),
        ),
        Table(
            "rejected_samples",
            "An item of a data set that could not be measured",
            (
                DATASET,
                text("source_key", "The item as its source names it"),
                text("reason", "Why, as one word"),
                text("detail", "Why, for people"),
            ),
        ),
        Table(
            "reconstructions",
            "A stored reconstruction",
            (
                SAMPLE_ID,
                EXPERIMENT,
                text("sha256", "SHA-256 of the stored picture's bytes, in hex"),
                text("path", "The Parquet part that holds it, relative to data/store"),
            ),
        ),
        Table(
            "image_metrics",
            "A sample under an experiment: scores, floors, and what they were made with",
            (SAMPLE_ID, DATASET, ARTIST_SLUG, EXPERIMENT, *_metrics()),
        ),
        Table(
            "readouts",
            "A further number about a sample under an experiment",
            (
                SAMPLE_ID,
                EXPERIMENT,
                text("readout", "Its name; docs/methods.md says what each is"),
                real("value", "The number; null where it cannot be told"),
            ),
        ),
        Table(
            "comparison_members",
            "A sample on one side of a comparison, whether or not it was measured",
            (
                COMPARISON,
                SAMPLE_ID,
                text("side", "The side it stands on", LABELS),
                text(
                    "pair",
                    "What it shares with the other side: under pairing 'work' the human work's sample_id, under "
                    "'artist' the artist_slug; null where the other side has none of it",
                ),
            ),
        ),
        *(_stats(*declared) for declared in _STATS),
        Table("paper_reference", "A figure that the study published", PAPER_REFERENCE),
        Table("paper_comparison", "A figure that the study published, beside ours", PAPER_COMPARISON),
        Table(
            "scores",
            "A sample under an experiment with all that is known of it: samples, image_metrics and comparison_members "
            "without a join",
            _scores(),
            view=True,
        ),
        Table(
            "warehouse_info",
            "What this file was made from: one row",
            (
                text("input_hash", "Digest of all parts; equal digests, equal tables"),
                text("code_version", "Version and commit of the code that made it"),
                text("run_id", "The Dagster run that made it"),
            ),
        ),
    )


class Tables(Mapping[str, Table]):
    """Tables by name, as SAMPLE_COLUMNS and SCORES declare their columns now: what is added there is in them."""

    def __getitem__(self, name: str) -> Table:
        return self._current()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

    @staticmethod
    def _current() -> dict[str, Table]:
        return _named(tuple(SAMPLE_COLUMNS.values()), tuple(SCORES.values()))


@lru_cache(maxsize=2)
def _named(_columns: tuple[SampleColumn, ...], _scores: tuple[Score, ...]) -> dict[str, Table]:
    return {table.name: table for table in _tables()}


TABLES = Tables()
"""Every table and view of creativity.duckdb, by name."""
