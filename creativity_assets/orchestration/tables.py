"""The assets from the scores on: tables, warehouse, report."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from creativity_assets import vocabulary
from creativity_assets.orchestration.assets import OWNERS, Remake
from creativity_assets.orchestration.reporting import column_schema, table_metadata
from creativity_assets.orchestration.resources import StudyResource
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.tables.graph import TABLES, assets_before, write_table
from creativity_assets.workflow.tables.of_parts import OF_PARTS
from creativity_assets.workflow.tables.warehouse import write_warehouse

if TYPE_CHECKING:
    from creativity_assets.workflow.tables.collected import Collected


def table_asset(name: str) -> dg.AssetsDefinition:
    """The asset of one table of `workflow.tables.TABLES`."""

    @dg.asset(
        name=name,
        deps=assets_before(name),
        description=vocabulary.TABLES[name].row,
        metadata=column_schema(name),
        group_name="evidence",
        kinds={"parquet"},
        owners=OWNERS,
    )
    def table(context: dg.AssetExecutionContext, config: Remake, study: StudyResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        from creativity_assets.workflow.tables.collected import Collected

        step = Step(study.open(), context.run.run_id, config.force)
        return make_table(step, name, Collected(step.study.lineage))

    return table


@dg.asset(
    deps=[*dict.fromkeys(kind.maker for table in OF_PARTS.values() for kind in table.kinds), *TABLES],
    group_name="evidence",
    kinds={"duckdb"},
    owners=OWNERS,
)
def warehouse(context: dg.AssetExecutionContext, config: Remake, study: StudyResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """creativity.duckdb, rebuilt aside and swapped in; readers keep the old file and never wait."""
    from creativity_assets.workflow.tables.collected import Collected

    step = Step(study.open(), context.run.run_id, config.force)
    return make_warehouse(step, Collected(step.study.lineage))


@dg.asset(deps=["warehouse"], group_name="evidence", kinds={"html"}, owners=OWNERS)
def report(context: dg.AssetExecutionContext, config: Remake, study: StudyResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One self-contained page: tables beside the study's own, distributions, a gallery."""
    return make_report(Step(study.open(), context.run.run_id, config.force))


def make_table(step: Step, name: str, collected: "Collected") -> dg.MaterializeResult:  # type: ignore[type-arg]
    """A table unless it is fresh, with what the UI shows of it."""

    frame, provenance = write_table(step, name, collected)
    metadata = table_metadata(name, step.study.store, len(frame))
    version = dg.DataVersion(provenance.input_hash)
    return dg.MaterializeResult(asset_key=name, metadata=metadata, data_version=version)


def make_warehouse(step: Step, collected: "Collected") -> dg.MaterializeResult:  # type: ignore[type-arg]
    """creativity.duckdb unless it is fresh, with its row counts."""

    counts, provenance = write_warehouse(step, collected)
    metadata: dict[str, Any] = {"database": dg.MetadataValue.path(str(step.study.store.database)), **counts}
    version = dg.DataVersion(provenance.input_hash)
    return dg.MaterializeResult(asset_key="warehouse", metadata=metadata, data_version=version)


def make_report(step: Step) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """The page unless it is fresh, with its size."""
    from creativity_assets.workflow.tables.report import write_report

    path, size = write_report(step)
    metadata: dict[str, Any] = {"page": dg.MetadataValue.path(str(path)), "bytes": size}
    return dg.MaterializeResult(asset_key="report", metadata=metadata)


TABLE_ASSETS = [table_asset(name) for name in TABLES]
