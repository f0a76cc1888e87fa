"""docs/tables.md, made from the declarations: `python -m creativity_assets.vocabulary.page > docs/tables.md`."""

from collections.abc import Iterable, Iterator

from creativity_assets.vocabulary.columns import Column
from creativity_assets.vocabulary.samples import SAMPLE_COLUMNS
from creativity_assets.vocabulary.scores import SCORES
from creativity_assets.vocabulary.tables import TABLES

HEAD = """# Tables and columns

Made from `creativity_assets/vocabulary/`, where each column is declared once; `make test` holds this page to it. The
same texts stand as COMMENTs in `creativity.duckdb` and beside the columns in the Dagster UI.
"""
SAMPLES = """## Where the columns of a sample come from

given: the name under which a source may give it. from: `record`, known when a source is indexed; `audit`, measured on
the decoded picture; `table`, follows from the others. null: whether it may be unknown. public: whether the table
`samples` has it. filter: whether a comparison may choose its members by it.
"""
COMPARED = """## Scores

compared: has a floor and a ceiling, and stands in the statistics. A score that a suite does not compute is null.
"""


def page() -> str:
    """The page as text, in Markdown."""
    return "\n".join([HEAD, *_samples(), *_scores(), *_tables()])


def _samples() -> Iterator[str]:
    yield SAMPLES
    rows = (
        (f"`{c.name}`", c.given, c.origin, _yes(c.nullable), _yes(c.public), _yes(c.filterable))
        for c in SAMPLE_COLUMNS.values()
    )
    yield from _table(("column", "given", "from", "null", "public", "filter"), rows)


def _scores() -> Iterator[str]:
    yield COMPARED
    rows = ((f"`{score.name}`", _yes(score.compared), score.comment) for score in SCORES.values())
    yield from _table(("score", "compared", "meaning"), rows)


def _tables() -> Iterator[str]:
    for table in TABLES.values():
        yield f"## {table.name}\n"
        yield f"{'A view; a' if table.view else 'A'} row is: {table.row}.\n"
        yield from _table(("column", "type", "meaning"), map(_row, table.columns))


def _row(column: Column) -> tuple[str, ...]:
    return f"`{column.name}`", column.type, column.comment


def _yes(said: bool) -> str:
    return "yes" if said else ""


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


if __name__ == "__main__":
    print(page(), end="")
