"""What a comparison measured under an experiment, as arrays that the statistics work on.

Read through SQL from the tables `samples`, `image_metrics` and `comparison_members`, wherever they lie; of ten million
rows only numbers leave the database.
"""

# As text: DuckDB's types complain at the end of a process that something still refers to them.
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from creativity_assets.errors import MetricError
from creativity_assets.statistics.grouped import Floats, Integers
from creativity_assets.statistics.sides import ComparisonLike

NOBODY = -1
"""In the place of a group or partner, where there is none."""


@dataclass(frozen=True)
class Side:
    """The measured samples of one side. rows: their places among all that was measured, (N,).

    groups: by column, the number of each sample's value, NOBODY where it has none. works: the place of each sample
    among the human side's that stands for the same work, NOBODY for one without.
    """

    rows: Integers
    groups: Mapping[str, Integers]
    works: Integers

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Measured:
    """A comparison under an experiment. scores: by name, floors as `floor_<score>`, (M,), NaN where there is none.

    values: by column what its numbers stand for, in ascending order. of_work: by column, the number of each ai
    sample's value, or of its human work's where it has one.
    """

    comparison: ComparisonLike
    experiment: str
    suite: str | None
    scores: Mapping[str, Floats]
    human: Side
    ai: Side
    of_work: Mapping[str, Integers]
    values: Mapping[str, Sequence[Any]]


def measured(
    connection: duckdb.DuckDBPyConnection,
    comparisons: Sequence[ComparisonLike],
    scores: Sequence[str],
    columns: Sequence[str],
) -> Iterator[Measured]:
    """Each comparison under each experiment that measured both of its sides, experiment by experiment.

    connection: to the three tables. scores: of `image_metrics`; columns: of `samples`.
    Raises MetricError when an experiment mixes suites or measured a sample twice.
    """
    suites = _suites(connection)
    values = _number(connection, columns)
    listed = ", ".join(f'"{name}"' for name in ("key", *columns))
    groups = _arrays(connection, f"SELECT {listed} FROM numbered ORDER BY key", columns)
    members = {comparison.name: _members(connection, comparison) for comparison in comparisons}
    for experiment, suite in suites.items():
        keys, numbers = _scores(connection, experiment, scores)
        for comparison in comparisons:
            of = members[comparison.name]
            found = _sides(keys, of, groups)
            if found is not None:
                yield Measured(comparison, experiment, suite, numbers, *found, values)


@dataclass(frozen=True)
class _Members:
    """By the number of a sample: 1 on the human side, 2 on the ai side, 0 on none; and the number of its work."""

    sides: npt.NDArray[np.int8]
    works: Integers


_HUMAN, _AI = 1, 2


