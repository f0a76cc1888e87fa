"""What is known of a sample: each column declared once, in the order in which it stands in tables and parts.

From here follow the parts that hold records and samples, the table `samples`, the names that a catalogue's column map
may give, the filters of comparisons, the ranges that checks hold the audit to, and every text about a column.

To add an audit column: declare it at the end of SAMPLE_COLUMNS, and give its function in `images.audit.AUDIT`.
"""

from dataclasses import dataclass
from typing import Literal

from creativity_assets.vocabulary.columns import AUTOMATIONS, FAMILIES, LABELS, MEMBERSHIPS, Column


@dataclass(frozen=True)
class SampleColumn(Column):
    """A column of a sample.

    origin: `record`, it is known when a source is indexed; `audit`, it is measured on the decoded picture; `table`, it
    follows from the others when tables are made, and no part holds it. given: the name by which a source may give it,
    empty where none may. nullable: whether it may be unknown. public: whether the table `samples` has it. filterable:
    whether a comparison may choose its members by it. title: the heading under which the report shows how the sides of
    a comparison differ in it, empty where it does not.
    """

    origin: Literal["record", "audit", "table"] = "record"
    given: str = ""
    nullable: bool = False
    public: bool = True
    filterable: bool = True
    title: str = ""


def _said(name: str, meaning: str, words: tuple[str, ...] = (), *, nullable: bool = True) -> SampleColumn:
    """A text that a source gives under its own name."""
    return SampleColumn(name, "VARCHAR", meaning, words=words, given=name, nullable=nullable)


def _known(name: str, meaning: str, *, public: bool = True) -> SampleColumn:
    """A text that indexing gives every record."""
    return SampleColumn(name, "VARCHAR", meaning, public=public, filterable=public)


PLACES = ("file", "image", "key")
"""What a column map names besides columns: where a picture is, and what tells one item of a source from another."""

_COLUMNS = (
    _known("sample_id", "Identifies one image of one data set in every table"),
    _known("dataset", "The catalogue's name of the data set"),
    _known("source_key", "The item as its source names it", public=False),
    _said("artist", "The artist as the source writes it", nullable=False),
    _known("artist_slug", "The artist in one spelling; with the data set it names a collection"),
    _said("title", "The work's title"),
    SampleColumn(
        "year",
        "BIGINT",
        "The year of the work, the middle one where its date names several",
        "calendar years",
        low=1,
        given="year",
        nullable=True,
    ),
    SampleColumn(
        "year_source",
        "VARCHAR",
        "How the year was come by",
        words=("stated", "circa", "range", "century", "filename", "none"),
    ),
    SampleColumn(
        "decade",
        "BIGINT",
        "The first year of the decade of the year",
        "calendar years",
        low=0,
        origin="table",
        nullable=True,
    ),
    SampleColumn(
        "era", "VARCHAR", "The era of data/catalog/eras.yaml that holds the year", origin="table", nullable=True
    ),
    _said("style", "The style that the source names"),
    _said("genre", "The genre that the source names"),
    _said("caption", "What the image shows, in words; captioned methods prompt with it"),
    _said("label", "Who made the image", LABELS, nullable=False),
    _said("automation", "How much of the making was automatic", AUTOMATIONS, nullable=False),
    _said(
        "family", "What kind of image it is, for an ai image what kind of generator made it", FAMILIES, nullable=False
    ),
    _said("generator", "The model or product that made an ai image"),
    SampleColumn(
        "pair_id",
        "VARCHAR",
        "The work: a human work and the ai images made after it share it",
        given="pair_key",
        nullable=True,
    ),
    SampleColumn("width", "BIGINT", "Width of the original", "pixels", low=1, origin="audit"),
    SampleColumn("height", "BIGINT", "Height of the original", "pixels", low=1, origin="audit"),
    SampleColumn(
        "format", "VARCHAR", "The file format that the original was decoded as", origin="audit", title="formats"
    ),
    SampleColumn(
        "jpeg_quality",
        "BIGINT",
        "Quality of a JPEG as the IJG counts, from its tables",
        low=1,
        high=100,
        origin="audit",
        nullable=True,
        title="JPEG quality",
    ),
    SampleColumn(
        "padding_fraction",
        "DOUBLE",
        "Share of the area that is black bars",
        low=0,
        high=1,
        origin="audit",
        title="padding",
    ),
    SampleColumn(
        "entropy",
        "DOUBLE",
        "Entropy of the grey levels between the bars",
        "bits",
        low=0,
        high=8,
        origin="audit",
        title="entropy, bits",
    ),
    SampleColumn(
        "edge_density",
        "DOUBLE",
        "Share of pixels on an edge, between the bars",
        low=0,
        high=1,
        origin="audit",
        title="edges",
    ),
    SampleColumn(
        "novelty",
        "DOUBLE",
        "How far the atelier's dial was turned from its training range",
        low=0,
        high=1,
        given="novelty",
        nullable=True,
    ),
    SampleColumn(
        "stated_membership",
        "VARCHAR",
        "What the source says of its place in the training set of the models that list the data set",
        words=MEMBERSHIPS,
        given="membership",
        nullable=True,
        public=False,
        filterable=False,
    ),
    _known("sha256", "SHA-256 of the original file's bytes, in hex"),
    SampleColumn(
        "phash", "VARCHAR", "Perceptual hash of the picture between the bars, 256 bits in hex", origin="audit"
    ),
    SampleColumn(
        "colour_fields",
        "VARCHAR",
        "Mean colours of the picture between the bars over a 4 x 4 grid, RGB bytes in hex",
        origin="audit",
        public=False,
        filterable=False,
    ),
    _known("source_uri", "Where the bytes came from"),
)

SAMPLE_COLUMNS: dict[str, SampleColumn] = {column.name: column for column in _COLUMNS}
"""By name, in order. What is added at run time, by a researcher's own module say, goes to the end."""


def public_columns() -> tuple[SampleColumn, ...]:
    """The columns of the table `samples`."""
    return tuple(column for column in SAMPLE_COLUMNS.values() if column.public)


def filterable_columns() -> tuple[str, ...]:
    """What a comparison may choose its members by."""
    return tuple(column.name for column in SAMPLE_COLUMNS.values() if column.filterable)


def given_columns() -> dict[str, SampleColumn]:
    """What a source may give, by the name under which it gives it."""
    return {column.given: column for column in SAMPLE_COLUMNS.values() if column.given}


def record_columns() -> tuple[SampleColumn, ...]:
    """What is known of a sample once its source is indexed."""
    return tuple(column for column in SAMPLE_COLUMNS.values() if column.origin == "record")


def audit_columns() -> tuple[SampleColumn, ...]:
    """What is measured on the decoded picture."""
    return tuple(column for column in SAMPLE_COLUMNS.values() if column.origin == "audit")


def grouping_words() -> dict[str, tuple[str, ...]]:
    """The words of the columns that a source gives and tables are grouped by."""
    return {column.name: column.words for column in given_columns().values() if column.words and column.public}
