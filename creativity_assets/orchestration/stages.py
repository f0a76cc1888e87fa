"""What can be made now, stage by stage: indexes, images, measurements, then tables, warehouse, report and checks.

After each stage the plan is made anew, because an index tells which collections there are, and a data set may be
derived from another's samples.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

import dagster as dg

from creativity_assets.errors import DamagedPart
from creativity_assets.orchestration.checks import outcomes, shown
from creativity_assets.orchestration.partitions import cell_key, sync_partitions
from creativity_assets.orchestration.reporting import recorded
from creativity_assets.orchestration.resources import StudyResource
from creativity_assets.orchestration.runs import let_arrivals_pass
from creativity_assets.orchestration.tables import make_report, make_table, make_warehouse
from creativity_assets.orchestration.work import IMAGES, MEASUREMENTS, Work
from creativity_assets.store.layout import Collection
from creativity_assets.workflow.costs import seconds_per_image
from creativity_assets.workflow.plan import Plan, Scope, plan
from creativity_assets.workflow.progress import begin
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.study import Study

SLICE_SECONDS, SLICE_IMAGES = 60.0, 128
"""A device is held for about a minute, or where nothing is known of the speed for so many images: then what has
arrived in the meantime goes first. The last batch of a slice is not full, which costs about one batch in ten."""


def tables_are_fresh(study: Study, instance: dg.DagsterInstance) -> bool:
    """Whether warehouse and report show everything measured, and Dagster knows of them."""
    from creativity_assets.workflow.tables.report import report_is_fresh
    from creativity_assets.workflow.tables.warehouse import warehouse_is_fresh

    known = all(
        instance.get_latest_materialization_event(dg.AssetKey(name)) is not None for name in ("warehouse", "report")
    )
    return known and warehouse_is_fresh(study) and report_is_fresh(study)


@dataclass(frozen=True)
class Stages:
    """What can be made now, and is not fresh or not recorded. cells: the collections of each experiment."""

    indexes: tuple[str, ...] = ()
    images: tuple[Collection, ...] = ()
    cells: Mapping[str, tuple[Collection, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.indexes or self.images or self.cells)


def stages(study: Study, todo: Plan, instance: dg.DagsterInstance, tried: Set[tuple[str, str]] = frozenset()) -> Stages:
    """The plan, with what Dagster has no record of, without what was `tried`, as (asset, partition).

    A data set that is derived from another waits for the samples of that.
    """
    known = {
        asset: set(instance.get_materialized_partitions(dg.AssetKey(asset)))
        for asset in ("dataset_index", *IMAGES, *MEASUREMENTS)
    }

    def lacks(assets: Sequence[str], key: str, *, stale: bool) -> bool:
        return any((asset, key) not in tried and (stale or key not in known[asset]) for asset in assets)

    waited_for = {*todo.indexes, *(c.dataset for c in todo.samples)}
    stale = {*todo.samples, *todo.tensors}
    cells = {}
    for experiment, collections in todo.wanted.items():
        unmeasured = {*todo.reconstructions.get(experiment, ()), *todo.metrics.get(experiment, ())}
        lacking = (c for c in collections if lacks(MEASUREMENTS, cell_key(c, experiment), stale=c in unmeasured))
        if found := tuple(lacking):
            cells[experiment] = found
    return Stages(
        tuple(
            name
            for name in todo.datasets
            if lacks(("dataset_index",), name, stale=name in todo.indexes)
            and study.catalog.dataset(name).derived_from not in waited_for
        ),
        tuple(c for c in todo.sizes if lacks(IMAGES, c.key, stale=c in stale)),
        cells,
    )


def rounds(
    work: Work, study: StudyResource, scope: Scope, *, gives_way: bool
) -> Iterator[tuple[str, Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]]]:
    """Stage by stage the name and the work, from a fresh look at everything before each; nothing is tried twice."""
    while True:
        opened = study.open()
        work.begin_round(Step(opened, work.step.run_id))
        todo = plan(opened.lineage, scope)
        sync_partitions(opened, work.instance, todo)
        now = stages(opened, todo, work.instance, work.tried)
        if now.indexes:
            yield "index", work.index(now.indexes)
        elif now.images:
            yield "images", work.images(now.images)
        elif now.cells:
            for experiment, collections in now.cells.items():
                begin(f"measure {experiment}", sum(todo.sizes[c] for c in collections))
                slices = _slices(collections, todo, seconds_per_image(opened.store, experiment))
                between = (lambda: let_arrivals_pass(work.instance, work.log)) if gives_way else (lambda: None)
                yield "measure", work.measure(experiment, slices, between=between)
        else:
            try:
                if tables_are_fresh(opened, work.instance):
                    return
            except DamagedPart as damage:
                work.fail("report", "tables", damage)
            else:
                yield "tables", _tables(work)
            if not work.put_off or ("report", "tables") in work.failed:
                return


def _slices(collections: Sequence[Collection], todo: Plan, cost: float | None) -> list[list[Collection]]:
    """Collections in groups of about SLICE_SECONDS of work. cost: seconds per image, None where it is unknown."""
    limit = SLICE_IMAGES if cost is None else max(1, SLICE_SECONDS / max(cost, 1e-6))
    slices, images = list[list[Collection]](), 0
    for collection in collections:
        if not slices or images + todo.sizes[collection] > limit:
            slices.append([])
            images = 0
        slices[-1].append(collection)
        images += todo.sizes[collection]
    return slices


def _tables(work: Work) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """Tables, warehouse, report, and the checks on everything measured, all from one look at the parts."""
    from creativity_assets.workflow.tables.collected import Collected
    from creativity_assets.workflow.tables.graph import TABLES

    begin("tables and report")
    step = work.step
    try:
        collected = Collected(step.study.lineage)
        for name in TABLES:
            yield recorded(make_table(step, name, collected))
        yield recorded(make_warehouse(step, collected))
        yield recorded(make_report(step))
        for name, problems in outcomes(collected).items():
            yield dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey("image_metrics"), check_name=name, passed=not problems, metadata=shown(problems)
            )
    except DamagedPart as damage:
        work.fail("report", "tables", damage)
