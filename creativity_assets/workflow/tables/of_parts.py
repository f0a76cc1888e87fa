"""The public tables of what the parts hold: each a query over the gathered rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creativity_assets.catalog.entries import ModelEntry
from creativity_assets.statistics.bounds import MIN_ROOM
from creativity_assets.store import schemas
from creativity_assets.store.database import quoted
from creativity_assets.store.gathered import in_order
from creativity_assets.vocabulary import TABLES, compared_scores
from creativity_assets.workflow.parts import (
    CEILINGS,
    IMAGE_METRICS,
    RAW_SAMPLES,
    READOUTS,
    RECONSTRUCTIONS,
    REJECTED,
    Kind,
)
from creativity_assets.workflow.tables.gathering import INDEX_REJECTS

if TYPE_CHECKING:
    from creativity_assets.workflow.tables.collected import Collected

SURE_YEARS = ("stated", "filename")
"""The kinds of year_source that name one year; of a range or a century the work may be from before the middle."""


@dataclass(frozen=True)
class FromParts:
    """A public table of what the parts hold. kinds: the parts. query: over the tables of `Collected.database`."""

    kinds: tuple[Kind, ...]
    query: Callable[["Collected"], str]


def _samples(_collected: "Collected") -> str:
    """With era and decade."""
    listed = ", ".join(f's."{name}"' for name in TABLES["samples"].names)
    return f"SELECT {listed} FROM samples s JOIN parts p USING (part) ORDER BY p.position, s.sample_id"


def _rejected(_collected: "Collected") -> str:
    """What readers refused and what could not be decoded."""
    listed = ", ".join(schemas.REJECTED.names)
    return " UNION ALL ".join(f"SELECT {listed} FROM ({in_order(kind)})" for kind in (INDEX_REJECTS, REJECTED.name))


def _readouts(_collected: "Collected") -> str:
    """What was read out on the way, and where each score lies above its floor, not of rows whose suite lacks it.

    excess: score - floor. normalised: as `statistics.bounds.normalised`, null where there is too little room.
    """
    both = f'"{IMAGE_METRICS.name}" m JOIN "{CEILINGS.name}" c USING (sample_id, experiment)'
    queries = [f'SELECT sample_id, experiment, readout, "value" FROM "{READOUTS.name}"']
    for score in compared_scores():
        floor, ceiling = f"m.floor_{score}", f"c.{score}"
        room = f"CASE WHEN {ceiling} - {floor} >= {MIN_ROOM} THEN {ceiling} - {floor} END"
        for name, value, source in (
            (f"excess_{score}", f"m.{score} - {floor}", f'"{IMAGE_METRICS.name}" m'),
            (f"ceiling_{score}", ceiling, both),
            (f"normalised_{score}", f"(m.{score} - {floor}) / ({room})", both),
        ):
            has = f"m.{score} IS NOT NULL AND NOT isnan(m.{score})"
            queries.append(f"SELECT m.sample_id, m.experiment, '{name}', {value} FROM {source} WHERE {has}")
    # A number that is none is null, however it came to be that.
    return (
        'SELECT sample_id, experiment, readout, CASE WHEN NOT isnan("value") THEN "value" END AS "value" '
        f"FROM ({' UNION ALL '.join(queries)})"
    )


def _membership(collected: "Collected") -> str:
    """What is known of each sample's place in the training set of each model in use.

    A data set's own statement counts for the models whose training list it is; else a work dated after the
    model's cut-off is unseen, if its year is a sure one; else nothing is known.
    """
    queries = [_membership_of(model) for model in collected.models_in_use]
    nothing = "SELECT NULL AS sample_id, NULL AS model, NULL AS membership, NULL AS evidence WHERE false"
    return " UNION ALL ".join(queries) or nothing


def _membership_of(model: ModelEntry) -> str:
    listed = "false"
    if model.training_lists:
        names = ", ".join(map(quoted, model.training_lists))
        listed = f"dataset IN ({names}) AND stated_membership IS NOT NULL"
    after = "false"
    if model.cutoff_year is not None:
        sure = ", ".join(map(quoted, SURE_YEARS))
        after = f"coalesce(year > {model.cutoff_year} AND year_source IN ({sure}), false)"
    return f"""SELECT sample_id, {quoted(model.name)} AS model,
        CASE WHEN {listed} THEN stated_membership WHEN {after} THEN 'unseen' ELSE 'unknown' END AS membership,
        CASE WHEN {listed} THEN 'training_list' WHEN {after} THEN 'year_after_cutoff' ELSE 'none' END AS evidence
    FROM {RAW_SAMPLES.name}"""


OF_PARTS: dict[str, FromParts] = {
    "samples": FromParts((RAW_SAMPLES,), _samples),
    "membership": FromParts((RAW_SAMPLES, IMAGE_METRICS), _membership),
    "rejected_samples": FromParts((REJECTED,), _rejected),
    "reconstructions": FromParts((RECONSTRUCTIONS,), lambda _: in_order(RECONSTRUCTIONS.name)),
    "image_metrics": FromParts((IMAGE_METRICS,), lambda _: in_order(IMAGE_METRICS.name)),
    "readouts": FromParts((READOUTS, CEILINGS, IMAGE_METRICS), _readouts),
}