def _suites(connection: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    """The suite of each experiment."""
    rows = connection.execute(
        "SELECT experiment, list_sort(list(DISTINCT suite) FILTER (suite IS NOT NULL)) FROM image_metrics "
        "WHERE experiment IS NOT NULL GROUP BY experiment ORDER BY experiment"
    ).fetchall()
    for experiment, suites in rows:
        if len(suites or ()) > 1:
            raise MetricError(
                f"{experiment}: scored with more than one metric suite ({', '.join(suites)}); "
                "remove the parts of one of them and materialize again"
            )
    return {experiment: suites[0] if suites else None for experiment, suites in rows}


def _number(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> dict[str, list[Any]]:
    """Number the samples, from 0, and the values of their columns, in the temporary table `numbered`."""
    values, joins = {}, []
    for column in columns:
        connection.execute(
            f'CREATE OR REPLACE TEMP TABLE "values_{column}" AS '
            f"SELECT value, (row_number() OVER (ORDER BY value) - 1)::INTEGER AS number "
            f'FROM (SELECT DISTINCT "{column}" AS value FROM samples WHERE "{column}" IS NOT NULL)'
        )
        rows = connection.execute(f'SELECT value FROM "values_{column}" ORDER BY number').fetchall()
        values[column] = [value for (value,) in rows]
        joins.append(f'LEFT JOIN "values_{column}" ON "values_{column}".value = s."{column}"')
    numbers = ", ".join(f'coalesce("values_{column}".number, {NOBODY}) AS "{column}"' for column in columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE numbered AS "
        f"SELECT s.sample_id, (row_number() OVER () - 1)::INTEGER AS key, {numbers} FROM samples s {' '.join(joins)}"
    )
    return values


def _members(connection: duckdb.DuckDBPyConnection, comparison: ComparisonLike) -> _Members:
    count = _count(connection)
    sides, works = np.zeros(count, np.int8), np.full(count, NOBODY, np.int32)
    work = "p.key" if comparison.pairing == "work" else "NULL"
    join = "LEFT JOIN numbered p ON p.sample_id = c.pair" if comparison.pairing == "work" else ""
    found = _arrays(
        connection,
        f"SELECT n.key AS key, CASE c.side WHEN 'human' THEN {_HUMAN} ELSE {_AI} END AS side, "
        f"coalesce({work}, {NOBODY}) AS work FROM comparison_members c JOIN numbered n USING (sample_id) {join} "
        "WHERE c.comparison = ?",
        ("key", "side", "work"),
        [comparison.name],
    )
    sides[found["key"]] = found["side"]
    works[found["key"]] = found["work"]
    return _Members(sides, works)


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    rows = connection.execute("SELECT count(*) FROM numbered").fetchall()
    return int(rows[0][0])


def _scores(
    connection: duckdb.DuckDBPyConnection, experiment: str, scores: Sequence[str]
) -> tuple[Integers, dict[str, Floats]]:
    """The numbers of an experiment's samples, and their scores and floors. Raises MetricError for one twice."""
    names = [name for score in scores for name in (score, f"floor_{score}")]
    listed = ", ".join(f'coalesce(m."{name}", \'nan\'::DOUBLE) AS "{name}"' for name in names)
    found = _arrays(
        connection,
        f"SELECT n.key AS key, {listed} FROM image_metrics m JOIN numbered n USING (sample_id) WHERE m.experiment = ?",
        ("key", *names),
        [experiment],
    )
    times = np.bincount(found["key"], minlength=1)
    if times.max() > 1:
        (first,) = connection.execute("SELECT sample_id FROM numbered WHERE key = ?", [int(times.argmax())]).fetchall()
        raise MetricError(
            f"{experiment}: {int((times[times > 1] - 1).sum())} samples are measured twice (first: {first[0]}); "
            "remove the doubled part and materialize again"
        )
    return found.pop("key"), found


def _sides(
    keys: Integers, members: _Members, groups: Mapping[str, Integers]
) -> tuple[Side, Side, dict[str, Integers]] | None:
    """(human, ai, of_work) of what was measured, given by its numbers; None where a side has nothing."""
    side = members.sides[keys]
    human, ai = np.flatnonzero(side == _HUMAN), np.flatnonzero(side == _AI)
    if not len(human) or not len(ai):
        return None
    places = np.full(len(members.sides), NOBODY, np.int32)
    places[keys[human]] = np.arange(len(human))
    work = members.works[keys[ai]]
    has = work != NOBODY
    of_human, of_ai = ({column: of[keys[rows]] for column, of in groups.items()} for rows in (human, ai))
    of_work = {column: np.where(has, of[work], of_ai[column]) for column, of in groups.items()}
    works = np.where(has, places[work], NOBODY)
    return Side(human, of_human, np.arange(len(human))), Side(ai, of_ai, works), of_work


def _arrays(
    connection: duckdb.DuckDBPyConnection, sql: str, names: Sequence[str], parameters: Sequence[object] = ()
) -> dict[str, npt.NDArray[Any]]:
    found = connection.execute(sql, list(parameters)).fetchnumpy()
    return {name: np.ma.getdata(found[name]) for name in names}
