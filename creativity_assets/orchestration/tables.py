"""The assets from the scores on: tables, warehouse, report."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from creativity_assets.orchestration.assets import OWNERS, Remake
from creativity_assets.orchestration.reporting import table_metadata
from creativity_assets.orchestration.resources import StudyResource
from creativity_assets.workflow.steps import Step

if TYPE_CHECKING:
    from creativity_assets.workflow.collected import Collected

STATS = (
    "stats_overall",
    "stats_by_metric",
    "stats_by_era",
    "stats_by_artist",
    "stats_by_decade",
    "stats_by_family",
    "stats_by_style",
)


def table_asset(name: str, deps: list[str], description: str) -> dg.AssetsDefinition:
    """The asset of one table of `workflow.tables.TABLES`."""

    @dg.asset(name=name, deps=deps, description=description, group_name="evidence", kinds={"parquet"}, owners=OWNERS)
    def table(context: dg.AssetExecutionContext, config: Remake, study: StudyResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        from creativity_assets.workflow.collected import Collected

        step = Step(study.open(), context.run_id, config.force)
        return make_table(step, name, Collected(step.study.lineage))

    return table


@dg.asset(
    deps=["raw_samples", "image_metrics", "duplicates", *STATS, "paper_comparison"],
    group_name="evidence",
    kinds={"duckdb"},
    owners=OWNERS,
)
def warehouse(context: dg.AssetExecutionContext, config: Remake, study: StudyResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """creativity.duckdb, rebuilt aside and swapped in; readers keep the old file and never wait."""
    return make_warehouse(Step(study.open(), context.run_id, config.force))


@dg.asset(deps=["warehouse"], group_name="evidence", kinds={"html"}, owners=OWNERS)
def report(context: dg.AssetExecutionContext, config: Remake, study: StudyResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One self-contained page: tables beside the study's own, distributions, a gallery."""
    return make_report(Step(study.open(), context.run_id, config.force))


def make_table(step: Step, name: str, collected: "Collected") -> dg.MaterializeResult:  # type: ignore[type-arg]
    """A table unless it is fresh, with what the UI shows of it."""
    from creativity_assets.workflow.tables import write_table

    frame, provenance = write_table(step, name, collected)
    columns = {str(column): str(kind) for column, kind in frame.dtypes.items()}
    metadata = table_metadata(name, step.study.store, len(frame), columns)
    version = dg.DataVersion(provenance.input_hash)
    return dg.MaterializeResult(asset_key=name, metadata=metadata, data_version=version)


def make_warehouse(step: Step) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """creativity.duckdb unless it is fresh, with its row counts."""
    from creativity_assets.workflow.tables import write_warehouse

    counts, provenance = write_warehouse(step)
    metadata: dict[str, Any] = {"database": dg.MetadataValue.path(str(step.study.store.database)), **counts}
    version = dg.DataVersion(provenance.input_hash)
    return dg.MaterializeResult(asset_key="warehouse", metadata=metadata, data_version=version)


def make_report(step: Step) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """The page unless it is fresh, with its size."""
    from creativity_assets.workflow.reporting import write_report

    path, size = write_report(step)
    metadata: dict[str, Any] = {"page": dg.MetadataValue.path(str(path)), "bytes": size}
    return dg.MaterializeResult(asset_key="report", metadata=metadata)


TABLE_ASSETS = [
    table_asset("duplicates", ["raw_samples"], "Pairs of samples that show the same picture."),
    *(
        table_asset(name, ["raw_samples", "image_metrics", "duplicates"], f"Table {name}: human against ai.")
        for name in STATS
    ),
    table_asset("paper_comparison", list(STATS), "Our figures beside the study's own."),
    table_asset("paper_reference", [], "The study's tables 3 to 7, as published."),
]
