import dagster as dg
import pytest

from creativity_assets import vocabulary
from creativity_assets.definitions import defs
from creativity_assets.statistics.tables import GROUPINGS
from creativity_assets.workflow.tables.graph import TABLES

STATS = {
    f"stats_{name}" for name in ("overall", "by_metric", "by_era", "by_artist", "by_decade", "by_family", "by_style")
}
TABLES_OF_PARTS = {"raw_samples", "reconstructions", "image_metrics"}
ASSETS = {
    "dataset_index": set(),
    "raw_samples": {"dataset_index"},
    "preprocessed_tensors": {"raw_samples"},
    "reconstructions": {"preprocessed_tensors"},
    "image_metrics": {"reconstructions"},
    "duplicates": {"raw_samples"},
    "comparison_members": {"raw_samples", "duplicates"},
    **{name: {"raw_samples", "image_metrics", "comparison_members"} for name in STATS},
    "paper_reference": set(),
    "paper_comparison": {"paper_reference", *STATS},
    "warehouse": {
        *TABLES_OF_PARTS,
        *("duplicates", "comparison_members", "paper_reference", "paper_comparison"),
        *STATS,
    },
    "report": {"warehouse"},
}


def test_the_assets_and_their_lineage() -> None:
    graph = defs.resolve_asset_graph()
    found = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }
    assert found == ASSETS


@pytest.mark.parametrize(
    ("asset", "table"), [("raw_samples", "samples"), *((name, name) for name in ("image_metrics", *TABLES))]
)
def test_the_ui_shows_the_columns_with_their_meanings(asset: str, table: str) -> None:
    schema = defs.resolve_asset_graph().get(dg.AssetKey(asset)).metadata["dagster/column_schema"]
    assert isinstance(schema, dg.TableSchema)
    shown = {column.name: (column.type, column.description) for column in schema.columns}
    assert shown == {column.name: (column.type, column.comment) for column in vocabulary.TABLES[table].columns}


def test_the_definitions_can_be_loaded() -> None:
    dg.Definitions.validate_loadable(defs)


def test_every_table_has_an_asset() -> None:
    assert set(GROUPINGS) == STATS
    assert set(TABLES) <= set(ASSETS)


def test_one_job_makes_everything_and_one_schedule_runs_it() -> None:
    assert [job.name for job in defs.jobs or ()] == ["materialize"]
    assert [(s.name, s.job_name) for s in defs.schedules or () if isinstance(s, dg.ScheduleDefinition)] == [
        ("nightly", "materialize")
    ]
    assert defs.resolve_job_def("materialize").name == "materialize"


def test_steps_that_need_a_device_hold_the_pool() -> None:
    graph = defs.resolve_asset_graph()
    pools = {key.to_user_string(): graph.get(key).pools for key in graph.get_all_asset_keys()}
    assert {name for name, pool in pools.items() if pool} == {"reconstructions", "image_metrics"}
