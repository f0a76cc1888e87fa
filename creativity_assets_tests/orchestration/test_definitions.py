import warnings

import dagster as dg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from creativity_assets.definitions import defs

from creativity_assets.orchestration.tables import STATS
from creativity_assets.statistics.tables import GROUPINGS
from creativity_assets.workflow.tables import TABLES

ASSETS = {
    "dataset_index": set(),
    "raw_samples": {"dataset_index"},
    "preprocessed_tensors": {"raw_samples"},
    "reconstructions": {"preprocessed_tensors"},
    "image_metrics": {"reconstructions"},
    "duplicates": {"raw_samples"},
    **{name: {"raw_samples", "image_metrics", "duplicates"} for name in STATS},
    "paper_reference": set(),
    "paper_comparison": set(STATS),
    "warehouse": {"raw_samples", "image_metrics", "duplicates", "paper_comparison", *STATS},
    "report": {"warehouse"},
}


def test_the_assets_and_their_lineage() -> None:
    graph = defs.resolve_asset_graph()
    found = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }
    assert found == ASSETS


def test_the_definitions_can_be_loaded() -> None:
    dg.Definitions.validate_loadable(defs)


def test_every_table_has_an_asset() -> None:
    assert set(STATS) == set(GROUPINGS)
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
