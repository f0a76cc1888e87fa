"""What a partition and asset cost beyond the engine, by part of the program, and what a look at a fresh study costs."""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from creativity_assets.orchestration.instance import open_instance
from creativity_assets.orchestration.partitions import sync_partitions
from creativity_assets.orchestration.resources import StudyResource
from creativity_assets.orchestration.sensors import new_data
from creativity_assets.orchestration.stages import stages
from creativity_assets.orchestration.work import IMAGES, MEASUREMENTS
from creativity_assets.store.ledger import ledger_of
from creativity_assets.workflow import contents
from creativity_assets.workflow.plan import plan
from creativity_assets.workflow.study import Study
from creativity_assets_tests.bench_scale.collections import as_if_measured, small_collections
from creativity_assets_tests.bench_scale.sampling import Part, Samples, sampled
from creativity_assets_tests.bench_scale.web import ASSET_PAGE, PARTITION_LIST, ask, web_server
from creativity_assets_tests.running import bring_up_to_date
from creativity_assets_tests.studies import save_weights

SIZES = (125, 500, 2000)
"""Collections that are measured."""

FRESH_SIZES = (500, 5000, 20_000)
"""Collections of which everything is there already."""

IMAGES_EACH = 3
ASSETS = len(IMAGES) + len(MEASUREMENTS)

ENGINE, TABLES = "engine", "tables, report, checks"
PARTS = (
    Part(TABLES, "creativity_assets/orchestration/stages.py", "_tables", whole=True),
    Part("plan", "creativity_assets/workflow/plan.py", "plan", whole=True),
    Part("plan", "creativity_assets/orchestration/stages.py", "stages", whole=True),
    Part("partitions", "creativity_assets/orchestration/partitions.py", "sync_partitions", whole=True),
    Part("contact sheets", "creativity_assets/orchestration/reporting.py", "score_metadata", whole=True),
    Part("indexing", "creativity_assets/workflow/steps/dataset_index.py", "dataset_index", whole=True),
    Part("store: writing", "creativity_assets/store/parts.py", "write_part", whole=True),
    Part("store: reading", "creativity_assets/store/parts.py", "open_part"),
    Part("store: reading", "creativity_assets/store/parts.py", "_read"),
    Part("store: reading", "creativity_assets/store/parts.py", "read_part"),
    Part("store: footers", "creativity_assets/store/ledger.py"),
    Part("Dagster's storage", "dagster/_core/storage/"),
    Part("Dagster's storage", "creativity_assets/orchestration/records.py"),
    Part("Dagster's events", "/dagster/"),
    Part("hashing", "creativity_assets/hashing.py"),
    Part("pictures", "creativity_assets/images/"),
    Part(ENGINE, "creativity_assets/engine/"),
    Part(ENGINE, "creativity_assets/diffusion/"),
    Part(ENGINE, "creativity_assets/metrics/"),
    Part("steps", "creativity_assets/workflow/"),
)


def main() -> None:
    """Print the figures of all sizes."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    columns = []
    with tempfile.TemporaryDirectory() as folder:
        weights = save_weights(Path(folder) / "weights")
        warm_up(Path(folder) / "first", weights)
        for size in SIZES:
            root = small_collections(Path(folder) / str(size), weights, size, IMAGES_EACH)
            columns.append(made(root, size) | fresh(root))
        show(columns)
        found = (
            looked_at(as_if_measured(Path(folder) / f"as-if-{size}", weights, size, IMAGES_EACH))
            for size in FRESH_SIZES
        )
        show([{"collections": float(size)} | of for size, of in zip(FRESH_SIZES, found, strict=True)])


def warm_up(folder: Path, weights: Path) -> None:
    """A small study from start to end, so that no size pays for what a process does once."""
    bring_up_to_date(small_collections(folder, weights, 9, IMAGES_EACH))


def made(root: Path, collections: int) -> dict[str, float]:
    """Everything is made: seconds in all, and by part milliseconds of a partition and asset."""
    cpu = time.process_time()
    with watched() as (samples, seconds):
        assert bring_up_to_date(root).problems == ()
    cpu = time.process_time() - cpu
    each = 1000 / (collections * ASSETS)
    assets = {part: each * spent for part, spent in samples.seconds.items() if part != TABLES}
    beyond = sum(of for part, of in assets.items() if part != ENGINE)
    found = {"collections": float(collections), "made, s": seconds[0], "made, s of CPU": cpu}
    found |= {"made without the engine, s": seconds[0] - samples.seconds[ENGINE]}
    worked = each * sum(of for part, of in samples.cpu.items() if part not in {TABLES, ENGINE})
    found |= {f"{TABLES}, s": samples.seconds[TABLES], "a partition and asset, ms, beyond the engine": beyond}
    found |= {"  of it CPU, ms": worked}
    return found | {f"  {part}, ms": of for part, of in sorted(assets.items(), key=lambda of: -of[1])}


def fresh(root: Path) -> dict[str, float]:
    """Everything is fresh: seconds of the same call again, the start of Python left out."""
    with watched() as (samples, seconds):
        assert bring_up_to_date(root).made == ()
    found = {"everything fresh, s": seconds[0]}
    return found | {f"  of it {part}, s": spent for part, spent in samples.seconds.most_common(6)}


def looked_at(root: Path) -> dict[str, float]:
    """Seconds that the plan, the sensor and the UI's pages take where all parts are fresh and recorded."""
    for known in (contents._held, contents._table, ledger_of):
        known.cache_clear()  # as in a process of its own
    study, found = Study(root), dict[str, float]()
    with clock(found, "the first plan of a process, s"):
        todo = plan(study.lineage)
    assert not todo
    with clock(found, "a later plan, s"):
        plan(Study(root).lineage)
    with open_instance(root) as instance:
        with clock(found, "partitions and what Dagster has recorded, s"):
            sync_partitions(study, instance, todo)
            assert not stages(study, todo, instance)
        resources = {"study": StudyResource(data_root=str(root))}
        with clock(found, "a sensor's tick that looks closely, s"):
            asked = new_data(dg.build_sensor_context(instance, resources=resources))
        assert isinstance(asked, dg.SensorResult) and asked.cursor, "the tables are there to be made"
        seen = json.dumps(json.loads(asked.cursor) | {"runs": []})
        with clock(found, "one that sees nothing new, s"):
            assert isinstance(
                new_data(dg.build_sensor_context(instance, cursor=seen, resources=resources)), dg.SkipReason
            )
    with web_server(root) as address:
        for page, query in (("asset page", ASSET_PAGE), ("partition list", PARTITION_LIST)):
            for when in ("first", "again"):
                with clock(found, f"{page}, {when}, s"):
                    ask(address, query, "image_metrics")
    return found


@contextmanager
def clock(found: dict[str, float], what: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    found[what] = time.perf_counter() - started


@contextmanager
def watched() -> Iterator[tuple[Samples, list[float]]]:
    """The time of a block by part, and in all, once it has ended."""
    seconds: list[float] = []
    started = time.perf_counter()
    with sampled(PARTS) as samples:
        yield samples, seconds
    seconds.append(time.perf_counter() - started)


def show(columns: list[dict[str, float]]) -> None:
    """A row for each figure, a column for each size, and how often the last is the first."""
    names = list(dict.fromkeys(name for column in columns for name in column))
    for name in names:
        values = [column.get(name) for column in columns]
        cells = "".join(f"{'' if value is None else f'{value:.2f}':>10}" for value in values)
        first, last = values[0], values[-1]
        growth = f"{last / first:>9.1f} x" if first and last else ""
        print(f"{name:<48}{cells}{growth}")


if __name__ == "__main__":
    main()
