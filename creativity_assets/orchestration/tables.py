"""The assets from the scores on: tables, warehouse, report. Automation carries new scores down to them."""

from typing import Any

import dagster as dg

from creativity_assets.orchestration.assets import OWNERS, Remake
from creativity_assets.orchestration.reporting import column_schema, table_metadata
from creativity_assets.orchestration.resources import StudyResource
from creativity_assets.vocabulary import TABLES
from creativity_assets.workflow.steps import Step

STATS = (
    "stats_overall",
    "stats_by_metric",
    "stats_by_era",
    "stats_by_artist",
    "stats_by_decade",
    "stats_by_family",
    "stats_by_style",
)

# Plain eager() never fires while any upstream partition is missing, and unwanted cells stay missing for ever.
FOLLOWS = dg.AutomationCondition.eager().without(~dg.AutomationCondition.any_deps_missing())


def table_asset(name: str, deps: list[str]) -> dg.AssetsDefinition:
    """The asset of one table of `workflow.tables.TABLES`."""

    @dg.asset(
        name=name,
        deps=deps,
        description=TABLES[name].row,
        metadata=column_schema(name),
        automation_condition=FOLLOWS,
        group_name="evidence",
        kinds={"pandas", "parquet"},
        owners=OWNERS,
    )
    def table(context: dg.AssetExecutionContext, config: Remake, study: StudyResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        from creativity_assets.workflow.collected import Collected
        from creativity_assets.workflow.tables import write_table

        step = Step(study.open(), context.run_id, config.force)
        frame, provenance = write_table(step, name, Collected(step.study.lineage))
        metadata = table_metadata(name, step.study.store, len(frame))
        return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(provenance.input_hash))

    return table


@dg.asset(
    deps=["raw_samples", "image_metrics", "duplicates", "comparison_members", *STATS, "paper_comparison"],
    automation_condition=FOLLOWS,
    group_name="evidence",
    kinds={"duckdb"},
    owners=OWNERS,
)
def warehouse(context: dg.AssetExecutionContext, config: Remake, study: StudyResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """creativity.duckdb, rebuilt aside and swapped in; readers keep the old file and never wait."""
    from creativity_assets.workflow.tables import write_warehouse

    step = Step(study.open(), context.run_id, config.force)
    counts, provenance = write_warehouse(step)
    metadata: dict[str, Any] = {"database": dg.MetadataValue.path(str(step.study.store.database)), **counts}
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(provenance.input_hash))


@dg.asset(deps=["warehouse"], automation_condition=FOLLOWS, group_name="evidence", kinds={"html"}, owners=OWNERS)
def report(context: dg.AssetExecutionContext, config: Remake, study: StudyResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One self-contained page: tables beside the study's own, distributions, a gallery."""
    from creativity_assets.workflow.reporting import write_report

    path, size = write_report(Step(study.open(), context.run_id, config.force))
    return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(str(path)), "bytes": size})


TABLE_ASSETS = [
    table_asset("duplicates", ["raw_samples"]),
    table_asset("comparison_members", ["raw_samples", "duplicates"]),
    *(table_asset(name, ["raw_samples", "image_metrics", "comparison_members"]) for name in STATS),
    table_asset("paper_comparison", list(STATS)),
    table_asset("paper_reference", []),
]
