"""How a finished partition is told to Dagster: one event, with its data version and the numbers people plot."""

import base64
from typing import Any

import dagster as dg

from creativity_assets.report.contact_sheet import MAX_WORKS, contact_sheet
from creativity_assets.store.layout import Store
from creativity_assets.store.parts import Provenance
from creativity_assets.vocabulary import TABLES
from creativity_assets.workflow.steps.step import Finished
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.pictures import pairs_of

SHEETS = 100
"""Contact sheets that a run makes of an experiment: each is decoded pictures, and tens of kilobytes in three places."""

ON_DEMAND = "Materialize this partition by itself to see its pictures: what is fresh is not measured again."

Made = tuple[str, str, int]
"""From what a partition was made: the asset before it, its data version, and the newest of its events."""


def finished(
    key: str, partition: str | None, provenance: Provenance, metadata: dict[str, Any], made: Made | None = None
) -> dg.AssetMaterialization:
    """The event of one finished partition. The input hash is the data version: equal inputs, equal version.

    made: without it Dagster takes a partition of a multi-asset for one that is out of step with what it came from.
    """
    tags = {"dagster/data_version": provenance.input_hash, "dagster/code_version": provenance.code_version}
    if made:
        upstream, version, newest = made
        tags[f"dagster/input_data_version/{upstream}"] = version
        tags[f"dagster/input_event_pointer/{upstream}"] = str(newest)
    return dg.AssetMaterialization(asset_key=key, partition=partition, metadata=metadata, tags=tags)


def recorded(result: dg.MaterializeResult) -> dg.AssetMaterialization:  # type: ignore[type-arg]
    """What an unpartitioned asset returns, as an event for a run that is not the asset's own."""
    assert result.asset_key is not None
    tags = {"dagster/data_version": result.data_version.value} if result.data_version else None
    return dg.AssetMaterialization(asset_key=result.asset_key, metadata=result.metadata, tags=tags)


def newest_event(instance: dg.DagsterInstance, asset: str) -> int:
    """The storage id of an asset's last materialisation; later ones mean that its partitions may have changed."""
    records = instance.get_asset_records([dg.AssetKey(asset)])
    return max((record.asset_entry.last_materialization_storage_id or 0 for record in records), default=0)


def picture(jpeg: bytes, text: str) -> dg.MarkdownMetadataValue:
    """A JPEG inside the event itself, as the UI has no access to the store's files."""
    return dg.MetadataValue.md(f"![{text}](data:image/jpeg;base64,{base64.b64encode(jpeg).decode()})")


def column_schema(name: str) -> dict[str, Any]:
    """A public table's columns with their types and meanings, as the UI shows them beside an asset."""
    columns = [dg.TableColumn(column.name, column.type, column.comment) for column in TABLES[name].columns]
    return {"dagster/column_schema": dg.TableSchema(columns)}


def table_metadata(name: str, store: Store, rows: int) -> dict[str, Any]:
    """What the UI shows of a table that was made: its name, place, size and columns."""
    return {
        "dagster/table_name": name,
        "dagster/row_count": rows,
        "dagster/uri": dg.MetadataValue.path(str(store.table(name))),
        **column_schema(name),
    }


def score_metadata(study: Study, experiment: str, done: Finished, *, sheet: bool) -> dict[str, Any]:
    """The numbers of one measured cell, and a contact sheet of its pictures or how to come by one."""
    shown = dg.MetadataValue.md(ON_DEMAND)
    if sheet:
        jpeg = contact_sheet(pairs_of(study.lineage, done.collection, experiment, most=MAX_WORKS))
        shown = picture(jpeg, "original, reconstruction, difference")
    return {**done.numbers, "contact_sheet": shown}
