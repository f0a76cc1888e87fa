"""Words have a ground floor: every sample column, score and public table is declared here, each once.

columns.py says what a column is, samples.py and scores.py declare what is known and measured, tables.py says which
table has which of them. SAMPLE_COLUMNS and SCORES are the registries; all else follows from them when it is asked for.
"""

from creativity_assets.vocabulary.columns import (
    AUTOMATIONS,
    EMBEDDED,
    EMBEDDED_NOTE,
    FAMILIES,
    LABELS,
    MEMBERSHIPS,
    Column,
    Type,
)
from creativity_assets.vocabulary.samples import (
    PLACES,
    SAMPLE_COLUMNS,
    SampleColumn,
    audit_columns,
    filterable_columns,
    given_columns,
    grouping_words,
    public_columns,
    record_columns,
)
from creativity_assets.vocabulary.scores import (
    SCORES,
    STUDY_SCORES,
    Score,
    compared_scores,
    first_columns,
    floor_of,
    floored_scores,
    later_columns,
    score_columns,
    title_of,
)
from creativity_assets.vocabulary.tables import EFFECT, TABLES, Table

__all__ = [
    "AUTOMATIONS",
    "EFFECT",
    "EMBEDDED",
    "EMBEDDED_NOTE",
    "FAMILIES",
    "LABELS",
    "MEMBERSHIPS",
    "PLACES",
    "SAMPLE_COLUMNS",
    "SCORES",
    "STUDY_SCORES",
    "TABLES",
    "Column",
    "SampleColumn",
    "Score",
    "Table",
    "Type",
    "audit_columns",
    "compared_scores",
    "filterable_columns",
    "first_columns",
    "floor_of",
    "floored_scores",
    "given_columns",
    "grouping_words",
    "later_columns",
    "public_columns",
    "record_columns",
    "score_columns",
    "title_of",
]
